using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Serving;
using Foz.Serving.Governance;
using Foz.Tests.Pipelines.Runs;

namespace Foz.Tests.Serving.Governance;

/// <summary>Tags of columns: where they come from, how they flow, and what they hide.</summary>
public sealed class TagTests : IAsyncLifetime
{
    readonly LakeProject project = new();
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
    SqlService service = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var access = new AccessDirectory(project.Folder);
        var lake = new Lakehouse(project.Lake.Folder, engines, TimeProvider.System);
        service = new(new(lake, prefix: "", static _ => null), new() { Access = () => access.Current });
        await project.AppendAsync(
            "bronze.people",
            "SELECT * FROM (VALUES (1, 'ana', '111.222.333-44', 'SP', 10.0), (2, 'bia', '555.666.777-88', 'RJ', 20.0)) "
                + "v(id, name, cpf, state, paid)");
        project.Write("models/silver/people.sql", """
            /* @foz
            columns:
              - {name: cpf, tags: [pii.cpf]}
              - {name: name, tags: [pii.name, daily]}
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

    async Task<IReadOnlyList<string>> TagsAsync(string table)
    {
        var name = TableName.Parse(table);
        var snapshot = await (await project.Lake.OpenTableAsync(name, Cancel)).LatestAsync(Cancel);
        return [.. snapshot.Fields.Select(f => $"{f.Name}: {string.Join(' ', ColumnTag.Of(f))}")];
    }

    async Task<IReadOnlyList<string>> AskAsync(string sql)
    {
        await using var session = service.Open(new("ana", IsOwner: false), new());
        return await session.RunAsync(sql);
    }

    async Task<string> FailAsync(string sql)
    {
        await using var session = service.Open(new("ana", IsOwner: false), new());
        return await session.FailAsync(sql);
    }

    [Fact]
    public async Task Tags_flow_to_what_is_made_from_a_column_until_they_are_released()
    {
        project.Write("models/gold/by_state.sql", """
            /* @foz
            columns:
              - {name: people, release: {pii: 'a count says nothing of anybody, DPO-12'}}
            @foz */
            SELECT state, count(DISTINCT cpf) AS people, max(name) AS last_name, min(CASE WHEN cpf LIKE '1%' THEN 1 ELSE 0 END) AS flag,
                sum(paid) AS paid
            FROM silver.people WHERE name <> 'x' GROUP BY state
            """);
        project.Write(
            "models/gold/contacts.sql",
            "/* @foz\nmaterialization: view\n@foz */\nSELECT lower(name) || '!' AS label, state FROM silver.people");
        project.Write("models/gold/labels.sql", "SELECT label, state FROM gold.contacts");
        await project.RunAsync();

        Assert.Equal(
            ["id: ", "name: daily pii.name", "cpf: pii.cpf", "state: ", "paid: "], await TagsAsync("silver.people"));
        Assert.Equal(
            ["state: ", "people: released.pii.cpf", "last_name: daily pii.name", "flag: pii.cpf", "paid: "],
            await TagsAsync("gold.by_state"));
        Assert.Equal(["label: daily pii.name", "state: "], await TagsAsync("gold.labels"));
        // Tags are there from the first version on.
        Assert.Equal(
            0, (await (await project.Lake.OpenTableAsync(new("gold", "by_state"), Cancel))
                .LatestAsync(Cancel)).Version);
    }

    [Fact]
    public async Task A_tag_that_comes_later_flows_with_the_next_run_and_hides_older_versions_too()
    {
        project.Write("models/gold/copy.sql", "SELECT id, state, name AS who FROM silver.people");
        project.Write("policies/a.yml", "grants: [{to: [ana], on: [silver, gold]}]");
        await project.RunAsync();
        Assert.Equal(["1|SP", "2|RJ", "SELECT 2"], await AskAsync("SELECT * FROM gold.copy ORDER BY id"));
        await using (var owner = service.Open(new("owner", IsOwner: true), new()))
            await owner.RunAsync("ALTER TABLE silver.people ALTER COLUMN state SET TAGS ('sensitive' = 'politics')");
        Assert.Equal("42703", await FailAsync("SELECT state FROM silver.people"));
        Assert.Equal("42703", await FailAsync("SELECT state FROM silver.people AT (VERSION => 0)"));
        Assert.Equal("42703", await FailAsync("SELECT state FROM silver.people FOR VERSION AS OF 0"));
        await project.RunAsync();
        Assert.Equal(["id: ", "state: sensitive.politics", "who: daily pii.name"], await TagsAsync("gold.copy"));
        Assert.Equal(["1", "2", "SELECT 2"], await AskAsync("SELECT * FROM gold.copy ORDER BY id"));
        // A rebuilt model loses the tag that its input lost.
        await using (var owner = service.Open(new("owner", IsOwner: true), new()))
            await owner.RunAsync("ALTER TABLE silver.people ALTER COLUMN state UNSET TAGS ('sensitive')");
        await project.RunAsync();
        Assert.Equal(["id: ", "state: ", "who: daily pii.name"], await TagsAsync("gold.copy"));
    }

    [Fact]
    public async Task Tags_flow_through_ephemeral_models_and_programs_from_the_first_version_on()
    {
        project.Write(
            "models/silver/names.sql",
            "/* @foz\nmaterialization: ephemeral\n@foz */\nSELECT id, upper(name) AS label, paid FROM silver.people");
        project.Write("models/gold/labels.sql", "SELECT id, label || '!' AS label FROM silver.names");
        project.Write("models/gold/scores.py", """"
            """@foz
            columns:
              score: {from: [silver.people.paid]}
            @foz"""
            import foz

            def model():
                return [{"who": p["name"], "score": p["paid"]} for p in foz.table("silver.people", "rows")]
            """");
        project.Write(
            "models/gold/contacts.sql", "/* @foz\nmaterialization: view\n@foz */\nSELECT id, name FROM silver.people");
        project.Write("models/gold/seen.py", """"
            """@foz
            description: Who was seen
            @foz"""
            import foz

            def model():
                return [{"id": p["id"]} for p in foz.table("gold.contacts", "rows")]
            """");
        var run = await project.RunAsync();
        Assert.All(run.Steps, step => Assert.Null(step.Error?.Describe()));

        Assert.Equal(["id: ", "label: daily pii.name"], await TagsAsync("gold.labels"));
        Assert.Equal(["who: daily pii.cpf pii.name", "score: "], await TagsAsync("gold.scores"));
        Assert.Equal(["id: daily pii.cpf pii.name"], await TagsAsync("gold.seen"));
        Assert.Equal(0, await VersionAsync("gold.scores"));
    }

    [Fact]
    public async Task What_cannot_be_traced_has_all_tags_of_what_is_read_and_loses_none()
    {
        project.Write("models/gold/seen.sql", """
            /* @foz
            materialization: {type: incremental, strategy: merge, unique_key: id}
            columns: [{name: id, type: int}, {name: who, type: varchar, release: {daily: 'nobody minds, DPO-13'}}]
            @foz */
            SELECT id, name AS who FROM silver.people WHERE id NOT IN (SELECT id FROM gold.seen)
            """);
        var run = await project.RunAsync();
        Assert.All(run.Steps, step => Assert.Null(step.Error?.Describe()));
        // It reads its own table, whose columns were not known yet.
        Assert.Equal(
            ["id: daily pii.cpf pii.name", "who: pii.cpf pii.name released.daily"], await TagsAsync("gold.seen"));
    }

    [Fact]
    public async Task Tags_come_by_the_commit_that_brings_rows_and_by_one_of_their_own_where_there_are_none()
    {
        Write("");
        await project.RunAsync();
        Assert.Equal(
            (0, "id: ,name: ,state: "),
            (await VersionAsync("silver.log"), string.Join(',', await TagsAsync("silver.log"))));

        Write("columns: [{name: name, tags: [pii.name]}]");
        Assert.Equal(
            Outcome.Succeeded, (await project.RunAsync()).Steps.Single(step => step.Step.Name == "log").Outcome);
        Assert.Equal(
            (1, "id: ,name: pii.name,state: "),
            (await VersionAsync("silver.log"), string.Join(',', await TagsAsync("silver.log"))));
        Assert.All((await project.RunAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));

        Write("columns: [{name: name, tags: [pii.name, daily]}, {name: state, tags: [sensitive.politics]}]");
        await project.AppendAsync(
            "bronze.people", "SELECT 3 AS id, 'cid' AS name, '' AS cpf, 'MG' AS state, 30.0 AS paid");
        await project.RunAsync();
        Assert.Equal(
            (2, "id: ,name: daily pii.name,state: sensitive.politics"),
            (await VersionAsync("silver.log"), string.Join(',', await TagsAsync("silver.log"))));
        Assert.Equal(3, (await project.RowsAsync("silver.log")).Count);

        void Write(string columns) => project.Write(
            "models/silver/log.sql",
            $"/* @foz\nmaterialization: {{type: incremental, strategy: append}}\n{columns}\n@foz */\nSELECT id, name, "
                + "state FROM STREAM(bronze.people)");
    }

    async Task<long> VersionAsync(string table) =>
        (await (await project.Lake.OpenTableAsync(TableName.Parse(table), Cancel)).LatestAsync(Cancel)).Version;

    [Fact]
    public async Task A_protected_column_is_not_there_until_a_grant_says_how()
    {
        await project.RunAsync();
        project.Write("policies/a.yml", "grants: [{to: [ana], on: [silver]}]");
        Assert.Equal(["1|SP|10.0", "2|RJ|20.0", "SELECT 2"], await AskAsync("SELECT * FROM silver.people ORDER BY id"));
        Assert.Equal("42703", await FailAsync("SELECT cpf FROM silver.people"));
        Assert.Equal("42703", await FailAsync("SELECT id FROM silver.people WHERE cpf LIKE '1%'"));
        Assert.Equal(
            ["id", "state", "paid", "SELECT 3"],
            await AskAsync(
                "SELECT column_name FROM information_schema.columns WHERE table_name = "
                    + "'people' ORDER BY ordinal_position"));

        project.Write("policies/a.yml", "grants: [{to: [ana], on: [silver], tags: {pii: redact, pii.cpf: last_four}}]");
        Assert.Equal(
            ["****|****3-44", "****|****7-88", "SELECT 2"],
            await AskAsync("SELECT name, cpf FROM silver.people ORDER BY id"));
        project.Write(
            "policies/a.yml", "tags: {pii: null}\ngrants: [{to: [ana], on: [silver], tags: {pii.name: clear}}]");
        Assert.Equal(
            ["ana|NULL", "bia|NULL", "SELECT 2"], await AskAsync("SELECT name, cpf FROM silver.people ORDER BY id"));
        project.Write(
            "policies/a.yml", "grants: [{to: [ana], on: [silver.people], columns: [id, cpf], masks: {cpf: redact}}]");
        Assert.Equal(["1|****", "2|****", "SELECT 2"], await AskAsync("SELECT * FROM silver.people ORDER BY id"));
    }

    [Fact]
    public async Task An_envelope_of_changes_is_as_protected_as_their_table()
    {
        await project.AppendAsync(
            "bronze.changes",
            """
            SELECT 1 AS id, '111.222.333-44' AS cpf, 'u' AS _cdc_op, 5::BIGINT AS _cdc_lsn, 1::BIGINT AS _cdc_seq,
                7::BIGINT AS _cdc_tx, now() AS _cdc_commit_ts, now() AS _cdc_synced_at, 'shop.people' AS _cdc_source,
                ['x'] AS _cdc_unchanged, {'id': 1, 'cpf': '999.888.777-66'} AS _cdc_before
            """);
        await using (var owner = service.Open(new("owner", IsOwner: true), new()))
            await owner.RunAsync("ALTER TABLE bronze.changes ALTER COLUMN cpf SET TAGS ('pii' = 'cpf')");
        await using (var owner = service.Open(new("owner", IsOwner: true), new()))
            await owner.RunAsync("ALTER TABLE bronze.changes ALTER COLUMN _cdc_before SET TAGS ('pii' = 'cpf')");
        project.Write(
            "models/bronze/changes__envelope.sql",
            $"/* @foz\nmaterialization: view\n@foz */\n{Streams.EnvelopeTests.ViewOf("bronze", "changes")}");
        await project.RunAsync();
        await using (var owner = service.Open(new("owner", IsOwner: true), new()))
            Assert.Equal(
                ["999.888.777-66|111.222.333-44", "SELECT 1"],
                await owner.RunAsync("SELECT (before).cpf, (after).cpf FROM bronze.changes__envelope"));
        project.Write("policies/a.yml", "grants: [{to: [ana], on: [bronze], tags: {pii: redact}}]");
        Assert.Equal(
            ["1|****|u", "SELECT 1"],
            await AskAsync("SELECT (after).id, (after).cpf, op FROM bronze.changes__envelope"));
        Assert.DoesNotContain(
            "999", string.Concat(await AskAsync("SELECT * FROM bronze.changes__envelope")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_quarantined_is_as_protected_as_what_was_not()
    {
        project.Write("models/silver/people.sql", """
            /* @foz
            columns:
              - {name: cpf, tags: [pii.cpf], checks: [{accepted_values: {values: ['111.222.333-44'], on_violation: quarantine}}]}
            @foz */
            SELECT id, cpf FROM bronze.people
            """);
        await project.RunAsync();
        project.Write("policies/a.yml", "grants: [{to: [ana], on: [silver]}]");
        Assert.Equal(["2", "SELECT 1"], await AskAsync("SELECT id FROM silver.people__quarantine"));
        Assert.Equal("42703", await FailAsync("SELECT cpf FROM silver.people__quarantine"));
    }

    [Theory]
    [InlineData("pii", "pii.cpf", true)]
    [InlineData("pii", "pii", true)]
    [InlineData("PII", "pii.cpf", true)]
    [InlineData("pii.cpf", "pii", false)]
    [InlineData("pii", "piispecial", false)]
    public void A_family_covers_what_stands_behind_its_dot(string family, string tag, bool covers) =>
        Assert.Equal(covers, ColumnTag.Covers(family, tag));

    /// <summary>
    /// The model: a column is shown by a grant if each protected tag has a rule, and as the strictest of its rules
    /// says.
    /// </summary>
    [Fact]
    public void Whatever_the_tags_and_rules_a_column_is_shown_as_the_strictest_says_or_not_at_all()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        string[] tags = ["pii", "pii.cpf", "pii.name", "sensitive.health", "minor", "daily", "pii.cpf.full"];
        for (var round = 0; round < 3000; round++)
        {
            var own = tags.Where(_ => random.Next(3) == 0).ToList();
            var rules = tags.Where(_ => random.Next(3) == 0).ToDictionary(t => t, _ => (TagRule)random.Next(5));
            var field = own.Aggregate(new Field("c", DataType.String), (f, tag) =>
                f with { Metadata = f.Metadata.SetItem(ColumnTag.Prefix + tag, ColumnTag.Stated) });
            var access = new TableAccess(
                [new AccessGrant { To = ["a"], On = ["*"], Tags = rules, Place = default }],
                new(new("silver", "people"), new(), MayWrite: false));

            TagRule? Rule(string tag) =>
                rules.Where(r => tag == r.Key || tag.StartsWith(r.Key + ".", StringComparison.Ordinal))
                    .OrderByDescending(r => r.Key.Length)
                    .Select(r => (TagRule?)r.Value).FirstOrDefault();
            var isShown = own.Where(t => t != "daily").All(t => Rule(t) is not null);
            var why = $"seed {seed}, round {round}";
            Assert.True(isShown == access.Shows(field), why);
            if (!isShown) continue;
            var strictest = own.Select(Rule).OfType<TagRule>().DefaultIfEmpty(TagRule.Clear).Min();
            var sql = access.Select([field], "t", c => c);
            Assert.True(sql.Contains(strictest switch
            {
                TagRule.Null => "THEN NULL END",
                TagRule.Redact => "'****' END END",
                TagRule.Hash => TableAccess.HashFunction,
                TagRule.LastFour => "right(",
                _ => "SELECT \"c\" FROM",
            }, StringComparison.Ordinal), $"{why}: {strictest} {sql}");
        }
    }

    [Theory]
    [InlineData("tags: [pii..cpf]", "cannot be a tag")]
    [InlineData("release: {pii.cpf: ''}", "the reason of each")]
    [InlineData("release: {'a b': x}", "the reason of each")]
    public void What_is_wrong_of_tags_is_told(string keys, string message)
    {
        project.Write(
            "models/silver/people.sql",
            $"/* @foz\ncolumns: [{{name: cpf, {keys}}}]\n@foz */\nSELECT cpf FROM bronze.people");
        Assert.Contains(project.Errors(), error => error.Contains(message, StringComparison.Ordinal));
    }
}
