namespace Foz.Tests.Lake.Tables;

/// <summary>Tables that map their columns by name or by id (PROTOCOL.md, "Column Mapping").</summary>
public sealed class ColumnMappingScanTests : IDisposable
{
    const string Protocol = """ "minReaderVersion":2,"minWriterVersion":5 """;

    readonly ScanTable table = new();

    public void Dispose() => table.Dispose();

    [Fact]
    public async Task Nested_fields_that_were_renamed_are_found_by_their_ids()
    {
        table.Write(
            "a.parquet",
            "SELECT 1 AS old_id, {'old_x': 7, 'old_y': {'old_z': 'deep'}} AS old_s, [{'old_e': 5}] AS old_l",
            ", FIELD_IDS {old_id: 1, old_s: {__duckdb_field_id: 2, old_x: 3, old_y: {__duckdb_field_id: 4, old_z: 5}}, "
            + "old_l: {__duckdb_field_id: 6, element: {__duckdb_field_id: 8, old_e: 7}}}");
        table.With("delta.columnMapping.mode", "id").Create(
            string.Join(',',
                Field("id", "\"integer\"", 1),
                Field("s", Struct(Field("x", "\"integer\"", 3), Field("y", Struct(Field("z", "\"string\"", 5)), 4)), 2),
                Field("l",
                    $$"""{"type":"array","elementType":{{Struct(Field("e", "\"integer\"", 7))}},"containsNull":true}""",
                    6)),
            Protocol, ["a.parquet"]);

        Assert.Equal(["""{"id":1,"s":{"x":7,"y":{"z":"deep"}},"l":[{"e":5}]}"""], await table.RowsAsync());
    }

    [Fact]
    public async Task Ids_do_not_fall_back_to_names()
    {
        table.Write("a.parquet", "SELECT 1 AS \"col-1\", 2 AS \"col-2\"", ", FIELD_IDS {\"col-1\": 2, \"col-2\": 9}");
        table.With("delta.columnMapping.mode", "id").Create(
            $"{Field("a", "\"integer\"", 1)},{Field("b", "\"integer\"", 2)}", Protocol, ["a.parquet"]);

        Assert.Equal(["""{"a":null,"b":1}"""], await table.RowsAsync());
    }

    [Fact]
    public async Task Names_are_physical_and_swapped_columns_stay_apart()
    {
        table.Write("a.parquet", "SELECT 1 AS \"col-1\", 2 AS \"col-2\", {'col-4': 3, 'col-5': 4} AS \"col-3\"");
        table.With("delta.columnMapping.mode", "name").Create(
            string.Join(',', Field("col-2", "\"integer\"", 1), Field("col-1", "\"integer\"", 2),
                Field("s", Struct(Field("col-5", "\"integer\"", 4), Field("col-4", "\"integer\"", 5)), 3)),
            Protocol, ["a.parquet"]);

        Assert.Equal(["""{"col-2":1,"col-1":2,"s":{"col-5":3,"col-4":4}}"""], await table.RowsAsync());
    }

    static string Struct(params string[] fields) => $$"""{"type":"struct","fields":[{{string.Join(',', fields)}}]}""";

    static string Field(string name, string type, int id) =>
        $$$"""
        {"name":"{{{name}}}","type":{{{type}}},"nullable":true,"metadata":{"delta.columnMapping.id":{{{id}}},"delta.columnMapping.physicalName":"col-{{{id}}}"}}
        """;
}
