using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>What a project is checked by where its sources cannot be reached.</summary>
public sealed class SchemaLockTests : IDisposable
{
    const string Lock = "sources/schemas.lock";

    const string Header =
        "# Streams of sources and their columns, written by foz source discover --lock and by runs in development\n";

    readonly CommandRunner foz = new();

    public SchemaLockTests()
    {
        foz.Write("foz.yml", """
            name: t
            lake: lake
            memory: 512MB
            threads: 2
            connections: {files: {type: files, path: data}}
            environments: {prod: {}, dev: {schema_prefix: dev_, base: prod}}
            default_environment: prod
            """);
        foz.Write("data/people.csv", "id,name,born on\n1,Ana,2000-01-01\n");
        foz.Write("data/events.jsonl", """{"id": 1, "sum": 2.5, "at": {"x": 1}}""" + "\n");
        foz.Write("sources/shop.yml", "connection: files\nstreams: all\n");
        foz.Write("models/silver/people.sql", "select id,\n  nam\nfrom bronze.people\n");
    }

    public void Dispose() => foz.Dispose();

    string Text => File.ReadAllText(Path.Combine(foz.Folder, Lock));

    [Fact]
    public async Task Without_the_lock_it_is_said_that_nothing_was_checked_and_how_to_make_it()
    {
        var result = await foz.RunAsync("validate");

        result.ExpectOk();
        Assert.Contains(
            "warning: the streams and columns of the source 'shop' are not in sources/schemas.lock: "
                + "what reads them was not checked\n"
            + "  foz source discover shop --lock writes them; keep the file in version control", result.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Discovery_writes_it_sorted_and_only_where_something_changed()
    {
        (await foz.RunAsync("source", "discover", "--lock")).ExpectOk();
        Assert.Equal(
            Header + """
            shop.events incremental
            shop.events.at STRUCT("x" BIGINT)
            shop.events.id BIGINT
            shop.events.sum DOUBLE
            shop.people incremental
            shop.people."born on" VARCHAR
            shop.people.id VARCHAR
            shop.people.name VARCHAR

            """, Text);
        var writtenAt = File.GetLastWriteTimeUtc(Path.Combine(foz.Folder, Lock));

        var again = await foz.RunAsync("source", "discover", "--lock");
        Assert.Contains("sources/schemas.lock is up to date", again.Error, StringComparison.Ordinal);
        Assert.Equal(writtenAt, File.GetLastWriteTimeUtc(Path.Combine(foz.Folder, Lock)));

        File.Delete(Path.Combine(foz.Folder, "data/events.jsonl"));
        (await foz.RunAsync("source", "discover", "--lock")).ExpectOk();
        Assert.DoesNotContain("shop.events", Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_misspelt_column_and_an_unknown_table_are_found_by_it()
    {
        (await foz.RunAsync("source", "discover", "--lock")).ExpectOk();
        Directory.Delete(Path.Combine(foz.Folder, "data"), recursive: true);

        Assert.Equal(
            ("models/silver/people.sql", 2, 3, "Referenced column \"nam\" not found in FROM clause!"),
            await OnlyErrorAsync());

        foz.Write("models/silver/people.sql", "select \"born on\" from\n  bronze.peple\n");
        var unknown = await foz.RunAsync("validate");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains(
            "models/silver/people.sql:2:3: unknown table 'bronze.peple'\n  did you mean 'bronze.people'?; "
            + "if shop has it by now, foz source discover shop --lock writes it to sources/schemas.lock", unknown.Error,
            StringComparison.Ordinal);

        foz.Write("models/silver/people.sql", "select \"born on\", _cdc_op from bronze.people");
        Assert.Equal("", (await foz.RunAsync("validate")).Error);
    }

    [Fact]
    public async Task Named_streams_are_locked_as_they_come()
    {
        foz.Write("data/2026/a.csv", "1;2,5;Ana\n");
        foz.Write("sources/shop.yml", """
            connection: files
            streams:
              sales:
                path: 2026/*.csv
                delimiter: ';'
                header: false
                columns: [{name: id, type: bigint}, {name: amount}, {name: client, mask: redact}]
            """);
        foz.Write("models/silver/people.sql", "select id + 1 as next, cliente from bronze.sales");
        (await foz.RunAsync("source", "discover", "--lock")).ExpectOk();

        Assert.Equal(Header + "shop.sales.amount VARCHAR\nshop.sales.client VARCHAR\nshop.sales.id BIGINT\n", Text);
        Assert.Equal(
            ("models/silver/people.sql", 1, 24, "Referenced column \"cliente\" not found in FROM clause!"),
            await OnlyErrorAsync());
    }

    [Fact]
    public async Task A_run_in_development_writes_it_and_another_does_not()
    {
        foz.Write("models/silver/people.sql", "select id, name from bronze.people");
        (await foz.RunAsync("run")).ExpectOk();
        Assert.False(File.Exists(Path.Combine(foz.Folder, Lock)));

        foz.Write("data/more_of_it.csv", "code\n7\n");
        (await foz.RunAsync("run", "--target", "dev")).ExpectOk();
        Assert.Contains("shop.more_of_it incremental\nshop.more_of_it.code VARCHAR\n", Text, StringComparison.Ordinal);
        Assert.Contains("shop.people.id VARCHAR\n", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("_cdc_", Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_is_none_is_an_error_with_its_place()
    {
        foz.Write(
            Lock, Header + "shop.people incremental\n<<<<<<< ours\nshop.people.id VARCHAR\nshop.people.name TEXTT\n");
        var result = await foz.RunAsync("validate");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(
            "sources/schemas.lock:3: the line is neither a stream nor a column of one", result.Error,
            StringComparison.Ordinal);
        Assert.Contains(
            "sources/schemas.lock:5: the line is neither a stream nor a column of one", result.Error,
            StringComparison.Ordinal);
    }

    async Task<(string? File, int Line, int Column, string? Message)> OnlyErrorAsync()
    {
        var result = await foz.RunAsync("validate", "--output", "json");
        Assert.NotEqual(0, result.ExitCode);
        var error = Assert.Single(JsonDocument.Parse(result.Out).RootElement.EnumerateArray());
        return (error.GetProperty("file").GetString(), error.GetProperty("line").GetInt32(),
            error.GetProperty("column").GetInt32(),
            error.GetProperty("message").GetString());
    }
}
