using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Tests.Connectors.Files.Formats;

public sealed class ParquetTests
{
    [Fact]
    public async Task Columns_keep_their_types_and_what_Delta_lacks_is_text_with_its_type_noted()
    {
        await using var project = new FilesProject().Define("*.parquet");
        project.WriteParquet("a.parquet",
            """
            SELECT 1::TINYINT AS i8, 2::SMALLINT AS i16, 3 AS i32, 4::BIGINT AS i64, 5::UBIGINT AS u64, 1.50::DECIMAL(10,2) AS d,
                1.5::DOUBLE AS f, true AS b, 'x' AS s, 'ab'::BLOB AS y, DATE '2024-01-01' AS day,
                TIMESTAMP '2024-01-01 10:00:00' AS t, TIMESTAMPTZ '2024-01-01 10:00:00Z' AS tz, TIME '10:00:00' AS hour,
                '5d1f2a3c-0000-4000-8000-000000000001'::UUID AS u, {a: 1, b: [1, 2]} AS st, MAP {'k': 1} AS m
            """);
        var batch = await project.ReadAsync();
        Assert.Equal(
            "byte,short,integer,long,decimal(20,0),decimal(10,2),double,boolean,string,binary,date,timestamp_ntz,timestamp,"
            + "string,string,struct<a:integer,b:array<integer>>,map<string,integer>", batch.Types);
        Assert.Equal("parquet:UUID", batch.Fields.Single(f => f.Name == "u").Metadata[Field.SourceTypeKey]);
        Assert.Equal("10:00:00", batch.Rows[0][13]);
        Assert.Equal("a.parquet", batch.Rows[0][^1]);
    }

    // A decimal of 50 digits in 21 bytes, which the engine takes for a double.
    [Fact]
    public async Task A_decimal_of_more_digits_than_the_engine_has_is_refused_by_name()
    {
        byte[] column =
        [
            0x15, 0x0E, 0x15, 0x2A, 0x15, 0x02, 0x18, 0x03, .. "big"u8, 0x25, 0x0A, 0x15, 0x04, 0x15, 0x64, 0x00,
        ];
        await using var project = new FilesProject().Write("a.parquet", Footer(column)).Define("*.parquet");
        var error = await Assert.ThrowsAsync<FozException>(project.ReadAsync);
        Assert.Equal("file a.parquet: column big is a decimal of 50 digits, which is not supported", error.Message);
    }

    // A file without rows, whose footer is written by hand: Thrift's compact protocol.
    static byte[] Footer(params byte[][] columns)
    {
        byte[] footer =
        [
            0x15, 0x02, 0x19, (byte)(((columns.Length + 1) << 4) | 0x0C),
            0x48, 0x04, .. "root"u8, 0x15, (byte)(2 * columns.Length), 0x00,
            .. columns.SelectMany(column => column), 0x16, 0x00, 0x19, 0x0C, 0x00,
        ];
        return [.. "PAR1"u8, .. footer, .. BitConverter.GetBytes(footer.Length), .. "PAR1"u8];
    }

    [Fact]
    public async Task Columns_are_told_by_name_across_files()
    {
        await using var project = new FilesProject().Define("*.parquet");
        project.WriteParquet("1.parquet", "SELECT 1 AS id, 'a' AS filename, 'x' AS _cdc_op");
        project.WriteParquet("2.parquet", "SELECT 'b' AS FILENAME, 2::BIGINT AS id, 1.5 AS extra");
        var batch = await project.ReadAsync();
        Assert.Equal("id,filename,_cdc_op_1,extra", batch.Names);
        Assert.Equal("long,string,string,decimal(2,1)", batch.Types);
        Assert.Equal(["1|a|x|∅", "2|b|∅|1.5"], batch.Lines);
        project.WriteParquet("3.parquet", "SELECT 'y' AS _cdc_op, 3 AS id");
        Assert.Equal(["3|∅|y|∅"], (await project.ReadAsync()).Lines);
    }

    [Fact]
    public async Task A_value_that_the_tables_type_does_not_hold_is_set_aside()
    {
        await using var project = new FilesProject().Define("*.parquet");
        project.WriteParquet("1.parquet", "SELECT 1 AS id, 1.50::DECIMAL(4,2) AS price, {a: 1} AS o");
        var first = await project.ReadAsync();
        project.WriteParquet("2.parquet",
            """
            SELECT * FROM (VALUES (2::BIGINT, 1.5::DOUBLE, {a: 2, b: 'x'}), (3000000000, 2.5, NULL), (4, 1.239, NULL),
                (NULL, NULL, {a: 5, b: NULL})) t(id, price, o)
            """);
        var batch = await project.ReadAsync();
        Assert.True(project.HasRecovered);
        Assert.Equal(first.Types.Replace("a:integer", "a:integer,b:string"), batch.Types);
        Assert.Equal(["2", ""], batch.Rows.Select(r => $"{r[0]}").OrderDescending());
        Assert.Equal([2L, 3L], batch.Rejected.Select(r => r.Line));
        Assert.Equal("id: '3000000000' does not fit integer", batch.Rejected[0].Reason);
        Assert.Equal("{\"id\":4,\"price\":1.239,\"o\":null}", batch.Rejected[1].Text);
    }

    [Fact]
    public async Task Digits_below_a_microsecond_are_not_cut_off()
    {
        await using var project = new FilesProject().Define("*.parquet");
        project.WriteParquet("1.parquet",
            "SELECT unnest([TIMESTAMP_NS '2024-01-01 10:00:00.123456', TIMESTAMP_NS "
                + "'2024-01-01 10:00:00.123456789']) AS t");
        var batch = await project.ReadAsync();
        Assert.Equal("timestamp_ntz", batch.Types);
        Assert.Single(batch.Rows);
        Assert.Equal(2, Assert.Single(batch.Rejected).Line);
    }

    [Fact]
    public async Task A_file_that_is_not_Parquet_is_named()
    {
        await using var project = new FilesProject().Write("a.parquet", "no").Define("*.parquet");
        var error = await Assert.ThrowsAsync<FozException>(project.ReadAsync);
        Assert.Equal(ErrorKind.Source, error.Kind);
        Assert.StartsWith("file a.parquet cannot be read as Parquet: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Types_can_be_declared()
    {
        await using var project = new FilesProject()
            .Define("*.parquet", columns: new() { ["d"] = "date", ["n"] = "varchar", ["later"] = "bigint" });
        project.WriteParquet("1.parquet", "SELECT * FROM (VALUES ('2024-01-01', 1.50), ('soon', 2.0)) t(d, n)");
        var batch = await project.ReadAsync();
        Assert.Equal("date,string,long", batch.Types);
        Assert.Equal(["2024-01-01|1.50|∅"], batch.Lines);
        Assert.Equal("d: 'soon' does not fit date", Assert.Single(batch.Rejected).Reason);
    }
}
