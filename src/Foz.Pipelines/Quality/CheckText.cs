using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Foz.Pipelines.Quality;

/// <summary>Writes what checks ask, for people and to tell checks apart.</summary>
static partial class CheckText
{
    /// <summary>How long the line of a check may be.</summary>
    public const int LineMax = 200;
    const int HashDigits = 8;

    /// <summary>The parts that are there, with commas between.</summary>
    public static string Joined(params ReadOnlySpan<string?> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            if (string.IsNullOrEmpty(part)) continue;
            if (text.Length > 0) text.Append(", ");
            text.Append(part);
        }
        return text.ToString();
    }

    /// <summary>An argument with its name; null where it has no value.</summary>
    public static string? Named(string name, object? value) =>
        value is null ? null : string.Create(CultureInfo.InvariantCulture, $"{name}: {value}");

    /// <summary>Limits by their names, and one that is both as it is.</summary>
    public static string Limits(object? min, object? max) => min is not null && min.Equals(max)
        ? string.Create(CultureInfo.InvariantCulture, $"{min}")
        : Joined(Named("min", min), Named("max", max));

    /// <summary>Values; one that could be taken for several stands in quotes.</summary>
    public static string List(IEnumerable<string> values) => string.Join(", ", values.Select(value =>
        value.Length == 0 || value.AsSpan().ContainsAny(",'")
            ? $"'{value.Replace("'", "''", StringComparison.Ordinal)}'"
            : value));

    /// <summary>A text in one line; of one that is too long the beginning, and a hash of all of it.</summary>
    public static string Line(string text)
    {
        var line = Blanks.Replace(text, " ").Trim();
        return line.Length <= LineMax
            ? line
            : $"{line.AsSpan(0, LineMax - HashDigits - 3)}… "
                + $"#{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashDigits]}";
    }

    [GeneratedRegex(@"\s+", RegexOptions.ExplicitCapture)]
    private static partial Regex Blanks { get; }
}
