namespace Foz.AcceptanceTests.Judge;

/// <summary>Iceberg tables that ClickHouse writes, read as a source.</summary>
public sealed class IcebergSourceTests(JudgeProcess judge) : IDisposable
{
    const string Settings = "SETTINGS allow_experimental_insert_into_iceberg = 1";
    readonly TestLake lake = new();

    public void Dispose() => lake.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("PARTITION BY p")]
    public async Task Tables_with_deleted_rows_and_added_columns_are_read_as_ClickHouse_reads_them(string partition)
    {
        var table = $"iceberg_{Guid.NewGuid():N}";
        await judge.QueryAsync($"""
            CREATE TABLE {table} (id Int64, v Nullable(String), p Int32, day Nullable(Date32), price Nullable(Float64), list Array(Int64))
            ENGINE = IcebergLocal('{lake.Folder}/elsewhere/events', 'Parquet') {partition}
            """);
        lake.Write("foz.yml", "name: t\nconnections:\n  other: {type: iceberg, path: elsewhere}\n");
        lake.Write("sources/o.yml", "connection: other\nstreams:\n  events: {}\n");
        await judge.QueryAsync(
            $"INSERT INTO {table} SELECT number, toString(number), number % 3, toDate32('1969-12-01') + number, number "
                + $"* 1.01, [number] FROM numbers(1000) {Settings}");
        await AssertEqualAsync("id, v, p, day, price, list");
        await judge.QueryAsync($"ALTER TABLE {table} DELETE WHERE id % 10 = 0 {Settings}");
        await AssertEqualAsync("id, v, p, day, price, list");
        if (partition.Length == 0)
            await judge.QueryAsync($"ALTER TABLE {table} ADD COLUMN extra Nullable(Float64) {Settings}");
        var extra = partition.Length == 0 ? ", 1.5" : "";
        await judge.QueryAsync(
            $"INSERT INTO {table} SELECT number + 5000, NULL, number % 3, NULL, NULL, "
                + $"[]{extra} FROM numbers(10) {Settings}");
        // Without partitions it fails at its own deletes of before.
        if (partition.Length > 0)
            await judge.QueryAsync($"ALTER TABLE {table} DELETE WHERE id IN (1, 5001) {Settings}");
        await AssertEqualAsync(
            partition.Length == 0 ? "id, v, p, day, price, list, extra" : "id, v, p, day, price, list");

        async Task AssertEqualAsync(string columns)
        {
            await lake.RunWellAsync();
            var file = Path.Combine(lake.Folder, $"{Guid.NewGuid():N}.parquet");
            await judge.QueryAsync(
                $"SELECT {columns} FROM {table} INTO OUTFILE '{file}' FORMAT Parquet SETTINGS "
                    + "output_format_parquet_string_as_string = 1");
            var theirs =
                (await lake.QueryAsync(
                    $"SELECT {columns.Replace("list", "list::VARCHAR", StringComparison.Ordinal)} FROM "
                        + $"read_parquet('{file}') ORDER BY id")).ToList();
            Assert.NotEmpty(theirs);
            Assert.Equal(
                theirs,
                await lake.QueryAsync(
                    $"SELECT {columns.Replace("list", "list::VARCHAR", StringComparison.Ordinal)} "
                        + "FROM bronze.events ORDER BY id"));
        }
    }
}
