using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Lake;

namespace Foz.Tests.Lake.Tables;

/// <summary>
/// Texts of Spark's types char(n) and varchar(n): filled with blanks where they are read, and never longer.
/// </summary>
public sealed class TextLengthTests : IDisposable
{
    const string Columns = """
        {"name":"c","type":"string","nullable":true,"metadata":{"__CHAR_VARCHAR_TYPE_STRING":"char(3)"}},
        {"name":"s","type":{"type":"struct","fields":[{"name":"c","type":"string","nullable":true,"metadata":{}},{"name":"v","type":"string","nullable":true,"metadata":{}}]},"nullable":true,"metadata":{"__CHAR_VARCHAR_TYPE_STRING":"struct<c:char(2),v:varchar(2)>"}},
        {"name":"a","type":{"type":"array","elementType":"string","containsNull":true},"nullable":true,"metadata":{"__CHAR_VARCHAR_TYPE_STRING":"array<char(2)>"}},
        {"name":"m","type":{"type":"map","keyType":"string","valueType":"string","valueContainsNull":true},"nullable":true,"metadata":{"__CHAR_VARCHAR_TYPE_STRING":"map<varchar(2),char(2)>"}},
        {"name":"p","type":"string","nullable":true,"metadata":{"__CHAR_VARCHAR_TYPE_STRING":"char(2)"}}
        """;

    readonly ScanTable table = new();
    readonly RulesTable rules = new();

    public void Dispose()
    {
        table.Dispose();
        rules.Dispose();
    }

    [Fact]
    public async Task A_char_has_its_blanks_wherever_it_stands()
    {
        table.Write(
            "a.parquet", "SELECT 'a' AS c, {'c': 'x', 'v': 'y'} AS s, ['z', NULL, 'zz'] AS a, MAP {'k': 'v'} AS m");
        table.Create(
            Columns, "\"minReaderVersion\":1,\"minWriterVersion\":2", [ScanTable.Add("a.parquet", "\"p\":\"1\"")], "p");
        Assert.Equal(
            ["""{"c":"a  ","s":{"c":"x ","v":"y"},"a":["z ",null,"zz"],"m":{"k":"v "},"p":"1 "}"""],
            await table.RowsAsync());
    }

    [Fact]
    public async Task No_file_is_left_out_for_bounds_without_the_blanks()
    {
        table.Write("a.parquet", "SELECT 'a' AS c");
        table.Create(Columns, "\"minReaderVersion\":1,\"minWriterVersion\":2",
            [
                ScanTable.Add(
                    "a.parquet", "\"p\":\"1\"",
                    ""","stats":"{\"numRecords\":1,\"minValues\":{\"c\":\"a\"},\"maxValues\":{\"c\":\"a\"},\"nullCount\":{\"c\":0}}" """.Trim()),
            ], "p");
        var state = (await table.Table.LatestAsync(TestContext.Current.CancellationToken)).State;
        foreach (var (column, value) in new[] { ("c", "a  "), ("p", "1 ") })
            Assert.Single(new FilePruner(
                state.TableSchema,
                new Predicate.Compare(ColumnPath.Of(column), Comparison.Equal, value)).Match(state.Files));
    }

    [Theory]
    [InlineData("{'c': 'xxx', 'v': 'y'} AS s")]
    [InlineData("['zzz'] AS a")]
    [InlineData("MAP {'kkk': 'v'} AS m")]
    public async Task A_text_that_is_too_long_is_refused_also_inside_of_others(string value)
    {
        await rules.CreateAsync(SchemaJson());
        var error = await Assert.ThrowsAsync<FozException>(() => rules.AppendAsync($"SELECT {value}"));
        Assert.Contains("the lengths of texts in column", error.Message, StringComparison.Ordinal);
        await rules.AppendAsync(
            "SELECT {'c': 'xx', 'v': NULL} AS s, ['zz', NULL] AS a, MAP {'kk': 'v'} AS m, 'abc' AS c");
        await rules.AppendAsync("SELECT 'abc' AS c");
    }

    static System.Collections.Immutable.ImmutableArray<StructField> SchemaJson() =>
        StructType.ParseSchema($$"""{"type":"struct","fields":[{{Columns}}]}""").Fields;
}
