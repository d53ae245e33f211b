using Foz.Cli.Commands.Operating;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Operations.Alerts;
using Foz.Operations.Channels;
using Foz.Operations.Incidents;
using Foz.Serving;
using Foz.Serving.Governance;
using Foz.Tests.Operations.Alerts;
using Foz.Tests.Pipelines.Runs;

namespace Foz.Tests.Cli.Commands;

/// <summary>The first bad rows of incidents: which they are, and what a channel's role sees of them.</summary>
public sealed class AlertRowsTests : IAsyncLifetime
{
    readonly LakeProject project = new();
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
    SqlService service = null!;
    AlertRows rows = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var access = new AccessDirectory(project.Folder);
        var users = new UserDirectory(project.Folder, TimeProvider.System);
        var names = new EnvironmentNameResolver(
            new Lakehouse(project.Lake.Folder, engines, TimeProvider.System), prefix: "", static _ => null);
        service = new(names, new() { Access = () => access.Current });
        rows = new(service, names, () => users.Current, () => access.Current);
        await project.AppendAsync("bronze.states", "SELECT * FROM (VALUES ('SP'), ('RJ'), ('XX')) v(code)");
        await project.AppendAsync(
            "bronze.people",
            """
            SELECT * FROM (VALUES (1, 'ana', '111', 'SP', 10), (1, 'bia', '222', 'RJ', 20), (3, 'caio', NULL, 'XX', 30),
                (4, 'davi', '444', 'ZZ', 40), (5, 'eva', '555', NULL, 50)) v(id, name, cpf, state, paid)
            """);
        project.Write("models/silver/people.sql", """
            /* @foz
            columns:
              - {name: id, checks: [{unique: {on_violation: warn}}]}
              - {name: cpf, checks: [{not_null: {on_violation: warn}}, {pattern: {value: '^1', on_violation: warn}}]}
              - name: state
                checks:
                  - accepted_values: {values: [SP, RJ, ZZ], on_violation: warn}
                  - relationships: {to: bronze.states, field: code, on_violation: warn}
            checks:
              - {name: pays_much, query: 'select id, name from silver.people where paid > 45', on_violation: warn}
              - {row_count: 9, on_violation: warn}
            @foz */
            SELECT id, name, cpf, state, paid FROM bronze.people
            """);
    }

    public ValueTask DisposeAsync()
    {
        service.Dispose();
        engines.Dispose();
        project.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Checks_show_the_rows_that_break_them_with_the_masks_of_the_role()
    {
        Grant("{to: [analyst], on: [silver.people, bronze.states], masks: {name: null}}");
        var broken = await BrokenAsync();
        Assert.Equal(
            ["1,NULL,111,SP,10", "1,NULL,222,RJ,20"], await ReadAsync(broken["unique(id)"], "analyst"));
        Assert.Equal(["3,NULL,NULL,XX,30"], await ReadAsync(broken["not_null(cpf)"], "analyst"));
        Assert.Equal(["3,NULL,NULL,XX,30"], await ReadAsync(broken["accepted_values(state)"], "analyst"));
        Assert.Equal(["4,NULL,444,ZZ,40"], await ReadAsync(broken["relationships(state)"], "analyst"));
        // A SQL check may read any column, and one is masked.
        Assert.Empty(await ReadAsync(broken["pays_much"], "analyst"));
        // No row is to blame for a number of rows, and a pattern is in DuckDB's words.
        Assert.Null(broken["row_count"]);
        Assert.Null(broken["pattern(cpf)"]);
        Grant("{to: [analyst], on: [silver.people]}");
        Assert.Equal(["5,eva"], await ReadAsync(broken["pays_much"], "analyst"));
    }

    [Fact]
    public async Task Rows_are_not_looked_for_by_values_that_the_role_does_not_see()
    {
        var broken = await BrokenAsync();
        // Masked, all values of cpf would be NULL, and all rows look bad.
        Grant("{to: [analyst], on: [silver.people, bronze.states], masks: {cpf: null}}");
        Assert.Empty(await ReadAsync(broken["not_null(cpf)"], "analyst"));
        Assert.Equal(
            ["1,ana,NULL,SP,10", "1,bia,NULL,RJ,20"], await ReadAsync(broken["unique(id)"], "analyst"));
        // Without the rows of the other table, each row would lack its state.
        Grant(
            "{to: [analyst], on: [silver.people]}",
            "{to: [analyst], on: [bronze.states], where: \"code = 'SP'\"}");
        Assert.Empty(await ReadAsync(broken["relationships(state)"], "analyst"));
        Grant("{to: [analyst], on: [silver.people]}");
        Assert.Empty(await ReadAsync(broken["relationships(state)"], "analyst"));
        // A filter of rows of the checked table hides its rows, and makes no other bad.
        Grant("{to: [analyst], on: [silver.people], where: \"state = 'SP'\"}");
        Assert.Empty(await ReadAsync(broken["not_null(cpf)"], "analyst"));
        Grant("{to: [analyst], on: [silver.people], where: \"state = 'XX'\"}");
        Assert.Equal(["3,caio,NULL,XX,30"], await ReadAsync(broken["not_null(cpf)"], "analyst"));
        Grant("{to: [analyst], on: [bronze.states]}");
        Assert.Empty(await ReadAsync(broken["not_null(cpf)"], "analyst"));
    }

    [Fact]
    public async Task Owners_see_all_and_who_is_not_there_or_may_not_is_an_error()
    {
        new UserFile(project.Folder).Add("boss", "a long password", isOwner: true, replaces: false);
        new UserFile(project.Folder).Add("eve", "a long password", isOwner: false, replaces: false);
        Grant("{to: [analyst], on: [silver.people]}");
        var broken = await BrokenAsync();
        Assert.Equal(["4,davi,444,ZZ,40"], await ReadAsync(broken["relationships(state)"], "boss"));
        Assert.Equal(["4,davi,444,ZZ,40"], await ReadAsync(broken["relationships(state)"], user: null));
        Assert.True(rows.HasUsers);
        var error = await Assert.ThrowsAsync<FozException>(() => ReadAsync(broken["unique(id)"], "analist"));
        Assert.Equal(
            ("there is no user or role 'analist'", "did you mean 'analyst'?"), (error.Message, error.Hint));
        await Assert.ThrowsAsync<FozException>(() => ReadAsync("SELECT * FROM silver.people", "eve"));
        await Assert.ThrowsAsync<FozException>(() => ReadAsync("SELECT * FROM silver.no_such", "boss"));
        await Assert.ThrowsAsync<FozException>(() => ReadAsync("SELECT 1 / 0 AS x FROM silver.people", "boss"));
        await Assert.ThrowsAsync<FozException>(
            () => ReadAsync("SELECT 1) AS a; DROP TABLE silver.people; SELECT (1", "boss"));
        Assert.Equal(5, (await project.RowsAsync("silver.people")).Count);
    }

    [Fact]
    public async Task Rows_columns_and_values_are_bounded()
    {
        var columns = string.Join(", ", Enumerable.Range(0, 100).Select(i => $"{i} AS c{i}"));
        var found = await rows.ReadAsync(
            new($"SELECT repeat('é', 1000) AS long, {columns} FROM generate_series(1, 1000)", User: null, 5), Cancel);
        Assert.Equal((5, 30, 30), (found.Rows.Count, found.Columns.Count, found.Rows[0].Count));
        Assert.Equal(new string('é', 200) + "…", found.Rows[0][0]);
        var written = await rows.ReadAsync(
            new("SELECT true AS a, ARRAY[1, 2] AS b, DATE '2026-01-31' AS c, 1.50::numeric(10, 2) AS d, "
                + "'\\x0aff'::bytea AS e, NULL AS f", User: null, 5), Cancel);
        Assert.Equal(["true", "[1,2]", "2026-01-31", "1.50", "\\x0aff", null], written.Rows[0]);
    }

    [Fact]
    public async Task A_message_has_the_rows_of_its_channels_role()
    {
        Grant("{to: [analyst], on: [silver.people, bronze.states], masks: {name: null}}");
        await project.RunAsync();
        var (masked, plain) = (
            new RecordingChannel("masked", TimeProvider.System), new RecordingChannel("plain", TimeProvider.System));
        using var settings = RecordingChannel.Settings(masked, plain) with
        {
            GroupWait = TimeSpan.Zero,
            Channels = new Dictionary<string, RoutedChannel>
            {
                ["masked"] = new(masked) { Role = "analyst" }, ["plain"] = new(plain),
            },
        };
        var loaded = project.Load();
        var hooks = new AlertHooks
        {
            FindProjectAsync = (_, _) => Task.FromResult<Foz.Pipelines.Projects.Project?>(loaded),
            ReadAsync = rows.ReadAsync, Current = () => settings, HasUsers = () => false,
        };
        using var job = new AlertJob(
            project.Lake, loaded.File, new(project.Lake, loaded.File, hooks, new HostFacts(project.Lake, loaded.File)),
            hooks);
        for (var i = 0; i < 300 && masked.Keys.Count < 7; i++, await Task.Delay(20, Cancel))
            await job.StepAsync(Cancel);
        Assert.Equal(7, masked.Keys.Count);
        Assert.All(plain.Received, item => Assert.Null(item.Message.Rows));
        Assert.Equal(4, masked.Received.Count(item => item.Message.Rows is not null));
        var message = Assert.Single(
            masked.Received, item => item.Message.Title.Contains("relationships(state)", StringComparison.Ordinal));
        Assert.Equal(["4", null, "444", "ZZ", "40"], Assert.Single(message.Message.Rows!.Rows));
    }

    /// <summary>Runs the project, and returns where the bad rows of each check are that does not hold.</summary>
    async Task<Dictionary<string, BadRows?>> BrokenAsync()
    {
        var run = await project.RunAsync();
        Assert.Equal([], run.Steps.Select(step => step.Error?.Message).OfType<string>());
        var facts = TableFacts.Of(project.Load());
        var evidence = new RecordEvidence("t", "default");
        var (records, _) = await new JournalFeed(project.Lake).ReadTablesAsync(versions: null, Cancel);
        return records.SelectMany(record => evidence.Of(record, facts))
            .Where(item => item is { Kind: IncidentKind.Check, IsBroken: true })
            .ToDictionary(
                item => item.Subject["silver.people ".Length..].Split(' ')[0], item => item.BadRows,
                StringComparer.Ordinal);
    }

    async Task<List<string>> ReadAsync(BadRows? bad, string? user) =>
        Lines(await rows.ReadAsync(new(bad!.Sql!, user, 5) { Decides = bad.Decides! }, Cancel));

    async Task<List<string>> ReadAsync(string sql, string user) =>
        Lines(await rows.ReadAsync(new(sql, user, 5), Cancel));

    static List<string> Lines(MessageRows found) =>
        [.. found.Rows.Select(row => string.Join(',', row.Select(value => value ?? "NULL"))).Order()];

    void Grant(params IEnumerable<string> grants) => project.Write(
        "policies/access.yml",
        $"roles: [{{name: analyst, members: []}}]\ngrants:\n{string.Concat(grants.Select(grant => $"  - {grant}\n"))}");
}
