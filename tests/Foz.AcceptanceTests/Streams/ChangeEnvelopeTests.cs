using Foz.AcceptanceTests.PostgreSql;

namespace Foz.AcceptanceTests.Streams;

/// <summary>Changes of a real server in Debezium's envelope.</summary>
public sealed class ChangeEnvelopeTests(PostgreSqlServer server)
{
    [Fact]
    public async Task Changes_have_the_words_of_Debezium()
    {
        using var logged = await LoggedDatabase.CreateAsync(
            server,
            """
            CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a VALUES (1, 'one');
            CREATE TABLE f (id int PRIMARY KEY, v text); ALTER TABLE f REPLICA IDENTITY FULL; INSERT INTO f VALUES (1, 'one')
            """,
            "a", "f");
        logged.WriteStreams("  a: {mode: cdc}\n  f: {mode: cdc, table: public.f}\nenvelope: debezium\n");
        await logged.Lake.RunWellAsync();
        await logged.Database.ExecuteAsync(
            "BEGIN; UPDATE a SET v = 'two'; UPDATE f SET v = 'two'; INSERT INTO a VALUES (2, 'x'); COMMIT; "
                + "DELETE FROM a WHERE id = 1; DELETE FROM f; UPDATE a SET id = 3; TRUNCATE a");
        await logged.Lake.RunWellAsync();
        const string Query =
            "SELECT op, before.id, before.v, after.id, after.v, transaction.total_order, source.snapshot, source.\"table\" "
                + "FROM bronze.{0}__envelope ORDER BY source.commit_lsn, transaction.total_order NULLS FIRST";
        Assert.Equal(
            [
                "r|||1|one||true|a", "u|||1|two|1|false|a", "c|||2|x|3|false|a", "d|1||||1|false|a", "d|2||||3|false|a",
                "c|||3|x|4|false|a", "t|||||5|false|a",
            ],
            await logged.Lake.QueryAsync(string.Format(null, Query, "a")));
        Assert.Equal(
            ["r|||1|one||true|f", "u|1|one|1|two|2|false|f", "d|1|two|||2|false|f"],
            await logged.Lake.QueryAsync(string.Format(null, Query, "f")));
        Assert.Equal(
            ["postgresql|shop|public|True|True"],
            await logged.Lake.QueryAsync(
                """
                SELECT DISTINCT source.connector, source.name, source.schema,
                    source.ts_us BETWEEN epoch_us(now()) - 600000000 AND epoch_us(now()) + 5000000,
                    ts_ms = epoch_ms(_cdc_synced_at)
                FROM bronze.f__envelope JOIN bronze.f ON source.commit_lsn = _cdc_lsn
                """));
    }
}
