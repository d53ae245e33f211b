using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Pipelines.Environments;
using Foz.Pipelines.Projects.Reading;
using Foz.Pipelines.Runs;

namespace Foz.Cli.Commands.Runs;

/// <summary><c>foz diff</c>: how tables differ between two environments.</summary>
static class DiffCommand
{
    public const string Name = "diff";

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("table"), new("difference"), new("schema"), new("keys"), new("rows_added", IsNumber: true),
        new("rows_removed", IsNumber: true), new("rows_changed", IsNumber: true), new("rows_same", IsNumber: true),
        new("columns_changed"), new("samples"),
    ];

    public static Command Create(CommandContext context)
    {
        var first = new Argument<string>("before") { Description = "The first environment" };
        var second = new Argument<string>("now") { Description = "The second environment" };
        var selection = new SelectionOptions();
        var key = new Option<string?>("--key")
        {
            Description = "Key columns, separated by commas (default: the keys that the project states)",
            HelpName = "columns",
        };
        var limit = new Option<int>("--limit", "-n")
        {
            Description = "How many rows of each kind to show", HelpName = "rows", DefaultValueFactory = _ => 5,
        };
        var failIfDiff = new Option<bool>("--fail-if-diff") { Description = "Exit with 1 if there are differences" };
        var command = new ExampleCommand(
            Name, "Show how columns and rows of tables differ between two environments",
            [
                "foz diff prod dev", "foz diff prod dev gold.sales --key day",
                "foz diff prod dev --select tag:daily --fail-if-diff",
            ])
        { first, second, key, limit, failIfDiff };
        selection.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Models);
            var project = await workspace.LoadProjectAsync(context, cancellationToken);
            var selected = await new SelectionFinder(workspace.Lake).FindAsync(
                project, selection.Read(context, workspace, arguments, cancellationToken), cancellationToken);
            var comparison = new EnvironmentDiff(
                Find(context, workspace, arguments.GetRequiredValue(first)),
                Find(context, workspace, arguments.GetRequiredValue(second)), workspace.Engines)
            {
                SamplesMax = arguments.GetValue(limit),
                Keys = arguments.GetValue(key)?.Split(
                    ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            };
            var diffs = new List<TableDiff>();
            foreach (var node in project.Graph.Nodes.Where(node => selected.Tables.Contains(node.Name)))
                if (await comparison.CompareAsync(node, cancellationToken) is { } diff) diffs.Add(diff);
            if (context.IsTable(arguments)) new DiffDisplay(context).Show(diffs);
            else context.WriteRows(arguments, Columns, diffs.Select(diff => RowOf(context, diff)));
            return arguments.GetValue(failIfDiff) && diffs.Any(diff => diff.IsDifferent) ? 1 : 0;
        });
        return command;
    }

    static EnvironmentLake Find(CommandContext context, Workspace workspace, string name)
    {
        if (!workspace.File.HasEnvironment(name))
            throw new FozException(ErrorKind.Usage, $"unknown environment '{name}'")
            {
                Hint = NearestName.Hint(name, workspace.File.Environments),
            };
        var file = ProjectLoader.LoadFile(workspace.File.Folder, Workspace.Reading with { Target = name });
        var lake = file.LakePath == workspace.File.LakePath
            ? workspace.Lake
            : Lakehouse.Open(file.Lake, workspace.Engines, context.Shell.Clock);
        return new(lake, file.SchemaPrefix) { BasePrefix = file.Base?.SchemaPrefix };
    }

    static object?[] RowOf(CommandContext context, TableDiff diff) =>
    [
        $"{diff.Name}", DiffDisplay.WordOf(diff),
        Texts(diff.Schema.Select(column => $"{column.Name}: {column.Before ?? "none"} → {column.Now ?? "none"}")),
        Texts(diff.Keys),
        diff.RowsAdded, diff.RowsRemoved, diff.RowsChanged, diff.RowsSame,
        Texts(diff.ColumnsChanged.Select(column => $"{column.Key}: {column.Value}")),
        Texts(diff.Samples.SelectMany(DiffDisplay.Lines).Select(context.Mask)),
    ];

    static object?[] Texts(IEnumerable<string> texts) => [.. texts];
}

/// <summary>Differences of tables as people read them.</summary>
/// <param name="context">What commands share.</param>
sealed class DiffDisplay(CommandContext context)
{
    public void Show(IReadOnlyList<TableDiff> diffs)
    {
        var shell = context.Shell;
        foreach (var diff in diffs) Show(diff);
        var different = diffs.Count(diff => diff.IsDifferent);
        shell.Out.WriteLine(different == 0
            ? $"no difference: {RunText.Count(diffs.Count, "table", "tables")} compared"
            : $"different: {different:N0} of {RunText.Count(diffs.Count, "table", "tables")}");
    }

    void Show(TableDiff diff)
    {
        var shell = context.Shell;
        var line = $"{(diff.IsDifferent ? "≠" : "=")} {diff.Name}  {TextOf(diff)}";
        shell.Out.WriteLine(diff.IsDifferent ? line : shell.Styled(Style.Dim, line));
        if (diff.Warning is { } warning) shell.Out.WriteLine(shell.Styled(Style.Yellow, $"    {warning.Message}"));
        if (diff.Schema.Count > 0)
            shell.Out.WriteLine($"    columns: {string.Join(", ", diff.Schema.Select(PlanDisplay.TextOf))}");
        if (diff.ColumnsChanged.Count > 0)
        {
            var changed = diff.ColumnsChanged.Select(c => $"{c.Key} in {RunText.Count(c.Value, "row", "rows")}");
            shell.Out.WriteLine($"    changed: {string.Join(", ", changed)}");
        }
        if (diff.Samples.Count == 0) return;
        shell.Out.WriteLine(
            shell.Styled(Style.Dim, $"      {string.Join(" | ", diff.Columns.Select(column => column.Name))}"));
        foreach (var row in diff.Samples.SelectMany(Lines))
            shell.Out.WriteLine(
                "    " + shell.Styled(row[0] == '-' ? Style.Red : Style.Green, shell.Fit(context.Mask(row))));
    }

    /// <summary>What differs, in a word.</summary>
    public static string WordOf(TableDiff diff) => diff switch
    {
        { IsBefore: false } => "added",
        { IsNow: false } => "removed",
        { IsDifferent: true } => "changed",
        _ => "same",
    };

    /// <summary>Returns the values before and now, each after its sign.</summary>
    public static IEnumerable<string> Lines(RowSample sample)
    {
        if (sample.Before is { } before) yield return $"- {Text(before)}";
        if (sample.Now is { } now) yield return $"+ {Text(now)}";
    }

    static string Text(object?[] row) =>
        string.Join(" | ", row.Select(value => value is null ? "NULL" : ValueText.Of(value)));

    static string TextOf(TableDiff diff) => WordOf(diff) switch
    {
        "added" => "is only in the second",
        "removed" => "is only in the first",
        "same" when diff.IsShared => "is one table in both",
        "same" => $"{RunText.Count(diff.RowsSame, "row", "rows")}, the same",
        _ => $"{diff.RowsAdded:N0} added, {diff.RowsRemoved:N0} removed, {diff.RowsChanged:N0} changed, "
            + $"{diff.RowsSame:N0} the same"
            + (diff.Keys.Count > 0 ? $" by {string.Join(", ", diff.Keys)}" : ""),
    };
}
