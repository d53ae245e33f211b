using System.Diagnostics;
using Npgsql;

namespace Foz.Benchmarks.Serving;

/// <summary>
/// A dashboard's small queries while an analyst joins all data, each in a workload class of their own.
/// </summary>
sealed class DashboardBenchmark : IBenchmark
{
    const int Rounds = 12;
    const int RepeatsEach = 3;
    const int AtATime = 4;

    // What the guide on workloads advises: the analysts get half of the cores.
    const string Settings =
        """
        serve:
          result_cache: 0
          workloads:
            dashboards: {users: [dashboard]}
            analysts: {users: [analyst], threads: 1}
        """;

    const string Join =
        """
        SELECT count(*), sum(a.price * b.weight), max(c.note)
            FROM silver.sales a JOIN silver.sales b ON a.customer = b.customer JOIN silver.sales c ON b.customer = c.customer
        """;

    public string Name => "serving-dashboard";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        var project = folder.Sub("serving-dashboard");
        await ServeProcess.WriteAsync(project, "silver.sales", Sales.Of(1_000_000));
        using var foz = ServeProcess.Start(project, Settings);
        return [await MeasureAsync(foz, connections: 1), await MeasureAsync(foz, AtATime)];
    }

    static async Task<Figure> MeasureAsync(ServeProcess foz, int connections)
    {
        var dashboard = new List<NpgsqlConnection>();
        for (var i = 0; i < connections; i++) dashboard.Add(await ConnectAsync(foz, "dashboard"));
        await using var analyst = await ConnectAsync(foz, "analyst");
        var (alone, beside) = (new List<double>(), new List<double>());
        for (var round = -1; round < Rounds; round++)
        {
            var first = await ShowAsync(dashboard);
            var second = await BesideAsync(analyst, () => ShowAsync(dashboard));
            if (round < 0) continue;
            alone.AddRange(first);
            beside.AddRange(second);
            Console.Error.WriteLine(
                Pair.Text($"  p95 {Percentile(first):0.0} ms alone, {Percentile(second):0.0} ms beside the analyst"));
        }
        foreach (var connection in dashboard) await connection.DisposeAsync();
        var (ours, theirs) = (Percentile(beside), Percentile(alone));
        return new(
            $"a dashboard's 20 queries over 1 M rows, "
                + $"{(connections == 1 ? "one after the other" : $"{connections} at a time")}, while an "
                + "analyst joins them three times: p95",
            "alone", Pair.Ms(ours), Pair.Ms(theirs), Pair.Times(ours / theirs), "≤ 2×");
    }

    static double Percentile(List<double> times) => times.Order().ElementAt(times.Count * 95 / 100);

    /// <summary>Does something while the analyst's join works.</summary>
    static async Task<List<double>> BesideAsync(NpgsqlConnection analyst, Func<Task<List<double>>> work)
    {
        using var stopping = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var joining = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    await using var command = new NpgsqlCommand(Join, analyst);
                    var running = command.ExecuteScalarAsync(stopping.Token);
                    begun.TrySetResult();
                    if (await running is not 100_000_000L) throw new InvalidOperationException("another answer");
                }
            }
            catch (OperationCanceledException)
            {
                // The dashboard is shown.
            }
        });
        await begun.Task;
        // It has begun to join by then.
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        var times = await work();
        await stopping.CancelAsync();
        await joining;
        return times;
    }

    /// <summary>Asks the queries of a dashboard, spread over connections.</summary>
    /// <returns>Milliseconds of each.</returns>
    static async Task<List<double>> ShowAsync(List<NpgsqlConnection> connections)
    {
        var next = -1;
        var times = await Task.WhenAll(connections.Select(connection => Task.Run(() => AskAsync(connection))));
        return [.. times.SelectMany(t => t)];

        async Task<List<double>> AskAsync(NpgsqlConnection connection)
        {
            var own = new List<double>();
            while (Interlocked.Increment(ref next) is var number && number < RepeatsEach * Queries.Length)
            {
                var watch = Stopwatch.StartNew();
                await using var command = new NpgsqlCommand(Queries[number % Queries.Length], connection);
                await using var reader = await command.ExecuteReaderAsync();
                while (await reader.ReadAsync())
                {
                    // Each row is shown.
                }
                own.Add(watch.Elapsed.TotalMilliseconds);
            }
            return own;
        }
    }

    /// <summary>Twenty: five kinds of tiles, each for a quarter.</summary>
    static string[] Queries { get; } =
    [
        .. Enumerable.Range(0, 4)
            .SelectMany(quarter =>
                TilesOf(
                    $"day BETWEEN date '2024-01-01' + {quarter * 90} AND date '2024-01-01' + {(quarter * 90) + 89}")),
    ];

    static string[] TilesOf(string during) =>
    [
        $"SELECT count(*), sum(price) FROM silver.sales WHERE {during}",
        $"SELECT day, count(*), sum(price) FROM silver.sales WHERE {during} GROUP BY day ORDER BY day",
        $"SELECT customer, sum(price) AS total FROM silver.sales WHERE {during} GROUP BY customer ORDER BY "
            + "total DESC, customer LIMIT 10",
        $"SELECT is_paid, count(DISTINCT customer), avg(weight) FROM silver.sales WHERE {during} "
            + "GROUP BY is_paid ORDER BY is_paid",
        $"SELECT count(*) FROM silver.sales WHERE {during} AND note LIKE 'note a%'",
    ];

    static Task<NpgsqlConnection> ConnectAsync(ServeProcess foz, string user) =>
        ServeProcess.ConnectAsync($"Host=127.0.0.1;Port={foz.Port};Username={user};Database=lake");
}
