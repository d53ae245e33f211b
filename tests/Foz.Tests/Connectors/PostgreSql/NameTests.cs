using Foz.Connectors.PostgreSql;

namespace Foz.Tests.Connectors.PostgreSql;

public sealed class NameTests
{
    [Theory]
    [InlineData("orders", null, "orders", false)]
    [InlineData("sales.orders", "sales", "orders", false)]
    [InlineData("\"Sales\".\"or.\"\"ders\"", "Sales", "or.\"ders", true)]
    [InlineData("sales.\"Orders\"", "sales", "Orders", true)]
    [InlineData("açaí.têm espaço", "açaí", "têm espaço", false)]
    public void Name_of_a_table_is_read(string text, string? schema, string name, bool isQuoted)
    {
        var read = RelationName.Parse(text);
        Assert.Equal((schema, name, isQuoted), (read!.Value.Schema, read.Value.Name, read.Value.IsQuoted));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a.")]
    [InlineData(".a")]
    [InlineData("a.b.c")]
    [InlineData("\"a")]
    [InlineData("\"a\"b")]
    [InlineData("\"\"")]
    public void Malformed_name_is_none(string text) => Assert.Null(RelationName.Parse(text));

    [Fact]
    public void Name_that_is_written_is_read_back()
    {
        var random = new Random(7);
        for (var round = 0; round < 2000; round++)
        {
            var (schema, name) = (Text(random), Text(random));
            var relation = new Relation(1, schema, name, RelationKind.Table);
            var read = RelationName.Parse($"{relation}")!.Value;
            Assert.Equal((schema, name), (read.Schema, read.Name));
        }
    }

    [Theory]
    [InlineData("a", "'a'")]
    [InlineData("it's", "'it''s'")]
    [InlineData("back\\slash'", " E'back\\\\slash'''")]
    [InlineData("", "''")]
    public void Literal_is_written_as_PostgreSQL_reads_it(string value, string expected) =>
        Assert.Equal(expected, SqlText.Literal(value));

    [Fact]
    public void Name_in_SQL_is_quoted() => Assert.Equal("\"a\"\"b\"", SqlText.Name("a\"b"));

    [Fact]
    public void Nul_is_no_part_of_SQL()
    {
        Assert.Throws<Foz.Lake.FozException>(() => SqlText.Literal("a\0b"));
        Assert.Throws<Foz.Lake.FozException>(() => SqlText.Name("a\0b"));
    }

    [Fact]
    public void Fields_have_names_of_their_own_whatever_the_case()
    {
        string[] names = ["Id", "id", "ID", "id_2", "_CDC_OP", "_rescued_data", "other"];
        var columns = names.Select((n, i) =>
            new RelationColumn((short)(i + 1), n, new ColumnType("int", 23, -1)) { FieldName = n });
        var fields = FieldNames.Distinct([.. columns]).Select(c => c.FieldName).ToList();
        Assert.Equal(["Id", "id_2_", "ID_3", "id_2", "_CDC_OP_5", "_rescued_data_6", "other"], fields);
        Assert.Distinct(fields, StringComparer.OrdinalIgnoreCase);
    }

    static string Text(Random random) => string.Concat(
        Enumerable.Range(0, random.Next(1, 6)).Select(_ => "aZ09_.\"' ç☂\\"[random.Next(12)]));
}
