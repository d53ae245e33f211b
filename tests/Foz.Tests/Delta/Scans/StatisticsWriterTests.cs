using System.Text.Json;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;

namespace Foz.Tests.Delta.Scans;

public sealed class StatisticsWriterTests
{
    static readonly StructType Columns = new(
        new StructField("id", DeltaType.Long),
        new StructField("price", new DecimalType(20, 2)),
        new StructField("ratio", DeltaType.Double),
        new StructField("name", DeltaType.String),
        new StructField("day", DeltaType.Date),
        new StructField("at", DeltaType.Timestamp),
        new StructField("ntz", DeltaType.TimestampNtz),
        new StructField("ok", DeltaType.Boolean),
        new StructField("raw", DeltaType.Binary),
        new StructField("s", new StructType(
            new StructField("x", DeltaType.Integer),
            new StructField("t", new StructType(new StructField("y", DeltaType.Integer))),
            new StructField("z", DeltaType.Integer))),
        new StructField("l", new ArrayType(DeltaType.Long, true)),
        new StructField("region", DeltaType.String));

    [Fact]
    public void Statistics_have_the_forms_of_the_specification()
    {
        var written = Writer().Write(7,
        [
            Of("s.z", "1", "2", 0), Of("id", "-5", "12", 1), Of("price", "0.10", "100000000000000000.00", 0),
            Of("ratio", "1e-05", "3", 2), Of("name", "Ana \"A\"", "Zé", 3), Of("day", "2024-02-29", "2024-03-01", 0),
            Of("at", "2020-06-01 00:00:00.123999+00", "2020-06-01 03:00:00.999999+00", 0),
            Of("ntz", "1969-12-31 23:59:59.999999", "1970-01-01", 0), Of("ok", "0", "1", 0), Of("raw", "00", "FF", 4),
            Of("s.x", "3", null, 5), Of("s.t.y", "9", "9", null), Of("l", "1", "2", 9), Of("region", "a", "b", 0),
            Of("nosuch", "a", "b", 0),
        ]);
        Assert.Equal(
            string.Concat(
                """{"numRecords":7,"minValues":{"id":-5,"price":0.10,"ratio":1E-05,"name":"Ana \"A\"","day":"2024-02-29",""",
                """
                "at":"2020-06-01T00:00:00.123Z","ntz":"1969-12-31T23:59:59.999","s":{"x":3,"t":{"y":9},"z":1}},
                """,
                """
                "maxValues":{"id":12,"price":100000000000000000.00,"ratio":3.0,"name":"Zé","day":"2024-03-01",
                """,
                """
                "at":"2020-06-01T03:00:00.999Z","ntz":"1970-01-01T00:00:00.000","s":{"t":{"y":9},"z":2}},
                """,
                """
                "nullCount":{"id":1,"price":0,"ratio":2,"name":3,"day":0,"at":0,"ntz":0,"ok":0,"raw":4,"s":{"x":5,"z":0}}}
                """),
            written.ToString());
        using var json = JsonDocument.Parse(written.Utf8);
        Assert.Equal(7, json.RootElement.GetProperty("numRecords").GetInt64());
    }

    [Fact]
    public void Not_a_number_and_infinity_are_no_bounds()
    {
        var written = Writer().Write(3, [Of("ratio", "-inf", "2", 0) with { HasNan = true }]).ToString();
        Assert.Equal("""{"numRecords":3,"minValues":{},"maxValues":{},"nullCount":{"ratio":0}}""", written);
    }

    [Fact]
    public void Text_that_is_no_value_is_left_out()
    {
        var written = Writer()
            .Write(3,
                [
                    Of("id", "x", "9999-", 0), Of("day", "0044-03-15 (BC)", "infinity", 0),
                    Of("at", "+12024-01-01", "12024-01-01", 0),
                ]);
        Assert.Equal(
            """{"numRecords":3,"minValues":{},"maxValues":{},"nullCount":{"id":0,"day":0,"at":0}}""",
            written.ToString());
    }

    [Theory]
    [InlineData("short", "short")]
    [InlineData("12345678901234567890123456789012", "12345678901234567890123456789012")]
    [InlineData("123456789012345678901234567890123", "12345678901234567890123456789012\U0010FFFF")]
    [InlineData("1234567890123456789012345678901\U0001F600x", "1234567890123456789012345678901\U0001F600\U0010FFFF")]
    [InlineData("12345678901234567890123456789012\U0010FFFFx", "12345678901234567890123456789012\U0010FFFF\U0010FFFF")]
    [InlineData("12345678901234567890123456789012\U0010FFFF", "12345678901234567890123456789012\U0010FFFF")]
    public void Long_text_is_cut_to_a_bound_between_code_points(string text, string max)
    {
        Assert.Equal(max, BoundText.Cut(text, isMax: true));
        var min = BoundText.Cut(text, isMax: false)!;
        Assert.StartsWith(min, text, StringComparison.Ordinal);
        Assert.True(min.EnumerateRunes().Count() <= 32);
    }

    [Fact]
    public void Text_of_the_highest_code_points_has_no_upper_bound()
    {
        var text = string.Concat(Enumerable.Repeat("\U0010FFFF", 100));
        Assert.Null(BoundText.Cut(text, isMax: true));
        Assert.Equal(64, BoundText.Cut(text, isMax: false)!.Length);
    }

    [Fact]
    public void Properties_choose_the_columns()
    {
        Assert.Equal(["id", "price"], Chosen("delta.dataSkippingNumIndexedCols", "2"));
        Assert.Empty(Chosen("delta.dataSkippingNumIndexedCols", "0"));
        Assert.Equal(12, Chosen("delta.dataSkippingNumIndexedCols", "-1").Count());
        Assert.Equal(
            ["day", "s.x", "s.t.y", "s.z"], Chosen("delta.dataSkippingStatsColumns", "`day`, s, nosuch,region"));
        Assert.Equal(["s.t.y"], Chosen("delta.dataSkippingStatsColumns", "s.t"));
        foreach (var (key, value) in new[]
        {
            ("delta.dataSkippingNumIndexedCols", "x"), ("delta.dataSkippingStatsColumns", "`a"),
        })
            Assert.Equal(DeltaErrorKind.InvalidArgument, Assert.Throws<DeltaException>(() => Chosen(key, value)).Kind);
        var wide = new TableSchema(
            new StructType([.. Enumerable.Range(0, 50).Select(i => new StructField($"c{i}", DeltaType.Long))]), [],
            ColumnMappingMode.None);
        Assert.Equal(32, new StatisticsWriter(wide, StringMap.Empty).Columns.Count());

        static IEnumerable<string> Chosen(string key, string value) =>
            new StatisticsWriter(
                Schema(ColumnMappingMode.None),
                StringMap.Empty.With(key, value)).Columns.Select(path => path.ToString());
    }

    [Fact]
    public void Mapped_columns_are_named_physically()
    {
        var schema = Schema(ColumnMappingMode.Name);
        var physical = schema.PhysicalPath(ColumnPath.Parse("s.x"))!.Names;
        Assert.Equal(
            $$$"""{"numRecords":1,"minValues":{"{{{physical[0]}}}":{"{{{physical[1]}}}":1}},"maxValues":{"{{{physical[0]}}}":{"{{{physical[1]}}}":2}},"nullCount":{}}""",
            new StatisticsWriter(schema, StringMap.Empty).Write(1, [Of("S.X", "1", "2", null)]).ToString());
    }

    [Fact]
    public void Wide_bounds_keep_what_stays_true()
    {
        var wide = FileStatistics.WithWideBounds(
            JsonText.FromString(
                """{"numRecords":9,"minValues":{"a":1.50},"tightBounds":true,"maxValues":{"a":"é\n"},"nullCount":{"a":1},"x":[1]}"""), 10);
        Assert.Equal(
            """{"numRecords":10,"tightBounds":false,"minValues":{"a":1.50},"maxValues":{"a":"é\n"},"nullCount":{"a":1},"x":[1]}""", wide.ToString());
        Assert.Equal(
            """{"numRecords":10,"tightBounds":false}""",
            FileStatistics.WithWideBounds(JsonText.FromString("{oops"), 10).ToString());
        Assert.Equal(
            """{"numRecords":10,"tightBounds":false}""", FileStatistics.WithWideBounds(JsonText.None, 10).ToString());
    }

    static TableSchema Schema(ColumnMappingMode mode) =>
        new(mode == ColumnMappingMode.None ? Columns : ColumnMapping.Assign(Columns, 0).Schema, ["region"], mode);

    static StatisticsWriter Writer() => new(Schema(ColumnMappingMode.None), StringMap.Empty);

    static ColumnStatistics Of(string column, string? min, string? max, long? nullCount) =>
        new() { Column = ColumnPath.Parse(column), Min = min, Max = max, NullCount = nullCount };
}
