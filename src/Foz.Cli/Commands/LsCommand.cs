using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Core.Catalog;
using Foz.Core.Data;
using Foz.Core.Engine;

namespace Foz.Cli.Commands;

/// <summary><c>foz ls</c>: what is in the lake.</summary>
static class LsCommand
{
    public const string Name = "ls";

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("name"), new("kind"), new("version", IsNumber: true), new("rows", IsNumber: true),
        new("files", IsNumber: true), new("bytes", IsNumber: true), new("last_commit", IsTime: true), new("description"),
    ];

    static readonly IReadOnlyList<ResultColumn> ShownColumns =
    [
        new("name"), new("kind"), new("version", IsNumber: true), new("rows", IsNumber: true),
        new("size", IsNumber: true), new("last_commit", IsTime: true), new("description"),
    ];

    public static Command Create(CommandContext context)
    {
        var schema = new Option<string?>("--schema")
        {
            Description = "Only tables and views of this schema", HelpName = "schema",
        };
        var command = new ExampleCommand(
            Name, "List the tables and views of the lake",
            ["foz ls", "foz ls --schema gold", "foz ls --output json --target prod"]) { schema };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var prefix = workspace.File.SchemaPrefix;
            var wanted = arguments.GetValue(schema);
            var isTable = context.IsTable(arguments);
            var rows = new List<object?[]>();
            foreach (var definition in await LakeListing.ReadAsync(workspace.Lake, cancellationToken))
                if (wanted is null || IsSchema(definition, wanted) || IsSchema(definition, prefix + wanted))
                    rows.Add(await RowAsync(workspace.Lake, definition, isTable, cancellationToken));
            context.WriteRows(arguments, isTable ? ShownColumns : Columns, rows);
        });
        return command;
    }

    static bool IsSchema(Definition definition, string schema) =>
        definition.Schema.Equals(schema, StringComparison.OrdinalIgnoreCase);

    static async Task<object?[]> RowAsync(
        Lake lake, Definition definition, bool isForPeople, CancellationToken cancellationToken)
    {
        var name = definition.TableName.ToString();
        var snapshot = definition.Kind is DefinitionKind.Table
            ? await lake.Tables.Open(definition.Location!, definition.TableName).FindLatestAsync(cancellationToken)
            : null;
        var kind = definition.Kind is DefinitionKind.View ? "view" : "table";
        var description = definition.Description ?? snapshot?.Description;
        var committedAt = snapshot is null ? null : TimeText.Of(snapshot.Timestamp, isForPeople);
        return isForPeople
            ?
            [
                name, kind, snapshot?.Version, snapshot?.RowCount is { } rows ? $"{rows:N0}" : null,
                snapshot is null ? null : SizeText.Of(snapshot.TotalBytes), committedAt, description,
            ]
            :
            [
                name, kind, snapshot?.Version, snapshot?.RowCount, snapshot?.FileCount, snapshot?.TotalBytes, committedAt,
                description,
            ];
    }
}

/// <summary>All names of a lake.</summary>
static class LakeListing
{
    /// <summary>
    /// What the catalog defines and, in a lake on this machine, Delta tables that another engine wrote, by schema in the order of the layers.
    /// </summary>
    public static async Task<IReadOnlyList<Definition>> ReadAsync(Lake lake, CancellationToken cancellationToken)
    {
        var found = new Dictionary<TableName, Definition>();
        await foreach (var definition in lake.Catalog.ListAsync(cancellationToken))
            found[definition.TableName] = definition;
        foreach (var name in (lake.IsLocal ? TablesOnDisk(lake.Folder) : []).Where(name => !found.ContainsKey(name)))
            if (await lake.Catalog.FindAsync(name, cancellationToken) is { } definition)
                found[name] = definition;
        return
        [
            .. found.Values.OrderBy(d => RankOf(d.Schema)).ThenBy(d => d.Schema, StringComparer.OrdinalIgnoreCase)
                .ThenBy(d => d.Name, StringComparer.OrdinalIgnoreCase),
        ];
    }

    static int RankOf(string schema) =>
        schema.EndsWith("bronze", StringComparison.OrdinalIgnoreCase) ? 0
        : schema.EndsWith("silver", StringComparison.OrdinalIgnoreCase) ? 1
        : schema.EndsWith("gold", StringComparison.OrdinalIgnoreCase) ? 2
        : schema.Equals(TableName.SystemSchema, StringComparison.OrdinalIgnoreCase) ? 4 : 3;

    static IEnumerable<TableName> TablesOnDisk(string lake) => !Directory.Exists(lake)
        ? []
        : Directory.EnumerateDirectories(lake).Where(schema => !Path.GetFileName(schema).StartsWith('_'))
            .SelectMany(Directory.EnumerateDirectories)
            .Where(table => Directory.Exists(Path.Combine(table, "_delta_log")))
            .Select(table => new TableName(Path.GetFileName(Path.GetDirectoryName(table)!), Path.GetFileName(table)));
}
