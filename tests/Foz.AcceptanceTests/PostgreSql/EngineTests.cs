using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Engine;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>Rows of PostgreSQL as the engine sees them.</summary>
public sealed class EngineTests(PostgreSqlServer server) : IDisposable
{
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 256 << 20, Threads = 2 });

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => engines.Dispose();

    [Fact]
    public async Task Every_kind_of_column_arrives_in_the_engine()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE t (b boolean, i2 smallint, i4 int, i8 bigint, f4 real, f8 double precision, n numeric(20,3),
                            d date, ts timestamp, tz timestamptz, s text, y bytea, u uuid, ai int[], at text[],
                            ad timestamptz[], an numeric(5,1)[], ab boolean[], ay bytea[]);
            INSERT INTO t VALUES
                (true, -1, 2, 3, 1.5, 2.5, 12345678901234567.891, '2026-11-21', '2026-11-21 10:11:12.131415',
                 '2026-11-21 10:11:12.131415-03', 'ção', '\x00ff', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{1,NULL,3}',
                 '{a,"b c"}', '{2026-01-01 00:00:00+00}', '{1.5,-2}', '{t,f}', '{"\\x01"}'),
                (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                (false, 1, 1, 1, 'NaN', 'Infinity', -0.001, '0001-01-01', '9999-12-31 23:59:59.999999',
                 '1969-12-31 23:59:59.999999+00', '', '', NULL, '{}', '{}', '{}', '{}', '{}', '{}');
            """);
        await database.GrantAsync();

        await using var source = database.Source();
        await using var rows = await ReadAsync(source);
        using var session = engines.Open(Workload.Ingestion);
        using var stream = session.Register(rows.Stream);
        using var result = session.Query(
            $"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {stream.Sql} ORDER BY i2 NULLS LAST", Token);

        string?[][] expected =
        [
            [
                "true", "-1", "2", "3", "1.5", "2.5", "12345678901234567.891", "2026-11-21",
                "2026-11-21 10:11:12.131415",
                "2026-11-21 13:11:12.131415+00", "ção", "\\x00\\xFF", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                "[1, NULL, 3]", "[a, b c]", "['2026-01-01 00:00:00+00']", "[1.5, -2.0]", "[true, false]", "[\\x01]",
                null,
            ],
            [
                "false", "1", "1", "1", "nan", "inf", "-0.001", "0001-01-01", "9999-12-31 23:59:59.999999",
                "1969-12-31 23:59:59.999999+00", "", "", null, "[]", "[]", "[]", "[]", "[]", "[]", null,
            ],
            [.. Enumerable.Repeat<string?>(null, 20)],
        ];
        Assert.Equal(expected, result.Rows(Token).Select(r => r.Select(v => v?.ToString()).ToArray()));
    }

    [Fact]
    public async Task Large_table_is_counted_and_summed_as_by_the_server()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("""
            CREATE TABLE t (id bigint, n numeric(12,2), s text) WITH (fillfactor = 20);
            INSERT INTO t SELECT i, i * 1.01, 'row ' || i FROM generate_series(1, 200000) i;
            """);
        await database.GrantAsync();
        const string sql = "SELECT count(*) || '|' || sum(id) || '|' || sum(n) || '|' || sum(length(s)) FROM ";
        await using var source = database.Source(("connections_max", "2"));
        await using var rows = await ReadAsync(source);
        Assert.Equal(2, rows.Stream.Partitions.Count);
        using var session = engines.Open(Workload.Ingestion);
        using var stream = session.Register(rows.Stream);
        Assert.Equal(await database.ScalarAsync(sql + "t"), session.QueryScalar<string>(sql + stream.Sql, Token));
    }

    [Fact]
    public async Task Error_of_the_server_comes_out_of_the_statement()
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE VIEW t AS SELECT i, 1 / (50000 - i) AS v FROM generate_series(1, 100000) i");
        await database.GrantAsync();
        await using var source = database.Source();
        await using var rows = await ReadAsync(source);
        using var session = engines.Open(Workload.Ingestion);
        using var stream = session.Register(rows.Stream);
        var error = Assert.Throws<FozException>(
            () => session.QueryScalar<long>($"SELECT count(*) FROM {stream.Sql}", Token));
        Assert.Contains("division by zero", error.Message);
    }

    static async Task<StreamRows.Streamed> ReadAsync(ISource source) =>
        (StreamRows.Streamed)await source.ReadAsync(
            PostgreSqlDatabase.Stream("t"), new StreamInputs.OfAll(), ReadRows.Context, Token);
}
