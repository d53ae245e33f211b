using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Engine;
using Foz.Pipelines.UnitTests;

namespace Foz.Cli.Commands.Runs;

/// <summary>What unit tests came to, as people and programs read it.</summary>
static class UnitTestDisplay
{
    const int RowsMax = 20;

    static readonly string Indent = new(' ', 9);

    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("name"), new("model"), new("passed"), new("missing"), new("unexpected"), new("error")];

    /// <summary>Writes it.</summary>
    /// <returns>The exit code: 1 where one failed.</returns>
    public static int Write(CommandContext context, ParseResult arguments, IReadOnlyList<UnitTestOutcome> outcomes)
    {
        if (context.IsTable(arguments)) Report(context, outcomes);
        else context.WriteRows(arguments, Columns, outcomes.Select(outcome => RowOf(context, outcome)));
        return outcomes.All(outcome => outcome.Passed) ? 0 : 1;
    }

    /// <summary>Shows it.</summary>
    public static void Report(CommandContext context, IReadOnlyList<UnitTestOutcome> outcomes)
    {
        var shell = context.Shell;
        var width = outcomes.Select(outcome => TextWidth.Of(outcome.Test.Name)).DefaultIfEmpty().Max();
        foreach (var outcome in outcomes)
        {
            var (style, word) = outcome.Passed ? (Style.Green, "ok") : (Style.Red, "FAILED");
            var padding = new string(' ', width - TextWidth.Of(outcome.Test.Name));
            shell.Out.WriteLine(
                $"{shell.Styled(style, $"{word,-7}")}  {outcome.Test.Name}{padding}  "
                    + $"{outcome.Test.Model}{Finding(outcome)}");
            if (outcome.Error is { } error)
                foreach (var line in context.Mask(error.Describe()).Split('\n')) shell.Out.WriteLine(Indent + line);
            ShowRows(context, outcome);
        }
        var passed = outcomes.Count(outcome => outcome.Passed);
        shell.Out.WriteLine(
            $"{RunText.Count(outcomes.Count, "unit test", "unit tests")}: {passed:N0} passed, "
                + $"{outcomes.Count - passed:N0} failed");
    }

    static string Finding(UnitTestOutcome outcome)
    {
        var parts = new List<string>();
        if (outcome.Missing.Count > 0)
            parts.Add($"{RunText.Count(outcome.Missing.Count, "row is", "rows are")} missing");
        if (outcome.Unexpected.Count > 0)
            parts.Add($"{RunText.Count(outcome.Unexpected.Count, "row was", "rows were")} not expected");
        if (parts.Count > 0 && outcome.RowsAsExpected > 0) parts.Add($"{outcome.RowsAsExpected:N0} as expected");
        return parts.Count == 0 ? "" : ": " + string.Join(", ", parts);
    }

    /// <summary>
    /// Shows the rows that differ: expected ones with −, others with +, those of nearly the same values next to each
    /// other.
    /// </summary>
    static void ShowRows(CommandContext context, UnitTestOutcome outcome)
    {
        if (outcome.Missing.Count + outcome.Unexpected.Count == 0) return;
        var shell = context.Shell;
        var table = new List<(char Sign, string[] Cells)>();
        var open = outcome.Unexpected.Select(Texts).ToList();
        foreach (var row in outcome.Missing.Select(Texts))
        {
            table.Add(('-', row));
            // The row that shares the most values with it is what became of it.
            if (open.MaxBy(other => other.Zip(row).Count(pair => pair.First == pair.Second)) is not { } nearest)
                continue;
            table.Add(('+', nearest));
            open.Remove(nearest);
        }
        table.AddRange(open.Select(row => ('+', row)));
        var names = outcome.Columns.Select(column => column.Name).ToArray();
        var widths = names.Select((name, i) =>
            table.Select(row => TextWidth.Of(row.Cells[i])).Append(TextWidth.Of(name)).Max()).ToArray();
        shell.Out.WriteLine($"{Indent}  {Line(names)}");
        foreach (var (sign, cells) in table.Take(RowsMax))
            shell.Out.WriteLine(
                Indent + shell.Styled(sign == '-' ? Style.Red : Style.Green, context.Mask($"{sign} {Line(cells)}")));
        if (table.Count > RowsMax) shell.Out.WriteLine($"{Indent}… and {table.Count - RowsMax:N0} more");

        string Line(string[] cells) =>
            string.Join(
                "  ", cells.Select((cell, i) => cell + new string(' ', widths[i] - TextWidth.Of(cell)))).TrimEnd();
    }

    static string[] Texts(object?[] row) => [.. row.Select(value => value is null ? "NULL" : ValueText.Of(value))];

    static object?[] RowOf(CommandContext context, UnitTestOutcome outcome) =>
    [
        outcome.Test.Name, $"{outcome.Test.Model}", outcome.Passed, Rows(context, outcome.Missing),
        Rows(context, outcome.Unexpected),
        outcome.Error is { } error ? context.Mask(error.Describe()) : null,
    ];

    static object?[] Rows(CommandContext context, IReadOnlyList<object?[]> rows) =>
        [.. rows.Select(row => (object?)context.Mask(string.Join(", ", Texts(row))))];
}
