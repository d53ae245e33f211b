using Foz.Tests;
using Npgsql;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>What <c>postgresql_words.tsv</c> says that PostgreSQL answers, asked of PostgreSQL.</summary>
public sealed class WordOracleTests(PostgreSqlServer server)
{
    /// <summary>Types of PostgreSQL for which Foz says another, with the same values.</summary>
    static readonly IReadOnlyDictionary<string, string> shownAs = new Dictionary<string, string>
    {
        ["character varying"] = "text", ["regtype"] = "text", ["jsonb"] = "json", ["record"] = "text",
    };

    [Fact]
    public async Task PostgreSQL_answers_what_the_list_says()
    {
        await using var connection = await server.ConnectAsync("postgres");
        await RunAsync(connection, "SET TimeZone = 'UTC'; SET extra_float_digits = 1; SET IntervalStyle = postgres");
        var wrong = new List<string>();
        // What Foz refuses by name has an answer in PostgreSQL that the list does not give.
        foreach (var word in PgWord.All.Where(word => !word.IsRefused))
        {
            foreach (var sql in word.Statements())
            {
                var (answer, types) = await RunAsync(connection, sql);
                if ((answer, types) != (word.Answer, word.Types))
                    wrong.Add($"{sql}: {answer} {types}, not {word.Answer} {word.Types}");
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    static async Task<(string Answer, string Types)> RunAsync(NpgsqlConnection connection, string sql)
    {
        var token = TestContext.Current.CancellationToken;
        await using var command = new NpgsqlCommand(sql, connection) { AllResultTypesAreUnknown = true };
        try
        {
            await using var reader = await command.ExecuteReaderAsync(token);
            var rows = new List<string>();
            while (await reader.ReadAsync(token))
            {
                rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount)
                    .Select(i => reader.IsDBNull(i) ? "NULL" : reader.GetString(i))));
            }
            var types = Enumerable.Range(0, reader.FieldCount)
                .Select(i => reader.GetPostgresType(i).DisplayName.Split('(')[0])
                .Select(type => shownAs.GetValueOrDefault(type, type));
            return (string.Join(';', rows), string.Join('|', types));
        }
        catch (PostgresException e)
        {
            return ($"!{e.SqlState}", "");
        }
    }
}
