using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Foz.Tests;

namespace Foz.AcceptanceTests.Crash;

/// <summary>
/// A lake in an object store, two hosts that serve it, and their project: a schedule with a stream and two models, and
/// one with tasks, each every few seconds.
/// </summary>
sealed class FaultyLake : IAsyncDisposable
{
    const int RowsOfFile = 5;

    // Runs that were taken over wait for leases, and all that was due meanwhile is caught up at the end.
    static readonly TimeSpan waitMax = TimeSpan.FromMinutes(4), endMax = TimeSpan.FromMinutes(30);

    readonly S3Loopback store = new();
    readonly Dictionary<string, JsonElement> incidents = new(StringComparer.Ordinal);
    readonly List<FaultyHost> hosts = [];
    readonly string folder = Directory.CreateTempSubdirectory("foz-host-faults-").FullName;
    int files;

    /// <summary>How often a <see cref="Schedules"/> is due, in seconds.</summary>
    public const int SecondsOfOften = 10, SecondsOfJobs = 15;

    /// <summary>The schedules.</summary>
    public static IReadOnlyDictionary<string, int> Schedules { get; } =
        new Dictionary<string, int> { ["often"] = SecondsOfOften, ["jobs"] = SecondsOfJobs };

    /// <summary>The host that leads; null where none does, or one that is not known here.</summary>
    public FaultyHost? Leader => Read("leaders/s.default.json") is { } leader
        && !(leader.TryGetProperty("isReleased", out var released) && released.GetBoolean())
            ? hosts.Find(host => host.Id == leader.GetProperty("processId").GetInt32())
            : null;

    /// <summary>All incidents that were seen, as they were last.</summary>
    public IReadOnlyCollection<JsonElement> Incidents => incidents.Values;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Project => Path.Combine(folder, "project");

    /// <summary>Writes the project, and starts both hosts.</summary>
    public async Task StartAsync()
    {
        foreach (var name in (string[])["data", "temporary", "notes", "project"])
            Directory.CreateDirectory(Path.Combine(folder, name));
        Write(".env", "SECRET=very-hidden-key\n");
        Write("foz.yml", $$"""
            name: s
            memory: 256MB
            threads: 1
            lake:
              url: s3://lake/s
              endpoint: 'http://127.0.0.1:${PORT}'
              access_key_id: id
              secret_access_key: '${SECRET}'
            connections:
              files: {type: files, path: '{{folder}}/data'}
            scheduler: {runs_max: 8}
            schedules:
              often: {every: {{SecondsOfOften}}s, catch_up: all, catch_up_max: 10000}
              jobs:
                every: {{SecondsOfJobs}}s
                catch_up: all
                catch_up_max: 10000
                concurrency: 1000
                tasks:
                  once: { {{Noting("once")}} }
                  again: { {{Noting("again")}}, retry_on_takeover: true}
                  load: {run: 'run --select gold.totals'}
                  last: { {{Noting("last")}}, after: [once, again, load]}
            """);
        Write("sources/files.yml",
            "name: files\nconnection: files\nschema: bronze\nstreams: {rows: {path: '*.csv', columns: {n: bigint}}}\n");
        Write("models/silver/rows.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append}
            @foz */
            select n from stream(bronze.rows)
            """);
        Write("models/gold/totals.sql", "select count(*) as n, sum(n) as total from silver.rows");
        AddFile();
        for (var i = 0; i < 2; i++) hosts.Add(new(Project, Path.Combine(folder, "temporary"), store.Port));
        await WaitAsync(() => Firings().Count > 2 && Leader is not null && IsReady, "the first leader");
    }

    /// <summary>Whether the host that does not lead waits to do so.</summary>
    public bool IsReady => Leader is { } leader && hosts.TrueForAll(host => host == leader || host.IsWaiting);

    /// <summary>Brings a file of rows that no other has.</summary>
    public void AddFile()
    {
        var rows = Enumerable.Range(files++ * RowsOfFile, RowsOfFile)
            .Select(n => n.ToString(CultureInfo.InvariantCulture));
        var path = Path.Combine(folder, "data", $"{files:D5}.csv");
        File.WriteAllText(path + ".tmp", "n\n" + string.Join('\n', rows) + "\n");
        File.Move(path + ".tmp", path);
    }

    /// <summary>Does something to the leader, waits until the other host leads, and ends the fault.</summary>
    /// <returns>When another host led, and when it had queued a firing, after the fault.</returns>
    public async Task<(TimeSpan Led, TimeSpan Fired)> HarmAsync(HostFault fault)
    {
        var leader = Leader ?? throw new InvalidOperationException("no host leads");
        var watch = Stopwatch.StartNew();
        leader.Harm(fault);
        var before = Firings().Count;
        await WaitAsync(() => Leader is { } next && next != leader, $"the other host, after {fault}");
        var led = watch.Elapsed;
        await WaitAsync(() => Firings().Count > before, $"a firing of the other host, after {fault}");
        var fired = watch.Elapsed;
        leader.Mend(fault);
        if (fault is HostFault.Killed)
        {
            hosts.Remove(leader);
            leader.Dispose();
            hosts.Add(new(Project, Path.Combine(folder, "temporary"), store.Port));
        }
        await WaitAsync(() => IsReady, $"a second host, after {fault}");
        return (led, fired);
    }

    /// <summary>Waits until all that was due before now has ended, but for tasks of an unknown end.</summary>
    /// <returns>Those firings.</returns>
    public async Task<List<JsonElement>> FinishAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        List<JsonElement> due = [];
        await WaitAsync(
            () => (due = [.. Firings().Where(firing => firing.GetProperty("due").GetDateTimeOffset() <= now)])
                .TrueForAll(firing => State(firing) is not ("queued" or "running" or "retrying")
                    && (State(firing) is not "waiting" || firing.TryGetProperty("unknown", out _))),
            "the end of all runs", endMax);
        // What broke is noticed within seconds.
        await Task.Delay(TimeSpan.FromSeconds(8), Cancel);
        Observe();
        return due;
    }

    /// <summary>Ends the hosts, so that a query can be made.</summary>
    public void Stop()
    {
        foreach (var host in hosts) host.Dispose();
        hosts.Clear();
    }

    /// <summary>The rows of a query, in CSV, without the heading.</summary>
    public async Task<string[]> QueryAsync(string sql)
    {
        var start = FozProcess.Command(Project, "query", sql, "--output", "csv");
        start.Environment["PORT"] = $"{store.Port}";
        start.Environment["TMPDIR"] = Path.Combine(folder, "temporary");
        using var query = FozProcess.Start(start);
        return
        [
            .. (await query.WaitAsync()).Expect(0).Output
                .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Skip(1),
        ];
    }

    /// <summary>How many rows the files have.</summary>
    public int Rows => files * RowsOfFile;

    /// <summary>The firings in which a task has noted its start, each as often as it did.</summary>
    public ILookup<string, string> NotesOf(string task)
    {
        var file = Path.Combine(folder, "notes", task);
        return (File.Exists(file) ? File.ReadAllLines(file) : []).ToLookup(line => line, StringComparer.Ordinal);
    }

    /// <summary>All firings.</summary>
    public List<JsonElement> Firings() =>
    [
        .. store.Bucket.List("s/_foz/firings/s.default/", _ => true, int.MaxValue).SelectMany(
            batch => JsonDocument.Parse(batch.Value.Content).RootElement.EnumerateArray()),
    ];

    /// <summary>What a firing and its tasks wrote, and what the hosts last did.</summary>
    public string LogOf(JsonElement firing) => string.Join(
        '\n',
        store.Bucket.List($"s/_foz/tasks/s.default/{IdOf(firing)}", _ => true, int.MaxValue)
            .Concat(store.Bucket.List("s/_foz/requests/", key => key.Contains(
                $"{firing.GetProperty("due").GetDateTimeOffset().UtcDateTime:yyyyMMdd'T'HHmmssfff}"
                    + $"-s.default.{firing.GetProperty("schedule").GetString()}", StringComparison.Ordinal), int.MaxValue))
            .Select(found => $"{found.Key}: {System.Text.Encoding.UTF8.GetString(found.Value.Content)}")
            .Concat(hosts.Select(host => $"host {host.Id}: {host.Text}")));

    /// <summary>The state of a firing.</summary>
    public static string State(JsonElement firing) => firing.GetProperty("state").GetString()!;

    /// <summary>What a firing is known by.</summary>
    public static string IdOf(JsonElement firing) => firing.GetProperty("schedule").GetString() + "@"
        + firing.GetProperty("due").GetDateTimeOffset().UtcDateTime.ToString(
            "yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        Stop();
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A task that notes its firing when it starts, and then works for a while.</summary>
    string Noting(string task) => $"shell: 'echo \"$FIRING\" >> {folder}/notes/{task}; sleep 0.5', "
        + "environment: {FIRING: '{{ firing }}'}";

    void Write(string path, string text)
    {
        var file = Path.Combine(Project, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    JsonElement? Read(string path) => store.Bucket.Find($"s/_foz/{path}") is { } found
        ? JsonDocument.Parse(found.Content).RootElement
        : null;

    /// <summary>Notes the incidents as they are now.</summary>
    void Observe()
    {
        if (Read("incidents/s.default.json") is { } state && state.TryGetProperty("incidents", out var all))
            foreach (var incident in all.EnumerateArray())
                incidents[incident.GetProperty("id").GetString()!] = incident;
    }

    async Task WaitAsync(Func<bool> isSo, string what, TimeSpan? max = null)
    {
        var watch = Stopwatch.StartNew();
        while (!isSo())
        {
            if (watch.Elapsed > (max ?? waitMax))
                throw new TimeoutException(
                    $"{what} did not come\n{string.Join("\n\n", hosts.Select(host => $"{host.Id}: {host.Text}"))}");
            await Task.Delay(50, Cancel);
        }
        Observe();
    }
}
