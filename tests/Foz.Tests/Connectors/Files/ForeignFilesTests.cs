using Foz.Lake;

namespace Foz.Tests.Connectors.Files;

/// <summary>
/// Files as other programs write them: those in <c>Given</c> are of Apache Arrow in Rust, CSV and XML as Python writes
/// them. Their values arrive unchanged, or are refused by name.
/// </summary>
public sealed class ForeignFilesTests
{
    static byte[] Given(string name) => File.ReadAllBytes(
        Path.Combine(Repository.Root, "tests/Foz.Tests/Connectors/Files/Given", name));

    [Fact]
    public async Task Columns_of_null_without_a_type_are_left_out_until_a_file_has_one()
    {
        await using var project = new FilesProject().Write("1.parquet", Given("nulls.parquet")).Define("*.parquet");
        var batch = await project.ReadAsync();
        Assert.Equal("id:integer", Columns(batch));
        Assert.Equal([1, 2, 3], batch.Rows.Select(row => row[0]).Order());
        Assert.Equal(
            ("column n is null in all rows and has no type: it is left out until a file has one",
                "columns: {n: varchar} keeps it"),
            (Assert.Single(project.Warnings).Message, project.Warnings[0].Hint));

        project.Write("2.parquet", Given("values.parquet"));
        batch = await project.ReadAsync();
        Assert.Equal("id:integer,n:long", Columns(batch));
        Assert.Equal(["4|7"], batch.Lines);

        project.Write("3.parquet", Given("nulls.parquet"));
        batch = await project.ReadAsync();
        Assert.Equal([null, null, null], batch.Rows.Select(row => row[1]));
        Assert.Empty(project.Warnings);
        Assert.Empty(batch.Rejected);
    }

    [Fact]
    public async Task Columns_of_null_without_a_type_have_the_one_that_is_declared_or_that_another_file_has()
    {
        await using var project = new FilesProject()
            .Write("1.parquet", Given("nulls.parquet")).Write("2.parquet", Given("values.parquet"))
            .Define("*.parquet", columns: new() { ["n"] = "bigint" });
        var batch = await project.ReadAsync();
        Assert.Equal("long", batch.Fields.Single(f => f.Name == "n").Type.ToString());
        Assert.Equal(
            [7L, null, null, null],
            batch.Rows.Select(row => row[batch.Fields.ToList().FindIndex(f => f.Name == "n")]).OrderDescending());
        Assert.Empty(batch.Rejected);
    }

    [Fact]
    public async Task Nanoseconds_are_kept_or_set_aside_with_a_zone_and_without()
    {
        await using var project = new FilesProject().Write("a.parquet", Given("nanoseconds.parquet"))
            .Define("a.parquet");
        var batch = await project.ReadAsync();
        Assert.Equal("id:integer,t:timestamp_ntz,tz:timestamp", Columns(batch));
        Assert.Equal(
            [
                "1|2020-01-01 00:00:00.123456|2020-01-01 00:00:00.123456+00",
                "3|1969-12-31 23:59:59.999999|1969-12-31 23:59:59.999999+00",
            ], batch.Lines);
        Assert.Equal(
            (2L, "tz: '2020-01-01 00:00:00.123456789' does not fit timestamp"),
            (Assert.Single(batch.Rejected).Line, batch.Rejected[0].Reason));
    }

    [Fact]
    public async Task Nanoseconds_are_kept_as_text_where_that_is_declared()
    {
        await using var project = new FilesProject().Write("a.parquet", Given("nanoseconds.parquet"))
            .Define("a.parquet", columns: new() { ["tz"] = "varchar" });
        var batch = await project.ReadAsync();
        Assert.Contains("2020-01-01 00:00:00.123456789", batch.Rows.Select(row => row[^3]));
        Assert.Empty(batch.Rejected);
    }

    [Fact]
    public async Task An_encoding_that_the_engine_does_not_read_is_refused_with_file_and_column()
    {
        await using var project = new FilesProject().Write("a.parquet", Given("split_doubles.parquet"))
            .Define("*.parquet");
        Assert.Equal(["-2.25", "1.5", "1E+300"], (await project.ReadAsync()).Lines);
        project.Write("b.parquet", Given("split_streams.parquet"));
        var error = await Assert.ThrowsAsync<FozException>(project.ReadAsync);
        Assert.Equal(
            (ErrorKind.Source,
                "file b.parquet: column amount has the encoding BYTE_STREAM_SPLIT, which is "
                    + "read of FLOAT and DOUBLE alone"),
            (error.Kind, error.Message));
    }

    [Fact]
    public async Task A_file_without_columns_brings_nothing_and_stops_no_other()
    {
        await using var project = new FilesProject()
            .Write("1.parquet", Given("no_columns.parquet")).Write("2.parquet", Given("values.parquet"))
            .Define("*.parquet");
        Assert.Equal(["4|7"], (await project.ReadAsync()).Lines);
        Assert.Equal("file 1.parquet has no columns: nothing of it is read", Assert.Single(project.Warnings).Message);
    }

    // csv.writer(…, escapechar='\\', doublequote=False), and the same with quoting=csv.QUOTE_NONE.
    [Theory]
    [InlineData("id,text,more\n1,a\\\"b,x\n2,c\\\\d,y\n3,\"e,f\",z\n", "\"")]
    [InlineData("id,text,more\r\n1,a\\\"b,x\r\n2,c\\\\d,y\r\n3,e\\,f,z\r\n", "")]
    public async Task Characters_are_escaped_outside_of_quotes_too(string text, string quote)
    {
        await using var project = new FilesProject().Write("a.csv", text)
            .Define("a.csv", settings: [("escape", "\\"), ("quote", quote)]);
        var batch = await project.ReadAsync();
        Assert.Equal(["1|a\"b|x", "2|c\\d|y", "3|e,f|z"], batch.Lines);
        Assert.Empty(batch.Rejected);
    }

    [Fact]
    public async Task Ends_of_lines_and_delimiters_are_escaped_in_headers_and_rows()
    {
        await using var project = new FilesProject()
            .Write("a.csv", "i\\,d,t\n1,a\\\nb\n2,\\N\n3,c\\\r\nd\n4,x,y\n5,end\\")
            .Define("a.csv", settings: [("escape", "\\"), ("null_values", "\\N")]);
        var batch = await project.ReadAsync();
        Assert.Equal("i,d,t", batch.Names);
        Assert.Equal(["1|a\nb", "2|∅", "3|c\r\nd", "5|end\\"], batch.Lines);
        Assert.Equal((7L, "4,x,y"), (Assert.Single(batch.Rejected).Line, batch.Rejected[0].Text));
    }

    [Fact]
    public async Task An_element_of_XML_that_comes_once_is_a_list_of_one_where_others_come_twice()
    {
        await using var project = new FilesProject()
            .Write("a.xml",
                "<r><o><id>1</id><tag>a</tag><line><sku>x</sku></line></o><o><id>2</id><tag>b</tag><tag>c</tag><line><sku>y</sku></line><line><sku>z</sku></line></o></r>")
            .Define("*.xml");
        var batch = await project.ReadAsync();
        Assert.Equal("id:string,tag:array<string>,line:array<struct<sku:string>>", Columns(batch));
        Assert.Equal(["1 a {'sku': x}", "2 b,c {'sku': y},{'sku': z}"], batch.Rows.Select(Texts).Order());

        project.Write("b.xml", "<r><o><id>3</id><tag>d</tag><line><sku>w</sku></line></o><o><id>4</id></o></r>");
        batch = await project.ReadAsync();
        Assert.Equal(["3 d {'sku': w}", "4 ∅ ∅"], batch.Rows.Select(Texts).Order());
        Assert.Empty(batch.Rejected);

        static string Texts(object?[] row) => $"{row[0]} {Join(row[1])} {Join(row[2])}";
        static string Join(object? list) => list is IEnumerable<object?> items ? string.Join(',', items) : "∅";
    }

    [Fact]
    public async Task A_second_element_of_XML_is_set_aside_where_the_table_has_one_text_unless_a_list_is_declared()
    {
        const string One = "<r><o><id>1</id><tag>a</tag></o></r>", Two =
            "<r><o><id>2</id><tag>b</tag><tag>c</tag></o></r>";
        await using var project = new FilesProject().Write("a.xml", One).Define("*.xml");
        await project.ReadAsync();
        project.Write("b.xml", Two);
        var batch = await project.ReadAsync();
        Assert.Empty(batch.Rows);
        Assert.Equal("tag: an array does not fit string", Assert.Single(batch.Rejected).Reason);

        await using var declared = new FilesProject().Write("a.xml", One)
            .Define("*.xml", columns: new() { ["tag"] = "varchar[]" });
        Assert.Equal("tag:array<string>,id:string", Columns(await declared.ReadAsync()));
        declared.Write("b.xml", Two);
        batch = await declared.ReadAsync();
        Assert.Equal(["b", "c"], Assert.IsAssignableFrom<IEnumerable<object?>>(Assert.Single(batch.Rows)[0]));
    }

    [Fact]
    public async Task The_text_of_an_element_of_XML_has_one_place_and_no_field_takes_that_of_another()
    {
        await using var project = new FilesProject().Write("a.xml",
            """
            <r xmlns:x="urn:x">
              <o><price currency="EUR">5</price></o><o><price>7</price></o>
              <o><note x:text="1" text="2">3</note></o>
            </r>
            """).Define("a.xml");
        var batch = await project.ReadAsync();
        Assert.Equal(
            "price:struct<currency:string,text:string>,note:struct<text:string,text_1:string,text_2:string>",
            Columns(batch));
        Assert.Equal(
            ["", "{'currency': EUR, 'text': 5}", "{'currency': NULL, 'text': 7}"],
            batch.Rows.Select(row => $"{row[0]}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Whole_numbers_and_decimals_of_a_table_widen_by_themselves_where_drift_allows_it()
    {
        await using var project = new FilesProject { WidensTypes = true }.Define("*.parquet");
        project.WriteParquet("1.parquet", "SELECT 1 AS id, 1.5::FLOAT AS f, 1.25::DECIMAL(5,2) AS d, {a: 1} AS s");
        await project.ReadAsync();
        project.WriteParquet(
            "2.parquet", "SELECT 3000000000 AS id, 1e300 AS f, 12345.125::DECIMAL(9,3) AS d, {a: 3000000000} AS s");
        var batch = await project.ReadAsync();
        Assert.Equal("id:long,f:double,d:decimal(9,3),s:struct<a:long>", Columns(batch));
        Assert.Equal(["3000000000|1E+300|12345.125|{'a': 3000000000}"], batch.Lines);
        Assert.Empty(batch.Rejected);
    }

    [Theory]
    [InlineData("id;name\n1;a\n", "the header of a.csv is one column, 'id;name'", "set delimiter: ';'")]
    [InlineData("id\tname\n1\ta\n", "the header of a.csv is one column, 'id\tname'", "set delimiter: tab")]
    [InlineData("id|name\n1|a\n", "the header of a.csv is one column, 'id|name'", "set delimiter: '|'")]
    [InlineData(
        "id,name,NAME,name\n1,a,b,c\n",
        "the header of a.csv has 'name' 3 times: the columns after the first have a number",
        "set skip_rows where the header is further down")]
    [InlineData(
        "id,_CDC_Source\n1,a\n",
        "the header of a.csv has '_CDC_Source', which is a column of Foz: the file's column has a number", null)]
    public async Task A_header_that_looks_wrong_is_told(string text, string warning, string? hint)
    {
        await using var project = new FilesProject().Write("a.csv", text).Define("a.csv");
        await project.ReadAsync();
        Assert.Equal((warning, hint), (Assert.Single(project.Warnings).Message, project.Warnings[0].Hint));
    }

    [Theory]
    [InlineData("name\na\n")]
    [InlineData("\"a,b\"\n1\n")]
    public async Task A_header_of_one_column_is_no_fault(string text)
    {
        await using var project = new FilesProject().Write("a.csv", text).Define("a.csv");
        await project.ReadAsync();
        Assert.Empty(project.Warnings);
    }

    static string Columns(Batch batch) => string.Join(',', batch.Fields.Select(f => $"{f.Name}:{f.Type}"));
}
