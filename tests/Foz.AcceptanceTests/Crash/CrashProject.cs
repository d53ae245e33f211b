using System.Globalization;
using System.Text.Json;

namespace Foz.AcceptanceTests.Crash;

/// <summary>
/// A small project with every kind of step: streams with rows that cannot be read, a table, a view, merges and appends.
/// Each round brings new files. What the lake holds in the end depends on the files alone, not on how they were
/// divided into batches.
/// </summary>
sealed class CrashProject : IDisposable
{
    const int OrdersPerRound = 40;
    const string Export = "out/sales.csv";

    static readonly string[] Compared =
    [
        "bronze.customers", "bronze.customers__rejected", "bronze.orders", "bronze.orders__rejected",
        "silver.customers",
        "silver.orders", "silver.order_events", "silver.order_events__quarantine", "bronze.orders__quarantine",
        "silver.order_history", "silver.order_changes1", "silver.order_changes2",
        "silver.order_lines", "silver.paid", "gold.sales", "silver.monthly", "silver.monthly__quarantine",
    ];

    public CrashProject()
    {
        Write("foz.yml",
            "name: crash\nlake: lake\nmemory: 256MB\nthreads: 2\nconnections: {files: {type: files, path: data}}\n");
        Write("sources/files.yml", """
            name: files
            connection: files
            schema: bronze
            max_rejected: 100%
            streams:
              customers: {path: "customers/*.csv", keys: [id], columns: {id: bigint, joined: date}}
              orders:
                path: "orders/*.jsonl"
                keys: [id]
                checks: [{max: {column: price, value: 47, on_violation: quarantine}}]
            """);
        Write("models/silver/customers.sql", """
            /* @foz
            columns: [{name: id, checks: [not_null, unique]}]
            @foz */
            SELECT id, name, joined FROM bronze.customers
            """);
        Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: merge, unique_key: [id]}
            columns: [{name: id, checks: [not_null, unique]}]
            @foz */
            SELECT id, customer, status, price, round FROM STREAM(bronze.orders)
            QUALIFY row_number() OVER (PARTITION BY id ORDER BY round DESC) = 1
            """);
        Write("models/silver/order_events.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append, partition_by: [status]}
            on_violation: quarantine
            columns: [{name: id, checks: [{expression: '% 7 <> 3'}]}]
            @foz */
            SELECT id, status, round FROM STREAM(bronze.orders)
            """);
        Write("models/silver/order_history.sql", """
            /* @foz
            materialization: {type: snapshot, strategy: scd2_by_time, unique_key: id, updated_at: changed_at}
            @foz */
            SELECT id, status, TIMESTAMP '2026-01-01' + to_days(CAST(round AS INTEGER)) AS changed_at FROM STREAM(bronze.orders)
            """);
        foreach (var type in (int[])[1, 2])
            Write($"models/silver/order_changes{type}.sql", $$"""
                /* @foz
                materialization: {type: incremental, strategy: cdc, keys: id, sequence_by: round, apply_as_delete_when: price > 45, stored_as_scd_type: {{type}}}
                @foz */
                SELECT id, round, status, price FROM STREAM(bronze.orders)
                """);
        Write("models/silver/order_lines.sql", """
            /* @foz
            materialization: {type: incremental, strategy: delete+insert, unique_key: id}
            @foz */
            SELECT id, price, part FROM STREAM(bronze.orders), range(2) r(part)
            QUALIFY rank() OVER (PARTITION BY id ORDER BY round DESC) = 1
            """);
        Write("models/silver/monthly.sql", """
            /* @foz
            materialization: {type: incremental, strategy: microbatch, event_time: month, begin: '2026-07-01', batch_size: month, lookback: 1000}
            on_violation: quarantine
            columns: [{name: id, checks: [{expression: '% 7 <> 3'}]}]
            @foz */
            SELECT id, status, DATE '2026-07-01' + to_months(CAST(round % 4 AS INTEGER)) AS month FROM bronze.orders
            """);
        Write("models/silver/paid.sql", """
            /* @foz
            materialization: view
            @foz */
            SELECT * FROM silver.orders WHERE status = 'paid'
            """);
        Write("models/gold/sales.sql", $"""
            /* @foz
            export:
              - file: {Export}
            @foz */
            SELECT c.name, count(*) AS orders, sum(o.price) AS price
            FROM silver.paid o LEFT JOIN silver.customers c ON c.id = o.customer GROUP BY ALL
            """);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("foz-crash-").FullName;

    /// <summary>How many rounds of files there are.</summary>
    public int Rounds { get; private set; }

    /// <summary>Brings the files of the next round.</summary>
    public void AddRound()
    {
        var round = Rounds++;
        var customers = Enumerable.Range(0, 5).Select(i => FormattableString.Invariant(
            $"{round * 5 + i},customer {i},{(i == 3 ? "not a day" : "2024-02-29")}"));
        Write($"data/customers/{round:D3}.csv", "id,name,joined\n" + string.Join('\n', customers) + "\n");
        // Every round also changes orders of the one before.
        var orders = Enumerable.Range(0, OrdersPerRound).Select(i => JsonSerializer.Serialize(new
        {
            id = (round * OrdersPerRound / 2) + i, customer = i, status = (round + i) % 3 == 0 ? "paid" : "placed",
            price = 10m + i, round,
        }));
        Write($"data/orders/{round:D3}.jsonl", string.Join('\n', orders) + "\n{\"id\": \n");
    }

    /// <summary>Starts the run of the project in a process of its own.</summary>
    public FozProcess Start(string? failpoint = null, params IEnumerable<string> options) =>
        FozProcess.Start(Folder, failpoint, ["run", "--log-format", "json", .. options]);

    /// <summary>Lets a run of the project end; nothing is left then of those that were killed.</summary>
    /// <param name="paused">How many runs live and stand still, each with a temporary folder.</param>
    public async Task FinishAsync(int paused = 0)
    {
        (await FozProcess.RunAsync(Folder, "run", "--log-format", "json")).Expect(0);
        Assert.Equal(paused, Directory.GetFileSystemEntries(Path.Combine(Folder, "temp"), "foz-*").Length);
    }

    static IEnumerable<string> ExportedRows(string folder) =>
        File.ReadLines(Path.Combine(folder, Export)).Order(StringComparer.Ordinal);

    /// <summary>
    /// Asserts that the lake holds what an undisturbed run makes of the same files, and each batch once.
    /// </summary>
    /// <param name="kills">What was done to the lake, for the message.</param>
    /// <param name="streams">The streams to compare, with their rejected rows; none for all tables.</param>
    public async Task AssertUndisturbedAsync(string kills, params IReadOnlyList<string> streams)
    {
        var compared = 0;
        using var undisturbed = new CrashProject();
        for (var round = 0; round < Rounds; round++) undisturbed.AddRound();
        using var other = new TestLake(undisturbed.Folder);
        using var lake = new TestLake(Folder);
        await other.RunWellAsync();
        foreach (var name in Compared.Where(name =>
            streams.Count == 0 || streams.Any(stream => name.Split("__")[0] == stream)))
        {
            compared++;
            var columns = name.EndsWith("__quarantine", StringComparison.Ordinal) ? "id, status, _quarantine_checks"
                : name.StartsWith("bronze", StringComparison.Ordinal) ? "* EXCLUDE (_cdc_synced_at)" : "*";
            var query = $"SELECT {columns} FROM {name} ORDER BY ALL";
            var expected = (await other.QueryAsync(query))
                .Select(row => row.Replace(other.Folder, "", StringComparison.Ordinal));
            var actual = (await lake.QueryAsync(query))
                .Select(row => row.Replace(Folder, "", StringComparison.Ordinal));
            Assert.True(expected.SequenceEqual(actual), $"""
                {name} is not what an undisturbed run makes, after {kills}
                missing: {string.Join("; ", expected.Except(actual).Take(3))}
                unexpected: {string.Join("; ", actual.Except(expected).Take(3))}
                rows: {actual.Count()}, not {expected.Count()}
                """);
        }
        if (streams.Count == 0) Assert.Equal(ExportedRows(undisturbed.Folder), ExportedRows(Folder));
        TestContext.Current.TestOutputHelper?.WriteLine($"{compared} tables as undisturbed, after {kills}");
        foreach (var log in Directory.GetDirectories(lake.Lake.Folder, "_delta_log", SearchOption.AllDirectories))
            AssertBatchesOnce(log, kills);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    static void AssertBatchesOnce(string log, string kills)
    {
        var batches = new HashSet<(string?, long)>();
        foreach (var commit in Directory.GetFiles(log, "*.json").Where(IsCommit).Order(StringComparer.Ordinal))
        {
            var lines = File.ReadAllLines(commit);
            // A step that is taken over says again which batch its table carries, and changes no rows.
            if (lines.Any(line => line.Contains("TAKE OVER STEP", StringComparison.Ordinal)))
            {
                Assert.DoesNotContain(lines, line => line.StartsWith("{\"add\"", StringComparison.Ordinal));
                Assert.DoesNotContain(lines, line => line.StartsWith("{\"remove\"", StringComparison.Ordinal));
                continue;
            }
            foreach (var line in lines)
            {
                using var action = JsonDocument.Parse(line);
                if (!action.RootElement.TryGetProperty("txn", out var txn)) continue;
                var batch = (txn.GetProperty("appId").GetString(), txn.GetProperty("version").GetInt64());
                Assert.True(batches.Add(batch), $"{commit} commits batch {batch} again, after {kills}");
            }
        }
    }

    static bool IsCommit(string file) =>
        long.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    void Write(string path, string text)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        // The time of a file is that of its rows in bronze.
        File.SetLastWriteTimeUtc(file, new(2024, 2, 29, 0, 0, 0, DateTimeKind.Utc));
    }
}
