namespace Foz.Tests.Lake.Tables;

/// <summary>Rows of tables whose logs say what only some writers write.</summary>
public sealed class HandwrittenTableTests : IDisposable
{
    const string Old = """ "minReaderVersion":1,"minWriterVersion":2 """;
    const string Id = """{"name":"id","type":"integer","nullable":true,"metadata":{}}""";

    readonly ScanTable table = new();

    public void Dispose() => table.Dispose();

    [Fact]
    public async Task Encoded_absolute_and_plain_paths_lead_to_their_files()
    {
        foreach (var (i, folder) in new[] { "p=a%20b%2F", "p=x y", "q" }.Index())
        {
            Directory.CreateDirectory(Path.Combine(table.Root, folder));
            table.Write($"{folder}/f.parquet", $"SELECT {i} AS id");
        }
        table.Create(Id, Old, [
            "p=a%2520b%252F/f.parquet", "p=x%20y/f.parquet", $"file:{table.Root}/q/f.parquet",
        ]);

        Assert.Equal(["""{"id":0}""", """{"id":1}""", """{"id":2}"""], await table.RowsAsync());

        table.Commit(1, "{\"remove\":{\"path\":\"file://" + table.Root + "/q/f.parquet\",\"dataChange\":true}}");
        Assert.Equal(["""{"id":0}""", """{"id":1}"""], await table.RowsAsync());
    }

    [Fact]
    public async Task Partition_values_come_from_the_log_and_not_from_folders()
    {
        Directory.CreateDirectory(Path.Combine(table.Root, "p=wrong"));
        for (var i = 0; i < 4; i++) table.Write($"p=wrong/{i}.parquet", $"SELECT {i} AS id");
        table.Create(
            $$"""{{Id}},{{Field("p", "string")}},{{Field("at", "timestamp")}},{{Field("bytes", "binary")}},{{Field("day", "date")}}""", Old,
            [
                ScanTable.Add(
                    "p=wrong/0.parquet",
                    """ "p":"","at":"2024-02-29 12:00:00","bytes":"\u0001A","day":"2024-02-29" """),
                ScanTable.Add(
                    "p=wrong/1.parquet", """ "p":"right","at":"2024-02-29T12:00:00.000000Z","bytes":"","day":null """),
                ScanTable.Add(
                    "p=wrong/2.parquet",
                    """ "p":null,"at":"2024-02-29 12:00:00.123456","bytes":null,"day":"0001-01-01" """),
                ScanTable.Add("p=wrong/3.parquet", """ "p":"__HIVE_DEFAULT_PARTITION__" """),
            ],
            "p", "at", "bytes", "day");

        Assert.Equal(
            [
                """{"id":0,"p":null,"at":1709208000000000,"bytes":"0141","day":"2024-02-29"}""",
                """{"id":1,"p":"right","at":1709208000000000,"bytes":null,"day":null}""",
                """{"id":2,"p":null,"at":1709208000123456,"bytes":null,"day":"0001-01-01"}""",
                """{"id":3,"p":"__HIVE_DEFAULT_PARTITION__","at":null,"bytes":null,"day":null}""",
            ],
            await table.RowsAsync(
                "id, p, epoch_us(\"at\") AS \"at\", hex(bytes) AS bytes, CAST(day AS VARCHAR) AS day"));
    }

    [Fact]
    public async Task Void_columns_are_null_wherever_they_are()
    {
        table.Write("a.parquet", "SELECT 1 AS id, {'x': 2} AS s");
        table.Create(
            Id + "," + Field("nothing", "void")
            + """,{"name":"s","type":{"type":"struct","fields":[{"name":"v","type":"void","nullable":true,"metadata":{}},{"name":"x","type":"integer","nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}}""",
            Old, ["a.parquet"]);

        Assert.Equal(["""{"id":1,"nothing":null,"s":{"v":null,"x":2}}"""], await table.RowsAsync());
    }

    [Fact]
    public async Task Widened_types_are_read_from_old_files_and_unknown_changes_are_refused()
    {
        const string Widening =
            """ "minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["typeWidening"],"writerFeatures":["typeWidening"] """;
        table.Write(
            "old.parquet", "SELECT 1::INTEGER AS n, [2::TINYINT] AS l, 1.5::FLOAT AS d, DATE '2024-02-29' AS t");
        table.Write(
            "new.parquet",
            "SELECT 5000000000 AS n, [300::SMALLINT] AS l, 2.5::DOUBLE AS d, TIMESTAMP '2024-03-01 01:00:00' AS t");
        var fields = string.Join(',',
            Changed("n", "\"long\"", """{"fromType":"integer","toType":"long"}"""),
            Changed(
                "l", """{"type":"array","elementType":"short","containsNull":true}""",
                """{"fromType":"byte","toType":"short","fieldPath":"element"}"""),
            Changed("d", "\"double\"", """{"fromType":"float","toType":"double"}"""),
            Changed("t", "\"timestamp_ntz\"", """{"fromType":"date","toType":"timestamp_ntz"}"""));
        table.Create(fields, Widening, ["old.parquet", "new.parquet"]);

        Assert.Equal(
            [
                """{"n":1,"l":[2],"d":1.5,"t":"2024-02-29 00:00:00"}""",
                """{"n":5000000000,"l":[300],"d":2.5,"t":"2024-03-01 01:00:00"}""",
            ], await table.RowsAsync());

        table.Create(
            Changed("n", "\"string\"", """{"fromType":"integer","toType":"string"}"""), Widening, ["old.parquet"]);
        var error = await Assert.ThrowsAsync<Foz.Delta.DeltaException>(() => table.RowsAsync());
        Assert.Contains("column n was changed from integer to string", error.Message, StringComparison.Ordinal);
        Assert.Contains(table.Root, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_that_writers_compute_are_read_as_they_stand_in_the_files()
    {
        table.Write("a.parquet", "SELECT 7 AS id, 99 AS generated, 3::BIGINT AS identity, 'given' AS with_default");
        table.Create(
            string.Join(',', Id,
                """{"name":"generated","type":"integer","nullable":true,"metadata":{"delta.generationExpression":"id + 1"}}""",
                """{"name":"identity","type":"long","nullable":true,"metadata":{"delta.identity.start":1,"delta.identity.step":1,"delta.identity.allowExplicitInsert":false}}""",
                """{"name":"with_default","type":"string","nullable":true,"metadata":{"CURRENT_DEFAULT":"'x'"}}"""),
            """ "minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["generatedColumns","identityColumns","allowColumnDefaults","somethingForWriters"] """,
            ["a.parquet"]);

        Assert.Equal(["""{"id":7,"generated":99,"identity":3,"with_default":"given"}"""], await table.RowsAsync());
    }

    static string Field(string name, string type) =>
        $$$"""{"name":"{{{name}}}","type":"{{{type}}}","nullable":true,"metadata":{}}""";

    static string Changed(string name, string type, string change) =>
        "{\"name\":\"" + name + "\",\"type\":" + type + ",\"nullable\":true,\"metadata\":{\"delta.typeChanges\":["
            + change + "]}}";
}
