using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Operations.Incidents;
using Foz.Operations.Upkeep;
using Foz.Tests.Pipelines.Runs;

namespace Foz.Tests.Operations.Upkeep;

public sealed class UpkeepJobTests : IDisposable
{
    readonly JumpingTime clock = new();
    readonly LakeProject project;
    bool isQuiet = true;
    bool hasOther;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public UpkeepJobTests() => project = new(clock);

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Many_small_files_become_few_whoever_wrote_them()
    {
        await FillAsync("silver.a", files: 60);
        await FillAsync("silver.few", files: 49);
        using var job = Job();
        await StepAsync(job);
        Assert.Equal((1, 49), (await FilesAsync("silver.a"), await FilesAsync("silver.few")));
        Assert.Equal(60, (await project.RowsAsync("silver.a")).Count);
        await StepAsync(job);
        var work = Assert.Single(
            await project.QueryAsync("SELECT step, kind, outcome, warnings[1] FROM foz.steps"));
        Assert.Equal("silver.a|maintenance|Succeeded|OPTIMIZE put 60 files together to 1", work);
    }

    [Fact]
    public async Task A_table_that_did_not_change_costs_nothing_but_a_look()
    {
        await FillAsync("silver.a", files: 60);
        using var job = Job();
        await StepAsync(job);
        var version = await VersionAsync("silver.a");
        for (var i = 0; i < 3; i++) await StepAsync(job);
        Assert.Equal(version, await VersionAsync("silver.a"));
    }

    [Fact]
    public async Task A_busy_host_works_at_last_and_rests_between()
    {
        await FillAsync("silver.a", files: 60);
        isQuiet = false;
        var began = clock.GetUtcNow();
        using var job = Job();
        await job.StepAsync(Cancel);
        Assert.Equal(1, await FilesAsync("silver.a"));
        Assert.InRange(clock.GetUtcNow() - began, UpkeepPace.RestMin, TimeSpan.FromDays(1));
    }

    [Theory]
    [InlineData("{server: off}")]
    [InlineData("{quiet_hours: '02:00-03:00'}")]
    [InlineData("{quiet_hours: '23:30-00:30', time_zone: America/Sao_Paulo}")]
    [InlineData("{tables: {silver: {optimize: off}}}")]
    public async Task The_project_says_what_is_done_and_when(string maintenance)
    {
        project.Write("foz.yml", $"name: s\nlake: lake\nmaintenance: {maintenance}\n");
        await FillAsync("silver.a", files: 60);
        using var job = Job();
        await StepAsync(job);
        Assert.Equal(60, await FilesAsync("silver.a"));
        clock.Advance(TimeSpan.FromHours(3) - TimeSpan.FromMinutes(25));
        await StepAsync(job);
        var isDone = maintenance.Contains("quiet_hours", StringComparison.Ordinal);
        Assert.Equal(isDone, await FilesAsync("silver.a") == 1);
    }

    [Fact]
    public async Task Another_host_that_does_it_is_left_alone()
    {
        await FillAsync("silver.a", files: 60);
        hasOther = true;
        using var job = Job();
        await StepAsync(job);
        Assert.Equal(60, await FilesAsync("silver.a"));
        hasOther = false;
        await StepAsync(job);
        Assert.Equal(1, await FilesAsync("silver.a"));
    }

    [Fact]
    public async Task An_environment_with_a_prefix_has_its_own_tables_only()
    {
        project.Write(
            "foz.yml", "name: s\nlake: lake\nenvironments: {dev: {schema_prefix: dev_}}\ndefault_environment: dev\n"
                + "maintenance: {tables: {gold: {optimize: off}}}\n");
        await FillAsync("silver.a", files: 60);
        await FillAsync("dev_silver.a", files: 60);
        await FillAsync("dev_gold.a", files: 60);
        using var job = Job();
        await StepAsync(job);
        Assert.Equal(
            (60, 1, 60),
            (await FilesAsync("silver.a"), await FilesAsync("dev_silver.a"), await FilesAsync("dev_gold.a")));
    }

    [Fact]
    public async Task Rows_of_the_platform_go_when_they_are_old_enough()
    {
        project.Write("foz.yml", "name: s\nlake: lake\nmaintenance: {tables: {foz.host: {keep: 30 days}}}\n");
        using (var journal = RunJournal.Open(project.Lake, "20260101000000000-aaaa"))
        {
            await journal.AppendAsync([Host(31), Host(29)], Cancel);
            using var session = project.OpenSession();
            await new JournalWriter(project.Lake).FlushAsync(
                session, journal, static _ => ValueTask.FromResult(false), Cancel);
        }
        using var job = Job();
        await StepAsync(job);
        Assert.Equal(["29"], await project.QueryAsync("SELECT seconds::int FROM foz.host"));
    }

    [Fact]
    public async Task What_cannot_be_maintained_is_recorded_once_and_when_it_can_again()
    {
        await FillAsync("silver.a", files: 60);
        var lost = Directory.EnumerateFiles(
            Path.Combine(project.Lake.Folder, "silver", "a"), "*.parquet", SearchOption.AllDirectories).First();
        File.Move(lost, lost + ".away");
        using var job = Job();
        for (var i = 0; i < 3; i++) await StepAsync(job, TimeSpan.FromHours(2));
        Assert.Equal(["Warned"], await OutcomesAsync());
        File.Move(lost + ".away", lost);
        await StepAsync(job, TimeSpan.FromHours(2));
        await StepAsync(job);
        Assert.Equal(["Warned", "Succeeded"], await OutcomesAsync());
        Assert.Equal(1, await FilesAsync("silver.a"));
    }

    [Fact]
    public async Task An_incident_of_a_table_that_was_dropped_ends()
    {
        var file = project.Load().File;
        var broken = new Evidence(IncidentKind.Maintenance, "silver.gone", clock.GetUtcNow(), IsBroken: true)
        {
            Text = "a file is gone", Table = "silver.gone",
        };
        await new IncidentStateStore(project.Lake.Store, file.Name, file.Environment).ChangeAsync(
            before => new IncidentBook(new(file.Name, file.Environment), TableFacts.Unknown).Apply(
                before, [broken], clock.GetUtcNow()),
            Cancel);
        using var job = Job();
        for (var i = 0; i < 3; i++) await StepAsync(job);
        Assert.Equal(
            ["silver.gone|Succeeded"], await project.QueryAsync("SELECT step, outcome FROM foz.steps"));
    }

    [Fact]
    public void A_failure_of_maintenance_is_an_incident_and_no_success_of_the_step()
    {
        var evidence = new RecordEvidence("s", "default");
        var work = new StepRecord
        {
            RunId = "r", Step = "silver.a", Kind = "maintenance", Outcome = Outcome.Warned, Error = "a file is gone",
            StartedAt = clock.GetUtcNow(), FinishedAt = clock.GetUtcNow(),
        };
        var broken = Assert.Single(evidence.Of(work, TableFacts.Unknown));
        Assert.Equal(
            (IncidentKind.Maintenance, "silver.a", true, "a file is gone"),
            (broken.Kind, broken.Subject, broken.IsBroken, broken.Text));
        var holds = Assert.Single(
            evidence.Of(work with { Outcome = Outcome.Succeeded, Error = null }, TableFacts.Unknown));
        Assert.Equal((IncidentKind.Maintenance, false), (holds.Kind, holds.IsBroken));
    }

    UpkeepJob Job()
    {
        var file = project.Load().File;
        return new(project.Lake, file, new()
        {
            IsQuiet = () => isQuiet, Policies = () => file.Maintenance,
            HasOther = _ => ValueTask.FromResult(hasOther),
        });
    }

    Task StepAsync(UpkeepJob job) => StepAsync(job, TimeSpan.FromMinutes(6));

    async Task StepAsync(UpkeepJob job, TimeSpan later)
    {
        await job.StepAsync(Cancel);
        clock.Advance(later);
    }

    async Task FillAsync(string table, int files)
    {
        for (var i = 0; i < files; i++) await project.AppendAsync(table, $"SELECT {i} AS n");
    }

    async Task<Foz.Lake.Tables.TableSnapshot> LatestAsync(string table) =>
        await (await project.Lake.OpenTableAsync(TableName.Parse(table), Cancel)).LatestAsync(Cancel);

    async Task<int> FilesAsync(string table) => (await LatestAsync(table)).FileCount;

    async Task<long> VersionAsync(string table) => (await LatestAsync(table)).Version;

    Task<List<string>> OutcomesAsync() =>
        project.QueryAsync("SELECT outcome FROM foz.steps WHERE step = 'silver.a' ORDER BY finished_at");

    HostRecord Host(int days) => new()
    {
        RunId = "r", RecordedAt = clock.GetUtcNow().AddDays(-days), Host = "h", Seconds = days, CpuSeconds = 1,
        MemoryBytes = 1, SpillBytes = 0, BytesWritten = 0, Sessions = 0, StatementsWaiting = 0, Runs = 0,
        FiringsWaiting = 0,
    };
}
