namespace Foz.Lake.Data.Formats;

/// <summary>
/// The numbers that Brazil's administration gives to people, companies and places, without punctuation.
/// </summary>
static class BrazilianNumbers
{
    const int CpfLength = 11, CnpjLength = 14, CepLength = 8;

    /// <summary>
    /// A person's number (CPF): eleven digits, of which the last two check the others; null where it is none, or all of
    /// its digits are the same.
    /// </summary>
    public static string? Cpf(string text)
    {
        if (Strip(text) is not { Length: CpfLength } digits || !digits.All(char.IsAsciiDigit) || IsOneCharacter(digits))
            return null;
        return digits[9] == CheckDigit(digits.AsSpan(0, 9), weightMax: 11)
            && digits[10] == CheckDigit(digits.AsSpan(0, 10), 11)
            ? digits
            : null;
    }

    /// <summary>
    /// A company's number (CNPJ): twelve digits, or since July 2026 capital letters too, each counting as its ASCII
    /// code less 48, and two digits that check them (Receita Federal, IN RFB 2.229/2024); null where it is none.
    /// </summary>
    public static string? Cnpj(string text)
    {
        if (Strip(text)?.ToUpperInvariant() is not { Length: CnpjLength } number || IsOneCharacter(number)) return null;
        return number.AsSpan(0, 12).ContainsAnyExcept(DigitsAndCapitals) || !char.IsAsciiDigit(number[13])
            || number[12] != CheckDigit(number.AsSpan(0, 12), weightMax: 9)
            || number[13] != CheckDigit(number.AsSpan(0, 13), 9)
                ? null
                : number;
    }

    /// <summary>A postal code (CEP): eight digits, not all of them zero.</summary>
    public static string? Cep(string text) =>
        Strip(text) is { Length: CepLength } digits && digits.All(char.IsAsciiDigit) && digits.Any(c => c != '0')
            ? digits
            : null;

    /// <summary>
    /// The digit that checks characters: the sum of their values, weighted from the right with 2, 3 … and from the
    /// limit on with 2 again, modulo 11.
    /// </summary>
    public static char CheckDigit(ReadOnlySpan<char> characters, int weightMax)
    {
        var sum = 0;
        for (var i = 0; i < characters.Length; i++)
            sum += (characters[^(i + 1)] - '0') * (2 + (i % (weightMax - 1)));
        var rest = sum % 11;
        return (char)('0' + (rest < 2 ? 0 : 11 - rest));
    }

    static readonly System.Buffers.SearchValues<char> DigitsAndCapitals =
        System.Buffers.SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    static bool IsOneCharacter(string text) => text.AsSpan().IndexOfAnyExcept(text[0]) < 0;

    /// <summary>Returns a number without its punctuation; null where it has other characters.</summary>
    static string? Strip(string text)
    {
        Span<char> kept = stackalloc char[CnpjLength + 1];
        var length = 0;
        foreach (var character in text)
        {
            if (character is '.' or '-' or '/' or ' ') continue;
            if (!char.IsAsciiLetterOrDigit(character) || length == kept.Length) return null;
            kept[length++] = character;
        }
        return length == 0 ? null : new(kept[..length]);
    }
}
