namespace Foz.Pipelines.Selectors;

/// <summary>
/// Patterns as a shell has them, whatever the case: <c>*</c>, <c>?</c>, <c>[abc]</c>, <c>[!abc]</c>, <c>[a-z]</c>.
/// </summary>
static class Glob
{
    /// <summary>Whether a text has wildcards.</summary>
    public static bool IsPattern(string text) => text.AsSpan().ContainsAny('*', '?', '[');

    /// <summary>Whether a text is what a pattern means, all of it.</summary>
    public static bool IsMatch(string pattern, string text)
    {
        // The last star is tried again one character further on; earlier ones never need to be.
        var (p, t, star, retry) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') (star, retry, p) = (p, t, p + 1);
            else if (p < pattern.Length && MatchOne(pattern, p, text[t]) is > 0 and var length)
                (p, t) = (p + length, t + 1);
            else if (star >= 0) (p, t) = (star + 1, ++retry);
            else return false;
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    /// <summary>Returns how many characters of the pattern match the character; 0 if they do not.</summary>
    static int MatchOne(string pattern, int at, char c)
    {
        if (pattern[at] == '?') return 1;
        if (pattern[at] == '[' && pattern.IndexOf(']', Math.Min(at + 2, pattern.Length)) is > 0 and var end)
            return IsInClass(pattern.AsSpan(at + 1, end - at - 1), c) ? end - at + 1 : 0;
        return Same(pattern[at], c) ? 1 : 0;
    }

    static bool IsInClass(ReadOnlySpan<char> members, char c)
    {
        var isNegated = members[0] == '!' && members.Length > 1;
        if (isNegated) members = members[1..];
        var isIn = false;
        for (var i = 0; i < members.Length; i++)
        {
            if (i + 2 < members.Length && members[i + 1] == '-')
            {
                isIn |= char.ToUpperInvariant(members[i]) <= char.ToUpperInvariant(c)
                    && char.ToUpperInvariant(c) <= char.ToUpperInvariant(members[i + 2]);
                i += 2;
            }
            else isIn |= Same(members[i], c);
        }
        return isIn != isNegated;
    }

    static bool Same(char a, char b) => char.ToUpperInvariant(a) == char.ToUpperInvariant(b);
}
