using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Selectors;

/// <summary>
/// Reads selectors as dbt writes them: terms with spaces between them mean any of them, with commas all of them; a term
/// is <c>[@][n+][method:]value[+n]</c>.
/// </summary>
static class SelectorParser
{
    /// <summary>Reads selectors of a command line; each may hold several.</summary>
    /// <exception cref="FozException">A selector is invalid; the message says what is wrong with it.</exception>
    public static Selector Parse(IEnumerable<string> texts) => Parse(texts, place: null);

    /// <summary>Reads a selector that stands in a file.</summary>
    /// <exception cref="FozException">The selector is invalid; the message says what is wrong with it.</exception>
    public static Selector Parse(string text, Place place) => Parse([text], place);

    static Selector.Union Parse(IEnumerable<string> texts, Place? place)
    {
        var terms = texts.SelectMany(text => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToList();
        // An empty text comes from a variable that is not set: the user wanted neither all nor nothing.
        return terms.Count == 0
            ? throw Wrong("", "it names nothing", place, "leave it out to mean all")
            : new([.. terms.Select(text => ParseAll(text, place))]);
    }

    /// <summary>Terms with commas between them.</summary>
    static Selector ParseAll(string text, Place? place)
    {
        var parts = text.Split(',');
        if (parts.Any(part => part.Length == 0))
            throw Wrong(text, "a comma stands between two selectors, and means what both do", place);
        return parts is [var only] ? ParseTerm(only, place)
            : new Selector.Intersection([.. parts.Select(part => ParseTerm(part, place))]);
    }

    static Selector.Term ParseTerm(string text, Place? place)
    {
        var rest = text.AsSpan();
        var isClosed = rest[0] == '@';
        if (isClosed) rest = rest[1..];
        var parents = ReadParents(ref rest);
        var children = ReadChildren(ref rest);
        if (isClosed && (parents > 0 || children > 0))
            throw Wrong(
                text, "@ takes all that needs a name, and all that this needs: no + can stand beside it", place);
        if (rest.IsEmpty) throw Wrong(text, "it names nothing", place);
        var term = Split(text, rest.ToString(), place);
        if (term.Value.AsSpan().ContainsAny('+', '@'))
            throw Wrong(text, "+ goes before or after a name, @ before it", place);
        return term with { Reach = new(parents, children, isClosed) };
    }

    /// <summary>Reads <c>+</c> or <c>2+</c> at the beginning.</summary>
    static int ReadParents(ref ReadOnlySpan<char> rest)
    {
        var digits = 0;
        while (digits < rest.Length && char.IsAsciiDigit(rest[digits])) digits++;
        if (digits == rest.Length || rest[digits] != '+') return 0;
        var depth = DepthOf(rest[..digits]);
        rest = rest[(digits + 1)..];
        return depth;
    }

    /// <summary>Reads <c>+</c> or <c>+2</c> at the end.</summary>
    static int ReadChildren(ref ReadOnlySpan<char> rest)
    {
        var start = rest.Length;
        while (start > 0 && char.IsAsciiDigit(rest[start - 1])) start--;
        if (start == 0 || rest[start - 1] != '+') return 0;
        var depth = DepthOf(rest[start..]);
        rest = rest[..(start - 1)];
        return depth;
    }

    static int DepthOf(ReadOnlySpan<char> digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var depth)
            ? depth
            : SelectorReach.All;

    /// <summary>The method and what it looks for; without one, what the value looks like.</summary>
    static Selector.Term Split(string text, string rest, Place? place)
    {
        var colon = rest.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return new(MethodOf(rest), rest) { Text = text, Place = place };
        var (name, value) = (rest[..colon], rest[(colon + 1)..]);
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var (word, argument) = dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..]);
        return OfMethod(word, argument, value, text, place);
    }

    /// <summary>A term of a method that is stated.</summary>
    /// <exception cref="FozException">There is no such method, or it cannot look for that.</exception>
    internal static Selector.Term OfMethod(string word, string argument, string value, string text, Place? place)
    {
        if (!SelectorMethods.ByWord.TryGetValue(word, out var method))
            throw Wrong(
                text, $"there is no method '{word}'", place, NearestName.Hint(word, SelectorMethods.ByWord.Keys));
        if (SelectorMethods.TakesArgument(method) && argument.Length == 0)
            throw Wrong(text, $"'{word}' needs a key: {word}.materialized:view", place);
        if (!SelectorMethods.TakesArgument(method) && argument.Length > 0)
            throw Wrong(text, $"'{word}' takes nothing after a dot", place, $"write {word}:{value}");
        if (value.Length == 0) throw Wrong(text, $"nothing follows '{word}:'", place);
        if (SelectorMethods.Words(method) is { } words && !words.Contains(value))
            throw Wrong(text, $"'{word}' cannot be '{value}'", place, NearestName.Hint(value, words));
        return new(method, value) { Argument = argument, Text = text, Place = place };
    }

    /// <summary>What looks like a path or a file is one, as dbt has it.</summary>
    static SelectorMethod MethodOf(string value) =>
        value.AsSpan().ContainsAny('/', '\\') ? SelectorMethod.Path
        : Path.GetExtension(value) is ".sql" or ".py" or ".csv" or ".yml" or ".yaml" ? SelectorMethod.File
        : SelectorMethod.Fqn;

    static FozException Wrong(string text, string why, Place? place, string? hint = null) =>
        new(place is null ? ErrorKind.Usage : ErrorKind.Configuration, $"the selector '{text}' has no meaning: {why}")
        {
            Place = place,
            Hint = hint,
        };
}
