using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foz.Connectors.Changes;
using Foz.Connectors.PostgreSql.Changes;
using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Connectors.PostgreSql.Streams;

/// <content>Its changes, and tables as of their moments.</content>
sealed partial class PostgreSqlSource
{
    public async Task<ChangeFeed> OpenChangesAsync(
        IReadOnlyList<StreamDefinition> streams, string reader, string spoolFolder,
        CancellationToken cancellationToken)
    {
        var refused = new Dictionary<string, FozException>(StringComparer.Ordinal);
        var relations = new List<(StreamDefinition Stream, Relation Table)>();
        foreach (var stream in streams)
            try
            {
                relations.Add((stream, await FindLoggedAsync(stream, cancellationToken)));
            }
            catch (FozException error) when (FeedFaults.IsOfOne(error))
            {
                refused[stream.Name] = error;
            }
        await FindHeirsAsync(relations, refused, cancellationToken);
        var columns = await catalog.ColumnsAsync(relations.Select(known => known.Table), cancellationToken);
        await FindUnfollowedAsync(relations, columns, refused, cancellationToken);
        var generated = await catalog.FindGeneratedAsync(
            relations.Select(known => known.Table), reader, cancellationToken);
        var identities = await catalog.FindIdentityAsync(relations.Select(known => known.Table), cancellationToken);
        var feeds = new List<FeedTable>();
        foreach (var (stream, table) in relations.Where(known => !refused.ContainsKey(known.Stream.Name)))
        {
            var feed = new FeedTable(stream.Name, table.Schema, table.Name, table.Oid)
            {
                Shape = ShapeOf(table, KeysOf(stream, columns[table.Oid], identities[table.Oid])),
                UnloggedColumns =
                [
                    .. columns[table.Oid].Where(column => generated[table.Oid].Contains(column.Name))
                        .Select(column => column.FieldName),
                ],
            };
            if (FeedFaults.FindOther(stream, feed, feeds) is { } other) refused[stream.Name] = other;
            else feeds.Add(feed);
        }
        FeedFaults.CheckAny(feeds, refused);
        var unidentified = (await catalog.FindUnidentifiedAsync(
            relations.Select(known => known.Table), cancellationToken))
            .Where(found => feeds.Exists(feed => feed.Id == found.Oid)).ToList();
        var changes = new PgChangeOptions(reader, reader)
        {
            Tables = [.. feeds.Select(feed => $"{SqlText.Name(feed.Schema)}.{SqlText.Name(feed.Name)}")],
            InsertOnlyTables =
            [
                .. unidentified.Select(found => relations.First(known => known.Table.Oid == found.Oid).Table.Sql),
            ],
            Refused =
            [
                .. relations.Where(known => refused.ContainsKey(known.Stream.Name)).Select(known => known.Table.Sql)
                    .Except(feeds.Select(feed => $"{SqlText.Name(feed.Schema)}.{SqlText.Name(feed.Name)}")),
            ],
            Keys = relations.DistinctBy(known => known.Table.Oid).ToDictionary(
                known => known.Table.Oid, known => MoreKeysOf(known.Stream, columns[known.Table.Oid])),
            SpoolFolder = spoolFolder,
        };
        return new ChangeFeed(new PgChangeSource(options, changes), feeds)
        {
            Refused = refused,
            Warnings = [.. unidentified.Select(found => WarningOf(
                feeds.First(feed => feed.Id == found.Oid), found.Part, found.Reason))],
        };
    }

    static Warning WarningOf(FeedTable feed, string part, string reason) => new(
        $"stream '{feed.Stream}': {part} {reason}, so that only its inserts and truncates are read, no updates and "
            + "deletes",
        IdentityHint(part));

    /// <summary>Finds the table of a stream.</summary>
    /// <exception cref="FozException">There is none, or the log of the database has not all of its rows.</exception>
    async Task<Relation> FindLoggedAsync(StreamDefinition stream, CancellationToken cancellationToken)
    {
        var relation = await StreamResolver.FindRelationAsync(stream, catalog, cancellationToken);
        if (relation.Kind is not (RelationKind.Table or RelationKind.PartitionedTable))
            throw FeedFaults.Unreadable(
                stream, $"{relation} is no table, and has no log of changes", "mode: snapshot reads it");
        return relation.HasRowSecurity
            ? throw FeedFaults.Unreadable(
                stream, $"row security hides rows of {relation} from {options.User}, which the log has",
                $"ALTER ROLE {SqlText.Name(options.User)} BYPASSRLS; or mode: snapshot")
            : relation;
    }

    /// <summary>Finds the streams of tables from which others inherit.</summary>
    async Task FindHeirsAsync(
        IReadOnlyList<(StreamDefinition Stream, Relation Table)> tables, Dictionary<string, FozException> refused,
        CancellationToken cancellationToken)
    {
        var heirs = await catalog.FindHeirsAsync(tables.Select(known => known.Table), cancellationToken);
        foreach (var (stream, table) in tables)
            if (heirs.TryGetValue(table.Oid, out var heir))
                refused[stream.Name] = FeedFaults.Unreadable(
                    stream, $"{heir} inherits from it: a copy has the rows of both, and the log has them apart",
                    "mode: snapshot reads it, or a stream of another table without heirs");
    }

    /// <summary>A number of a table and its key: after a change of the key the log names rows by another one.</summary>
    static long ShapeOf(Relation table, IReadOnlyList<string> keys) => keys.Count == 0
        ? table.Oid
        : BinaryPrimitives.ReadInt64LittleEndian(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{table.Oid} {string.Join(", ", keys)}")));

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
}
