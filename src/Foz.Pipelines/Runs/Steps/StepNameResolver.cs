using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.ChangeFeed;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Steps;

/// <summary>
/// Resolves names in a step's SQL: to the tables that its batch reads, at the versions in its manifest; and to its own
/// table before the batch, or as it would be after the commit while its checks run.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="node">The step's node.</param>
/// <param name="inputs">The versions, by name in the lake; of other tables the newest version is read.</param>
sealed class StepNameResolver(Lakehouse lake, GraphNode node, IReadOnlyDictionary<string, TableInput> inputs)
    : INameResolver
{
    const string StreamFunction = "stream";

    /// <summary>The step's own table as it would be, as a relation; null to read it as it was.</summary>
    public string? OwnPreview { get; init; }

    /// <inheritdoc/>
    public async ValueTask<RelationBinding?> FindAsync(TableReference reference, CancellationToken cancellationToken)
    {
        if (reference.Schema is null) return null;
        var name = new TableName(reference.Schema, reference.Name);
        if (name == node.Name || name == node.Table) return await OwnAsync(cancellationToken);
        if (node.References.FirstOrDefault(r => r.Name == name)?.Inlined is { } inlined)
            return new RelationBinding.View(inlined.Text);
        var table = Resolve(name);
        if (await lake.Catalog.FindAsync(table, cancellationToken) is { Kind: DefinitionKind.View, Sql: { } sql })
            return new RelationBinding.View(sql);
        if (JournalTables.Contains(table) && await FindAsync(table, cancellationToken) is null)
            return new RelationBinding.Relation($"({JournalTables.SelectNone(table)})");
        return new RelationBinding.Rows(TableRows.All(await SnapshotAsync(table, cancellationToken)));
    }

    /// <inheritdoc/>
    public async ValueTask<RelationBinding?> FindAsync(TableFunctionCall call, CancellationToken cancellationToken)
    {
        if (call.Name == LakeNameResolver.TableChangesFunction)
            throw new FozException(
                ErrorKind.Sql,
                $"a model cannot read {LakeNameResolver.TableChangesFunction}, "
                + "whose versions stay the same in each run")
            {
                Hint = "read what is new by STREAM(bronze.orders)",
            };
        if (call.Name != StreamFunction) return null;
        if (call.Arguments is not [{ Parts: [.., var schema, var name] }])
            throw new FozException(ErrorKind.Sql, "STREAM takes the name of a table, such as STREAM(bronze.orders)");
        var table = Resolve(new(schema, name));
        var snapshot = await SnapshotAsync(table, cancellationToken);
        var after = inputs.GetValueOrDefault(table.ToString())?.FromVersion;
        if (after is null) return new RelationBinding.Rows(TableRows.All(snapshot));
        var opened = await lake.OpenTableAsync(table, cancellationToken);
        var changes = await opened.ChangesSinceAsync(after.Value, snapshot.Version, cancellationToken);
        return new RelationBinding.Rows(await changes.NewRowsAsync(cancellationToken));
    }

    /// <summary>The relation of another table at its committed version, bound for a session.</summary>
    public async Task<BoundStatement> BindTableAsync(
        EngineSession session, TableName name, CancellationToken cancellationToken)
    {
        var sql = $"SELECT * FROM {SqlText.Identifier(name.Schema)}.{SqlText.Identifier(name.Name)}";
        return await new StatementBinder(session, this).BindAsync(sql, cancellationToken);
    }

    TableName Resolve(TableName name) => node.References.FirstOrDefault(r => r.Name == name)?.Table ?? name;

    async ValueTask<TableSnapshot?> FindAsync(TableName table, CancellationToken cancellationToken) =>
        await (await lake.OpenTableAsync(table, cancellationToken)).FindLatestAsync(cancellationToken);

    async ValueTask<TableSnapshot> SnapshotAsync(TableName table, CancellationToken cancellationToken)
    {
        if (inputs.GetValueOrDefault(table.ToString()) is not { } input)
            return await FindAsync(table, cancellationToken) ?? throw Missing(table);
        var opened = await lake.OpenTableAsync(table, cancellationToken);
        return await opened.VersionAsync(input.Version, cancellationToken);
    }

    async ValueTask<RelationBinding> OwnAsync(CancellationToken cancellationToken)
    {
        if (OwnPreview is not null) return new RelationBinding.Relation(OwnPreview);
        if (node is GraphNode.OfModel { IsMade: false, Model: var model }) return new RelationBinding.View(model.Sql);
        var table = await lake.OpenTableAsync(node.Table, cancellationToken);
        if (await table.FindLatestAsync(cancellationToken) is { } snapshot)
            return new RelationBinding.Rows(TableRows.All(snapshot));
        return new RelationBinding.Relation(EmptyOwn());
    }

    /// <summary>Before the table is there, only its declared columns are known.</summary>
    string EmptyOwn()
    {
        var declared = node is GraphNode.OfModel { Model.Columns: var columns }
            ? columns.Where(column => column.Type is not null).ToList()
            : [];
        if (declared.Count == 0)
            throw new FozException(ErrorKind.Configuration, $"{node.Name} reads its own table, which is not there yet")
            {
                Hint = "declare the columns that it reads with their types under 'columns:'",
            };
        var list = declared.Select(c => $"CAST(NULL AS {c.Type}) AS {SqlText.Identifier(c.Name)}");
        return $"(SELECT {string.Join(", ", list)} WHERE false)";
    }

    /// <summary>The error for a table that no step has made.</summary>
    public static FozException Missing(TableName table) =>
        new(ErrorKind.NotFound, $"{table} has no rows yet: there is no such table in the lake")
        {
            Hint = "run the step that makes it first; a source makes its table when its first rows arrive",
        };
}
