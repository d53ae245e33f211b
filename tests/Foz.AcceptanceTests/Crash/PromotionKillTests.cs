using System.Text.RegularExpressions;
using Foz.Tests;

namespace Foz.AcceptanceTests.Crash;

/// <summary>Promotions that are killed at each of their failpoints, and ended by the next run.</summary>
public sealed partial class PromotionKillTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-promotion-").FullName;
    int files;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public PromotionKillTests()
    {
        Write("foz.yml", """
            name: crash
            lake: lake
            memory: 256MB
            threads: 2
            connections: {files: {type: files, path: data}}
            environments: {dev: {schema_prefix: dev_, base: prod}, prod: {}, qa: {schema_prefix: qa_}}
            default_environment: prod
            """);
        Write("sources/files.yml", """
            name: files
            connection: files
            schema: bronze
            streams:
              orders:
                path: "*.csv"
                columns: {id: bigint, part: bigint}
                checks: [{max: {column: part, value: 90, on_violation: quarantine}}]
            """);
        Write("models/silver/big.sql",
            "/* @foz\nmaterialization: view\n@foz */\nSELECT * FROM silver.orders WHERE part % 2 = 0");
        Write("models/gold/sales.sql", "SELECT count(*) AS n, sum(part) AS parts FROM silver.big");
        Define(factor: 1);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Promotions_killed_at_every_failpoint_are_ended_by_the_next_run()
    {
        AddFile();
        await FozAsync("run");
        var factor = 1;
        var names = Names();
        Assert.NotEmpty(names);
        foreach (var name in names)
        {
            // The first table, and one in the middle.
            foreach (var hit in new[] { 1, 3 })
            {
                Define(++factor);
                await FozAsync("run", "--target", "dev", "--full-refresh");
                if (hit == 3) AddFile();
                using (var killed = FozProcess.Start(folder, $"{name}:{hit}", ["promote", "dev", "prod", "--yes"]))
                {
                    var ended = await killed.WaitAsync();
                    var isReached = hit == 1 || (hit == 3 && name is not ("promote.opened" or "promote.done"));
                    Assert.True(
                        ended.ExitCode == (isReached ? FozProcess.KilledExitCode : 0),
                        $"{name}:{hit}: {ended.ExitCode} {ended.Errors}");
                }
                AddFile();
                await FozAsync("run");
                await AssertWholeAsync(factor, $"{name}:{hit}");
            }
        }
    }

    [Fact]
    public async Task A_promotion_waits_for_runs_of_its_environments_and_for_no_others()
    {
        AddFile();
        await FozAsync("run");
        Define(factor: 2);
        await FozAsync("run", "--target", "dev", "--full-refresh");
        using var other = await PauseAsync("qa");
        await FozAsync("promote", "dev", "prod", "--yes", "--wait", "0s");
        await AssertWholeAsync(factor: 2, "a promotion beside a run of qa");

        Define(factor: 3);
        await FozAsync("run", "--target", "dev", "--full-refresh");
        using var same = await PauseAsync("prod");
        var held = await FozProcess.RunAsync(folder, "promote", "dev", "prod", "--yes", "--wait", "0s");
        held.Expect(1);
        Assert.Contains("has held the environments dev and prod since", held.Errors, StringComparison.Ordinal);
        same.Continue();
        (await same.WaitAsync()).Expect(0);
        other.Continue();
        (await other.WaitAsync()).Expect(0);
    }

    /// <summary>Starts a run of an environment that is stopped once it is a host.</summary>
    async Task<FozProcess> PauseAsync(string environment)
    {
        var command = FozProcess.Command(folder, ["run", "--target", environment]);
        command.Environment[Foz.Storage.Failpoint.Variable] = "host.started";
        command.Environment[Foz.Storage.Failpoint.StopsVariable] = "1";
        var run = FozProcess.Start(command);
        await run.WaitUntilStoppedAsync();
        return run;
    }

    static List<string> Names() =>
    [
        .. Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => HitCall.Matches(File.ReadAllText(file))).Select(match => match.Groups["name"].Value)
            .Distinct().Order(StringComparer.Ordinal),
    ];

    [GeneratedRegex("""Failpoint\.Hit\("(?<name>promote\.[^"]+)"\)""")]
    private static partial Regex HitCall { get; }

    /// <summary>Asserts that each file arrived once everywhere, by the definitions that were promoted.</summary>
    async Task AssertWholeAsync(int factor, string kill)
    {
        var csv = Enumerable.Range(0, files)
            .SelectMany(file => Enumerable.Range(0, 10).Select(i => (Id: (file * 10) + i, Part: i * 10)))
            .Where(row => row.Part <= 90).ToList();
        using var lake = new TestLake(folder);
        foreach (var table in new[] { "silver.events", "silver.orders" })
            Assert.Equal(
                csv.Select(row => $"{kill} {table} {row.Id}|{row.Part * factor}"),
                (await lake.QueryAsync($"SELECT id, part FROM {table} ORDER BY ALL"))
                    .Select(row => $"{kill} {table} {row}"));
        Assert.Equal(
            $"{csv.Count}|{csv.Sum(row => row.Part) * factor}",
            Assert.Single(await lake.QueryAsync("SELECT * FROM gold.sales")));
        Assert.Equal(
            $"{files}", Assert.Single(await lake.QueryAsync("SELECT count(*) FROM bronze.orders__quarantine")));
        // Nothing is left of it, and the environment is its base again.
        Assert.DoesNotContain(
            Directory.GetFiles(Path.Combine(folder, "lake/_foz"), "*", SearchOption.AllDirectories),
            // The store's own lock of a folder stays with the folder.
            file => file.EndsWith(".open.json", StringComparison.Ordinal)
                || (file.Contains("dev_", StringComparison.Ordinal) && Path.GetFileName(file) != ".foz-lock"));
        Cancel.ThrowIfCancellationRequested();
    }

    void Define(int factor)
    {
        foreach (var (name, strategy) in new[] { ("orders", "merge, unique_key: id"), ("events", "append") })
            Write(
                $"models/silver/{name}.sql",
                $"/* @foz\nmaterialization: {{type: incremental, strategy: {strategy}}}\n@foz */\nSELECT id, part * "
                    + $"{factor} AS part FROM STREAM(bronze.orders)");
    }

    /// <summary>Brings ten rows that arrive, and one that breaks a check.</summary>
    void AddFile()
    {
        var file = files++;
        var rows = Enumerable.Range(0, 10).Select(i => $"{(file * 10) + i},{i * 10}").Append($"{file + 100_000},91");
        Write($"data/{file:D4}.csv", "id,part\n" + string.Join('\n', rows) + "\n");
    }

    async Task FozAsync(params string[] args) => (await FozProcess.RunAsync(folder, args)).Expect(0);

    void Write(string path, string text)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
