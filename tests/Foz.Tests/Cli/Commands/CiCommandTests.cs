using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Foz.Tests.Cli.Commands;

/// <summary>A change in a git repository, built beside its base: the comment, the exit code, the promotion.</summary>
public sealed partial class CiCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public CiCommandTests()
    {
        foz.Write("foz.yml", """
            name: shop
            lake: lake
            connections:
              files: {type: files, path: data}
              out: {type: files, path: out}
            environments: {prod: {}, dev: {schema_prefix: dev_, base: prod}}
            default_environment: prod
            """);
        foz.Write(".gitignore", "lake/\nout/\n.env\ncomment.md\n");
        foz.Write("sources/files.yml", """
            name: files
            connection: files
            schema: bronze
            streams: {orders: {path: "*.csv", columns: {id: bigint, amount: bigint}}}
            """);
        foz.Write("models/silver/orders.sql", Orders("id, amount"));
        foz.Write("models/silver/history.sql", """
            /* @foz
            materialization: {type: snapshot, strategy: scd2_by_column, unique_key: id, check_cols: [amount]}
            @foz */
            select id, amount from silver.orders
            """);
        foz.Write("models/gold/sales.sql", "select count(*) as orders, sum(amount) as amount from silver.orders");
        foz.Write("models/gold/other.sql", "select 1 as x");
        foz.Write("data/1.csv", "id,amount\n1,5\n2,20\n");
        // A run waits for files that were written just now.
        File.SetLastWriteTimeUtc(Path.Combine(foz.Folder, "data/1.csv"), DateTime.UnixEpoch);
        Git("init", "--quiet", "--initial-branch=main");
        Commit("shop");
        Git("checkout", "--quiet", "-b", "change");
    }

    public void Dispose()
    {
        // Git's objects are read-only, which Windows does not delete.
        var folder = Path.Combine(foz.Folder, ".git");
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            File.SetAttributes(file, FileAttributes.Normal);
        foz.Dispose();
    }

    [Fact]
    public async Task A_change_is_built_beside_its_base_told_and_promoted()
    {
        await OkAsync("run");
        foz.Write("models/silver/orders.sql", Orders("id, amount * 2 as amount, id % 2 = 0 as is_even"));
        foz.Write("models/gold/`@everyone|.md", "not a model");
        Commit("double");
        var ci = await CiAsync("--comment", "comment.md");
        Assert.Equal(0, ci.ExitCode);
        Expect.File("ci-comment.md", Steady(ci.Out));
        Assert.Equal(ci.Out, await File.ReadAllTextAsync(
            Path.Combine(foz.Folder, "comment.md"), TestContext.Current.CancellationToken));
        Assert.Equal("amount\n25\n", await OkAsync("query", "select amount from gold.sales", "-o", "csv"));
        Assert.Equal(
            "amount\n50\n",
            await OkAsync("query", "select amount from gold.sales", "--target", "ci_1@prod", "-o", "csv"));

        // The environment begins empty each time: what the next push does not change is the base's again.
        foz.Write("models/silver/orders.sql", Orders("id, amount"));
        foz.Write("models/gold/other.sql", "select 2 as x");
        Commit("other");
        var next = await CiAsync("--comment", "comment.md", "-o", "json");
        Assert.Equal(0, next.ExitCode);
        var row = Assert.Single(JsonDocument.Parse(next.Out).RootElement.EnumerateArray());
        Assert.Equal("gold.other", row.GetProperty("table").GetString());
        Assert.Equal(1, row.GetProperty("rows_added").GetInt64());

        Git("checkout", "--quiet", "main");
        Git("merge", "--quiet", "--no-edit", "change");
        Expect.File("ci-promoted.md", Steady(await OkAsync("ci", "--promote", "--name", "ci_1")));
        Assert.Equal("x\n2\n", await OkAsync("query", "select x from gold.other", "-o", "csv"));
        Assert.DoesNotContain("ci_1", await OkAsync("ls"), StringComparison.Ordinal);
        Assert.Contains("nothing new", await OkAsync("run"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Breaking_changes_failed_checks_and_broken_sql_have_their_exit_codes()
    {
        await OkAsync("run");
        foz.Write("models/silver/orders.sql", Orders("id, amount::varchar as amount"));
        Commit("text");
        var broken = await CiAsync();
        Assert.Equal(1, broken.ExitCode);
        Assert.Contains("SQL would no longer work", broken.Out, StringComparison.Ordinal);
        Assert.Contains("models/gold/sales.sql:1", broken.Out, StringComparison.Ordinal);

        foz.Write("models/silver/orders.sql", Orders("id, amount"));
        foz.Write("models/gold/sales.sql", "select sum(amount) as amount from silver.orders");
        Commit("one column less");
        var breaking = await CiAsync();
        Assert.Equal(3, breaking.ExitCode);
        Assert.Contains("| `gold.sales` | `orders` |  |", breaking.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await CiAsync("--allow", "breaking")).ExitCode);

        foz.Write(
            "models/gold/sales.sql",
            "/* @foz\ncolumns: [{name: amount, checks: [{max: 1}]}]\n@foz */\n"
            + "select count(*) as orders, sum(amount) as amount from silver.orders");
        Commit("a check");
        var failed = await CiAsync();
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("❌ fails", failed.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("On merge", failed.Out, StringComparison.Ordinal);

        foz.Write("models/gold/sales.sql", "/* @foz\nnothing: 1\n@foz */\nselect 1 as amount");
        Commit("no model");
        var invalid = await CiAsync();
        Assert.Equal(2, invalid.ExitCode);
        Assert.Contains("The project is not valid", invalid.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_compared_is_refused_in_words()
    {
        foz.Write("models/gold/other.sql", "select 2 as x");
        // What a shell writes beside the project is no part of it.
        foz.Write("comment.md", "");
        await RefusedAsync("1 file is not as committed: models/gold/other.sql");
        Commit("other");
        await RefusedAsync("prod has no tables of shop yet");
        await OkAsync("run");
        // Production was made from the change itself, then from a third text.
        Assert.Contains("No table changes", (await CiAsync()).Out, StringComparison.Ordinal);
        foz.Write("models/gold/other.sql", "select 3 as x");
        await OkAsync("run");
        Git("checkout", "--quiet", ".");
        await RefusedAsync("prod has moved: it made gold.other from another text");
        Assert.Equal(0, (await CiAsync("--allow", "moved")).ExitCode);
        await RefusedAsync("git knows no revision 'origin/gone'", "--base-revision", "origin/gone");
        await RefusedAsync("dev is beside prod", "--target", "dev");
        foreach (var name in new[] { "Ci-1", "mart", "ci_1_", "ci__1", "ci_" })
            await RefusedAsync("is not a name for an environment", "--name", name);

        await WriteLeaseAsync();
        await RefusedAsync("another foz ci works in ci_1@prod");
        // A promotion waits for the review.
        var promotion = foz.RunAsync("ci", "--promote", "--name", "ci_1", "--wait", "1m");
        await Task.WhenAny(promotion, Task.Delay(500, TestContext.Current.CancellationToken));
        Assert.False(promotion.IsCompleted);
        File.Delete(Path.Combine(foz.Folder, "lake/_foz/hosts/other.json"));
        (await promotion).ExpectOk();
    }

    [Fact]
    public async Task Tests_that_a_change_adds_run_without_a_change_of_tables()
    {
        await OkAsync("run");
        foz.Write("tests/sales_are_many.sql", "select * from gold.sales where orders < 100");
        Commit("a test");
        var ci = await CiAsync();
        Assert.Equal(1, ci.ExitCode);
        Assert.Contains("`sales_are_many`", ci.Out, StringComparison.Ordinal);
        Assert.Contains("❌ fails", ci.Out, StringComparison.Ordinal);

        foz.Write("tests/sales_are_many.sql", "select * from gold.sales where orders < 1");
        foz.Write("tests/other.yml", """
            unit_tests:
              - {name: other_is_two, model: gold.other, expect: {rows: [{x: 2}]}}
            """);
        Commit("another");
        ci = await CiAsync();
        Assert.Equal(1, ci.ExitCode);
        Assert.Contains("`other_is_two`", ci.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_model_that_others_read_is_refused()
    {
        await OkAsync("run");
        File.Delete(Path.Combine(foz.Folder, "models/silver/orders.sql"));
        Commit("no orders");
        var ci = await CiAsync();
        Assert.Equal(1, ci.ExitCode);
        Assert.Contains(
            "gold.sales reads silver.orders, whose model or stream the change deletes", ci.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await CiAsync("--allow", "breaking")).ExitCode);
        foreach (var reader in new[] { "models/gold/sales.sql", "models/silver/history.sql" })
            File.Delete(Path.Combine(foz.Folder, reader));
        Commit("and what read it");
        Assert.Equal(0, (await CiAsync()).ExitCode);
    }

    [Fact]
    public async Task What_is_wrong_is_in_the_comment_and_no_secret_is()
    {
        await OkAsync("run");
        foz.Write(".env", "KEY=s3cr3t-of-nobody\n");
        foz.Write("foz.yml", Read("foz.yml").Replace(
            "  out:", "  api: {type: http, url: 'https://example.com', auth: {type: bearer, token: '${KEY}'}}\n  out:",
            StringComparison.Ordinal));
        foz.Write("models/gold/other.sql", "select 's3cr3t-of-nobody'::integer as x");
        Commit("a key");
        var ci = await CiAsync("--comment", "comment.md");
        Assert.Equal(1, ci.ExitCode);
        Assert.DoesNotContain("s3cr3t-of-nobody", ci.Out, StringComparison.Ordinal);
        // It could not be made: the base has it all the same.
        Assert.Contains("| `gold.other` | 1 | not built |", ci.Out, StringComparison.Ordinal);

        foz.Write("models/gold/other.sql", "select from where");
        Commit("no SQL");
        Assert.Equal(2, (await CiAsync()).ExitCode);

        foz.Write("foz.yml", "name: [shop\n");
        Commit("no project");
        ci = await CiAsync("--comment", "comment.md");
        Assert.Equal(2, ci.ExitCode);
        Assert.Contains("foz.yml:", Read("comment.md"), StringComparison.Ordinal);
        Assert.StartsWith("<!-- foz ci", Read("comment.md"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_environment_leaves_nothing_of_its_steps()
    {
        await OkAsync("run");
        foz.Write("models/gold/other.sql", "select error('no') as x");
        foz.Write("models/gold/sales.sql", "select count(*) as orders, sum(amount) as amount, 1 as y from silver.orders");
        Commit("one that fails");
        Assert.Equal(1, (await CiAsync()).ExitCode);
        // What failed is not promoted, whoever merged it.
        var promotion = await OkAsync("ci", "--promote", "--name", "ci_1");
        Assert.Contains("No table was promoted", promotion, StringComparison.Ordinal);
        Assert.Contains("the last review in ci_1@prod did not pass", promotion, StringComparison.Ordinal);
        Assert.Equal("orders\n2\n", await OkAsync("query", "select orders from gold.sales", "-o", "csv"));
        Assert.Equal(
            ["leases/ci/ci_1@prod.json"],
            Directory.GetFiles(Path.Combine(foz.Folder, "lake/_foz"), "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(Path.Combine(foz.Folder, "lake/_foz"), file).Replace('\\', '/'))
                // A local disk has locks, which are deleted by nobody: another process may wait for one.
                .Where(file => file.Contains("ci_1", StringComparison.Ordinal)
                    && !file.EndsWith(".foz-lock", StringComparison.Ordinal)));
        // Nothing is there any more, and that is no error: workflows ask for it each night.
        await OkAsync("clean", "--tables", "--target", "ci_1@prod");
    }

    [Fact]
    public async Task Without_git_a_folder_holds_the_project_before()
    {
        await OkAsync("run");
        await RefusedAsync("git knows no revision", "--base-revision", "a..b");
        using var before = new CommandRunner();
        Git("--work-tree", before.Folder, "checkout", "main", "--", ".");
        foz.Write("models/gold/other.sql", "select 2 as x");
        var ci = await foz.RunAsync("ci", "--name", "ci_1", "--state", before.Folder);
        Assert.True(ci.ExitCode == 0, ci.Out + ci.Error);
        Assert.Contains("`gold.other`", ci.Out, StringComparison.Ordinal);
    }

    async Task RefusedAsync(string why, params string[] arguments)
    {
        var ci = await CiAsync(arguments);
        Assert.NotEqual(0, ci.ExitCode);
        Assert.Contains(why, ci.Error, StringComparison.Ordinal);
    }

    /// <summary>A host on another machine that was alive a moment ago.</summary>
    async Task WriteLeaseAsync()
    {
        var lake = Path.Combine(foz.Folder, "lake/_foz");
        var now = TimeProvider.System.GetUtcNow();
        Directory.CreateDirectory(Path.Combine(lake, "hosts"));
        Directory.CreateDirectory(Path.Combine(lake, "leases/ci"));
        await File.WriteAllTextAsync(
            Path.Combine(lake, "leases/ci/ci_1@prod.json"), """{"host": "other", "epoch": 0, "isReleased": false}""",
            TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(lake, "hosts/other.json"),
            JsonSerializer.Serialize(new
            {
                runId = "other", user = "ana", host = "elsewhere", processId = 1, processStartedAt = now, since = now,
                renewedAt = now, renewals = 1, isReleased = false, format = 2, environments = new[] { "ci ci_1@prod" },
            }),
            TestContext.Current.CancellationToken);
    }

    string Read(string path) => File.ReadAllText(Path.Combine(foz.Folder, path));

    Task<CommandOutput> CiAsync(params string[] arguments)
    {
        string[] standard =
        [
            .. arguments.Contains("--name") ? Array.Empty<string>() : ["--name", "ci_1"],
            .. arguments.Contains("--base-revision") ? Array.Empty<string>() : ["--base-revision", "main"],
        ];
        return foz.RunAsync(["ci", .. standard, .. arguments]);
    }

    async Task<string> OkAsync(params string[] arguments)
    {
        var output = await foz.RunAsync(arguments);
        output.ExpectOk();
        return output.Out;
    }

    void Commit(string message)
    {
        Git("add", "--all");
        Git("-c", "user.name=ana", "-c", "user.email=ana@example.com", "commit", "--quiet", "-m", message);
    }

    void Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = foz.Folder, UseShellExecute = false, RedirectStandardError = true,
        })!;
        var error = git.StandardError.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, error);
    }

    static string Orders(string columns) =>
        $"/* @foz\nmaterialization: {{type: incremental, strategy: merge, unique_key: id}}\n@foz */\n"
        + $"select {columns} from STREAM(bronze.orders)";

    /// <summary>Without what differs from run to run: commits, seconds and bytes.</summary>
    static string Steady(string comment) =>
        Numbers.Replace(Commits.Replace(comment, "`commit`"), "#");

    [GeneratedRegex("`[0-9a-f]{12}`", RegexOptions.None, 1_000)]
    private static partial Regex Commits { get; }

    [GeneratedRegex(
        @"\d+\.\d(?= s)|(?<=\| )\d+\.\d(?= \|)|(?<=\| )(?:\d+,\d{3}|\d{3,})(?= \|)", RegexOptions.None, 1_000)]
    private static partial Regex Numbers { get; }
}
