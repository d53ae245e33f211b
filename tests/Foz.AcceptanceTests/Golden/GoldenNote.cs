using Foz.Tests;

namespace Foz.AcceptanceTests.Golden;

/// <summary>Additional facts of a table that its index does not have.</summary>
/// <param name="Why">Why the stored result does not decide, or what decides instead.</param>
sealed record GoldenNote(string Why)
{
    /// <summary>A column whose stored values are wrong; null if all are right.</summary>
    public string? WaivedColumn { get; init; }

    /// <summary>A version whose stored row count is wrong, with the right one.</summary>
    public (long Version, long Rows)? Count { get; init; }

    /// <summary>A SELECT of the right rows from the data files themselves, <c>{0}</c> being the table's folder; null if
    /// the stored rows decide.</summary>
    public string? Rows { get; init; }

    /// <summary>What the error must say where the table cannot be read; null if it can.</summary>
    public string? Refusal { get; init; }

    /// <summary>The note of a table.</summary>
    public static GoldenNote? Find(GoldenTable table) => all.GetValueOrDefault(table.ToString());

    /// <summary>
    /// Returns what the error must say where Foz cannot report the changes of a version; empty where the reported
    /// changes differ from what became of the rows.
    /// </summary>
    public static string? Untold(GoldenTable table) => untold.GetValueOrDefault(table.ToString());

    static readonly Dictionary<string, string> untold = new(StringComparer.Ordinal)
    {
        ["dat/with_schema_change"] = "in version 1, column letter was dropped",
        ["kernel-golden/time-travel-partition-changes-b"] = "in version 1, the partitioning changed",
        ["delta-spark/delta-0.1.0"] = "in version 3, the partitioning changed",
        // A handmade commit records changes of rows that it does not add.
        ["kernel-data/cdf-table-simple"] = "",
    };

    const string Key = """'{"key":' || id || '}'""";

    const string WithMoreNesting = """
        SELECT * REPLACE (CASE WHEN ByteType IS NOT NULL THEN [array_of_structs[1], array_of_structs[1]] END AS array_of_structs),
            CASE WHEN ByteType IS NOT NULL THEN [MAP {ByteType: [2, 3], ByteType + 1: [4, 5]}] END AS array_of_map_of_arrays,
            CASE WHEN ByteType IS NOT NULL THEN struct_pack(
                aa := [ByteType, ByteType + 1], ab := MAP {[ByteType, ByteType + 1]: struct_pack(aca := ByteType + 2)}) END
                AS struct_of_arrays_maps_of_structs,
            CASE WHEN ByteType IS NOT NULL THEN MAP {
                ByteType: MAP {ByteType: ByteType}, ByteType + 1: MAP {ByteType + 2: ByteType}} END AS map_of_maps
        """;

    static readonly Dictionary<string, GoldenNote> all = new(StringComparer.Ordinal)
    {
        // Stored results that are wrong.
        ["kernel-golden/data-reader-partition-values"] = new("upstream's value depends on the zone of its writer")
        {
            WaivedColumn = "as_timestamp",
        },
        ["dremio/newPlanDataset"] = new(
            "version 25 removes and adds one file, which is not valid; Spark, which wrote "
                + "version 26, removes it there, so "
            + "it held it to be in the table, with its 10 rows; ClickHouse does not")
        {
            Count = (25, 189),
        },
        ["dremio/columnMappingNestedTypes"] = new("ClickHouse shows empty lists where the files have structs in them")
        {
            Rows = """
                SELECT "col-d134036f-a15b-40b3-8345-8ce9a86dc6c5" AS id, "col-cfc8907e-b152-4685-b348-dc1f1c70bb27" AS c_array,
                    "col-c350e179-5aca-43ef-80cd-8f86b5aeb3f0" AS c_map,
                    list_transform("col-63fffbb9-55b1-4f1f-930f-bbb115031f62", lambda x: struct_pack(
                        i := x."col-803266e8-7e28-41a0-b8f0-9c6f8bbf617a", s := x."col-da9a198d-a2c8-4d3e-9a80-7df4285ac291"))
                    AS c_struct
                FROM '{0}/*.parquet'
                """,
        },
        ["dremio/columnMappingConvertedIceberg"] = new("ClickHouse shows nulls, though the files have the field ids")
        {
            Rows = """
                SELECT id, data AS str FROM '{0}/1ab5b0d1-7897-0b48-1aa4-de666ad97000/*.parquet' UNION ALL
                FROM '{0}/1ab5b0cf-3082-ba27-7f63-616c43ea7200/*.parquet'
                """,
        },

        // Negative: upstream demands an error.
        ["connectors/deltalog-state-reconstruction-without-metadata"] = new("negative")
        {
            Refusal = "no action 'metaData'",
        },
        ["kernel-golden/deltalog-state-reconstruction-without-metadata"] = new("negative")
        {
            Refusal = "no action 'metaData'",
        },
        ["kernel-golden/deltalog-state-reconstruction-from-checkpoint-missing-protocol"] = new(
            "negative: its only checkpoint is passed over as a torn one, and the commits say no more than it")
        {
            Refusal = "has no schema",
        },
        ["kernel-golden/no-delta-log-folder"] = new("negative") { Refusal = "there is no Delta table" },

        // Without a second opinion.
        ["connectors/delete-re-add-same-file-different-transactions"] = new("a log without schema")
        {
            Refusal = "has no schema",
        },
        ["delta-golden/canonicalized-paths-special-b"] = new("a log without schema") { Refusal = "has no schema" },
        ["delta-golden/corrupted-last-checkpoint"] = new("a log without schema") { Refusal = "has no schema" },
        ["delta-golden/table-with-columnmapping-mode-id"] = new(
            "the same rows as upstream's later copy of the table, with one column otherwise and three more")
        {
            Rows = $"{WithMoreNesting} FROM "
                + $"'{{0}}/../../../kernel-golden/table-with-columnmapping-mode-id/expected/*.parquet'",
        },
        ["delta-golden/table-with-columnmapping-mode-name"] = new(
            "the same rows as upstream's later copy of the table, with one column otherwise and three more")
        {
            Rows = $"{WithMoreNesting} FROM "
                + $"'{{0}}/../../../kernel-golden/table-with-columnmapping-mode-name/expected/*.parquet'",
        },
        ["delta-java-kernel/basic_catalog_managed-delta"] = new("feature") { Refusal = "catalogManaged" },
        ["delta-rs/table_h"] = new("feature, under an earlier name") { Refusal = "catalogOwned" },
        ["delta-rs/table_i"] = new("feature, under an earlier name") { Refusal = "catalogOwned" },
        ["delta-rs/simple_table_features"] = new("an unknown version") { Refusal = "reader version 5" },
        ["delta-rs/spark-variant-stable-feature-checkpoint"] = new("a log without data files")
        {
            Refusal = "test%file%prefix-part-00000-5f6f82ed-28c5-4f4e-b358-93904826c84d-c000.snappy.parquet",
        },
        ["delta-java-kernel/spark-variant-stable-feature-checkpoint"] = new("the data files have other names")
        {
            Refusal = "test%file%prefix-part-00000-5f6f82ed-28c5-4f4e-b358-93904826c84d-c000.snappy.parquet",
        },
        ["kernel-data/crc-malformed"] = new("a checksum without commits") { Refusal = "there is no Delta table" },
        ["kernel-data/table-with-geo"] = new("feature") { Refusal = "geospatial" },
        ["dremio/multibatchCheckpointWithRemove"] = new("the table's one file")
        {
            Rows = "FROM '{0}/testme.parquet'",
        },
        ["kernel-data/void-column"] = new("the table's files")
        {
            Rows = "SELECT id, CAST(NULL AS INTEGER) AS void_col FROM '{0}/*.parquet'",
        },
        ["duckdb-delta/variant-basic"] = new("the row by its writer")
        {
            Rows = """SELECT 21::INTEGER AS id, '{"a":"test","b":[21,"test",true,{"c":42}]}' AS data""",
        },
        ["delta-rs/spark-variant-checkpoint"] = new("the rows by their writer: {\"key\": id} everywhere")
        {
            Rows = $$"""
                SELECT id::BIGINT AS id, {{Key}} AS v, replace('[X,null,X,null,X]', 'X', {{Key}}) AS array_of_variants,
                    replace('{"v":X}', 'X', {{Key}}) AS struct_of_variants,
                    replace('{"' || id || '":X,"nullKey":null}', 'X', {{Key}}) AS map_of_variants,
                    replace('[{"v":X},{"v":null},null,{"v":X},null,{"v":X}]', 'X', {{Key}}) AS array_of_struct_of_variants,
                    replace('{"v":[null,X]}', 'X', {{Key}}) AS struct_of_array_of_variants
                FROM (SELECT "id" FROM '{0}/*.parquet')
                """,
        },
        ["delta-spark/variant-stats-no-checkpoint"] = new("the rows by their writer, shredded")
        {
            Rows = """
                SELECT i::INTEGER AS i, '{"id":' || (i - 100) || ',"name":"' || (110 - i) || '"}' AS v,
                    '{"v":{"id":' || (i - 90) || ',"name":"' || (120 - i) || '"}}' AS nv
                FROM range(100, 110) r(i)
                """,
        },
        ["delta-spark/variant-stats-nested-no-checkpoint"] = new("the rows by their writer, shredded")
        {
            Rows = """
                SELECT i::INTEGER AS i, '{"v":{"name":"item_' || i || '","value":' || i || '}}' AS s FROM range(100, 110) r(i)
                """,
        },
        ["delta-spark/variant-stats-with-struct-no-checkpoint"] = new("the rows by their writer, shredded")
        {
            Rows = """
                SELECT '{"key":' || i || '}' AS v, '{"i":' || i || ',"j":"str_' || i || '"}' AS s FROM range(200, 210) r(i)
                """,
        },
    };
}
