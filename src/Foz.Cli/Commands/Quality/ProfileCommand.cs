using System.CommandLine;
using System.Globalization;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Quality.Profiles;

namespace Foz.Cli.Commands.Quality;

/// <summary><c>foz profile</c>: what the rows of a table look like.</summary>
static class ProfileCommand
{
    public const string Name = "profile";

    const string Bars = " ▁▂▃▄▅▆▇█";
    const int TopShown = 3, TextMax = 24;

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("column"), new("type"), new("rows", IsNumber: true), new("nulls", IsNumber: true),
        new("distinct", IsNumber: true),
        new("min"), new("q25"), new("median"), new("q75"), new("max"), new("mean", IsNumber: true),
        new("stddev", IsNumber: true), new("top", IsJson: true), new("histogram", IsJson: true),
    ];

    static readonly IReadOnlyList<ResultColumn> ShownColumns =
    [
        new("column"), new("type"), new("nulls", IsNumber: true), new("distinct", IsNumber: true), new("min"),
        new("median"),
        new("max"), new("mean", IsNumber: true), new("histogram"), new("most frequent"),
    ];

    public static Command Create(CommandContext context)
    {
        var name = new Argument<string>("table") { Description = "The table or view: silver.orders" };
        var columns = new Option<string[]>("--columns")
        {
            Description = "Only these columns", HelpName = "columns", AllowMultipleArgumentsPerToken = true,
        };
        var where = new Option<string?>("--where")
        {
            Description = "Only rows for which a SQL condition holds", HelpName = "condition",
        };
        var command = new ExampleCommand(
            Name, "Profile a table: nulls, distinct values, ranges, means, frequent values",
            [
                "foz profile silver.orders", "foz profile silver.orders --columns status amount",
                "foz profile silver.orders --where \"ordered_on >= '2026-01-01'\" --output json",
            ])
        { name, columns, where };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var table = await workspace.ResolveAsync(arguments.GetRequiredValue(name), cancellationToken);
            var profile = await ProfileAsync(
                workspace, table, arguments.GetValue(where),
                [
                    .. (arguments.GetValue(columns) ?? [])
                        .SelectMany(c => c.Split(',', StringSplitOptions.RemoveEmptyEntries)),
                ], cancellationToken);
            if (!context.IsTable(arguments))
            {
                context.WriteRows(arguments, Columns, profile.Columns.Select(column => RowOf(profile, column)));
                return;
            }
            context.Shell.Out.WriteLine(
                $"{context.Shell.Styled(Style.Bold, table.ToString())}  {RunText.Count(profile.Rows, "row", "rows")}");
            context.WriteRows(arguments, ShownColumns, profile.Columns.Select(column => ShownRowOf(profile, column)));
        });
        return command;
    }

    static async Task<TableProfile> ProfileAsync(
        Workspace workspace, TableName table, string? where, IReadOnlyList<string> columns,
        CancellationToken cancellationToken)
    {
        using var session = workspace.Engines.Open(Workload.Query);
        var rows = $"SELECT * FROM {SqlText.Identifier(table.Schema)}.{SqlText.Identifier(table.Name)}";
        try
        {
            using var bound = await workspace.Binder(session).BindAsync(
                where is null ? rows : $"{rows} WHERE (\n{where}\n)", cancellationToken);
            return new TableProfiler(session, $"({bound.Sql}\n)").Run(columns, cancellationToken);
        }
        catch (FozException e) when (where is not null
            && e is { Kind: ErrorKind.Sql or ErrorKind.Data, Place: null or { File: SqlPlaces.File } })
        {
            throw new FozException(e.Kind, $"--where: {e.Message}", e) { Hint = e.Hint };
        }
    }

    static object?[] RowOf(TableProfile profile, ColumnProfile column) =>
    [
        column.Name, column.Type, profile.Rows, column.Nulls, column.Distinct, column.Min,
        column.Quartiles.ElementAtOrDefault(0),
        column.Quartiles.ElementAtOrDefault(1), column.Quartiles.ElementAtOrDefault(2), column.Max, column.Mean,
        column.StandardDeviation,
        Json(column.Top.Select(top => $"{{\"value\":{Quoted(top.Value)},\"rows\":{top.Rows}}}")),
        Json(column.Histogram.Select(count => count.ToString(CultureInfo.InvariantCulture))),
    ];

    static object?[] ShownRowOf(TableProfile profile, ColumnProfile column) =>
    [
        column.Name, column.Type,
        profile.Rows == 0 || column.Nulls == 0 ? "" : $"{(double)column.Nulls / profile.Rows:0.#%}",
        column.Distinct is { } distinct ? $"{distinct:N0}" : "", Short(column.Min),
        Short(column.Quartiles.ElementAtOrDefault(1)),
        Short(column.Max), column.Mean is { } mean ? NumberText(mean) : "", Bar(column.Histogram),
        string.Join(", ", column.Top.Take(TopShown).Select(top => $"{Short(top.Value)} ({top.Rows:N0})")),
    ];

    static string Json(IEnumerable<string> items) => $"[{string.Join(',', items)}]";

    static string Quoted(string text) => System.Text.Json.Nodes.JsonValue.Create(text).ToJsonString();

    static string Short(string? text) =>
        text is null ? "" : text.Length <= TextMax ? text : string.Concat(text.AsSpan(0, TextMax - 1), "…");

    static string NumberText(double number) =>
        number.ToString(Math.Abs(number) >= 1_000 ? "N0" : "0.###", CultureInfo.InvariantCulture);

    /// <summary>A histogram in one line: what has values is seen, however few.</summary>
    static string Bar(IReadOnlyList<long> histogram)
    {
        if (histogram.Count == 0) return "";
        var max = Math.Max(1, histogram.Max());
        return string.Concat(
            histogram.Select(count => Bars[count == 0 ? 0 : Math.Max(1, (int)(count * (Bars.Length - 1) / max))]));
    }
}
