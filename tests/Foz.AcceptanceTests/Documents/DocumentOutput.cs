using System.Text.RegularExpressions;
using Foz.Tests;

namespace Foz.AcceptanceTests.Documents;

/// <summary>
/// Compares what a document shows with what its commands wrote. What changes from run to run does not count, nor do the
/// order of steps that work at the same time and the width of columns. A line <c>…</c> stands for any lines, an
/// <c>…</c> in a line for anything.
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

    /// <summary>What the document should show: the same choice of lines, as they were written.</summary>
    public static string Updated(string shown, string written)
    {
        if (Shows(shown, written)) return shown;
        var actual = written.TrimEnd('\n').Split('\n');
        var lines = shown.Split('\n');
        if (!lines.Contains(Ellipsis)) return string.Join('\n', actual);
        return string.Join('\n', lines.Select(line =>
            line == Ellipsis || actual.Any(candidate => IsShown(Still(line), Still(candidate)))
                ? line
                : actual.FirstOrDefault(candidate => SubjectOf(candidate) == SubjectOf(line)) ?? line));
    }

    static List<string> Canonical(string text)
    {
        var lines = new List<string>();
        var steps = new List<List<string>>();
        foreach (var line in text.TrimEnd('\n').Split('\n').Where(line => line != Ellipsis).Select(Still))
        {
            if (line.StartsWith("HH:mm:ss ", StringComparison.Ordinal)) steps.Add([line]);
            else if (steps.Count > 0 && line.StartsWith(' ')) steps[^1].Add(line);
            else
            {
                AddSteps();
                lines.Add(line);
            }
        }
        AddSteps();
        return lines;

        void AddSteps()
        {
            lines.AddRange(steps.OrderBy(step => step[0], StringComparer.Ordinal).SelectMany(step => step));
            steps.Clear();
        }
    }

    static string Still(string line) => Padding.Replace(
        StillText.Of(line.TrimEnd()), match => match.Value[0] == '─' ? "──" : "  ");

    static bool IsShown(string shown, string written) => shown.Contains(Ellipsis, StringComparison.Ordinal)
        ? Regex.IsMatch(
            written, $"^{string.Join(".*", shown.Split(Ellipsis).Select(Regex.Escape))}$", RegexOptions.None,
            TimeSpan.FromSeconds(1))
        : shown == written;

    /// <summary>What a line is about: its first words.</summary>
    static string SubjectOf(string line) => string.Join(
        ' ', Still(line).Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(3));

    [GeneratedRegex(" {2,}|─{2,}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Padding { get; }
}
