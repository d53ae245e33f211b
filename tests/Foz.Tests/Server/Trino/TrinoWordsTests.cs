using Foz.Tests.Server.PgWire;

namespace Foz.Tests.Server.Trino;

/// <summary>Values and types of Trino's SQL as Trino 476 gives them, by a table of them.</summary>
public sealed class TrinoWordsTests : IAsyncLifetime
{
    const string Table =
        """
        CREATE TABLE words AS SELECT 1e0 AS d, nan() AS n, CAST(2.5 AS real) AS r, CAST(7 AS bigint) AS i, 0 AS zero, 1 AS one,
        CAST(1.5 AS decimal(10,2)) AS de, DATE '2024-02-29' AS dt, TIMESTAMP '2024-02-29 23:30:00.5' AS tn,
        TIMESTAMP '2024-02-29 23:30:00.5 UTC' AS ts, ARRAY[1, NULL] AS a,
        '{"s": "it \"is\"", "o": {"b": 1, "a": [1, 2]}}' AS j
        """;

    PgTestServer server = null!;
    TrinoTestClient client = null!;

    public async ValueTask InitializeAsync()
    {
        server = await PgTestServer.StartAsync(isOpen: true);
        client = new(server, password: null);
        client.Headers["X-Trino-Schema"] = "silver";
        Assert.Null((await client.RunAsync(Table)).Error);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Each_word_gives_what_Trino_gives()
    {
        var lines = await File.ReadAllLinesAsync(
            Path.Combine(Repository.Root, "tests", "Foz.Tests", "Server", "Trino", "trino_words.tsv"),
            TestContext.Current.CancellationToken);
        var wrong = new List<string>();
        foreach (var line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            var cells = line.Split('\t');
            client.Headers["X-Trino-Time-Zone"] = cells[0] == "-" ? "UTC" : cells[0];
            var result = await client.RunAsync($"SELECT {cells[1]} AS x FROM words");
            var got = result.Error is { } error
                ? $"-\t{error[..error.IndexOf(':', StringComparison.Ordinal)]}"
                : $"{result.Columns[0][2..]}\t{result.Rows[0]}";
            if (got != $"{cells[2]}\t{cells[3]}")
                wrong.Add($"{cells[0]} {cells[1]}\n  expected {cells[2]} {cells[3]}\n  got      {got} {result.Error}");
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {lines.Length}\n{string.Join("\n", wrong)}");
    }

    [Theory]
    [InlineData("SET SESSION lake.nosuch = 1", "INVALID_SESSION_PROPERTY")]
    [InlineData("RESET SESSION lake.nosuch", "INVALID_SESSION_PROPERTY")]
    [InlineData("SET SESSION system.nosuch = 1", "INVALID_SESSION_PROPERTY")]
    [InlineData("SET SESSION lake.compression_codec = 'ZSTD'", null)]
    public async Task Properties_that_there_are_not_are_refused(string sql, string? error) =>
        Assert.Equal(error, (await client.RunAsync(sql)).Error?.Split(':')[0]);
}
