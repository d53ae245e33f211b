using System.Collections.Immutable;
using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Connectors.PostgreSql.Streams;

/// <summary>A PostgreSQL database as a source.</summary>
sealed partial class PostgreSqlSource(SourceDefinition definition, PgOptions options) : ISnapshotSource, ILoggedSource
{
    readonly PgCatalog catalog = new(options);
    SharedSnapshot? shared;

    public ValueTask DisposeAsync() => catalog.DisposeAsync();

    public IAsyncDisposable ShareSnapshot() => shared = new SharedSnapshot(options);

    public IAsyncDisposable ShareSnapshot(ChangeStart start) => shared = new SharedSnapshot(options, start);

    public async Task<string> CheckAsync(CancellationToken cancellationToken)
    {
        await using var connection = await PgConnection.OpenAsync(options, cancellationToken);
        foreach (var stream in definition.Streams) await DescribeAsync(stream, cancellationToken);
        var tables = (await catalog.ListAsync(cancellationToken)).Count(IsOffered);
        return $"PostgreSQL {connection.ServerVersion.Split(' ')[0]}, database {options.Database}, "
            + $"user {options.User}, {connection.TlsVersion ?? "no TLS"}, {tables} tables to read";
    }

    public async Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken)
    {
        var relations = await catalog.ListAsync(cancellationToken);
        var columns = await catalog.ColumnsAsync(relations.Where(IsOffered), cancellationToken);
        return
        [
            .. StreamResolver.StreamNames(relations)
                .Where(s => IsOffered(s.Value) && columns[s.Value.Oid].Any(c => c.IsReadable))
                .Select(s => Discovered(s.Key, s.Value, [.. columns[s.Value.Oid]])),
        ];
    }

    public async Task<BatchPlan> PlanAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken)
    {
        var table = await DescribeAsync(stream, cancellationToken);
        var relation = table.Relation;
        var warnings = ImmutableArray.CreateBuilder<Warning>();
        if (table.Unreadable.Count > 0)
            warnings.Add(
                new($"{relation}: {options.User} may not read {string.Join(", ", table.Unreadable)}: left out"));
        if (relation.HasRowSecurity)
            warnings.Add(
                new($"{relation}: row security lets {options.User} see only the rows that its policies show"));

        var plan = stream.Mode == StreamMode.Snapshot
            ? new(new StreamInputs.OfAll(), [])
            : await PlanCursorAsync(stream, table, history, cancellationToken);
        return plan with { Warnings = [.. warnings, .. plan.Warnings] };
    }

    public async Task<IReadOnlyList<string>> FindKeysAsync(StreamDefinition stream, CancellationToken cancellationToken)
    {
        var relation = await StreamResolver.FindRelationAsync(stream, catalog, cancellationToken);
        var columns = (await catalog.ColumnsAsync([relation], cancellationToken))[relation.Oid];
        if (stream.Mode is not StreamMode.Changes) return KeysOf(columns);
        if (await catalog.FindUnidentifiedAsync([relation], cancellationToken) is [var (_, part, reason), ..])
            throw FeedFaults.Unreadable(
                stream,
                $"{part} {reason}: only its inserts and truncates are read, which current rows cannot be made of",
                IdentityHint(part));
        return IdentityOf(columns, (await catalog.FindIdentityAsync([relation], cancellationToken))[relation.Oid]);
    }

    public async Task<IReadOnlyList<Field>> FindFieldsAsync(
        StreamDefinition stream, ReadContext context, CancellationToken cancellationToken) =>
        StreamResolver.Fields((await DescribeAsync(stream, cancellationToken)).Columns);

    public async Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken)
    {
        var table = await DescribeAsync(stream, cancellationToken);
        var isSnapshot = stream.Mode is not StreamMode.Incremental;
        var condition = isSnapshot
            ? context.Parts is { } parts ? ChecksumsOf(table).IsIn(parts.Keys, parts.Names) : ""
            : CursorRange.Sql(table.Cursor!, inputs.As<StreamInputs.OfCursor>(stream));
        var readsAll = inputs is not StreamInputs.OfCursor { From: not null };
        // The rows above a cursor are few, and found by an index where there is one.
        var size = readsAll && !table.NeedsOrder(stream) && table.Relation.Kind != RelationKind.View
            ? await catalog.SizeAsync(table.Relation, cancellationToken)
            : null;
        var selection = new TableSelection(table.Relation, table.Columns, condition)
        {
            Order = table.NeedsOrder(stream) ? CursorPlan.OrderBy(SqlText.Name(table.Cursor!.Name)) : "",
        };
        return await ReadAsync(
            stream, table, selection, size, readsAll ? table.Relation.RowCountEstimate : null, cancellationToken);
    }

    async Task<StreamRows.Streamed> ReadAsync(
        StreamDefinition stream, StreamTable table, TableSelection selection, RelationSize? size, long? rowCount,
        CancellationToken cancellationToken)
    {
        // An older snapshot would miss rows below a cursor that was looked up after it was taken.
        var reading = stream.Mode is StreamMode.Changes
            ? await OpenSharedAsync(selection, size, cancellationToken)
            : await TableReading.OpenAsync(
                options, selection, size, stream.Mode is StreamMode.Incremental ? null : shared, cancellationToken);
        var fields = StreamResolver.Fields(table.Columns);
        return new StreamRows.Streamed(new ColumnStream(fields, reading.Partitions)
        {
            RowCountEstimate = rowCount,
        })
        {
            Fields = fields,
            Lsn = reading.Lsn,
            IsOrdered = table.NeedsOrder(stream),
            CommittedAt = reading.TakenAt,
            Warnings = reading.Apart is { } reason
                ? [new($"{table.Relation} is read as it is now, apart from the other tables of the run: {reason}")]
                : [],
            OnDispose = reading.DisposeAsync,
        };
    }

    static bool IsOffered(Relation relation) =>
        relation.Kind is RelationKind.Table or RelationKind.PartitionedTable or RelationKind.MaterializedView
        && !relation.IsPartition;

    /// <summary>
    /// Returns the primary key; empty if a column of it may not be read, as rows cannot be distinguished without it.
    /// </summary>
    static IReadOnlyList<string> KeysOf(IEnumerable<RelationColumn> columns)
    {
        var keys = columns.Where(c => c.KeyPosition > 0).OrderBy(c => c.KeyPosition).ToList();
        return keys.All(c => c.IsReadable) ? [.. keys.Select(c => c.FieldName)] : [];
    }

    /// <summary>Returns the columns by which changes name rows: those of a chosen index, or the key.</summary>
    static IReadOnlyList<string> IdentityOf(IEnumerable<RelationColumn> columns, IEnumerable<string> ofIndex)
    {
        var chosen = ofIndex.Select(name => columns.First(column => column.Name == name)).ToList();
        if (chosen.Count == 0) return KeysOf(columns);
        return chosen.All(column => column.IsReadable) ? [.. chosen.Select(column => column.FieldName)] : [];
    }

    static string IdentityHint(string table) =>
        $"a primary key lets PostgreSQL log them; or ALTER TABLE {table} REPLICA IDENTITY FULL, or USING INDEX";

    DiscoveredStream Discovered(string name, Relation relation, IReadOnlyList<RelationColumn> columns)
    {
        var stream = new StreamDefinition
        {
            Name = name,
            Mode = StreamMode.Snapshot,
            Keys = KeysOf(columns),
            Settings = Settings.Of((StreamResolver.TableSetting, $"{relation}")),
        };
        var read = StreamResolver.ReadColumns(stream, columns, catalog.HasUncheckedText);
        return new DiscoveredStream(stream, StreamResolver.Fields(read))
        {
            RowCountEstimate = relation.RowCountEstimate,
        };
    }

    /// <summary>What a stream means in the database, every column that it names being there.</summary>
    async Task<StreamTable> DescribeAsync(StreamDefinition stream, CancellationToken cancellationToken)
    {
        var relation = await StreamResolver.FindRelationAsync(stream, catalog, cancellationToken);
        var all = (await catalog.ColumnsAsync([relation], cancellationToken))[relation.Oid].ToList();
        var readable = all.Where(c => c.IsReadable).ToList();
        if (readable.Count == 0)
            throw new FozException(
                ErrorKind.Source,
                $"stream '{stream.Name}': {relation} has no columns"
                + (all.Count == 0 ? "" : $" that {options.User} may read"))
            {
                Place = stream.Place is { File: not null } place ? place : null,
                Hint = "leave the stream out",
            };
        foreach (var key in stream.Keys) StreamResolver.FindColumn(stream, "keys", key, readable);
        if (stream.Mode == StreamMode.Incremental && stream.Cursor is null)
            throw stream.Settings.Wrong("cursor", "set where mode is incremental");
        return new StreamTable(relation, StreamResolver.ReadColumns(stream, readable, catalog.HasUncheckedText))
        {
            Cursor = stream.Cursor is { } cursor
                ? StreamResolver.FindColumn(stream, "cursor", cursor, readable)
                : null,
            CursorType = stream.Cursor is { } named
                ? TypeMapping.Of(
                    StreamResolver.FindColumn(stream, "cursor", named, readable).Type, catalog.HasUncheckedText).Type
                : null,
            PrimaryKey = KeysOf(all),
            Unreadable = [.. all.Where(c => !c.IsReadable).Select(c => c.Name)],
        };
    }

    async Task<BatchPlan> PlanCursorAsync(
        StreamDefinition stream, StreamTable table, IReadOnlyList<StreamInputs> history,
        CancellationToken cancellationToken)
    {
        var (relation, cursor) = (table.Relation, table.Cursor!);
        var of = CursorPlan.Of(
            cursor.Name, TypeMapping.Of(cursor.Type, catalog.HasUncheckedText).Type, cursor.Type.Name, $"{relation}");
        return await CursorPlan.MakeAsync(history, new(of, stream)
        {
            Max = MaxAsync,
            Count = value => catalog.CursorRowsAsync(relation, cursor, value, cancellationToken),
            Hash = value => catalog.CursorHashAsync(relation, table.Columns, cursor, value, cancellationToken),
            IsNullable = cursor.IsNullable,
        });

        async Task<string?> MaxAsync(string? from)
        {
            var to = await catalog.CursorMaxAsync(relation, cursor, from, cancellationToken);
            CursorRange.CheckEnd(stream, to);
            return to;
        }
    }

    /// <summary>A stream's table.</summary>
    /// <param name="Relation">The table.</param>
    /// <param name="Columns">Its columns that are read.</param>
    sealed record StreamTable(Relation Relation, IReadOnlyList<ReadColumn> Columns)
    {
        /// <summary>The cursor; null where the stream has none.</summary>
        public RelationColumn? Cursor { get; init; }

        /// <summary>The cursor's type in bronze; null where the stream has no cursor.</summary>
        public DataType? CursorType { get; init; }

        /// <summary>The columns of its primary key; empty where it has none that may be read.</summary>
        public IReadOnlyList<string> PrimaryKey { get; init; } = [];

        /// <summary>Whether a batch is read in the order of the cursor.</summary>
        public bool NeedsOrder(StreamDefinition stream) =>
            stream.Mode is StreamMode.Incremental && CursorPlan.NeedsOrder(stream, CursorType!, PrimaryKey);

        /// <summary>Names of columns that the user may not read.</summary>
        public IReadOnlyList<string> Unreadable { get; init; } = [];
    }
}
