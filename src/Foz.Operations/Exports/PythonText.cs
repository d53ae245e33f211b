using System.Globalization;
using System.Text;

namespace Foz.Operations.Exports;

/// <summary>Values as Python writes them.</summary>
static class PythonText
{
    /// <summary>A string in double quotes, in ASCII.</summary>
    public static string Of(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
            _ = rune.Value switch
            {
                '"' or '\\' => quoted.Append('\\').Append(rune),
                >= ' ' and <= '~' => quoted.Append(rune),
                <= 0xFFFF => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
            };
        return quoted.Append('"').ToString();
    }

    /// <summary>A list of strings.</summary>
    public static string Of(IEnumerable<string> texts) => $"[{string.Join(", ", texts.Select(Of))}]";

    /// <summary>A length of time, of the module <c>datetime</c>.</summary>
    public static string Of(TimeSpan length) =>
        string.Create(CultureInfo.InvariantCulture, $"timedelta(seconds={length.TotalSeconds})");

    /// <summary>A number of seconds.</summary>
    public static string Seconds(TimeSpan length) => length.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
