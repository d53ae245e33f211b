using Foz.Cli.Terminal;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Cli.Commands.Querying;

/// <summary>A table or view, as listings show it.</summary>
sealed record ListedTable(string Schema, string Name, bool IsView, string Owner, string Description)
{
    /// <summary>Gets schema and name.</summary>
    public string FullName => $"{Schema}.{Name}";
}

/// <summary>What a prompt talks to: the lake of a project, or files alone.</summary>
/// <param name="statements">Runs statements.</param>
sealed class PromptTarget(LocalStatements statements)
{
    /// <summary>Gets the name that the prompt shows.</summary>
    public string Name => statements.Workspace?.File.Name ?? "foz";

    /// <summary>Gets what is connected, in one line.</summary>
    public string Connection => statements.Workspace is { } workspace
        ? $"project {workspace.File.Name}, environment {workspace.File.Environment}, lake {workspace.File.LakePath}"
        : "no project: files and Delta tables by their paths";

    /// <summary>Runs one statement.</summary>
    public Task RunAsync(string sql, ResultWriter writer, CancellationToken cancellationToken) =>
        statements.RunAsync(sql, writer, isForPeople: true, cancellationToken);

    /// <summary>Lists tables and views, in the order of the layers.</summary>
    public async Task<IReadOnlyList<ListedTable>> ListAsync(CancellationToken cancellationToken) =>
        statements.Workspace is not { } workspace
            ? []
            :
            [
                .. (await LakeListing.ReadAsync(workspace.Lake, cancellationToken)).Select(definition =>
                    new ListedTable(
                        NameOf(workspace, definition.Schema), definition.Name, definition.Kind is DefinitionKind.View,
                        definition.Owner ?? "", definition.Description ?? "")),
            ];

    /// <summary>Reads the columns of a table or view.</summary>
    /// <param name="table">Its schema and name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<Field>> FieldsAsync(string table, CancellationToken cancellationToken)
    {
        if (statements.Workspace is not { } workspace) return [];
        var name = await workspace.ResolveAsync(table, cancellationToken);
        if (await workspace.Lake.Catalog.FindAsync(name, cancellationToken) is not { } definition) return [];
        if (definition.Kind is DefinitionKind.Table)
            return await workspace.Lake.Tables.Open(definition.Location!, definition.TableName)
                .FindLatestAsync(cancellationToken) is { } snapshot ? snapshot.Fields : [];
        using var session = workspace.Engines.Open(Workload.Query);
        using var bound = await workspace.Binder(session).BindAsync(
            $"SELECT * FROM {SqlText.Identifier(name.Schema)}.{SqlText.Identifier(name.Name)}", cancellationToken);
        return [.. session.Describe(bound.Sql, cancellationToken).Select(column => column.ToField())];
    }

    /// <summary>Lists the engine's functions.</summary>
    public IReadOnlyList<string> Functions(CancellationToken cancellationToken)
    {
        using var session = statements.Engines.Open(Workload.Query);
        using var rows = session.Query(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE regexp_matches(function_name, '^[a-z]')",
            cancellationToken);
        return [.. rows.Rows(cancellationToken).Select(row => (string)row[0]!)];
    }

    /// <summary>Names in statements have no prefix of the environment.</summary>
    static string NameOf(Workspace workspace, string schema) =>
        workspace.File.SchemaPrefix is { Length: > 0 } prefix
        && schema.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? schema[prefix.Length..] : schema;
}
