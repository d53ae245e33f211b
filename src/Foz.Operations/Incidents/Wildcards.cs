namespace Foz.Operations.Incidents;

/// <summary>Patterns of names in which <c>*</c> is any text.</summary>
static class Wildcards
{
    /// <summary>Whether a pattern matches the whole of a text, whatever the case. Its time is bounded.</summary>
    public static bool Match(string pattern, string text)
    {
        var (at, inText, star, mark) = (0, 0, -1, 0);
        while (inText < text.Length)
            if (at < pattern.Length && pattern[at] == '*') (star, mark) = (at++, inText);
            else if (at < pattern.Length
                && char.ToUpperInvariant(pattern[at]) == char.ToUpperInvariant(text[inText]))
                (at, inText) = (at + 1, inText + 1);
            else if (star >= 0) (at, inText) = (star + 1, ++mark);
            else return false;
        while (at < pattern.Length && pattern[at] == '*') at++;
        return at == pattern.Length;
    }
}
