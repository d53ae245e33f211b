using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>How old what the tables of sources have is.</summary>
public sealed class FreshnessCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public FreshnessCommandTests()
    {
        foz.Write("foz.yml", "name: t\nlake: lake\nconnections: {files: {type: files, path: data}}\n");
        foz.Write("data/orders.csv", "id,at,kind\n1,2020-01-01 00:00:00,a\n2,2021-01-01 00:00:00,b\n");
        foz.Write("data/none.csv", "id\n");
        foz.Write("data/last.csv", "id,at\n1,9999-12-31 23:59:59.999999\n");
    }

    public void Dispose() => foz.Dispose();

    [Fact]
    public async Task Streams_are_as_old_as_their_youngest_row_or_arrival()
    {
        foz.Write("sources/s.yml", """
            connection: files
            freshness: {warn_after: 1 hour, error_after: {count: 3, period: day}}
            streams:
              orders: {path: orders.csv}
              old: {path: orders.csv, loaded_at_field: at}
              warned: {path: orders.csv, freshness: {warn_after: 1 day, loaded_at: at, filter: kind = 'a'}}
              silent: {path: orders.csv, freshness: null}
              wrong: {path: orders.csv, loaded_at_field: att}
              missing: {path: none.csv, freshness: 1 day}
              last: {path: last.csv, loaded_at_field: at}
            """);
        Assert.Equal(0, (await foz.RunAsync("run")).ExitCode);

        var result = await foz.RunAsync("source", "freshness", "--output", "json");
        var rows = JsonDocument.Parse(result.Out).RootElement.EnumerateArray()
            .ToDictionary(row => row.GetProperty("source").GetString()!);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            ["s.last", "s.missing", "s.old", "s.orders", "s.warned", "s.wrong"],
            rows.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("pass", rows["s.orders"].GetProperty("status").GetString());
        Assert.Equal("error", rows["s.old"].GetProperty("status").GetString());
        Assert.StartsWith("2021-01-01", rows["s.old"].GetProperty("loaded_at").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("9999-12-31", rows["s.last"].GetProperty("loaded_at").GetString(), StringComparison.Ordinal);
        Assert.Equal("warn", rows["s.warned"].GetProperty("status").GetString());
        Assert.StartsWith(
            "2020-01-01", rows["s.warned"].GetProperty("loaded_at").GetString(), StringComparison.Ordinal);
        Assert.Equal("runtime error", rows["s.wrong"].GetProperty("status").GetString());
        Assert.NotEqual("pass", rows["s.missing"].GetProperty("status").GetString());
        Assert.Equal(2, (await foz.RunAsync("source", "freshness", "shop")).ExitCode);
    }

    [Fact]
    public async Task What_says_nothing_of_freshness_is_told_how_to()
    {
        foz.Write("sources/s.yml", "connection: files\nstreams: {orders: {path: orders.csv}}\n");
        var result = await foz.RunAsync("source", "freshness");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("freshness: {warn_after: 12 hours", result.Error, StringComparison.Ordinal);

        foz.Write(
            "sources/s.yml",
            "connection: files\nstreams: {orders: {path: orders.csv, freshness: {warn_after: 2 fortnights}}, b: {path: "
                + "x.csv, freshness: {filter: a}}}\n");
        var wrong = await foz.RunAsync("validate");
        Assert.Contains("'2 fortnights' is not a length of time", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("'freshness' needs 'warn_after' or 'error_after'", wrong.Error, StringComparison.Ordinal);
    }
}
