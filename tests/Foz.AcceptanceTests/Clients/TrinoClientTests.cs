using System.Globalization;
using System.Text.Json;
using Foz.Tests;
using Npgsql;

namespace Foz.AcceptanceTests.Clients;

/// <summary>Foz asked through <c>trino-client</c>, the JavaScript client of Trino.</summary>
public sealed class TrinoClientTests(ServedProject project)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_are_those_that_PostgreSQLs_protocol_gives()
    {
        await using var connection = await project.ConnectAsync();
        await MakeAsync(connection);
        string[] queries =
        [
            "SELECT id, name, amount FROM silver.trino_items ORDER BY id",
            "SELECT name, count(*) AS n, sum(id) AS total FROM silver.trino_items GROUP BY name ORDER BY name",
            "SELECT id / 2 AS half, upper(name) AS name FROM silver.trino_items WHERE id > 1 ORDER BY id",
            "SELECT CAST(moment AS date) AS day, count(*) AS n FROM silver.trino_items GROUP BY 1 ORDER BY 1",
        ];

        var answers = await RunAsync(queries);

        for (var i = 0; i < queries.Length; i++)
        {
            Assert.False(answers[i].TryGetProperty("error", out var error), $"{queries[i]}: {error}");
            Assert.Equal(
                await RowsAsync(connection, queries[i]), answers[i].GetProperty("rows").EnumerateArray().Select(RowOf));
        }
    }

    [Fact]
    public async Task Sessions_errors_cancel_and_many_pages_are_as_the_client_has_them()
    {
        await using var connection = await project.ConnectAsync();
        await MakeAsync(connection);

        var answers = await RunAsync(
            "SELECT * FROM lake.silver.foobar",
            "USE lake.silver",
            "SELECT count(*) FROM trino_items",
            "PREPARE q FROM SELECT name FROM trino_items WHERE id = ?",
            "EXECUTE q USING 2",
            "SHOW TABLES LIKE 'trino_it%'",
            "SELECT range, repeat('x', 100) FROM range(50000)",
            "cancel SELECT a.range, repeat('x', 1000) FROM range(1000000) a, range(1000) b");

        Assert.Equal(
            "TABLE_NOT_FOUND: line 1:15: Table 'lake.silver.foobar' does not exist",
            answers[0].GetProperty("error").GetString());
        Assert.Equal("[[3]]", answers[2].GetProperty("rows").GetRawText());
        Assert.Equal("""["_col0 bigint"]""", answers[2].GetProperty("columns").GetRawText());
        Assert.Equal("""[["b"]]""", answers[4].GetProperty("rows").GetRawText());
        Assert.Equal("""[["trino_items"]]""", answers[5].GetProperty("rows").GetRawText());
        Assert.Equal(50_000, answers[6].GetProperty("rows").GetInt32());
        Assert.Equal("""{"state":"FAILED","source":"foz-tests"}""", answers[7].GetRawText());
    }

    static async Task MakeAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "CREATE OR REPLACE TABLE silver.trino_items AS SELECT * FROM (VALUES (1::bigint, 'a', 1.50::decimal(10,2), "
                + "TIMESTAMP '2026-01-31 10:00:00'), "
            + "(2, 'b', NULL, TIMESTAMP '2026-02-01 23:59:59.5'), (3, 'ação', -0.05, "
            + "NULL)) t(id, name, amount, moment)",
            connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    async Task<List<JsonElement>> RunAsync(params string[] statements)
    {
        var client = Path.Combine(Repository.Root, "tests", "Foz.AcceptanceTests", "Clients", "Node");
        const string remedy = "trino-client is not installed: run .ci/install-test-tools";
        var isAbsent = !Directory.Exists(Path.Combine(client, "node_modules"));
        if (Environment.GetEnvironmentVariable("CI") is not "true") Assert.SkipWhen(isAbsent, remedy);
        Assert.False(isAbsent, remedy);
        await project.StartAsync();
        var input = Path.Combine(project.Folder, $"{Guid.NewGuid():N}.sql");
        await File.WriteAllLinesAsync(input, statements, Cancel);
        var output = await project.ShellAsync(
            $"node {Path.Combine(client, "trino.js")} {project.Trino} {ServedProject.User} "
                + $"'{ServedProject.Password}' < {input}");
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length == statements.Length && lines.All(line => line.StartsWith('{')), output);
        return [.. lines.Select(line => JsonElement.Parse(line))];
    }

    static async Task<List<string>> RowsAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var rows = new List<string>();
        while (await reader.ReadAsync(Cancel))
            rows.Add(
                string.Join(
                    '|',
                    Enumerable.Range(
                        0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "NULL" : Text(reader.GetValue(i)))));
        return rows;
    }

    static string RowOf(JsonElement row) =>
        string.Join(
            '|',
            row.EnumerateArray().Select(value => value.ValueKind is JsonValueKind.Null ? "NULL" : value.ToString()));

    static string Text(object value) => value switch
    {
        DateTime day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
