using Foz.AcceptanceTests.PostgreSql;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Models that read changes of a table that maps its columns by name.</summary>
public sealed class MappedColumnTests(PostgreSqlServer server)
{
    [Theory]
    [InlineData("""CREATE TABLE a (id int PRIMARY KEY, "a b" text)""", "", "a b")]
    [InlineData("CREATE TABLE a (id int PRIMARY KEY, v text)", """ALTER TABLE a ADD "a b" text""", "a b")]
    [InlineData("""CREATE TABLE a ("the id" int PRIMARY KEY, v text)""", "", "v")]
    [InlineData("CREATE TABLE a (id int PRIMARY KEY, v text)", "foz alter bronze.a set delta.columnMapping.mode=name", "v")]
    [InlineData(
        "CREATE TABLE a (id int PRIMARY KEY, v text, n int)",
        "foz alter bronze.a set delta.columnMapping.mode=name;foz alter bronze.a drop-column n", "v")]
    public async Task Changes_reach_them(string schema, string change, string column)
    {
        using var logged = await LoggedDatabase.CreateAsync(server, schema, "a");
        var key = schema.Contains("the id", StringComparison.Ordinal) ? "\"the id\"" : "id";
        logged.Lake.Write(
            "models/silver/now.sql",
            "/* @foz\nmaterialization: {type: incremental, strategy: cdc}\n@foz */\nSELECT * FROM STREAM(bronze.a)");
        logged.Lake.Write(
            "models/silver/history.sql",
            "/* @foz\nmaterialization: {type: incremental, strategy: cdc, stored_as_scd_type: 2}\n@foz */\n"
                + "SELECT * FROM STREAM(bronze.a)");
        logged.Lake.Write(
            "models/silver/news.sql",
            "/* @foz\nmaterialization: {type: incremental, strategy: append}\n@foz */\n"
                + $"SELECT {key} AS id, _cdc_op AS op FROM STREAM(bronze.a)");
        await logged.Database.ExecuteAsync("INSERT INTO a VALUES (1, 'one'), (2, 'two'), (3, 'three')");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync($"DELETE FROM a WHERE {key} = 2; INSERT INTO a VALUES (4, 'four')");
        await logged.Lake.RunWellAsync();
        foreach (var statement in change.Split(';', StringSplitOptions.RemoveEmptyEntries))
            if (statement.StartsWith("foz ", StringComparison.Ordinal))
                (await FozProcess.RunAsync(logged.Lake.Folder, statement[4..].Split(' '))).Expect(0);
            else await logged.Database.ExecuteAsync(statement);
        for (var round = 0; round < 3; round++)
        {
            await logged.Database.ExecuteAsync(
                $"UPDATE a SET \"{column}\" = '{round}' WHERE {key} = 1; DELETE FROM a WHERE {key} = {round + 3}; "
                    + $"INSERT INTO a VALUES ({round + 5}, 'new')");
            await logged.Lake.RunWellAsync();
            var rows = (await logged.Database.QueryAsync($"SELECT {key}, \"{column}\" FROM a ORDER BY 1"))
                .Select(row => string.Join('|', row));
            Assert.Equal(rows, await logged.Lake.QueryAsync($"SELECT {key}, \"{column}\" FROM silver.now ORDER BY 1"));
            Assert.Equal(rows, await logged.Lake.QueryAsync(
                $"SELECT {key}, \"{column}\" FROM silver.history WHERE __END_AT IS NULL ORDER BY 1"));
            Assert.Equal(
                await logged.Lake.QueryAsync($"SELECT {key}, _cdc_op FROM bronze.a ORDER BY ALL"),
                await logged.Lake.QueryAsync("SELECT id, op FROM silver.news ORDER BY ALL"));
        }
        if (!change.Contains("drop", StringComparison.Ordinal))
            Assert.Equal(
                await logged.Lake.QueryAsync("SELECT count(*) FROM bronze.a"),
                await logged.Lake.QueryAsync("SELECT count(*) FROM table_changes('bronze.a', 0)"));
    }
}
