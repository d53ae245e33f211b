using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>Two environments of one lake, and one of another.</summary>
public sealed class DiffCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public DiffCommandTests()
    {
        foz.Write("foz.yml", """
            name: shop
            lake: lake
            environments: {dev: {schema_prefix: dev_}, prod: {}, other: {lake: elsewhere}}
            default_environment: prod
            """);
        foz.Write("models/silver/orders.sql", """
            /* @foz
            columns: [{name: id, checks: [unique]}]
            @foz */
            select * from (values (1, 'new', 10.5), (2, 'paid', 3.0), (3, null, 1.0), (4, 'sent', 2.0)) v(id, status, amount)
            """);
        foz.Write("models/gold/log.sql", "select * from (values ('a'), ('a'), ('b'), (null)) v(line)");
        foz.Write(
            "models/gold/seen.sql",
            "/* @foz\nmaterialization: view\n@foz */\nselect id from silver.orders where amount > 2");
    }

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task Rows_are_told_apart_by_key_or_counted_whole()
    {
        await OkAsync("run");
        await OkAsync("run", "--target", "other");
        foz.Write("models/silver/orders.sql", """
            /* @foz
            columns: [{name: id, checks: [unique]}]
            @foz */
            select *, current_date as made_on
            from (values (1, 'new', 10.5), (2, 'sent', 4.0), (3, 'new', 1.0), (5, 'new', 7.0)) v(id, status, amount)
            """);
        foz.Write("models/gold/log.sql", "select * from (values ('a'), ('b'), ('c'), (null)) v(line)");
        foz.Write("models/gold/later.sql", "select 1 as x");
        await OkAsync("run", "--target", "dev");

        Expect.File("diff.txt", await OkAsync("diff", "prod", "dev"));
        Expect.File("diff-one-sample.txt", await OkAsync("diff", "other", "dev", "silver.orders", "--limit", "1"));
        Expect.File("diff-by-status.txt", await OkAsync("diff", "dev", "prod", "silver.orders", "--key", "status"));
        Assert.Equal("no difference: 3 tables compared\n", (await OkAsync("diff", "prod", "other")).Split('\n', 4)[^1]);

        var rows = JsonDocument.Parse(await OkAsync("diff", "prod", "dev", "-o", "json")).RootElement.EnumerateArray()
            .ToDictionary(row => row.GetProperty("table").GetString()!);
        Assert.Equal(("changed", 1, 1, 2, 1), (
            rows["silver.orders"].GetProperty("difference").GetString(),
            rows["silver.orders"].GetProperty("rows_added").GetInt32(),
            rows["silver.orders"].GetProperty("rows_removed").GetInt32(),
            rows["silver.orders"].GetProperty("rows_changed").GetInt32(),
            rows["silver.orders"].GetProperty("rows_same").GetInt32()));
        Assert.Equal("added", rows["gold.later"].GetProperty("difference").GetString());
    }

    [Fact]
    public async Task A_difference_fails_where_that_is_asked_for()
    {
        await OkAsync("run");
        await OkAsync("run", "--target", "dev");
        Assert.Equal(0, (await foz.RunAsync("diff", "prod", "dev", "--fail-if-diff")).ExitCode);
        foz.Write("models/gold/log.sql", "select 'z' as line");
        await OkAsync("run", "--target", "dev");
        Assert.Equal(1, (await foz.RunAsync("diff", "prod", "dev", "--fail-if-diff")).ExitCode);
        Assert.Equal(0, (await foz.RunAsync("diff", "prod", "dev")).ExitCode);

        var unknown = await foz.RunAsync("diff", "prod", "dve");
        Assert.Equal(
            (2, "error: unknown environment 'dve'\n  did you mean 'dev'?\n"), (unknown.ExitCode, unknown.Error));
        var key = await foz.RunAsync("diff", "prod", "dev", "silver.orders", "--key", "statsu");
        Assert.Equal(2, key.ExitCode);
        Assert.Contains("did you mean 'status'?", key.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_environment_has_not_made_is_read_from_another()
    {
        await OkAsync("run");
        foz.Write("models/gold/log.sql", "select id::varchar as line from silver.orders where amount > 1.5");
        foz.Write(
            "models/gold/twice.sql",
            "/* @foz\nmaterialization: view\n@foz */\nselect line || line as line from gold.log");

        Assert.Contains(
            "2 of 2 steps would work",
            await OkAsync("plan", "--target", "dev", "--select", "state:modified", "--defer", "--state", "prod"),
            StringComparison.Ordinal);
        Assert.Contains(
            "2 ok", await OkAsync("run", "--target", "dev", "--select", "state:modified", "--defer", "--state", "prod"),
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(foz.Folder, "lake", "dev_silver")));
        Assert.Equal(
            "line\n11\n22\n44\n",
            await OkAsync("query", "select * from gold.twice order by 1", "--target", "dev", "-o", "csv"));
        Assert.Contains(
            "nothing new", await OkAsync("run", "--target", "dev", "log", "twice", "--defer", "--state", "prod"),
            StringComparison.Ordinal);

        // Once the environment has its own, that is what is read.
        foz.Write("models/silver/orders.sql", "select 7 as id, 9.0 as amount");
        await OkAsync("run", "--target", "dev", "silver.orders", "log", "--defer", "--state", "prod");
        Assert.Equal("line\n77\n", await OkAsync("query", "select * from gold.twice", "--target", "dev", "-o", "csv"));

        Assert.Equal(2, (await foz.RunAsync("run", "--target", "dev", "log", "--defer")).ExitCode);
        var elsewhere = await foz.RunAsync("run", "--target", "dev", "log", "--defer", "--state", "other");
        Assert.Equal(2, elsewhere.ExitCode);
        Assert.Contains("environments of the same lake", elsewhere.Error, StringComparison.Ordinal);
    }

    async Task<string> OkAsync(params string[] args)
    {
        var result = await foz.RunAsync(args);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', args)}: {result.Error}{result.Out}");
        return result.Out;
    }
}
