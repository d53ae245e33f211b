using System.CommandLine;
using Foz.Cli.Commands.Quality;
using Foz.Cli.Terminal;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;

namespace Foz.Cli.Commands.Tables;

/// <summary><c>foz show</c>: what a table is.</summary>
static class ShowCommand
{
    public const string Name = "show";

    static readonly IReadOnlyList<ResultColumn> Columns =
        [new("column"), new("type"), new("nullable"), new("source_type"), new("comment")];

    static readonly IReadOnlyList<ResultColumn> CheckColumns =
        [new("check"), new("arguments"), new("result"), new("violations", IsNumber: true), new("rows", IsNumber: true)];

    public static Command Create(CommandContext context)
    {
        var name = new Argument<string>("table") { Description = "The table or view: silver.orders" };
        var command = new ExampleCommand(
            Name, "Show a table's columns, properties, partitions and last checks",
            ["foz show silver.orders", "foz show gold.daily_sales --output json"]) { name };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var table = await workspace.ResolveAsync(arguments.GetRequiredValue(name), cancellationToken);
            var definition = (await workspace.Lake.Catalog.FindAsync(table, cancellationToken))!;
            var snapshot = definition.Kind is DefinitionKind.Table
                ? await (await workspace.Lake.OpenTableAsync(table, cancellationToken)).LatestAsync(cancellationToken)
                : null;
            var fields = snapshot?.Fields ?? await FieldsOfViewAsync(workspace, table, cancellationToken);
            if (!context.IsTable(arguments))
            {
                context.WriteRows(arguments, Columns, fields.Select(RowOf));
                return;
            }
            Head(context.Shell, definition, snapshot);
            Fields(context.Shell, fields);
            await ChecksAsync(context.Shell, workspace, table, cancellationToken);
        });
        return command;
    }

    static void Head(Shell shell, Definition definition, TableSnapshot? snapshot)
    {
        var kind = snapshot is null ? "view" : "table";
        shell.Out.WriteLine($"{shell.Styled(Style.Bold, definition.TableName.ToString())}  {kind}");
        if ((definition.Description ?? snapshot?.Description) is { } description) shell.Out.WriteLine(description);
        if (definition.Owner is { } owner) Line(shell, "owner", owner);
        if (definition.Sql is { } sql) Line(shell, "select", sql.ReplaceLineEndings(" "));
        if (snapshot is null) return;
        Line(shell, "version", $"{snapshot.Version}, committed {TimeText.Of(snapshot.Timestamp, isForPeople: true)}");
        Line(shell, "rows", snapshot.RowCount is { } rows ? $"{rows:N0}" : "not known");
        Line(shell, "files", $"{snapshot.FileCount:N0}, {SizeText.Of(snapshot.TotalBytes)}");
        if (snapshot.PartitionColumns.Count > 0)
            Line(shell, "partitioned by", string.Join(", ", snapshot.PartitionColumns));
        Readers(shell, snapshot.Engines);
        foreach (var (key, value) in snapshot.Properties.OrderBy(p => p.Key, StringComparer.Ordinal))
            Line(shell, key, value ?? "");
    }

    static void Readers(Shell shell, IReadOnlyList<EngineAccess> engines)
    {
        Line(shell, "read by",
            string.Join(
                ", ",
                engines.Where(e => e.IsRead).Select(e => e.From.Length > 0 ? $"{e.Engine} ({e.From})" : e.Engine)));
        foreach (var obstacle in engines.Where(e => !e.IsRead)
            .GroupBy(e => $"{(e.Reads == "no" ? "" : e.Reads + ": ")}{e.Obstacles}"))
            Line(shell, "not read by", $"{string.Join(", ", obstacle.Select(e => e.Engine))}: {obstacle.Key}");
    }

    static void Line(Shell shell, string name, string value) =>
        shell.Out.WriteLine($"  {shell.Styled(Style.Dim, name + ":")} {value}");

    static void Fields(Shell shell, IReadOnlyList<Field> fields)
    {
        var hasSource = fields.Any(f => f.Metadata.ContainsKey(Field.SourceTypeKey));
        var hasComment = fields.Any(f => f.Metadata.ContainsKey(Field.CommentKey));
        List<ResultColumn> columns = [new("column"), new("type")];
        if (hasSource) columns.Add(new("source type"));
        if (hasComment) columns.Add(new("comment"));
        var table = new TextTable(columns);
        foreach (var field in fields)
        {
            List<object?> row = [field.Name, field.IsNullable ? $"{field.Type}" : $"{field.Type} not null"];
            if (hasSource) row.Add(field.Metadata.GetValueOrDefault(Field.SourceTypeKey, ""));
            if (hasComment) row.Add(field.Metadata.GetValueOrDefault(Field.CommentKey, ""));
            table.Add([.. row]);
        }
        shell.Out.WriteLine();
        table.Write(shell);
    }

    static async Task ChecksAsync(
        Shell shell, Workspace workspace, TableName name, CancellationToken cancellationToken)
    {
        var checks = await ChecksTable.ReadLastAsync(workspace, name, cancellationToken);
        if (checks.Count == 0) return;
        var table = new TextTable(CheckColumns);
        foreach (var check in checks)
            table.Add(
                check.Title, ChecksTable.Short(check.Arguments), check.Passed ? "passed" : check.OnViolation,
                $"{check.Violations:N0}", $"{check.RowsChecked:N0}");
        shell.Out.WriteLine();
        table.Write(shell);
    }

    static async Task<IReadOnlyList<Field>> FieldsOfViewAsync(
        Workspace workspace, TableName view, CancellationToken cancellationToken)
    {
        using var session = workspace.Engines.Open(Workload.Query);
        using var bound = await workspace.Binder(session).BindAsync(
            $"SELECT * FROM {SqlText.Identifier(view.Schema)}.{SqlText.Identifier(view.Name)}", cancellationToken);
        return [.. session.Describe(bound.Sql, cancellationToken).Select(column => column.ToField())];
    }

    static object?[] RowOf(Field field) =>
    [
        field.Name, field.Type.ToString(), field.IsNullable, field.Metadata.GetValueOrDefault(Field.SourceTypeKey),
        field.Metadata.GetValueOrDefault(Field.CommentKey),
    ];
}
