using System.CommandLine;
using Foz.Cli.Terminal;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Maintenance;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz ls</c>: lists the tables of the lake, and the selected parts of the project.</summary>
static class LsCommand
{
    public const string Name = "ls";

    static readonly IReadOnlyList<ResultColumn> Columns =
    [
        new("name"), new("kind"), new("version", IsNumber: true), new("rows", IsNumber: true),
        new("files", IsNumber: true), new("bytes", IsNumber: true), new("last_commit", IsTime: true),
        new("description"),
    ];

    static readonly IReadOnlyList<ResultColumn> ShownColumns =
    [
        new("name"), new("kind"), new("version", IsNumber: true), new("rows", IsNumber: true),
        new("size", IsNumber: true), new("last_commit", IsTime: true, IsDetail: true),
        new("description", IsDetail: true),
    ];

    static readonly IReadOnlyList<ResultColumn> SizeColumns =
    [
        new("name"), new("files", IsNumber: true), new("bytes", IsNumber: true), new("removed_files", IsNumber: true),
        new("removed_bytes", IsNumber: true), new("log_files", IsNumber: true), new("log_bytes", IsNumber: true),
    ];

    static readonly IReadOnlyList<ResultColumn> ShownSizeColumns =
    [
        new("name"), new("files", IsNumber: true), new("size", IsNumber: true), new("older versions", IsNumber: true),
        new("log", IsNumber: true),
    ];

    public static Command Create(CommandContext context)
    {
        var sizes = new Option<bool>("--sizes")
        {
            Description = "Show the size of tables: newest version, older versions, log",
        };
        var tags = new Option<bool>("--tags")
        {
            Description = "Show tagged columns, and the origin of each tag",
        };
        var schema = new Option<string?>("--schema")
        {
            Description = "Only tables and views of this schema", HelpName = "schema",
        };
        var selection = new SelectionOptions();
        var command = new ExampleCommand(
            Name, "List tables and views of the lake",
            [
                "foz ls", "foz ls --schema gold --sizes", "foz ls --tags", "foz ls --output json --target prod",
                "foz ls --select +gold.daily_sales --output name",
            ])
        { schema, sizes, tags };
        selection.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var workspace = Workspace.Open(context, arguments, Workload.Query);
            var request = selection.Read(context, workspace, arguments, cancellationToken);
            if (!request.IsEmpty || context.LineFormat(arguments) is not null)
            {
                await ResourceListing.WriteAsync(context, arguments, workspace, request, cancellationToken);
                return 0;
            }
            var prefix = workspace.File.SchemaPrefix;
            var wanted = arguments.GetValue(schema);
            var isTable = context.IsTable(arguments);
            var (withSizes, withTags) = (arguments.GetValue(sizes), arguments.GetValue(tags));
            var rows = new List<object?[]>();
            var listed = (await LakeListing.ReadAsync(workspace.Lake, cancellationToken)).Where(definition =>
                wanted is null || IsSchema(definition, wanted) || IsSchema(definition, prefix + wanted)).ToList();
            var exitCode = await context.ForEachAsync(arguments, listed, async definition =>
            {
                if (withTags) rows.AddRange(await TagListing.OfAsync(workspace.Lake, definition, cancellationToken));
                else if (!withSizes) await AddRowAsync(rows, workspace.Lake, definition, isTable, cancellationToken);
                else if (definition.Kind is DefinitionKind.Table)
                    rows.Add(await SizesAsync(workspace.Lake, definition, isTable, cancellationToken));
            });
            await WarnOfOrphansAsync(context, workspace, wanted, cancellationToken);
            context.WriteRows(arguments, withTags ? TagListing.Columns : (withSizes, isTable) switch
            {
                (true, true) => ShownSizeColumns,
                (true, false) => SizeColumns,
                (false, true) => ShownColumns,
                (false, false) => Columns,
            }, rows);
            return exitCode;
        });
        return command;
    }

    /// <summary>
    /// Names the tables that nothing in the project makes any more; of a project that cannot be read nothing is known.
    /// </summary>
    static async Task WarnOfOrphansAsync(
        CommandContext context, Workspace workspace, string? schema, CancellationToken cancellationToken)
    {
        if (await workspace.TryLoadKnownProjectAsync(
            context, SchemaLock.Read(workspace.File.Folder, new()), cancellationToken)
            is not ProjectResult.Loaded { Project: var project }) return;
        foreach (var table in await OrphanTables.FindAsync(workspace, project, cancellationToken))
            if (schema is null
                || new[]
                {
                    schema, workspace.File.SchemaPrefix + schema,
                }.Contains(table.Schema, StringComparer.OrdinalIgnoreCase))
                context.Warn(OrphanTables.Describe(table));
    }

    static async Task<object?[]> SizesAsync(
        Lakehouse lake, Definition definition, bool isForPeople, CancellationToken cancellationToken)
    {
        var name = definition.TableName.ToString();
        var table = lake.Tables.Open(definition.Location!, definition.TableName);
        if (await table.FindLatestAsync(cancellationToken) is not { } snapshot)
            return isForPeople ? [name, null, null, null, null] : [name, null, null, null, null, null, null];
        var (live, removed, log) = await TableSizes.OfAsync(table, snapshot, cancellationToken);
        return isForPeople
            ? [name, $"{live.Files:N0}", SizeText.Of(live.Bytes), SizeText.Of(removed.Bytes), SizeText.Of(log.Bytes)]
            : [name, live.Files, live.Bytes, removed.Files, removed.Bytes, log.Files, log.Bytes];
    }

    static bool IsSchema(Definition definition, string schema) =>
        definition.Schema.Equals(schema, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Adds the row of a table or view; that of a table which cannot be read has its name and kind only.
    /// </summary>
    static async Task AddRowAsync(
        List<object?[]> rows, Lakehouse lake, Definition definition, bool isForPeople,
        CancellationToken cancellationToken)
    {
        TableSnapshot? snapshot = null;
        try
        {
            if (definition.Kind is DefinitionKind.Table)
                snapshot = await lake.Tables.Open(definition.Location!, definition.TableName)
                    .FindLatestAsync(cancellationToken);
        }
        finally
        {
            rows.Add(RowOf(definition, snapshot, isForPeople));
        }
    }

    static object?[] RowOf(Definition definition, TableSnapshot? snapshot, bool isForPeople)
    {
        var name = definition.TableName.ToString();
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
                name, kind, snapshot?.Version, snapshot?.RowCount, snapshot?.FileCount, snapshot?.TotalBytes,
                committedAt,
                description,
            ];
    }
}
