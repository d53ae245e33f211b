using Foz.Delta.Schema;
using Foz.Lake;

namespace Foz.Tests.Lake.Tables;

public sealed class RowRulesTests : IDisposable
{
    readonly RulesTable t = new();

    public void Dispose() => t.Dispose();

    [Fact]
    public async Task A_constraint_is_checked_by_every_statement_that_writes_rows()
    {
        await t.CreateAsync(
            [new("id", DeltaType.Long), new("amount", DeltaType.Double)],
            [("delta.constraints.positive", "amount > 0 AND `amount` <=> amount")]);
        await t.AppendAsync("SELECT i AS id, 1.5::DOUBLE AS amount FROM range(1, 4) r(i)");

        await RefusedAsync(
            () => t.AppendAsync("SELECT 9 AS id, -1.0::DOUBLE AS amount"), "positive", "id = 9, amount = -1.0");
        await RefusedAsync(() => t.AppendAsync("SELECT 9 AS id"), "positive", "amount = NULL");
        await RefusedAsync(() => t.UpdateAsync("amount", "-2", "id = 2"), "positive", "id = 2, amount = -2");
        await RefusedAsync(() => t.MergeAsync("SELECT 3 AS id, 0.0::DOUBLE AS amount", "id"), "positive", "id = 3");
        await RefusedAsync(
            () => t.Writer.OverwriteAsync(t.Table, "SELECT 1 AS id, -3.0::DOUBLE AS amount", new(), RulesTable.Cancel),
            "positive", "amount = -3.0");
        Assert.Equal(["1|1.5", "2|1.5", "3|1.5"], await t.RowsAsync());
        Assert.Equal(1, await t.VersionAsync());
        Assert.Single(Directory.GetFiles(t.Table.Root, "*.parquet"));
    }

    [Fact]
    public async Task A_column_that_is_not_null_refuses_null_also_inside_structs()
    {
        await t.CreateAsync(
        [
            new("id", DeltaType.Long, nullable: false),
            new("s", new StructType(new StructField("a", DeltaType.Long, nullable: false), new("b", DeltaType.String))),
        ]);
        await t.AppendAsync("SELECT 1 AS id, {'a': 5, 'b': NULL::VARCHAR} AS s");
        // As Spark has it: where there is no struct, there is no field.
        await RefusedAsync(
            () => t.AppendAsync("SELECT 2 AS id, NULL::STRUCT(a BIGINT, b VARCHAR) AS s"), "NOT NULL of column s.a",
            "id = 2");

        await RefusedAsync(() => t.AppendAsync("SELECT {'a': 5, 'b': 'x'} AS s"), "NOT NULL of column id", "id = NULL");
        await RefusedAsync(
            () => t.AppendAsync("SELECT 3 AS id, {'a': NULL::BIGINT, 'b': 'x'} AS s"), "NOT NULL of column s.a",
            "id = 3");
        Assert.Equal(["1|{'a': 5, 'b': NULL}"], await t.RowsAsync());
    }

    [Fact]
    public async Task An_invariant_is_checked()
    {
        var metadata = FieldMetadata.Empty.With(
            FieldMetadata.InvariantsKey, """{"expression":{"expression":"value < 1000"}}""");
        await t.CreateAsync([new("value", DeltaType.Integer, metadata: metadata)]);
        await t.AppendAsync("SELECT 999 AS value");

        await RefusedAsync(() => t.AppendAsync("SELECT 1000 AS value"), "invariant of column value", "value = 1000");
        await RefusedAsync(
            () => t.AppendAsync("SELECT NULL::INTEGER AS value"), "invariant of column value", "value = NULL");
    }

    [Fact]
    public async Task A_generated_column_is_computed_where_it_is_absent_and_checked_where_it_is_given()
    {
        var metadata = FieldMetadata.Empty.With(FieldMetadata.GenerationExpressionKey, "year(CAST(ts AS DATE))");
        await t.CreateAsync(
            [
                new("id", DeltaType.Long), new("ts", DeltaType.Timestamp),
                new("year", DeltaType.Integer, metadata: metadata),
            ],
            properties: null, "year");
        await t.AppendAsync("SELECT 1 AS id, TIMESTAMPTZ '2023-12-31 23:00:00+00' AS ts");
        await t.AppendAsync("SELECT 2 AS id, TIMESTAMPTZ '2024-02-01 00:00:00+00' AS ts, 2024 AS year");

        await RefusedAsync(
            () => t.AppendAsync("SELECT 3 AS id, TIMESTAMPTZ '2024-02-01 00:00:00+00' AS ts, 2025 AS year"),
            "generated column year", "year = 2025");
        Assert.Equal(["1|2023", "2|2024"], await t.RowsAsync("id, year"));
        await t.UpdateAsync("ts", "ts + INTERVAL 2 YEAR", "id = 1");
        Assert.Equal(["1|2025", "2|2024"], await t.RowsAsync("id, year"));
        await t.MergeAsync("SELECT 2 AS id, TIMESTAMPTZ '1999-02-01 00:00:00+00' AS ts", "id");
        Assert.Equal(["1|2025", "2|1999"], await t.RowsAsync("id, year"));
    }

    [Fact]
    public async Task A_column_takes_its_default_where_the_rows_lack_it()
    {
        var metadata = FieldMetadata.Empty.With(FieldMetadata.CurrentDefaultKey, "concat('n', '/a')");
        await t.CreateAsync([new("id", DeltaType.Long), new("v", DeltaType.String, metadata: metadata)]);
        await t.AppendAsync("SELECT 1 AS id");
        await t.AppendAsync("SELECT 2 AS id, NULL::VARCHAR AS v");
        await t.AppendAsync("SELECT 3 AS id, 'own' AS v");

        Assert.Equal(["1|n/a", "2|", "3|own"], await t.RowsAsync());
    }

    [Fact]
    public async Task Texts_keep_the_length_of_char_and_varchar()
    {
        await t.CreateAsync([TypeText.ParseColumn("c", "char(4)"), TypeText.ParseColumn("v", "varchar(3)")]);
        await t.AppendAsync("SELECT 'ab' AS c, 'xyz   ' AS v");
        await t.AppendAsync("SELECT 'ação' AS c, NULL::VARCHAR AS v");

        await RefusedAsync(() => t.AppendAsync("SELECT 'a' AS c, 'wxyz' AS v"), "column v (varchar(3))", "v = wxyz");
        await RefusedAsync(() => t.AppendAsync("SELECT 'abcde' AS c, 'x' AS v"), "column c (char(4))", "c = abcde");
        Assert.Equal(["ab  |xyz", "ação|"], await t.RowsAsync());
    }

    [Fact]
    public async Task A_constraint_with_an_unknown_function_names_it_and_lets_rows_be_deleted()
    {
        await t.CreateAsync([new("id", DeltaType.Long)]);
        await t.AppendAsync("SELECT 1 AS id UNION ALL SELECT 2");
        await t.SetPropertyAsync("delta.constraints.odd", "xxhash64(id) % 2 = 1");

        var error = await Assert.ThrowsAsync<FozException>(() => t.AppendAsync("SELECT 3 AS id"));
        Assert.Contains("xxhash64", error.Message, StringComparison.Ordinal);
        Assert.Contains("constraint odd", error.Message, StringComparison.Ordinal);
        await t.DeleteAsync("id = 1");
        Assert.Equal(["2"], await t.RowsAsync());
    }

    [Fact]
    public async Task Values_with_line_breaks_and_quotes_are_told()
    {
        await t.CreateAsync([new("v", DeltaType.String)], [("delta.constraints.short", "length(v) < 3")]);

        await RefusedAsync(() => t.AppendAsync("SELECT 'a\n\"b'':c' AS v"), "constraint short", "v = a \"b':c");
    }

    static async Task RefusedAsync(Func<Task> write, params string[] parts)
    {
        var error = await Assert.ThrowsAsync<FozException>(write);
        Assert.Equal(ErrorKind.Data, error.Kind);
        Assert.All(
            (string[])["silver/t", .. parts], part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }
}
