using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Plans;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Projects;
using Foz.Storage;

namespace Foz.Pipelines.Lineage;

/// <summary>
/// What the columns of a project are made from, read from the plans of its SQL over the columns that tables have now.
/// What was found is kept: later changes of the lake are not seen. Safe for use by many threads.
/// </summary>
/// <param name="project">The project.</param>
/// <param name="lake">Its lake, which knows the columns of what arrived from sources.</param>
public sealed class ProjectLineage(Project project, Lakehouse lake) : IDisposable
{
    readonly Dictionary<TableName, NodeLineage> known = [];
    readonly Lazy<Dictionary<TableName, GraphNode>> byTable =
        new(() => project.Graph.Nodes.ToDictionary(node => node.Table));
    readonly HashSet<TableName> underWay = [];
    readonly SemaphoreSlim gate = new(1, 1);

    /// <summary>The columns of streams where their tables are not there yet.</summary>
    public SchemaLock Schemas { get; init; } = SchemaLock.Empty;

    /// <summary>Whether <see cref="Schemas"/> say the columns of streams where tables are there too.</summary>
    public bool PrefersSchemas { get; init; }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    /// <summary>The lineage of a table or view.</summary>
    /// <param name="table">Its name in the lake.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The lineage; what is wrong with the SQL is in it.</returns>
    public async Task<NodeLineage> FindAsync(TableName table, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            using var session = lake.Engines.Open(Workload.Models);
            return await FindAsync(session, table, cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The lineage of a model as it is being run, whatever the project has of it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="given">The columns of its rows, which a program does not tell before.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The lineage; what is wrong with the SQL is in it.</returns>
    public async Task<NodeLineage> FindAsync(
        Model model, IReadOnlyList<Field> given, CancellationToken cancellationToken)
    {
        if (model.Program is not null) return OfProgram(model, given);
        await gate.WaitAsync(cancellationToken);
        try
        {
            using var session = lake.Engines.Open(Workload.Models);
            return await TryAsync(model.Table, () => OfModelAsync(session, model, cancellationToken));
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Finds the lineage of all nodes, each after those that it needs.</summary>
    public async Task<IReadOnlyList<NodeLineage>> FindAllAsync(CancellationToken cancellationToken)
    {
        var all = new List<NodeLineage>(project.Graph.Nodes.Count);
        foreach (var node in project.Graph.Nodes) all.Add(await FindAsync(node.Table, cancellationToken));
        return all;
    }

    /// <summary>Binds a query to the columns that tables have, or would have.</summary>
    /// <param name="sql">A SELECT.</param>
    /// <param name="columnsOf">
    /// The columns of a table by its name in the query; null where they are the lake's, or a model's.
    /// </param>
    /// <param name="inLake">A table's name in the lake by its name in the query.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>
    /// What is wrong with it, its place being one of the query; null where nothing is, or where it cannot be known
    /// because columns of a table are not.
    /// </returns>
    public async Task<FozException?> FindFaultAsync(
        string sql, Func<TableName, IReadOnlyList<Field>?> columnsOf, Func<TableName, TableName> inLake,
        CancellationToken cancellationToken)
    {
        using var session = lake.Engines.Open(Workload.Models);
        try
        {
            var analysis = session.Analyze(sql, cancellationToken);
            if (analysis.TableFunctions.Any(call => call.Arguments is [{ Parts.Count: > 0 }, ..])) return null;
            var tables = new Dictionary<SqlSpan, IReadOnlyList<Field>>();
            foreach (var reference in analysis.Tables.Where(r => r is { Schema: not null, IsText: false }))
            {
                var name = new TableName(reference.Schema!, reference.Name);
                if (columnsOf(name) is { } known) tables[reference.Span] = known;
                else if (await FindAsync(
                    inLake(name), cancellationToken) is { Error: null, Columns: { Count: > 0 } columns })
                    tables[reference.Span] = [.. columns.Select(column => column.Field)];
                else return null;
            }
            BoundPlan.Bind(session, analysis, r => tables.GetValueOrDefault(r.Span), cancellationToken);
            return null;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql or ErrorKind.Data)
        {
            return e;
        }
    }

    async Task<NodeLineage> FindAsync(EngineSession session, TableName table, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(table, out var found)) return found;
        if (!underWay.Add(table)) return Unknown(table, new(ErrorKind.Sql, $"the view {table} reads itself"));
        found = await TryAsync(table, () => ReadAsync(session, table, cancellationToken));
        underWay.Remove(table);
        return known[table] = found;
    }

    static async Task<NodeLineage> TryAsync(TableName table, Func<Task<NodeLineage>> read)
    {
        try
        {
            return await read();
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            return Unknown(table, e);
        }
        catch (Exception e) when (e is DeltaException or StorageException)
        {
            return Unknown(table, DeltaErrors.Find(e)!);
        }
    }

    async Task<NodeLineage> ReadAsync(EngineSession session, TableName table, CancellationToken cancellationToken)
    {
        switch (byTable.Value.GetValueOrDefault(table))
        {
            case GraphNode.OfModel { Model: { Program: not null } program }:
                return OfProgram(program, await FieldsAsync(program.Table, cancellationToken));
            case GraphNode.OfModel { Model: var model }:
                return await OfModelAsync(session, model, cancellationToken);
            case GraphNode.OfStream stream:
                return await OfStreamAsync(stream, cancellationToken);
            default:
                var definition = await lake.Catalog.FindAsync(table, cancellationToken);
                return definition is { Kind: DefinitionKind.View, Sql: { } sql }
                    ? await OfSqlAsync(session, table, sql, name => name, cancellationToken)
                    : new NodeLineage
                    {
                        Table = table, Columns = WithoutInputs(await FieldsAsync(table, cancellationToken)),
                    };
        }
    }

    async Task<NodeLineage> OfModelAsync(EngineSession session, Model model, CancellationToken cancellationToken)
    {
        if (model.Materialization is Materialization.Seed seed)
            return new()
            {
                Table = model.Table,
                Columns = WithoutInputs(await SeedFieldsAsync(session, model, seed, cancellationToken)),
            };
        try
        {
            var read = await OfSqlAsync(
                session, model.Table, model.Sql, name => InLake(model, name),
                cancellationToken);
            if (model.Materialization.Strategy is null) return read;
            if (model.Materialization.Strategy is IncrementalStrategy.Cdc events) read = OfEvents(events, read);
            // Its table keeps columns that its SQL no longer gives.
            var older = await TryFieldsAsync(model.Table, cancellationToken);
            return read with
            {
                Columns = [.. read.Columns, .. WithoutInputs(older.Where(field => read.Find(field.Name) is null))],
            };
        }
        catch (FozException e) when (e is { Kind: ErrorKind.Sql, Place: null } or { Place.File: SqlPlaces.File })
        {
            var place = e.Place is { } at ? model.Body.PlaceOf(at.Line, at.Column) : new(model.Body.Start.File);
            throw new FozException(e.Kind, e.Message, e) { Place = place, Hint = e.Hint };
        }
    }

    /// <summary>A table of events has some of their columns; a history also the times of its versions.</summary>
    static NodeLineage OfEvents(IncrementalStrategy.Cdc events, NodeLineage read)
    {
        var columns = read.Columns.Where(column => events.Takes(column.Field.Name));
        if (events.KeepsHistory)
        {
            var order = events.FromSnapshot
                ? [new ColumnLineage(new("", DataType.Timestamp), [])]
                : (events.ReadsLog ? [ChangeColumns.Lsn, ChangeColumns.Seq] : events.SequenceBy)
                    .Select(read.Find).OfType<ColumnLineage>().ToList();
            var type = order.Count == 1
                ? order[0].Field.Type
                : new DataType.Struct([.. order.Select(part => new Field(part.Field.Name, part.Field.Type))]);
            var inputs = order.SelectMany(part => part.Inputs).Distinct().ToList();
            columns = columns.Concat(
                new[] { CdcInput.StartAt, CdcInput.EndAt }.Select(name => new ColumnLineage(new(name, type), inputs)));
        }
        return read with
        {
            Columns = [.. columns],
            Selected = [.. read.Columns.Select(column => column.Field)],
        };
    }

    /// <summary>A seed's columns are those of its file; those of its table where the file cannot be read.</summary>
    async Task<IReadOnlyList<Field>> SeedFieldsAsync(
        EngineSession session, Model model, Materialization.Seed seed, CancellationToken cancellationToken)
    {
        try
        {
            var select = new SeedRows(session, model, seed).Select(cancellationToken);
            return [.. session.Describe(select, cancellationToken).Select(column => column.ToField())];
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            if (await TryFieldsAsync(model.Table, cancellationToken) is { Count: > 0 } fields) return fields;
            throw;
        }
    }

    /// <summary>What a program makes its columns from is what the project says of them.</summary>
    static NodeLineage OfProgram(Model model, IReadOnlyList<Field> fields) => new()
    {
        Table = model.Table,
        Columns = [.. fields.Select(field => new ColumnLineage(field, StatedInputs(model, field)))],
    };

    static IReadOnlyList<UpstreamColumn> StatedInputs(Model model, Field field) =>
    [
        .. model.Columns.Where(column => column.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase))
            .SelectMany(column => column.From).Select(from => from.Split('.'))
            .Select(parts => new UpstreamColumn(
                InLake(model, new(parts[0], parts[1])), parts[2], Transformation.Transformation)),
    ];

    static TableName InLake(Model model, TableName name) =>
        model.References.FirstOrDefault(r => r.Name == name)?.Table ?? name;

    /// <summary>
    /// A stream's columns are the source's, of the same names; what Foz adds to them comes from nowhere.
    /// </summary>
    async Task<NodeLineage> OfStreamAsync(GraphNode.OfStream node, CancellationToken cancellationToken)
    {
        var source = new TableName(node.Source.Name, node.Stream.Definition.Name);
        return new()
        {
            Table = node.Table,
            Columns =
            [
                .. (await StreamFieldsAsync(node, cancellationToken)).Select(field => new ColumnLineage(
                    field,
                    ChangeColumns.Fields.Any(own => own.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase))
                        ? []
                        : [new(source, field.Name, Transformation.Identity)])),
            ],
        };
    }

    async Task<IReadOnlyList<Field>> StreamFieldsAsync(GraphNode.OfStream node, CancellationToken cancellationToken)
    {
        var stated = Schemas.FieldsOf(node);
        if (stated is not null && PrefersSchemas) return stated;
        var present = await TryFieldsAsync(node.Table, cancellationToken);
        return present.Count > 0 ? present : stated ?? await FieldsAsync(node.Table, cancellationToken);
    }

    async Task<NodeLineage> OfSqlAsync(
        EngineSession session, TableName table, string sql, Func<TableName, TableName> inLake,
        CancellationToken cancellationToken)
    {
        var analysis = session.Analyze(sql, cancellationToken);
        var tables = new Dictionary<SqlSpan, (TableName Name, IReadOnlyList<Field> Fields)>();
        foreach (var reference in analysis.Tables.Where(r => r is { Schema: not null, IsText: false }))
            await AddAsync(reference.Span, new(reference.Schema!, reference.Name));
        foreach (var call in analysis.TableFunctions)
            if (call.Arguments is [{ Parts: [.., var schema, var name] }]) await AddAsync(call.Span, new(schema, name));
        var lineage = BoundPlan.ReadLineage(
            session, analysis, r => tables.GetValueOrDefault(r.Span).Fields,
            c => tables.GetValueOrDefault(c.Span).Fields,
            cancellationToken);
        return new()
        {
            Table = table,
            Columns =
            [
                .. lineage.Columns.Select(column =>
                    new ColumnLineage(column.Column.ToField(), Upstream(column.Inputs))),
            ],
            Conditions = Upstream(lineage.Conditions),
        };

        async Task AddAsync(SqlSpan span, TableName name)
        {
            var upstream = inLake(name);
            tables[span] = (upstream, upstream == table
                ? await OwnFieldsAsync(table, cancellationToken)
                : await ColumnsAsync(session, upstream, cancellationToken));
        }

        // A table that is read twice is one upstream.
        IReadOnlyList<UpstreamColumn> Upstream(IReadOnlyList<ColumnInput> inputs) =>
            [.. inputs.Select(i => new UpstreamColumn(tables[i.Table].Name, i.Column, i.Transformation)).Distinct()];
    }

    async Task<IReadOnlyList<Field>> ColumnsAsync(
        EngineSession session, TableName table, CancellationToken cancellationToken)
    {
        var lineage = await FindAsync(session, table, cancellationToken);
        return lineage.Error is null ? [.. lineage.Columns.Select(column => column.Field)] : throw lineage.Error;
    }

    async Task<IReadOnlyList<Field>> OwnFieldsAsync(TableName table, CancellationToken cancellationToken) =>
        await TryFieldsAsync(table, cancellationToken) is { Count: > 0 } fields
            ? fields
            : throw new FozException(ErrorKind.NotFound, $"{table} reads its own table, which is not there yet");

    async Task<IReadOnlyList<Field>> FieldsAsync(TableName table, CancellationToken cancellationToken) =>
        await TryFieldsAsync(table, cancellationToken) is { Count: > 0 } fields
            ? fields
            : throw new FozException(ErrorKind.NotFound, $"the columns of {table} are not known before it has rows")
            {
                Hint = "foz run brings them",
            };

    async Task<IReadOnlyList<Field>> TryFieldsAsync(TableName table, CancellationToken cancellationToken)
    {
        if (JournalTables.Contains(table)) return JournalTables.Fields[table.Name];
        if (await lake.Catalog.FindAsync(table, cancellationToken) is { Kind: DefinitionKind.View }) return [];
        var opened = await lake.OpenTableAsync(table, cancellationToken);
        return (await opened.FindLatestAsync(cancellationToken))?.Fields ?? [];
    }

    static IReadOnlyList<ColumnLineage> WithoutInputs(IEnumerable<Field> fields) =>
        [.. fields.Select(field => new ColumnLineage(field, []))];

    static NodeLineage Unknown(TableName table, FozException error) => new() { Table = table, Error = error };
}
