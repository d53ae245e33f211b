using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foz.Connectors.Changes;
using Foz.Connectors.PostgreSql.Changes;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Connectors.PostgreSql.Streams;

/// <summary>A PostgreSQL database as a source.</summary>
sealed class PostgreSqlSource(SourceDefinition definition, PgOptions options) : ISnapshotSource, ILoggedSource
{
    readonly PgCatalog catalog = new(options);
    SharedSnapshot? shared;

    public ValueTask DisposeAsync() => catalog.DisposeAsync();

    public IAsyncDisposable ShareSnapshot() => shared = new SharedSnapshot(options);

    public IAsyncDisposable ShareSnapshot(ChangeStart start) => shared = new SharedSnapshot(options, start);

    public async Task<ChangeFeed> OpenChangesAsync(
        IReadOnlyList<StreamDefinition> streams, string reader, string spoolFolder,
        CancellationToken cancellationToken)
    {
        var tables = new List<(StreamDefinition Stream, Relation Table)>();
        foreach (var stream in streams)
        {
            var relation = await StreamResolver.FindRelationAsync(stream, catalog, cancellationToken);
            if (relation.Kind is not (RelationKind.Table or RelationKind.PartitionedTable))
                throw FeedFaults.Unreadable(
                    stream, $"{relation} is no table, and has no log of changes", "mode: snapshot reads it");
            if (relation.HasRowSecurity)
                throw FeedFaults.Unreadable(
                    stream, $"row security hides rows of {relation} from {options.User}, which the log has",
                    $"ALTER ROLE {SqlText.Name(options.User)} BYPASSRLS; or mode: snapshot");
            tables.Add((stream, relation));
        }
        var columns = await catalog.ColumnsAsync(tables.Select(known => known.Table), cancellationToken);
        var generated = await catalog.FindGeneratedAsync(tables.Select(known => known.Table), cancellationToken);
        var feeds = tables.Select(known => TableOf(known.Stream, known.Table, [.. columns[known.Table.Oid]])).ToList();
        FeedFaults.CheckOnce(tables.Zip(feeds, (known, feed) => (known.Stream, feed)));
        foreach (var (oid, heir) in await catalog.FindHeirsAsync(
            tables.Select(known => known.Table), cancellationToken))
            throw FeedFaults.Unreadable(
                tables.First(known => known.Table.Oid == oid).Stream,
                $"{heir} inherits from it: a copy has the rows of both, and the log has them apart",
                "mode: snapshot reads it, or a stream of another table without heirs");
        foreach (var (oid, part, reason) in await catalog.FindUnidentifiedAsync(
            tables.Select(known => known.Table), cancellationToken))
            throw FeedFaults.Unreadable(
                tables.First(known => known.Table.Oid == oid).Stream,
                $"{part} {reason}: PostgreSQL would refuse every UPDATE and DELETE of it once its changes "
                    + "are read",
                $"ALTER TABLE {part} REPLICA IDENTITY FULL; or mode: snapshot");
        var changes = new PgChangeOptions(reader, reader)
        {
            Tables = [.. tables.Select(known => known.Table.Sql)], SpoolFolder = spoolFolder,
        };
        return new ChangeFeed(
            new PgChangeSource(options, changes), feeds);

        FeedTable TableOf(StreamDefinition stream, Relation table, IReadOnlyList<RelationColumn> columns) =>
            new(stream.Name, table.Schema, table.Name, table.Oid)
            {
                Shape = ShapeOf(table, KeysOf(columns)),
                UnloggedColumns =
                [
                    .. columns.Where(column => generated[table.Oid].Contains(column.Name))
                        .Select(column => column.FieldName),
                ],
            };
    }

    /// <summary>A number of a table and its key: after a change of the key the log names rows by another one.</summary>
    static long ShapeOf(Relation table, IReadOnlyList<string> keys) => keys.Count == 0
        ? table.Oid
        : BinaryPrimitives.ReadInt64LittleEndian(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{table.Oid} {string.Join(", ", keys)}")));

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
        return KeysOf((await catalog.ColumnsAsync([relation], cancellationToken))[relation.Oid]);
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

    public async Task<CopyPart> ReadCopyAsync(
        StreamDefinition stream, CopyEnd? after, ReadContext context, CancellationToken cancellationToken)
    {
        var table = await DescribeAsync(stream, cancellationToken);
        var size = await catalog.SizeAsync(table.Relation, cancellationToken);
        var selection = new TableSelection(table.Relation, table.Columns, "");
        var rows = table.Relation.RowCountEstimate;
        if (table.PrimaryKey.Count == 0 || table.Relation.Access is not RelationAccess.All || !size.IsHeap
            || shared?.OldestTransaction is not { } oldest)
            return new(
                await ReadAsync(stream, table, selection, size, rows, cancellationToken), IsLast: true, End: null);
        var (span, end) = BlockCopy.Next(size, oldest, after);
        return new(
            await ReadAsync(
                stream, table, selection with { Blocks = span }, size, (long?)(rows * span.ShareOf(size)),
                cancellationToken),
            IsLast: span.To is null, $"{end}");
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

    public async Task<IReadOnlyDictionary<string, RowChecksum>> SumAsync(
        StreamDefinition stream, IReadOnlyList<string> keys, IReadOnlyList<string> columns,
        CancellationToken cancellationToken)
    {
        var table = await DescribeAsync(stream, cancellationToken);
        await using var reading = await OpenSharedAsync(
            new(table.Relation, table.Columns, Condition: ""), size: null, cancellationToken);
        var rows = await reading.QueryAsync(
            options, ChecksumsOf(table).Select(table.Relation.Sql, keys, columns), cancellationToken);
        return rows.ToDictionary(
            row => row[0]!, row => new RowChecksum(long.Parse(row[1]!, CultureInfo.InvariantCulture), row[2]!),
            StringComparer.Ordinal);
    }

    /// <summary>Opens a table as of the shared snapshot.</summary>
    async Task<TableReading> OpenSharedAsync(
        TableSelection selection, RelationSize? size, CancellationToken cancellationToken)
    {
        var reading = await TableReading.OpenAsync(options, selection, size, shared, cancellationToken);
        if (shared is not null && reading.Apart is null) return reading;
        await reading.DisposeAsync();
        throw new FozException(
            ErrorKind.Source,
            $"{selection.Relation} cannot be read as of the moment at which its changes start: {reading.Apart}")
        {
            IsTransient = true, Hint = "run again",
        };
    }

    static RowChecksums ChecksumsOf(StreamTable table) => new(
        static digits => $"('x' || {digits})::bit(60)::bigint",
        name =>
        {
            var column = table.Columns.First(known => known.Field.Name == name);
            var sql = SqlText.Name(column.Column.Name);
            // A cast to text takes blanks away from char(n).
            return column.Field.Type == DataType.Boolean
                ? $"{sql}::text"
                : $"CASE WHEN {sql} IS NOT NULL THEN concat({sql}) END";
        });

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
