namespace Foz.Cli.Demo;

/// <summary>
/// Numbers of the Brazilian taxpayers' register: nine digits and two check digits, each a sum modulo 11.
/// </summary>
static class Cpf
{
    /// <summary>A number with right check digits, or with a wrong last one; with or without its punctuation.</summary>
    internal static string Create(ref SplitMix random, bool isInvalid)
    {
        Span<int> digits = stackalloc int[11];
        for (var i = 0; i < 9; i++) digits[i] = random.Below(10);
        digits[9] = CheckDigit(digits[..9]);
        digits[10] = CheckDigit(digits[..10]);
        if (isInvalid) digits[10] = (digits[10] + 1 + random.Below(9)) % 10;
        var text = string.Concat(digits.ToArray());
        return random.Below(5) < 2 ? text : $"{text[..3]}.{text[3..6]}.{text[6..9]}-{text[9..]}";
    }

    /// <summary>Whether the digits of a text are eleven with right check digits.</summary>
    public static bool IsValid(string text)
    {
        var digits = text.Where(char.IsAsciiDigit).Select(c => c - '0').ToArray();
        return digits.Length == 11
            && digits[9] == CheckDigit(digits.AsSpan(0, 9)) && digits[10] == CheckDigit(digits.AsSpan(0, 10));
    }

    static int CheckDigit(ReadOnlySpan<int> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++) sum += digits[i] * (digits.Length + 1 - i);
        var rest = sum % 11;
        return rest < 2 ? 0 : 11 - rest;
    }
}
