using System.Globalization;
using Foz.Connectors.Changes;
using Foz.Connectors.Databases;
using Foz.Connectors.MySql.Changes;
using Foz.Lake;
using Foz.Lake.Data;
using MySqlConnector;

namespace Foz.Connectors.MySql.Streams;

/// <summary>A database of MySQL or MariaDB as a source.</summary>
sealed class MySqlSource(SourceDefinition definition, DatabaseOptions options) : ILoggedSource
{
    readonly DatabaseSource database = new(definition, options);

    readonly MySqlOptions server = new(options.ConnectionString) { ReadTimeout = options.ReadTimeout };

    ChangeStart? shared;

    public ValueTask DisposeAsync() => database.DisposeAsync();

    public IAsyncDisposable ShareSnapshot(ChangeStart start)
    {
        shared = start;
        return new Sharing(this);
    }

    public async Task<ChangeFeed> OpenChangesAsync(
        IReadOnlyList<StreamDefinition> streams, string reader, string spoolFolder,
        CancellationToken cancellationToken)
    {
        var refused = new Dictionary<string, FozException>(StringComparer.Ordinal);
        var tables = streams.Count == 0 ? [] : await MySqlFault.GuardAsync(
            "reading the catalog", server, () => FindTablesAsync(streams, refused, cancellationToken));
        FeedFaults.CheckAny(tables, refused);
        var changes = new MySqlChangeOptions(options.ConnectionString)
        {
            Tables = [.. tables.Select(table => (table.Schema, table.Name))],
        };
        return new ChangeFeed(new MySqlChangeSource(changes), tables) { Refused = refused };
    }

    public async Task<string> CheckAsync(CancellationToken cancellationToken)
    {
        var answer = await database.CheckAsync(cancellationToken);
        var logged = definition.Streams.Where(stream => stream.Mode is StreamMode.Changes).ToList();
        if (logged.Count == 0) return answer;
        await MySqlFault.GuardAsync("reading the catalog", server, async () =>
        {
            await using var connection = await server.OpenAsync(cancellationToken);
            await ServerState.ReadAsync(connection, server, cancellationToken);
            var refused = new Dictionary<string, FozException>(StringComparer.Ordinal);
            await FindTablesAsync(logged, refused, cancellationToken);
            return refused.Count == 0 ? true : throw refused.First().Value;
        });
        return $"{answer}, with changes of rows in its log";
    }

    public Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken) =>
        database.DiscoverAsync(cancellationToken);

    public Task<IReadOnlyList<string>> FindKeysAsync(StreamDefinition stream, CancellationToken cancellationToken) =>
        database.FindKeysAsync(stream, cancellationToken);

    public Task<IReadOnlyList<Field>> FindFieldsAsync(
        StreamDefinition stream, ReadContext context, CancellationToken cancellationToken) =>
        database.FindFieldsAsync(stream, context, cancellationToken);

    public Task<BatchPlan> PlanAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken) =>
        database.PlanAsync(stream, history, cancellationToken);

    public async Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken)
    {
        if (stream.Mode is not StreamMode.Changes)
            return await database.ReadAsync(stream, inputs, context, cancellationToken);
        return await database.ReadAsync(
            stream,
            await MarkAsync(cancellationToken) with
            {
                Condition = context.Parts is { } parts
                    ? columns => ChecksumsOf(columns).IsIn(parts.Keys, parts.Names)
                    : null,
            },
            cancellationToken);
    }

    public async Task<CopyPart> ReadCopyAsync(
        StreamDefinition stream, CopyEnd? after, ReadContext context, CancellationToken cancellationToken)
    {
        var moment = await MarkAsync(cancellationToken);
        // A table can have become one whose log lacks changes since they were opened.
        await MySqlFault.GuardAsync(
            "reading the catalog", server,
            () => new TableCatalog((MySqlConnection)moment.Connection, server.Database)
                .FindAsync(stream, cancellationToken));
        var (rows, end) = await database.ReadPartAsync(stream, moment, after?.Text, cancellationToken);
        return new(rows, IsLast: end is null, end);
    }

    /// <summary>Begins to read a table as of the shared snapshot.</summary>
    async Task<TableSnapshot> MarkAsync(CancellationToken cancellationToken)
    {
        var snapshot = Snapshot;
        await snapshot.MarkAsync(cancellationToken);
        return new(snapshot.Connection) { TakenAt = shared!.TakenAt, OnRead = snapshot.ReleaseAsync };
    }

    public async Task<IReadOnlyDictionary<string, RowChecksum>> SumAsync(
        StreamDefinition stream, IReadOnlyList<string> keys, IReadOnlyList<string> columns,
        CancellationToken cancellationToken)
    {
        var (table, known) = await database.FindTableAsync(stream, cancellationToken);
        var snapshot = Snapshot;
        await snapshot.MarkAsync(cancellationToken);
        return await MySqlFault.GuardAsync("comparing rows", server, async () =>
        {
            var sums = new Dictionary<string, RowChecksum>(StringComparer.Ordinal);
            await using var command = snapshot.Connection.CreateCommand();
            command.CommandText = ChecksumsOf(known).Select(table, keys, columns);
            command.CommandTimeout = 0;
            await using (var rows = await command.ExecuteReaderAsync(cancellationToken))
                while (await rows.ReadAsync(cancellationToken))
                    sums[rows.GetString(0)] = new(
                        rows.GetInt64(1), string.Create(CultureInfo.InvariantCulture, $"{rows.GetValue(2)}"));
            await snapshot.ReleaseAsync();
            return sums;
        });
    }

    MySqlSnapshot Snapshot => shared?.Session as MySqlSnapshot
        ?? throw new InvalidOperationException("a copy is read as of the moment at which changes start");

    static RowChecksums ChecksumsOf(IReadOnlyList<DatabaseColumn> columns) => new(
        static digits => $"CAST(CONV({digits}, 16, 10) AS UNSIGNED)",
        name =>
        {
            var column = columns.First(known => known.Field.Name == name);
            var (sql, type) = ($"`{column.Name.Replace("`", "``", StringComparison.Ordinal)}`", column.Field.Type);
            return type == DataType.Binary ? $"concat('\\\\x', lower(hex({sql})))"
                : type == DataType.Boolean ? $"CASE WHEN {sql} THEN 'true' WHEN NOT {sql} THEN 'false' END"
                : type == DataType.Timestamp ? $"concat({WithoutZeros(sql)}, '+00')"
                : type == DataType.TimestampNtz ? WithoutZeros(sql)
                : column.Form is ValueForm.Utf8 ? $"CONVERT({column.ValueSql} USING utf8mb4)"
                : $"CAST({sql} AS CHAR)";

            static string WithoutZeros(string sql) =>
                $"CASE WHEN CAST({sql} AS CHAR) LIKE '%.%' THEN trim(TRAILING '.' FROM trim(TRAILING '0' FROM "
                + $"CAST({sql} AS CHAR))) ELSE CAST({sql} AS CHAR) END";
        });

    async Task<IReadOnlyList<FeedTable>> FindTablesAsync(
        IReadOnlyList<StreamDefinition> streams, Dictionary<string, FozException> refused,
        CancellationToken cancellationToken)
    {
        await using var connection = await server.OpenAsync(cancellationToken);
        var catalog = new TableCatalog(connection, server.Database);
        var tables = new List<FeedTable>();
        foreach (var stream in streams)
            try
            {
                var table = await catalog.FindAsync(stream, cancellationToken);
                if (FeedFaults.FindOther(stream, table, tables) is { } other) refused[stream.Name] = other;
                else tables.Add(table);
            }
            catch (FozException error) when (FeedFaults.IsOfOne(error))
            {
                refused[stream.Name] = error;
            }
        return tables;
    }

    /// <summary>Ends the use of a snapshot.</summary>
    sealed class Sharing(MySqlSource source) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            source.shared = null;
            return ValueTask.CompletedTask;
        }
    }
}
