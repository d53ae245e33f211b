using System.Text.RegularExpressions;
using Foz.Tests;

namespace Foz.AcceptanceTests.Documents;

/// <summary>
/// Compares the output that a document shows with what its commands wrote. It ignores what changes from run to run, the
/// order of steps that run at the same time, and the width of columns. A line <c>…</c> matches any lines, an <c>…</c>
/// in a line any text.
/// </summary>
static partial class DocumentOutput
{
    const string Ellipsis = "…";

    /// <summary>Whether the document shows what was written.</summary>
    public static bool Shows(string shown, string written)
    {
        var (expected, actual) = (Canonical(shown), Canonical(written));
        if (!shown.Split('\n').Contains(Ellipsis))
            return expected.Count == actual.Count && expected.Zip(actual).All(pair => IsShown(pair.First, pair.Second));
        var at = 0;
        foreach (var line in expected)
        {
            at = actual.FindIndex(at, candidate => IsShown(line, candidate)) + 1;
            if (at == 0) return false;
        }
        return true;
    }

    /// <summary>
    /// Returns the output that the document should show: the same choice of lines, as they were written; lines in which
    /// only times differ stay unchanged.
    /// </summary>
    public static string Updated(string shown, string written)
    {
        if (Shows(shown, written)) return shown;
        var actual = written.TrimEnd('\n').Split('\n');
        var lines = shown.Split('\n');
        if (!lines.Contains(Ellipsis))
            return string.Join('\n', actual.Select(line => Array.Find(lines, IsSame(line)) ?? line));
        return string.Join('\n', lines.Select(line =>
            line == Ellipsis || actual.Any(candidate => IsShown(Still(line), Still(candidate)))
                ? line
                : actual.FirstOrDefault(candidate => SubjectOf(candidate) == SubjectOf(line)) ?? line));
    }

    static Predicate<string> IsSame(string written) => shown =>
        StillText.Of(shown) == StillText.Of(written)
        || (shown.Contains(Ellipsis, StringComparison.Ordinal) && IsShown(Still(shown), Still(written)));

    static List<string> Canonical(string text) =>
    [
        .. StillText.Ordered(string.Join(
            '\n',
            text.TrimEnd('\n').Split('\n').Where(line => line != Ellipsis && !IsOfYoungFile(line)).Select(Still))),
    ];

    /// <summary>Whether a run waited for a file that was written a moment ago: on a slow machine it need not.</summary>
    static bool IsOfYoungFile(string line) => line.EndsWith(", which may still be written", StringComparison.Ordinal);

    static string Still(string line) => Padding.Replace(
        StillText.WithoutSamples(StillText.Of(line.TrimEnd())), match => match.Value[0] == '─' ? "──" : "  ");

    static bool IsShown(string shown, string written) => shown.Contains(Ellipsis, StringComparison.Ordinal)
        ? Regex.IsMatch(
            written, $"^{string.Join(".*", shown.Split(Ellipsis).Select(Regex.Escape))}$", RegexOptions.None,
            TimeSpan.FromSeconds(1))
        : shown == written;

    /// <summary>What a line is about: its first words.</summary>
    static string SubjectOf(string line) => string.Join(
        ' ', Still(line).Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(3));

    [GeneratedRegex(" {2,}|─{2,}")]
    private static partial Regex Padding { get; }
}
