using System.Data;
using System.Data.Common;
using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Connectors.Databases;

/// <summary>A database as a source.</summary>
sealed partial class DatabaseSource(SourceDefinition definition, DatabaseOptions options) : ISource
{
    const int RangesPerConnection = 4;
    const int SplitRowsMin = 10_000;
    readonly DatabaseSession session = new(options);

    Dialect Dialect => options.Dialect;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async Task<string> CheckAsync(CancellationToken cancellationToken)
    {
        await using var connection = await session.OpenAsync(cancellationToken);
        foreach (var stream in definition.Streams) await DescribeAsync(stream, cancellationToken);
        return $"{session.Target}, version {connection.ServerVersion}, dialect {Dialect.Name}";
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken)
    {
        var streams = new Dictionary<string, DiscoveredStream>(StringComparer.OrdinalIgnoreCase);
        foreach (var (schema, name) in await TablesAsync(cancellationToken))
        {
            var table = schema.Length == 0 ? Dialect.Part(name) : $"{Dialect.Part(schema)}.{Dialect.Part(name)}";
            var clean = Clean(schema.Length == 0 || schema == Dialect.DefaultSchema ? name : $"{schema}_{name}");
            var unique = clean;
            for (var number = 2; streams.ContainsKey(unique); number++) unique = $"{clean}_{number}";
            var stream = new StreamDefinition { Name = unique, Settings = Settings.Of(("table", table)) };
            var source = await DescribeAsync(stream, cancellationToken);
            streams[unique] = new(stream with { Keys = source.Keys }, source.Fields);
        }
        return [.. streams.Values];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> FindKeysAsync(
        StreamDefinition stream, CancellationToken cancellationToken) =>
        // The keys that providers report for a query are those of its tables, which need not be its own.
        stream.Settings.Text("query") is null
            ? (await DescribeAsync(stream with { Keys = [] }, cancellationToken)).Keys
            : [];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Field>> FindFieldsAsync(
        StreamDefinition stream, ReadContext context, CancellationToken cancellationToken) =>
        (await DescribeAsync(stream, cancellationToken)).Fields;

    /// <inheritdoc/>
    public async Task<BatchPlan> PlanAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken)
    {
        if (stream.Mode is StreamMode.Snapshot) return new(new StreamInputs.OfAll(), []);
        var table = await DescribeAsync(stream, cancellationToken);
        var cursor = DatabaseColumns.Find(
            stream, "cursor", stream.Cursor ?? throw stream.Settings.Wrong("cursor", "set where mode is incremental"),
            table.Columns);
        var (name, start) = (cursor.CursorSql, cursor.Comparand(Dialect.Parameter(1)));
        var of = CursorPlan.Of(cursor.Name, cursor.Field.Type, cursor.ValueType.Name, table.From);
        return await CursorPlan.MakeAsync(
            history,
            new(of, stream) { Max = MaxAsync, Count = CountAsync, Hash = HashAsync, IsNullable = cursor.IsNullable });

        async Task<string?> MaxAsync(string? from) =>
            await AskAsync(
                cursor.MaxSql(Dialect), from is null ? "" : $" WHERE {name} > {start}",
                from) is [[{ } to]] ? CursorText.Of(to) : null;

        async Task<long> CountAsync(string? value) =>
            await AskAsync("COUNT(*)", $" WHERE {name} {(value is null ? "IS NULL" : $"= {start}")}", value)
                is [[{ } count]]
                ? Convert.ToInt64(count, CultureInfo.InvariantCulture)
                : 0;

        async Task<UInt128> HashAsync(string? value)
        {
            var rows = CursorCondition(cursor, new() { From = value, To = value, Rereads = true });
            var reading = new DatabaseReading(session, table.SelectSql, table.Columns, new([rows]));
            UInt128 sum = 0;
            await foreach (var batch in reading.ReadAsync(cancellationToken)) sum += RowHash.Sum(batch);
            return sum;
        }

        Task<List<object?[]>> AskAsync(string what, string where, string? value) => session.QueryAsync(
            $"looking for the last {cursor.Name} of stream '{stream.Name}'", $"SELECT {what} FROM {table.From}{where}",
            value is null ? [] : [CursorText.ToValue(value, cursor.CursorType)], cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken)
    {
        var table = await DescribeAsync(stream, cancellationToken);
        var fields = table.Fields;
        var cursor = inputs is StreamInputs.OfCursor
            ? DatabaseColumns.Find(stream, "cursor", stream.Cursor!, table.Columns)
            : null;
        var isOrdered = cursor is not null && CursorPlan.NeedsOrder(stream, cursor.Field.Type, table.Keys);
        var conditions = inputs is StreamInputs.OfCursor range
            ? [CursorCondition(cursor!, range)]
            : await RangesAsync(stream, table, cancellationToken);
        var queue = new Queue<KeyCondition>(conditions);
        var readers = Math.Min(options.ConnectionsMax, conditions.Count);
        var reading = new DatabaseReading(session, table.SelectSql, table.Columns, queue)
        {
            Order = isOrdered ? CursorPlan.OrderBy(cursor!.CursorSql) : "",
        };
        return new StreamRows.Streamed(new ColumnStream(
            fields, [.. Enumerable.Range(0, readers).Select(_ => reading.ReadAsync(CancellationToken.None))]))
        {
            Fields = fields,
            IsOrdered = isOrdered,
            Warnings = stream.Mode is StreamMode.Snapshot && readers > 1 && !context.TableFields.Any()
                ? [
                    new($"{stream.Name} is read by {readers} connections, each of its own moment",
                        "set connections_max: 1 where rows change while they are read"),
                ]
                : [],
        };
    }

    /// <summary>Reads rows of a table, each with all of its columns, as a transaction shows them.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="snapshot">The transaction, and which rows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The database refuses.</exception>
    public async Task<StreamRows> ReadAsync(
        StreamDefinition stream, TableSnapshot snapshot, CancellationToken cancellationToken)
    {
        var table = await DescribeAsync(stream, cancellationToken);
        return Read(
            table, snapshot,
            snapshot.Condition is { } condition ? new(condition(table.Columns), []) : KeyCondition.All);
    }

    StreamRows.Streamed Read(SourceTable table, TableSnapshot snapshot, KeyCondition range)
    {
        var reading = new DatabaseReading(session, table.SelectSql, table.Columns, new([range]))
        {
            Shared = snapshot.Connection,
        };
        return new(new(table.Fields, [reading.ReadAsync(CancellationToken.None)]))
        {
            Fields = table.Fields, CommittedAt = snapshot.TakenAt, OnDispose = snapshot.OnRead,
        };
    }

    /// <summary>Returns what a stream's table is called in SQL, and its columns.</summary>
    /// <exception cref="FozException">The database refuses.</exception>
    public async Task<(string Sql, IReadOnlyList<DatabaseColumn> Columns)> FindTableAsync(
        StreamDefinition stream, CancellationToken cancellationToken)
    {
        var table = await DescribeAsync(stream, cancellationToken);
        return (table.From, table.Columns);
    }

    KeyCondition CursorCondition(DatabaseColumn cursor, StreamInputs.OfCursor inputs)
    {
        var name = cursor.CursorSql;
        if (inputs.To is not { } to) return new($"{name} IS NULL", []);
        var (first, second) = (cursor.Comparand(Dialect.Parameter(1)), cursor.Comparand(Dialect.Parameter(2)));
        var end = CursorText.ToValue(to, cursor.CursorType);
        return inputs.From is not { } from
            ? new($"({name} <= {first} OR {name} IS NULL)", [end])
            : new($"({name} {(inputs.Rereads ? ">=" : ">")} {first} AND {name} <= {second}"
                    + $"{(inputs.ReadsNulls ? $" OR {name} IS NULL" : "")})",
                [CursorText.ToValue(from, cursor.CursorType), end]);
    }

    /// <summary>
    /// Returns ranges of a column that cover the table; one without a condition if it cannot be split.
    /// </summary>
    async Task<IReadOnlyList<KeyCondition>> RangesAsync(
        StreamDefinition stream, SourceTable table, CancellationToken cancellationToken)
    {
        var stated = stream.Settings.Text("split_by");
        var keys = stream.Keys.Count > 0 ? stream.Keys : table.Keys;
        var column = stated is not null ? DatabaseColumns.Find(stream, "split_by", stated, table.Columns)
            // A query may end with LIMIT or take long before its first row: each range would run it again.
            : keys.Count > 0 && stream.Settings.Text("query") is null
                ? DatabaseColumns.Find(stream, "keys", keys[0], table.Columns)
                : null;
        if (column is null || options.ConnectionsMax == 1) return [KeyCondition.All];
        var count = options.ConnectionsMax * RangesPerConnection;
        if (!KeyRanges.IsWhole(column.ValueType))
        {
            if (Dialect.CanSplitTexts) return await SampledRangesAsync(column, table, count, cancellationToken);
            return stated is null
                ? [KeyCondition.All]
                : throw stream.Settings.Wrong("split_by", $"a column of whole numbers, which '{stated}' is not");
        }
        if (stated is null && Dialect.CanSplitTexts && !await IsLargeAsync(table, cancellationToken))
            return [KeyCondition.All];
        var ends = await session.QueryAsync(
            $"looking for the ends of {column.Name}",
            $"SELECT MIN({column.CursorSql}), MAX({column.CursorSql}) FROM {table.From}", [], cancellationToken);
        return ends is [[{ } min, { } max]]
            && (stated is not null || keys.Count > 1 || Whole(max) - Whole(min) >= SplitRowsMin)
            ? KeyRanges.Divide(column.CursorSql, Whole(min), Whole(max), count)
            : [KeyCondition.All];

        static Int128 Whole(object value) =>
            Int128.Parse(string.Create(CultureInfo.InvariantCulture, $"{value}"), CultureInfo.InvariantCulture);
    }

    /// <summary>Whether a table has so many rows that several connections read it faster.</summary>
    async Task<bool> IsLargeAsync(SourceTable table, CancellationToken cancellationToken) =>
        await session.QueryAsync(
            $"counting the first rows of {table.From}",
            string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT COUNT(*) FROM (SELECT 1 FROM {table.From} LIMIT {SplitRowsMin}) foz_rows"), [],
            cancellationToken) is [[{ } rows]]
            && Convert.ToInt64(rows, CultureInfo.InvariantCulture) >= SplitRowsMin;

    /// <summary>
    /// Returns ranges of a column of any type that its database orders. They end at keys that the table has, and the
    /// database alone compares: keys that its collation holds equal are in one range.
    /// </summary>
    async Task<IReadOnlyList<KeyCondition>> SampledRangesAsync(
        DatabaseColumn column, SourceTable table, int count, CancellationToken cancellationToken)
    {
        var name = column.CursorSql;
        var doing = $"looking for ranges of {column.Name}";
        var all = await session.QueryAsync(doing, $"SELECT COUNT(*) FROM {table.From}", [], cancellationToken);
        var rows = Convert.ToInt64(all[0][0], CultureInfo.InvariantCulture);
        if (rows < SplitRowsMin) return [KeyCondition.All];
        var text = column.CursorType == typeof(string) && column.ValueType != typeof(string)
            ? Dialect.ToText(name)
            : name;
        var ends = new List<object>();
        while (ends.Count < count - 1)
        {
            var after = ends.Count == 0 ? "" : $" WHERE {name} > {column.Comparand(Dialect.Parameter(1))}";
            var next = await session.QueryAsync(
                doing,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"SELECT {text} FROM {table.From}{after} ORDER BY {name} LIMIT 1 OFFSET {rows / count}"),
                [.. ends.TakeLast(1)], cancellationToken);
            if (next is not [[{ } end]]) break;
            ends.Add(CursorText.ToValue(CursorText.Of(end), column.CursorType));
        }
        return KeyRanges.Between(name, ends, n => column.Comparand(Dialect.Parameter(n)));
    }

    async Task<SourceTable> DescribeAsync(StreamDefinition stream, CancellationToken cancellationToken)
    {
        var query = stream.Settings.Text("query");
        var from = query is null
            ? Dialect.Table(stream.Settings.Text("table") ?? stream.Name)
            // On a line of its own: the query may end with a comment.
            : $"({query.TrimEnd().TrimEnd(';')}\n) foz_query";
        await using var connection = await session.OpenAsync(cancellationToken);
        try
        {
            var columnsSql = await ColumnsAsync(connection, stream, cancellationToken);
            await using var command = session.Command(connection, $"SELECT {columnsSql} FROM {from} WHERE 1 = 0");
            await using var reader = await command.ExecuteReaderAsync(
                CommandBehavior.SchemaOnly | CommandBehavior.KeyInfo, cancellationToken);
            var schema = await reader.GetColumnSchemaAsync(cancellationToken);
            var visible = schema.Where(c => c.IsHidden != true).ToList();
            var columns = DatabaseColumns.Of(visible, Dialect);
            foreach (var key in stream.Keys) DatabaseColumns.Find(stream, "keys", key, columns);
            var keys = schema.Any(c => c is { IsKey: true, IsHidden: true })
                ? []
                : visible.Zip(columns).Where(c => c.First.IsKey == true).Select(c => c.Second.Field.Name).ToList();
            await reader.DisposeAsync();
            return new(from, columns)
            {
                Keys = Dialect.Keys is null ? keys
                    : query is null ? await KeysAsync(connection, stream, columns, cancellationToken) : [],
            };
        }
        catch (Exception e) when (DatabaseSession.IsFault(e))
        {
            throw session.Fault($"reading the columns of stream '{stream.Name}'", e);
        }
    }

    /// <summary>
    /// Returns the columns of a table's primary key by the database's own list: what a provider reports of a view are
    /// the keys of its tables.
    /// </summary>
    async Task<IReadOnlyList<string>> KeysAsync(
        DbConnection connection, StreamDefinition stream, IReadOnlyList<DatabaseColumn> columns,
        CancellationToken cancellationToken)
    {
        var names = await NamesAsync(connection, Dialect.Keys!, stream, cancellationToken);
        var keys = names.Select(name => columns.FirstOrDefault(c => c.Name == name)?.Field.Name).ToList();
        return keys.OfType<string>().Count() == keys.Count ? [.. keys.OfType<string>()] : [];
    }

    /// <summary>The columns of a table, as SQL selects them: changes have also those that are hidden.</summary>
    async Task<string> ColumnsAsync(
        DbConnection connection, StreamDefinition stream, CancellationToken cancellationToken)
    {
        if (stream.Mode is not StreamMode.Changes || Dialect.Columns is not { } sql) return "*";
        var names = await NamesAsync(connection, sql, stream, cancellationToken);
        return names.Count == 0 ? "*" : string.Join(", ", names.Select(Dialect.Quote));
    }

    async Task<List<string>> NamesAsync(
        DbConnection connection, string sql, StreamDefinition stream, CancellationToken cancellationToken)
    {
        var address = Dialect.Address(stream.Settings.Text("table") ?? stream.Name);
        await using var command = session.Command(connection, sql, address);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var names = new List<string>();
        while (await reader.ReadAsync(cancellationToken)) names.Add(reader.GetString(0));
        return names;
    }

    async Task<IReadOnlyList<(string Schema, string Name)>> TablesAsync(CancellationToken cancellationToken)
    {
        if (Dialect.Tables is { } sql)
            return
            [
                .. (await session.QueryAsync("listing tables", sql, [], cancellationToken))
                    .Select(r => ($"{r[0]}", $"{r[1]}")).Order(),
            ];
        await using var connection = await session.OpenAsync(cancellationToken);
        try
        {
            var tables = await connection.GetSchemaAsync("Tables", cancellationToken);
            return
            [
                .. tables.Rows.Cast<DataRow>()
                    .Select(r => (Cell(tables, r, "TABLE_SCHEMA", "TABLE_SCHEM"), Cell(tables, r, "TABLE_NAME")))
                    .Order(),
            ];
        }
        catch (Exception e) when (DatabaseSession.IsFault(e))
        {
            throw session.Fault("listing tables; name the streams instead", e);
        }
    }

    static string Cell(DataTable table, DataRow row, params string[] names) =>
        names.Where(table.Columns.Contains).Select(name => $"{row[name]}").FirstOrDefault() ?? "";

    static string Clean(string name) => string.Concat(name.Select(c => char.IsLetterOrDigit(c) ? c : '_'));

    /// <summary>What a stream reads.</summary>
    /// <param name="From">The table or query in SQL.</param>
    /// <param name="Columns">Its columns.</param>
    sealed record SourceTable(string From, IReadOnlyList<DatabaseColumn> Columns)
    {
        /// <summary>The columns of its key, as far as the provider reports them.</summary>
        public IReadOnlyList<string> Keys { get; init; } = [];

        /// <summary>What arrives in bronze.</summary>
        public IReadOnlyList<Field> Fields { get; } = Columns.Any(c => c.MayRescue)
            ? [.. Columns.Select(c => c.Field), RescuedData.Field]
            : [.. Columns.Select(c => c.Field)];

        /// <summary>The SELECT of all rows.</summary>
        public string SelectSql => $"SELECT {string.Join(", ", Columns.Select(c => c.Sql))} FROM {From}";
    }
}
