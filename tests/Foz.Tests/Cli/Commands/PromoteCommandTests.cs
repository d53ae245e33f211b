using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>An environment beside its base: it has only what is different, and can give it to the base.</summary>
public sealed class PromoteCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public PromoteCommandTests()
    {
        foz.Write("foz.yml", """
            name: shop
            lake: lake
            connections: {files: {type: files, path: data}}
            environments: {dev: {schema_prefix: dev_, base: prod}, prod: {}, apart: {schema_prefix: apart_}}
            default_environment: prod
            """);
        foz.Write("sources/files.yml", """
            name: files
            connection: files
            schema: bronze
            streams: {orders: {path: "*.csv", columns: {id: bigint, amount: bigint}}}
            """);
        foz.Write("models/silver/orders.sql", Incremental("merge, unique_key: id", "id, amount"));
        foz.Write("models/silver/events.sql", Incremental("append", "id, amount"));
        foz.Write(
            "models/silver/big.sql",
            "/* @foz\nmaterialization: view\n@foz */\nselect * from silver.orders where amount > 10");
        foz.Write("models/gold/sales.sql", "select count(*) as orders, sum(amount) as amount from silver.big");
        foz.Write("models/gold/other.sql", "select 1 as x");
        foz.Write("data/1.csv", "id,amount\n1,5\n2,20\n");
    }

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task An_environment_without_changes_is_its_base_and_has_nothing_of_its_own()
    {
        await OkAsync("run");
        var plan = await OkAsync("plan", "dev");
        Assert.Contains("as in prod", plan, StringComparison.Ordinal);
        Assert.Contains("foz run would make no commit (6 steps looked at)", plan, StringComparison.Ordinal);
        var run = await foz.RunAsync("run", "--target", "dev");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains(
            "nothing to make: what is selected is as in prod", run.Out + run.Error, StringComparison.Ordinal);

        Assert.Equal(
            "orders,amount\n1,20\n",
            await OkAsync("query", "select * from gold.sales", "--target", "dev", "-o", "csv"));
        Assert.Contains("is one table in both", await OkAsync("diff", "prod", "dev"), StringComparison.Ordinal);
        Assert.Empty(Own());
        Assert.Equal(0, (await foz.RunAsync("test", "--target", "dev")).ExitCode);
    }

    [Fact]
    public async Task Tags_flow_from_the_tables_that_an_environment_borrows()
    {
        foz.Write(
            "models/gold/people.sql",
            "/* @foz\ncolumns: [{name: who, tags: [pii.name]}]\n@foz */\nselect 1 as id, 'ana' as who");
        await OkAsync("run");
        foz.Write("models/gold/labels.sql", "select id, upper(who) as label from gold.people");
        await OkAsync("run", "--target", "dev");
        var tags = await OkAsync("ls", "--tags", "--target", "dev", "-o", "csv");
        Assert.Contains("dev_gold.labels,label,pii.name,from gold.people.who", tags, StringComparison.Ordinal);
        Assert.DoesNotContain("dev_gold.labels,id", tags, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_promoted_is_the_bases_and_its_next_run_goes_on_exactly_once()
    {
        await OkAsync("run");
        foz.Write("models/silver/events.sql", Incremental("append", "id, amount, amount * 2 as twice"));
        foz.Write("models/silver/orders.sql", Incremental("merge, unique_key: id", "id, amount * 3 as amount"));
        var plan = await OkAsync("plan", "dev");
        Assert.Contains("4 of 6 steps would work", plan, StringComparison.Ordinal);
        Assert.Contains("dev_silver.orders", plan, StringComparison.Ordinal);
        await OkAsync("run", "--target", "dev");
        Assert.Equal(["gold.sales", "silver.big", "silver.events", "silver.orders"], Own());
        Assert.Equal("amount\n20\n", await OkAsync("query", "select amount from gold.sales", "-o", "csv"));
        Assert.Equal(
            "amount\n75\n", await OkAsync("query", "select amount from gold.sales", "--target", "dev", "-o", "csv"));
        Assert.Contains("nothing new", await OkAsync("run", "--target", "dev"), StringComparison.Ordinal);

        Assert.Contains(
            "4 tables would be promoted", await OkAsync("promote", "dev", "prod", "--dry-run"),
            StringComparison.Ordinal);
        var asked = await foz.RunAsync("promote", "dev", "prod");
        Assert.Equal(1, asked.ExitCode);
        Assert.EndsWith("4 tables of prod will be those of dev. Go on? [y/N] \n", asked.Out, StringComparison.Ordinal);
        Assert.Contains("→ silver.orders", asked.Out, StringComparison.Ordinal);
        Assert.Equal("amount\n20\n", await OkAsync("query", "select amount from gold.sales", "-o", "csv"));
        Assert.Contains(
            "4 tables promoted from dev to prod", await OkAsync("promote", "dev", "prod", "--yes"),
            StringComparison.Ordinal);

        Assert.Equal("amount\n75\n", await OkAsync("query", "select amount from gold.sales", "-o", "csv"));
        Assert.Empty(Own());
        var names = (await OkAsync("ls", "-o", "csv")).Split('\n').Select(line => line.Split(',')[0]).ToList();
        Assert.Equal(names.Distinct(), names);
        Assert.DoesNotContain(names, name => name.Contains('-', StringComparison.Ordinal));
        Assert.DoesNotContain(
            "-",
            string.Concat(
                (await OkAsync("vacuum", "silver", "--dry-run", "-o", "csv")).Split('\n')
                    .Select(line => line.Split(',')[0])), StringComparison.Ordinal);
        Assert.Contains(
            "foz run would make no commit (6 steps looked at)", await OkAsync("plan"), StringComparison.Ordinal);
        Assert.Contains("nothing new", await OkAsync("run"), StringComparison.Ordinal);
        Assert.Contains("PROMOTE", await OkAsync("history", "silver.orders"), StringComparison.Ordinal);

        foz.Write("data/2.csv", "id,amount\n2,7\n3,8\n");
        await OkAsync("run");
        Assert.Equal(
            "id,twice\n1,10\n2,14\n2,40\n3,16\n",
            await OkAsync("query", "select id, twice from silver.events order by all", "-o", "csv"));
        Assert.Equal(
            "id,amount\n1,15\n2,21\n3,24\n",
            await OkAsync("query", "select * from silver.orders order by all", "-o", "csv"));
        Assert.Equal("orders,amount\n3,60\n", await OkAsync("query", "select * from gold.sales", "-o", "csv"));
        Assert.Contains("nothing to promote", await OkAsync("promote", "dev", "prod"), StringComparison.Ordinal);

        // The environment begins again at what its base has now, in tables of its own.
        foz.Write("models/silver/events.sql", Incremental("append", "id, amount * 4 as twice"));
        await OkAsync("run", "--target", "dev", "silver.events");
        Assert.Equal(
            "twice\n10\n", await OkAsync("query", "select twice from silver.events where id = 1", "-o", "csv"));
        Assert.Equal(
            "twice\n20\n",
            await OkAsync("query", "select twice from silver.events where id = 1", "--target", "dev", "-o", "csv"));
    }

    [Fact]
    public async Task A_promotion_that_was_cut_off_is_told_by_the_run_that_ended_it_though_that_failed()
    {
        await OkAsync("run");
        foz.Write("models/gold/other.sql", "select 2 as x");
        await OkAsync("run", "--target", "dev");
        await OkAsync("promote", "dev", "prod", "--yes");
        var file = Assert.Single(Directory.GetFiles(Path.Combine(foz.Folder, "lake/_foz/promotions"), "*.json"));
        File.Move(file, Path.ChangeExtension(file, ".open.json"));

        var failed = await foz.RunAsync("run", "silver.nothing");
        Assert.NotEqual(0, failed.ExitCode);
        Assert.True(File.Exists(file), failed.Out + failed.Error);
        await OkAsync("run");

        var id = Path.GetFileNameWithoutExtension(file);
        Assert.Equal(
            "n\n2\n", await OkAsync("query", $"select count(*) as n from foz.runs where run_id = '{id}'", "-o", "csv"));
    }

    [Theory]
    [InlineData("alter", "silver.orders", "drop-column", "amount")]
    [InlineData("optimize", "silver.orders")]
    [InlineData("vacuum", "silver.orders")]
    [InlineData("repair", "silver.orders", "--yes")]
    [InlineData("restore", "silver.orders", "--to-version", "0")]
    [InlineData("manifest", "silver.orders")]
    [InlineData("analyze", "silver.orders")]
    [InlineData("query", "delete from silver.orders")]
    public async Task What_an_environment_borrows_it_does_not_change(params string[] command)
    {
        await OkAsync("run");
        await RefusedAsync("silver.orders is the table of prod: dev only reads it", [.. command, "--target", "dev"]);
        Assert.Equal("n\n2\n", await OkAsync("query", "select count(*) as n from silver.orders", "-o", "csv"));
        Assert.Equal(0, (await foz.RunAsync("fsck", "silver.orders", "--target", "dev")).ExitCode);

        await OkAsync("clone", "silver.orders", "silver.orders", "--target", "dev");
        await OkAsync("query", "delete from silver.orders", "--target", "dev");
        Assert.Equal(
            "n\n0\n",
            await OkAsync("query", "select count(*) as n from silver.orders", "--target", "dev", "-o", "csv"));
        Assert.Equal("n\n2\n", await OkAsync("query", "select count(*) as n from silver.orders", "-o", "csv"));
    }

    [Fact]
    public async Task All_tables_of_an_environment_are_only_its_own()
    {
        await OkAsync("run");
        await RefusedAsync("dev has no tables of its own in silver", "optimize", "silver", "--target", "dev");
        foz.Write("models/gold/sales.sql", "select 7 as orders");
        await OkAsync("run", "--target", "dev");
        var tables = await OkAsync("optimize", "all", "--target", "dev", "-o", "csv");
        Assert.Contains("dev_gold.sales,", tables, StringComparison.Ordinal);
        Assert.DoesNotContain("\nsilver.orders,", tables, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_is_made_in_the_environment_goes_on_behind_the_files_that_it_read()
    {
        await OkAsync("run");
        foz.Write("models/gold/sales.sql", "select count(*) as orders from silver.events");
        await OkAsync("run", "--target", "dev", "--full-refresh");
        Assert.Contains(
            "6 tables promoted", await OkAsync("promote", "dev", "prod", "--force"), StringComparison.Ordinal);
        foz.Write("data/2.csv", "id,amount\n3,8\n");
        await OkAsync("run");
        Assert.Equal("orders\n3\n", await OkAsync("query", "select * from gold.sales", "-o", "csv"));
        Assert.Equal("n\n3\n", await OkAsync("query", "select count(*) as n from bronze.orders", "-o", "csv"));
    }

    [Fact]
    public async Task What_cannot_be_promoted_is_told_and_nothing_is()
    {
        await OkAsync("run");
        foz.Write("models/silver/events.sql", Incremental("append", "id, amount, 1 as one"));
        await OkAsync("run", "--target", "dev");
        foz.Write("models/silver/events.sql", Incremental("append", "id, amount, 2 as one"));
        await RefusedAsync("its definition changed since it was made in dev", "promote", "dev", "prod", "--yes");

        await OkAsync("run", "--target", "dev", "--full-refresh");
        await RefusedAsync("silver.events reads its changes", "promote", "dev", "prod", "bronze.orders", "--yes");
        await RefusedAsync(
            "it was made from dev_silver.orders, which is not promoted with it", "promote", "dev", "prod", "gold.sales",
            "--yes");

        Assert.Equal(2, (await foz.RunAsync("promote", "apart", "prod")).ExitCode);
        Assert.Equal(2, (await foz.RunAsync("promote", "dev", "prdo")).ExitCode);
        Assert.Equal("n\n2\n", await OkAsync("query", "select count(*) as n from silver.events", "-o", "csv"));
        Assert.Equal(6, Own().Length);
    }

    [Fact]
    public async Task A_promotion_is_a_run_in_the_records()
    {
        await OkAsync("run");
        foz.Write("models/gold/sales.sql", "select 7 as orders");
        await OkAsync("run", "--target", "dev");
        await OkAsync("promote", "dev", "prod", "--yes");
        Assert.Equal(
            "environment,outcome,steps_succeeded,step,kind\nprod,Succeeded,1,gold.sales,promotion\n",
            await OkAsync(
                "query",
                "select r.environment, r.outcome, r.steps_succeeded, s.step, s.kind from foz.runs r join foz.steps s "
                    + "using (run_id) where s.kind = 'promotion'",
                "-o", "csv"));
    }

    [Fact]
    public async Task An_export_that_replaces_is_of_the_promoted_table_whatever_its_version()
    {
        foz.Write("models/gold/sent.sql", "/* @foz\nexport: {file: out/sent.csv}\n@foz */\nselect 1 as x");
        await OkAsync("run");
        foz.Write("models/gold/sent.sql", "/* @foz\nexport: {file: out/sent.csv}\n@foz */\nselect 2 as x");
        await OkAsync("run");
        foz.Write("models/gold/sent.sql", "/* @foz\nexport: {file: out/sent.csv}\n@foz */\nselect 3 as x");
        await OkAsync("run", "--target", "dev");
        await OkAsync("promote", "dev", "prod", "--yes");
        File.WriteAllText(Path.Combine(foz.Folder, "out/sent.csv"), "old");
        await OkAsync("run");
        Assert.Equal("x\n3\n", File.ReadAllText(Path.Combine(foz.Folder, "out/sent.csv")));
        File.WriteAllText(Path.Combine(foz.Folder, "out/sent.csv"), "same");
        await OkAsync("run");
        Assert.Equal("same", File.ReadAllText(Path.Combine(foz.Folder, "out/sent.csv")));
    }

    [Fact]
    public async Task Histories_stay_where_they_are()
    {
        const string History =
            "/* @foz\nmaterialization: {type: snapshot, strategy: scd2_by_column, unique_key: id}\n@foz */\n";
        foz.Write("models/silver/history.sql", History + "select id, amount from silver.orders");
        await OkAsync("run");
        foz.Write("models/silver/history.sql", History + "select id, amount, 1 as one from silver.orders");
        await OkAsync("run", "--target", "dev");
        await RefusedAsync("what it holds of the past is only in prod", "promote", "dev", "prod", "--yes");
        Assert.Contains(
            "nothing to promote", await OkAsync("promote", "dev", "prod", "--exclude", "silver.history"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_environment_has_of_its_own_is_deleted_and_what_was_replaced_when_it_is_old()
    {
        await OkAsync("run");
        foz.Write("models/gold/sales.sql", "select 7 as orders");
        await OkAsync("run", "--target", "dev");
        Assert.Contains(
            "dev_gold.sales", await OkAsync("clean", "--tables", "--target", "dev", "--dry-run"),
            StringComparison.Ordinal);
        Assert.Equal(["gold.sales"], Own());
        await OkAsync("clean", "gold.sales", "--tables", "--target", "dev");
        Assert.Empty(Own());
        Assert.Equal(
            "orders\n1\n", await OkAsync("query", "select orders from gold.sales", "--target", "dev", "-o", "csv"));
        Assert.Equal(2, (await foz.RunAsync("clean", "--tables")).ExitCode);

        await OkAsync("run", "--target", "dev");
        await OkAsync("promote", "dev", "prod", "-y");
        var old = Path.Combine(foz.Folder, "lake/gold/sales/_delta_log");
        Assert.Equal("nothing to delete\n", await OkAsync("clean", "--replaced"));
        Assert.NotEmpty(Directory.GetFiles(old));
        Assert.StartsWith(
            "gold/sales  ", await OkAsync("clean", "--replaced", "--retention", "0s"), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(old));
        Assert.Equal("orders\n7\n", await OkAsync("query", "select * from gold.sales", "-o", "csv"));
        foz.Write("target/x.txt", "x");
        Assert.StartsWith("target  1 file", await OkAsync("clean"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(foz.Folder, "target")));
    }

    [Theory]
    [InlineData("base: prdo", "unknown environment 'prdo'\n  did you mean 'prod'?")]
    [InlineData("base: dev", "'dev' cannot be the base of 'dev'")]
    [InlineData("base: prod, schema_prefix: ''", "'dev' has the tables of its base 'prod'")]
    [InlineData("base: prod, lake: elsewhere", "'prod' has another lake than 'dev'")]
    public async Task A_base_is_another_environment_of_the_lake(string keys, string error)
    {
        var prefix = keys.Contains("schema_prefix", StringComparison.Ordinal) ? "" : "schema_prefix: dev_, ";
        foz.Write("foz.yml", $"name: shop\nlake: lake\nenvironments:\n  dev: {{{prefix}{keys}}}\n  prod: {{}}\n");
        var result = await foz.RunAsync("validate", "--target", "dev");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(error, result.Error, StringComparison.Ordinal);
    }

    static string Incremental(string strategy, string columns) =>
        $"/* @foz\nmaterialization: {{type: incremental, strategy: {strategy}}}\n@foz */\nselect "
            + $"{columns} from STREAM(bronze.orders)";

    /// <summary>What the environment has of its own.</summary>
    string[] Own()
    {
        var catalog = Path.Combine(foz.Folder, "lake/_foz/catalog");
        return [.. Directory.GetFiles(catalog, "*.json", SearchOption.AllDirectories)
            .Select(file => JsonDocument.Parse(File.ReadAllText(file)).RootElement)
            .Select(json => $"{json.GetProperty("schema")}.{json.GetProperty("name")}")
            .Where(name => name.StartsWith("dev_", StringComparison.Ordinal)).Select(name => name["dev_".Length..])
            .Order(StringComparer.Ordinal)];
    }

    async Task RefusedAsync(string why, params string[] args)
    {
        var result = await foz.RunAsync(args);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(why, result.Error, StringComparison.Ordinal);
    }

    async Task<string> OkAsync(params string[] args)
    {
        var result = await foz.RunAsync(args);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', args)}: {result.Out}{result.Error}");
        return result.Out;
    }
}
