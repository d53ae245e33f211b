namespace Foz.AcceptanceTests.Judge;

/// <summary>Avro that ClickHouse writes, read as a source.</summary>
public sealed class AvroJudgeTests(JudgeProcess judge) : IDisposable
{
    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData("null")]
    [InlineData("deflate")]
    [InlineData("snappy")]
    [InlineData("zstd")]
    public async Task Avro_of_ClickHouse_is_read_with_its_types(string codec)
    {
        const string Rows = """
            SELECT toInt64(number * 3000000000) AS id, toInt32(-number) AS n, 'ação ' || toString(number) AS v, number % 2 = 0 AS flag,
                number / 7 AS ratio, toDate32('1969-12-01') + number AS day, toDateTime64('2024-02-29 23:59:59.123456', 6, 'UTC') + number AS moment,
                toDecimal64(number * 1.01, 2) AS price, [number, number * 2] AS list, map('k', toInt64(number)) AS m,
                if(number % 3 = 0, NULL, toString(number)) AS perhaps
            FROM numbers(5000)
            """;
        await judge.QueryAsync(
            $"{Rows} INTO OUTFILE '{lake.Folder}/rows-{codec}.avro' FORMAT Avro SETTINGS "
                + $"output_format_avro_codec = '{codec}', "
            + "output_format_avro_string_column_pattern = '.*', output_format_avro_sync_interval = 4096");
        lake.Write("foz.yml", "name: t\nconnections:\n  files: {type: files}\n");
        lake.Write("sources/f.yml", "connection: files\nstreams:\n  rows: {path: '*.avro'}\n");
        await lake.RunWellAsync();
        Assert.Equal(
            [
                "5000|37492500000000000|-12497500|1667|2500",
                "ação 4999|1983-08-09|2024-03-01 01:23:18.123456|5048.99|[4999, 9998]",
            ],
            [
                .. await lake.QueryAsync(
                    "SELECT count(*)::VARCHAR, sum(id)::VARCHAR, sum(n)::VARCHAR, count(*) FILTER (perhaps IS "
                        + "NULL)::VARCHAR, count(*) FILTER (flag)::VARCHAR "
                    + "FROM bronze.rows"),
                .. await lake.QueryAsync(
                    "SELECT max_by(v, id), max(day)::DATE::VARCHAR, (max(moment) AT TIME ZONE 'UTC')::VARCHAR, "
                        + "max(price)::VARCHAR, max_by(list, id)::VARCHAR FROM bronze.rows"),
            ]);
    }
}
