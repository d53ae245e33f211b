using System.Text.Json;
using Foz.Delta;
using Foz.Delta.Schema;

namespace Foz.Tests.Delta.Schema;

public sealed class DeltaTypeTests
{
    [Fact]
    public void Every_schema_of_the_golden_tables_survives_reading_and_writing()
    {
        var golden = Repository.SharedFolder("golden");
        int read = 0, refused = 0;
        foreach (var schemaString in GoldenSchemas(golden).Distinct(StringComparer.Ordinal))
        {
            StructType schema;
            try
            {
                schema = StructType.ParseSchema(schemaString);
            }
            catch (DeltaException fault) when (fault.Kind == DeltaErrorKind.Unsupported)
            {
                Assert.Contains("geo", fault.Message, StringComparison.Ordinal);
                refused++;
                continue;
            }
            var written = schema.ToString();
            Assert.Equal(schema, StructType.ParseSchema(written));
            using var before = JsonDocument.Parse(schemaString);
            using var after = JsonDocument.Parse(written);
            Assert.True(JsonElement.DeepEquals(before.RootElement, after.RootElement), schemaString);
            schema.Validate();
            read++;
        }
        Assert.True(read > 100, $"only {read} schemas");
        Assert.Equal(1, refused);
    }

    [Theory]
    [InlineData("string")]
    [InlineData("long")]
    [InlineData("integer")]
    [InlineData("short")]
    [InlineData("byte")]
    [InlineData("float")]
    [InlineData("double")]
    [InlineData("boolean")]
    [InlineData("binary")]
    [InlineData("date")]
    [InlineData("timestamp")]
    [InlineData("timestamp_ntz")]
    [InlineData("variant")]
    [InlineData("void")]
    [InlineData("decimal(38,18)")]
    public void A_primitive_type_is_spelled_by_its_name(string name)
    {
        Assert.Equal(name, DeltaType.Parse(name).ToString());
        Assert.Equal(DeltaType.Parse(name), DeltaType.Parse($"\"{name}\""));
    }

    [Theory]
    [InlineData("decimal(6, 2)", "decimal(6,2)")]
    [InlineData("decimal", "decimal(10,0)")]
    [InlineData("null", "void")]
    public void Other_spellings_are_read(string spelling, string name) =>
        Assert.Equal(name, DeltaType.Parse(spelling).ToString());

    [Theory]
    [InlineData("geometry(OGC:CRS84)", DeltaErrorKind.Unsupported, "geometry(OGC:CRS84)")]
    [InlineData("decimal(39,2)", DeltaErrorKind.InvalidSchema, "decimal(39,2)")]
    [InlineData("decimal(3,4)", DeltaErrorKind.InvalidSchema, "decimal(3,4)")]
    [InlineData("{", DeltaErrorKind.InvalidSchema, "no JSON")]
    [InlineData("""{"type":"struct"}""", DeltaErrorKind.InvalidSchema, "fields")]
    [InlineData(
        """{"type":"struct","fields":[{"name":"a","type":{"type":"array"}}]}""", DeltaErrorKind.InvalidSchema,
        "column a")]
    [InlineData("""{"type":"struct","fields":[{"name":"a","type":"blob"}]}""", DeltaErrorKind.Unsupported, "column a")]
    [InlineData(
        """{"type":"struct","fields":[{"name":"a","type":"long","nullable":"x"}]}""", DeltaErrorKind.InvalidSchema,
        "column a")]
    [InlineData("""{"type":"struct","fields":[7]}""", DeltaErrorKind.InvalidSchema, "field")]
    public void A_fault_names_the_column(string json, DeltaErrorKind kind, string named)
    {
        var fault = Assert.Throws<DeltaException>(() => DeltaType.Parse(json));
        Assert.Equal(kind, fault.Kind);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_of_a_table_is_a_struct() =>
        Assert.Equal(
            DeltaErrorKind.InvalidSchema, Assert.Throws<DeltaException>(() => StructType.ParseSchema("long")).Kind);

    [Fact]
    public void Unknown_metadata_is_kept_in_order()
    {
        const string Json = """
            {"type":"struct","fields":[{"name":"ç","type":"long","nullable":false,"metadata":{"b":[1,{"x":null}],"a":"é","delta.columnMapping.id":12345678901}}]}
            """;
        var schema = StructType.ParseSchema(Json);
        Assert.Equal(Json, schema.ToString());
        var metadata = schema.Fields[0].Metadata;
        Assert.Equal(["b", "a", "delta.columnMapping.id"], metadata.Entries.Select(e => e.Key));
        Assert.Equal("é", metadata.GetString("a"));
        Assert.Null(metadata.GetString("b"));
        Assert.Equal(2, metadata.Without("a").Entries.Length);
        Assert.Equal("z", metadata.With("a", "z").GetString("a"));
        Assert.NotEqual(metadata, metadata.With("a", "z"));
        Assert.Equal(metadata, metadata.With("a", "é"));
    }

    [Fact]
    public void Columns_are_found_by_path_whatever_the_case()
    {
        var schema = StructType.ParseSchema("""
            {"type":"struct","fields":[
              {"name":"Id","type":"long","nullable":false,"metadata":{}},
              {"name":"a.b","type":{"type":"struct","fields":[{"name":"X","type":"date","nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}},
              {"name":"list","type":{"type":"array","elementType":"long","containsNull":true},"nullable":true,"metadata":{}}]}
            """);
        Assert.Equal(DeltaType.Long, schema.Find("ID")!.Type);
        Assert.Equal(DeltaType.Date, schema.Find(ColumnPath.Parse("`A.B`.x"))!.Type);
        Assert.Equal(DeltaType.Date, schema.Find(ColumnPath.Parse("\"a.b\".x"))!.Type);
        Assert.Null(schema.Find(ColumnPath.Parse("a.b")));
        Assert.Null(schema.Find(ColumnPath.Parse("id.x")));
        Assert.Equal(["Id", "`a.b`.X", "list"], schema.Leaves().Select(leaf => leaf.Path.ToString()));
    }

    [Fact]
    public void Names_that_differ_only_in_case_are_refused()
    {
        var schema = new StructType(new StructField("s", new ArrayType(
            new StructType(new StructField("a", DeltaType.Long), new StructField("A", DeltaType.Long)), true)));
        var fault = Assert.Throws<DeltaException>(schema.Validate);
        Assert.Equal(DeltaErrorKind.InvalidSchema, fault.Kind);
        Assert.Contains("s.element.A", fault.Message, StringComparison.Ordinal);
        Assert.Throws<DeltaException>(new StructType(new StructField("", DeltaType.Long)).Validate);
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a.b", "a|b")]
    [InlineData("`a.b`.c", "a.b|c")]
    [InlineData("`a``b`", "a`b")]
    [InlineData("\"l\".\"element\"", "l|element")]
    [InlineData("\"say \"\"hi\"\"\"", "say \"hi\"")]
    [InlineData("m ü", "m ü")]
    public void Column_paths_are_read(string text, string names)
    {
        var path = ColumnPath.Parse(text);
        Assert.Equal(names.Split('|'), path.Names);
        Assert.Equal(path, ColumnPath.Parse(path.ToString()));
        Assert.Equal(path.GetHashCode(), ColumnPath.Of([.. names.ToUpperInvariant().Split('|')]).GetHashCode());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.")]
    [InlineData(".a")]
    [InlineData("`a")]
    [InlineData("`a`b")]
    public void Malformed_column_paths_are_refused(string text) =>
        Assert.Throws<FormatException>(() => ColumnPath.Parse(text));

    static IEnumerable<string> GoldenSchemas(string golden)
    {
        foreach (var file in Directory.EnumerateFiles(golden, "*.json", SearchOption.AllDirectories))
        {
            if (!file.Contains("_delta_log", StringComparison.Ordinal)) continue;
            foreach (var line in File.ReadLines(file))
            {
                if (!line.Contains("schemaString", StringComparison.Ordinal)) continue;
                JsonDocument json;
                try
                {
                    json = JsonDocument.Parse(line);
                }
                catch (JsonException)
                {
                    continue;
                }
                using (json)
                    if (json.RootElement.TryGetProperty("metaData", out var metadata)
                        && metadata.TryGetProperty("schemaString", out var schema)
                        && schema.ValueKind == JsonValueKind.String
                        && schema.GetString() is { Length: > 2 } text)
                        yield return text;
            }
        }
    }
}
