using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Operations.Schedules;
using Foz.Operations.Tasks;
using Foz.Pipelines.Projects;

namespace Foz.Tests.Operations.Schedules;

public sealed class ScheduleReaderTests
{
    [Fact]
    public void A_schedule_is_read_as_it_is_written()
    {
        var read = Read("""
            scheduler: {time_zone: America/Sao_Paulo, runs_max: 2, pools: {erp: 1}, keep: 10 days}
            schedules:
              nightly:
                cron: '30 3 * * 1-5'
                calendar: br_bank
                other_days: next
                command: build --fail-fast --select 'tag:x y'
                select: [tag:daily, gold.total]
                catch_up: all
                catch_up_max: 3
                catch_up_order: newest
                pool: erp
                priority: 5
                timeout: 2h
                retries: 2
                retry_delay: 30s
              report: {after: nightly, command: run, exclude: silver.a}
              often: {every: 15m}
              fresh: {on_tables: [silver.orders], enabled: false}
              hand: {}
            """);
        Assert.Equal((2, 1, TimeSpan.FromDays(10)), (read.RunsMax, read.Pools["erp"], read.Kept));
        var nightly = read.All[0];
        Assert.Equal(
            "30 3 * * 1-5 America/Sao_Paulo business days of br_bank, else the next", nightly.Trigger.Text);
        Assert.Equal(
            ["build", "--fail-fast", "--select", "tag:x y", "--select", "tag:daily", "--select", "gold.total"],
            nightly.Command);
        Assert.Equal(
            (CatchUp.All, 3, true, "erp", 5, TimeSpan.FromHours(2), 2, TimeSpan.FromSeconds(30)),
            (nightly.CatchUp, nightly.CatchUpMax, nightly.NewestFirst, nightly.Pool, nightly.Priority,
                nightly.Timeout, nightly.Retries, nightly.RetryDelay));
        Assert.Equal(
            ["after nightly", "every 15 minutes",
                "on new versions of silver.orders", "by hand"],
            read.All.Skip(1).Select(schedule => schedule.Trigger.Text));
        Assert.Equal(["run", "--exclude", "silver.a"], read.All[1].Command);
        Assert.True(read.All[3].IsOff);
    }

    [Theory]
    [InlineData("a: {cron: '61 * * * *'}", "'61 * * * *' is not a cron expression", "minute, hour")]
    [InlineData("a: {cron: '* * * *'}", "'* * * *' is not a cron expression", "minute, hour")]
    [InlineData("a: {corn: '* * * * *'}", "unknown key 'corn'", "did you mean 'cron'")]
    [InlineData("a: {cron: '@daily', time_zone: America/Sao_Paolo}", "unknown time zone 'America/Sao_Paolo'",
        "America/Sao_Paulo")]
    [InlineData("a: {cron: '@daily', calendar: br_bnk}", "unknown calendar 'br_bnk'", "br_bank")]
    [InlineData("a: {cron: '@daily', every: 1h}", "a schedule has one of cron, every, after, on_tables, on_files, on_stale, webhook", "")]
    [InlineData("a: {every: soon}", "'every' must be a length of time, such as 15m or '2 hours', not 'soon'", "")]
    [InlineData("a: {every: 10ms}", "'every' must be a length of time, such as 15m or '2 hours', not '10ms'", "")]
    [InlineData("a: {every: 1h, time_zone: UTC}", "'time_zone' belongs to 'cron'", "")]
    [InlineData("a: {cron: '@daily', business_day: 5}", "'business_day' needs a 'calendar'", "")]
    [InlineData("a: {cron: '@daily', calendar: br, business_day: 0}",
        "'business_day' begins at 1, or at -1 from the month's end", "")]
    [InlineData("a: {command: drop everything}", "a schedule cannot run 'drop everything'", "known: run, build")]
    [InlineData("a: {command: \"run 'x\"}", "a quote of the command 'run 'x' is not closed", "")]
    [InlineData("a: {on_tables: orders}", "'orders' is not a table", "schema.table")]
    [InlineData("a: {on_tables: [silver.a, null]}", "'null' is not a table", "schema.table")]
    [InlineData("a: {after: []}", "'after' is empty", "by hand")]
    [InlineData("a: {cron: null}", "'cron' is empty", "by hand")]
    [InlineData("a: {cron: '0 0 30 2 *'}", "'0 0 30 2 *' is never due", "")]
    [InlineData("a: {after: b}", "schedule 'a' is after 'b', which there is not", "")]
    [InlineData("a: {after: a}", "schedule 'a' is after 'a', which is after it", "")]
    [InlineData("a: {pool: erp}", "unknown pool 'erp'", "declare it under 'pools'")]
    [InlineData("a: {catch_up: some}", "unknown catch_up 'some'", "last")]
    [InlineData("a: {on_files: [null]}", "'null' is not a source or stream", "shop.orders")]
    [InlineData("a: {older_than: 2h}", "'older_than' belongs to 'on_stale'", "")]
    [InlineData("a: {on_stale: shop, older_than: soon}", "'older_than' must be a length of time", "")]
    [InlineData("a: {webhook: {}}", "a webhook needs a 'secret' or a 'token'", "secret: '${NIGHTLY_SECRET}'")]
    [InlineData("a: {webhook: {secret: s3cret}}", "'secret' is a secret, and must come from the environment", "${NAME}")]
    [InlineData("a: {webhook: {token: '${T}', rte: 5}}", "unknown key 'rte'", "rate")]
    [InlineData("a: {budget: {rows: 0}}", "'rows' must be a whole number of at least 1", "")]
    [InlineData("a: {budget: {bytes: many}}", "'bytes' must be", "")]
    [InlineData("a: {budget: {time: 0s}}", "'time' must be a length of time", "")]
    [InlineData("'a b': {}", "'a b' is not a name for a schedule", "letters, digits")]
    public void A_mistake_is_named_and_the_others_are_read(string schedule, string message, string hint)
    {
        var errors = new ErrorList();
        var read = Read($"schedules:\n  {schedule}\n  good: {{every: 1h}}\n", errors);
        var error = Assert.Single(errors.Items);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Hint ?? "", StringComparison.Ordinal);
        Assert.Equal(("foz.yml", 2), (error.Place?.File, error.Place?.Line));
        Assert.Contains(read.All, known => known.Name == "good");
    }

    [Fact]
    public void Triggers_from_outside_and_budgets_are_read()
    {
        var read = Read("""
            schedules:
              files: {on_files: [shop.orders, erp], budget: {rows: 1000000, bytes: 5GB, time: 1h}}
              old: {on_stale: shop, older_than: 2h}
              call: {webhook: {token: '${HOOK}', rate: 5}}
            """);
        Assert.Equal(
            ["on new files of shop.orders, erp", "when shop is older than 2 hours", "by a call of its webhook"],
            read.All.Select(schedule => schedule.Trigger.Text));
        Assert.Equal(
            ["run", "--budget-rows", "1000000", "--budget-bytes", "5GB", "--budget-time", "1h"], read.All[0].Command);
    }

    [Fact]
    public void Models_tags_and_groups_have_schedules()
    {
        var errors = new ErrorList();
        var file = (YamlNode.Mapping)YamlReader.Read(
            """
            scheduler:
              tags: {hourly: hourly, 'my tag': {every: 15m, priority: 3}}
              groups: {finance: '30 3 * * 1-5', bad: sometimes, worse: {cron: '@daily', select: x}}
            """, "foz.yml", errors)!;
        var read = new ScheduleReader(errors)
        {
            Models =
            [
                Model("silver.b", "daily"), Model("silver.a", "daily"), Model("gold.c", "*/10 8-18 * * *"),
                Model("gold.d", "{cron: '@weekly', retries: 2}"), Model("gold.e", null),
            ],
        }.Read(file["scheduler"], schedules: null, ["default"]);
        Assert.Equal(
            ["'sometimes' is not a schedule", "'select' is not of a schedule here: what is run is known"],
            errors.Items.Select(error => error.Message));
        Assert.Equal(
            [
                "tag.hourly: @hourly UTC: run --select tag:hourly",
                "tag.my.tag: every 15 minutes: run --select tag:my tag",
                "group.finance: 30 3 * * 1-5 UTC: run --select group:finance",
                "models.xs10.8-18.x.x.x: */10 8-18 * * * UTC: run --select gold.c",
                "models.daily: @daily UTC: run --select silver.a --select silver.b",
                $"{read.All[^1].Name}: @weekly UTC: run --select gold.d",
            ],
            read.All.Select(schedule =>
                $"{schedule.Name}: {schedule.Trigger.Text}: {string.Join(' ', schedule.Command)}"));
        Assert.Equal((3, 2), (read.All[1].Priority, read.All[^1].Retries));
    }

    static Model Model(string name, string? schedule) => new()
    {
        Name = TableName.Parse(name), Table = TableName.Parse(name), Materialization = new Materialization.Table(),
        Body = new("select 1", new("m.sql", 1, 1)), File = "m.sql",
        Schedule = schedule is null ? null : schedule.StartsWith('{')
            ? YamlReader.Read(schedule, "m.sql", new())
            : new YamlNode.Scalar(schedule, isQuoted: true, new("m.sql", 1, 1)),
    };

    [Theory]
    [InlineData("a  b\tc", "a|b|c")]
    [InlineData("a 'b c' \"d \\\" e\" f\\ g ''", "a|b c|d \" e|f g|")]
    [InlineData("--select 'tag:x'y", "--select|tag:xy")]
    [InlineData("", "")]
    public void Words_are_divided_as_a_shell_does(string line, string words) =>
        Assert.Equal(words, string.Join('|', CommandWords.Of(line)!));

    static ProjectSchedules Read(string yaml, ErrorList? errors = null)
    {
        var found = errors ?? new();
        var file = (YamlNode.Mapping)YamlReader.Read(yaml, "foz.yml", found)!;
        var read = new ScheduleReader(found).Read(file["scheduler"], file["schedules"], ["default"]);
        if (errors is null) found.ThrowIfAny();
        return read;
    }
}
