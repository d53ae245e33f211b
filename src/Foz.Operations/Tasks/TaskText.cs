using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Operations.Tasks;

/// <summary>
/// A text with placeholders such as <c>{{ day }}</c> or <c>{{ due | add -1d | date }}</c>: names and a few filters, no
/// code.
/// </summary>
public sealed partial record TaskText
{
    TaskText(string written, IReadOnlyList<TaskPart> parts) => (Written, Parts) = (written, parts);

    /// <summary>Gets the text as it is written.</summary>
    public string Written { get; }

    /// <summary>Gets its parts, in their order.</summary>
    internal IReadOnlyList<TaskPart> Parts { get; }

    /// <summary>Gets the names that it takes values of.</summary>
    internal IEnumerable<string> Names => Parts.Select(part => part.Name).OfType<string>();

    /// <summary>Returns a text that is one name, as if written <c>{{ name }}</c>.</summary>
    internal static TaskText OfName(string name) => new($"{{{{ {name} }}}}", [new(null, name, [])]);

    /// <summary>Returns a text without placeholders.</summary>
    internal static TaskText Plain(string text) => new(text, [new(text, null, [])]);

    /// <summary>Reads a text.</summary>
    /// <param name="written">The text.</param>
    /// <param name="place">Its place.</param>
    /// <param name="names">The names that there are.</param>
    /// <param name="errors">Receives unknown names and filters.</param>
    /// <param name="values">What takes the place of variables in parts that are no placeholders.</param>
    internal static TaskText Read(
        string written, Place place, TaskNames names, ErrorList errors, Func<string, string>? values = null)
    {
        var parts = new List<TaskPart>();
        var end = 0;
        foreach (Match match in Placeholder.Matches(written))
        {
            if (match.Index > end) parts.Add(new(written[end..match.Index], null, []));
            end = match.Index + match.Length;
            var words = match.Groups["inside"].Value.Split('|', StringSplitOptions.TrimEntries);
            var filters = words.Skip(1).Select(word => TextFilter.Read(word, place, errors)).OfType<TextFilter>();
            parts.Add(new(null, words[0], [.. filters]));
            if (names.Check(words[0]) is { } fault) errors.Add(place, fault, names.Hint(words[0]));
            else if (words.Length > 1 && !TaskNames.IsMoment(words[0]))
                errors.Add(place, $"'{words[0]}' is not a moment: no filter takes it");
        }
        if (end < written.Length || parts.Count == 0) parts.Add(new(written[end..], null, []));
        if (parts.Any(part => part.Plain?.Contains("{{", StringComparison.Ordinal) is true))
            errors.Add(place, "a placeholder is not closed", "write {{ name }}");
        return new(
            written, values is null
                ? parts
                : [.. parts.Select(part => part.Plain is { } plain ? part with { Plain = values(plain) } : part)]);
    }

    /// <summary>Fills the text in.</summary>
    /// <param name="scope">The values.</param>
    /// <param name="escape">What each value that is filled in becomes; null for itself.</param>
    /// <exception cref="FozException">An output is not there.</exception>
    internal string Fill(TaskScope scope, Func<string, string>? escape = null)
    {
        if (Parts is [{ Plain: { } only }]) return only;
        var text = new StringBuilder();
        foreach (var part in Parts)
            if (part.Name is null) text.Append(part.Plain);
            else
            {
                var value = scope.ValueOf(part.Name, part.Filters);
                text.Append(escape is null ? value : escape(value));
            }
        return text.ToString();
    }

    [GeneratedRegex(@"\{\{\s*(?<inside>[^{}]*?)\s*\}\}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Placeholder { get; }
}

/// <summary>A part of a text: either plain, or a name whose value is filled in.</summary>
readonly record struct TaskPart(string? Plain, string? Name, IReadOnlyList<TextFilter> Filters);

/// <summary>What a moment becomes.</summary>
/// <param name="Name">The filter's name.</param>
/// <param name="Length">How much is added; zero of others.</param>
sealed record TextFilter(string Name, TimeSpan Length)
{
    const string Add = "add";

    /// <summary>Gets the names of filters.</summary>
    public static IReadOnlyList<string> All { get; } = [Add, "date", "time", "month", "iso", "unix"];

    public static TextFilter? Read(string word, Place place, ErrorList errors)
    {
        var parts = word.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries);
        if (parts is [Add, var length])
        {
            var isNegative = length.StartsWith('-');
            if (Duration.TryParseWords(isNegative ? length[1..] : length, out var time))
                return new(Add, isNegative ? -time : time);
            errors.Add(place, $"'{length}' is not a length of time", "write add -1d, add 2h or add '30 minutes'");
            return null;
        }
        if (parts is [var name] && name != Add && All.Contains(name, StringComparer.Ordinal))
            return new(name, TimeSpan.Zero);
        errors.Add(place, $"unknown filter '{word}'", NearestName.Hint(word, All));
        return null;
    }

    /// <summary>Returns a moment in the filter's words; null of one that only moves it.</summary>
    public string? Format(DateTimeOffset moment) => Name switch
    {
        "date" => Text(moment, "yyyy-MM-dd"),
        "time" => Text(moment, "HH:mm:ss"),
        "month" => Text(moment, "yyyy-MM"),
        "iso" => Text(moment.ToUniversalTime(), "yyyy-MM-dd'T'HH:mm:ss'Z'"),
        "unix" => moment.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    static string Text(DateTimeOffset moment, string format) => moment.ToString(format, CultureInfo.InvariantCulture);
}
