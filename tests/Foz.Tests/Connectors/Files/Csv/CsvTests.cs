using System.Text;
using Foz.Connectors;

namespace Foz.Tests.Connectors.Files.Csv;

public sealed class CsvTests
{
    [Fact]
    public async Task Columns_are_text_so_that_postcodes_keep_their_zeros()
    {
        await using var project = new FilesProject().Write("a.csv", "cep,uf\n01310-100,SP\n01310100,SP\n")
            .Define("*.csv");
        var batch = await project.ReadAsync();
        Assert.Equal(["01310-100|SP", "01310100|SP"], batch.Lines);
        Assert.Equal("string,string", batch.Types);
        Assert.Empty(batch.Rejected);
        Assert.False(project.HasRecovered);
    }

    [Fact]
    public async Task Each_row_says_its_file_and_when_that_was_modified()
    {
        await using var project = new FilesProject()
            .Write("in/a.csv", "id\n1\n").Write("in/b [*].csv", "id\n2\n").Define("in/*.csv");
        var batch = await project.ReadAsync();
        Assert.Equal(
            ["1|in/a.csv", "2|in/b [*].csv"], batch.Rows.Select(r => $"{r[0]}|{r[2]}").Order());
        Assert.All(batch.Rows, r => Assert.Contains("2025", $"{r[1]}"));
    }

    [Fact]
    public async Task An_empty_field_is_null_and_one_in_quotes_is_not()
    {
        await using var project = new FilesProject()
            .Write("a.csv", "a,b,c\n1,,NA\n2,\"\",\"NA\"\n").Define("a.csv", settings: ("null_values", "NA"));
        Assert.Equal(["1|∅|∅", "2||NA"], (await project.ReadAsync()).Lines);
    }

    [Theory]
    [InlineData("a,b\r\n1,2\r\n")]
    [InlineData("\uFEFFa,b\n1,2\n")]
    [InlineData("a,b\r1,2")]
    [InlineData("a,b\n\n1,2\n\n")]
    [InlineData("\n\na,b\n1,2,,\n")]
    [InlineData("\"a\",\"b\"\n\"1\",\"2\" \n")]
    [InlineData("a,b\r\n1,2\n")]
    [InlineData("\"a\",b\n1,2\r\n\r\n")]
    public async Task Files_of_every_system_read_alike(string text)
    {
        await using var project = new FilesProject().Write("a.csv", text).Define("a.csv");
        var batch = await project.ReadAsync();
        Assert.Equal("a,b", batch.Names);
        Assert.Equal(["1|2"], batch.Lines);
        Assert.Empty(batch.Rejected);
    }

    [Fact]
    public async Task Quoted_fields_hold_delimiters_quotes_and_ends_of_lines()
    {
        await using var project = new FilesProject()
            .Write("a.csv", "a,b\n\"x,\"\"y\"\"\",\"line 1\nline 2\"\n\"\r\n\",2\n").Define("a.csv");
        Assert.Equal(["\r\n|2", "x,\"y\"|line 1\nline 2"], (await project.ReadAsync()).Lines);
    }

    [Fact]
    public async Task Empty_lines_and_headers_alone_bring_no_rows()
    {
        await using var project = new FilesProject()
            .Write("b.csv", "a,b\n").Write("c.csv", "\n\n").Define("*.csv");
        var batch = await project.ReadAsync();
        Assert.Equal("a,b", batch.Names);
        Assert.Empty(batch.Rows);
    }

    [Fact]
    public async Task A_batch_of_nothing_but_empty_lines_has_no_rows()
    {
        await using var project = new FilesProject().Write("a.csv", "\n").Define("*.csv");
        Assert.Empty((await project.ReadAsync()).Rows);
    }

    [Fact]
    public async Task A_declared_column_that_no_file_has_is_told_with_the_nearest_name()
    {
        await using var project = new FilesProject().Write("1.csv", "id,name\n1,a\n").Write("2.csv", "id,name\n2,b\n")
            .Define("*.csv", columns: new() { ["idd"] = "bigint", ["name"] = "varchar" });
        Assert.Equal(["1|a|∅", "2|b|∅"], (await project.ReadAsync()).Lines);
        var warning = Assert.Single(project.Warnings);
        Assert.Equal(
            ("no column idd in 1.csv and 1 more: it is null", "did you mean 'id'?"), (warning.Message, warning.Hint));
        // The table has the column now, and the next files have it not.
        project.Write("3.csv", "id,name\n3,c\n");
        await project.ReadAsync();
        Assert.Equal("no column idd in 3.csv: it is null", Assert.Single(project.Warnings).Message);
        project.Write("4.csv", "idd,name\n4,d\n");
        await project.ReadAsync();
        Assert.Empty(project.Warnings);
    }

    [Fact]
    public async Task A_list_of_columns_names_those_of_files_without_a_header_by_their_place()
    {
        using var project = new SourceProject("disk: {type: files, path: d}");
        project.Write("d/1.csv", "1,a,x\n2,b,y\n");
        project.Write(
            "sources/disk.yml",
            "connection: disk\nstreams:\n  t: {path: '*.csv', header: false, columns: "
                + "[{name: id, type: bigint}, name]}\n");
        await project.RunWellAsync();
        Assert.Equal(["1|a|x", "2|b|y"], await project.RowsAsync("SELECT id + 0, name, column2 FROM bronze.t"));
        Assert.Empty(project.Warnings);
    }

    [Fact]
    public async Task Columns_are_told_by_name_across_files()
    {
        await using var project = new FilesProject()
            .Write("2024-01.csv", "id,name\n1,Ana\n")
            .Write("2024-02.csv", "name,id\nBento,2\n")
            .Write("2024-03.csv", "id,Name,coupon\n3,Caio,X\n")
            .Write("2024-04.csv", "id\n4\n")
            .Define("*.csv");
        var batch = await project.ReadAsync();
        Assert.Equal("id,name,coupon", batch.Names);
        Assert.Equal(["1|Ana|∅", "2|Bento|∅", "3|Caio|X", "4|∅|∅"], batch.Lines);
    }

    [Fact]
    public async Task A_later_batch_keeps_the_columns_of_the_table_and_adds_new_ones_behind()
    {
        await using var project = new FilesProject().Write("1.csv", "b,a\n1,2\n").Define("*.csv");
        await project.ReadAsync();
        project.Write("2.csv", "c,A\n3,4\n");
        var batch = await project.ReadAsync();
        Assert.Equal("b,a,c", batch.Names);
        Assert.Equal(["∅|4|3"], batch.Lines);
    }

    [Fact]
    public async Task Columns_without_a_name_of_their_own_get_one()
    {
        await using var project = new FilesProject()
            .Write("a.csv", "id,ID,,filename,_cdc_op,\"a\"\"b\"\n1,2,3,4,5,6\n").Define("a.csv");
        var batch = await project.ReadAsync();
        Assert.Equal("id,ID_1,column2,filename,_cdc_op_1,a\"b", batch.Names);
        Assert.Equal(["1|2|3|4|5|6"], batch.Lines);
    }

    [Fact]
    public async Task Malformed_rows_are_set_aside_with_file_line_text_and_reason()
    {
        await using var project = new FilesProject()
            .Write("good.csv", "a,b,c\n1,2,3\n")
            .Write("bad.csv",
                "a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,\"x\"y,11\n12,\"13,14\n15,\"a\nb\",16\n17,\"18\",19\n20,\"open\n")
            .Define("*.csv");
        var batch = await project.ReadAsync();
        Assert.True(project.HasRecovered);
        Assert.Equal(["15|a\nb|16", "17|18|19", "1|2|3", "1|2|3"], batch.Lines);
        Assert.Equal(
            [
                new RejectedRow("bad.csv", 3, "4,5", "2 fields where the header has 3"),
                new RejectedRow("bad.csv", 4, "6,7,8,9", "4 fields where the header has 3"),
                new RejectedRow("bad.csv", 5, "10,\"x\"y,11", "text follows a closing quote"),
                new RejectedRow("bad.csv", 6, "12,\"13,14", "text follows a closing quote"),
                new RejectedRow("bad.csv", 10, "20,\"open", "a quote is not closed"),
            ],
            batch.Rejected);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_are_set_aside()
    {
        await using var project = new FilesProject()
            .Write("a.csv", [.. "a,b\n1,caf"u8, 0xE9, .. "\n2,café\n"u8]).Define("a.csv");
        var batch = await project.ReadAsync();
        Assert.Equal(["2|café"], batch.Lines);
        Assert.Equal(
            [new RejectedRow("a.csv", 2, "1,caf\uFFFD", "bytes that are not UTF-8: set encoding: latin1")],
            batch.Rejected);
    }

    [Theory]
    [InlineData("latin1")]
    [InlineData("windows-1252")]
    [InlineData("iso-8859-1")]
    [InlineData("utf-16")]
    [InlineData("cp1252", "windows-1252")]
    [InlineData("CP_850", "ibm850")]
    [InlineData("mac_roman", "macintosh")]
    [InlineData("utf-16-le", "utf-16LE")]
    [InlineData("UTF_16_BE", "utf-16BE")]
    public async Task Other_encodings_are_read_when_stated(string encoding, string? known = null)
    {
        known ??= encoding;
        var bytes = (CodePagesEncodingProvider.Instance.GetEncoding(known) ?? Encoding.GetEncoding(known))
            .GetBytes("cidade,uf\nSão Paulo,SP\nMaceió,AL\nx\n");
        await using var project = new FilesProject().Write("a.csv", bytes)
            .Define("a.csv", settings: ("encoding", encoding));
        var batch = await project.ReadAsync();
        Assert.Equal(["Maceió|AL", "São Paulo|SP"], batch.Lines);
        Assert.Equal([new RejectedRow("a.csv", 4, "x", "1 field where the header has 2")], batch.Rejected);
    }

    [Fact]
    public async Task A_byte_order_mark_of_UTF16_is_understood()
    {
        await using var project = new FilesProject()
            .Write("a.csv", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("a,b\r\né,2\r\n")])
            .Define("a.csv");
        Assert.Equal(["é|2"], (await project.ReadAsync()).Lines);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_set_aside()
    {
        await using var project = new FilesProject()
            .Write("a.csv", $"a,b\n1,2\n{new string('x', 9_000_000)},3\n4,{new string('y', 5_000_000)}\n5,6\n")
            .Define("a.csv");
        var batch = await project.ReadAsync();
        Assert.Equal(["1", "4", "5"], batch.Rows.Select(r => (string)r[0]!).Order());
        var rejected = Assert.Single(batch.Rejected);
        Assert.Equal(
            (3, 1 << 20, "longer than 8,388,608 bytes"), (rejected.Line, rejected.Text.Length, rejected.Reason));
    }

    [Theory]
    [InlineData("bigint", "1 -7 +3 007", "1.5 abc 15e-1 9223372036854775808")]
    [InlineData("decimal(6,2)", "1 1.5 1.50 1.5000 -0.25", "1.239 12345.6 1,5 1e-3")]
    [InlineData("double", "1.5 1e300 inf", "1e400 x")]
    [InlineData("boolean", "true FALSE", "maybe")]
    [InlineData("date", "2024-02-29 2024-02-29T00:00:00", "2023-02-29 2024-02-29T10:00:00 infinity")]
    [InlineData(
        "timestamp", "2024-02-29 2024-02-29T10:00:00.123456 2024-02-29T10:00:00.1234560",
        "2024-02-29T10:00:00Z 2024-02-29T10:00:00+03 2024-02-29T10:00:00.1234567")]
    [InlineData("timestamptz", "2024-02-29T10:00:00Z 2024-02-29T10:00:00.1-03:00", "2024-02-29T10:00:00.1234567Z noon")]
    public async Task Declared_types_lose_nothing_of_a_value(string type, string fitting, string misfitting)
    {
        var columns = new Dictionary<string, string> { ["v"] = type };
        await using var project = new FilesProject()
            .Write("a.csv", $"id,v\n0,\n{string.Join('\n', fitting.Split(' ').Select(v => $"1,{v}"))}\n")
            .Define("*.csv", columns: columns);
        var batch = await project.ReadAsync();
        Assert.False(project.HasRecovered);
        Assert.Equal(fitting.Split(' ').Length + 1, batch.Rows.Count);

        foreach (var value in misfitting.Split(' '))
        {
            project.Write($"{value}.csv".Replace(':', '_'), $"id,v\n1,{fitting.Split(' ')[0]}\n2,\"{value}\"\n3,\n");
            batch = await project.ReadAsync();
            Assert.Equal(["1", "3"], batch.Rows.Select(r => (string)r[0]!).Order());
            var rejected = Assert.Single(batch.Rejected);
            Assert.Equal((3L, $"2,\"{value}\""), (rejected.Line, rejected.Text));
            Assert.StartsWith($"v: '{value}' does not fit ", rejected.Reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a;b\n1;'x;''y'\n", "1|x;'y")]
    [InlineData("a;b\n1;'x\"y'\n2;bad;bad\n", "1|x\"y")]
    public async Task The_dialect_can_be_stated(string text, string line)
    {
        await using var project = new FilesProject()
            .Write("a.csv", text).Define("a.csv", settings: [("delimiter", ";"), ("quote", "'")]);
        Assert.Equal([line], (await project.ReadAsync()).Lines);
    }

    [Theory]
    [InlineData("a,b\n\"x\\\"y\",\"\\\\\"\n")]
    [InlineData("a,b\n\"x\\\"y\",\"\\\\\"\nbad\n")]
    public async Task Quotes_can_be_escaped_by_another_character(string text)
    {
        await using var project = new FilesProject().Write("a.csv", text).Define("a.csv", settings: ("escape", "\\"));
        Assert.Equal(["x\"y|\\"], (await project.ReadAsync()).Lines);
    }

    [Theory]
    [InlineData("")]
    [InlineData("z\n")]
    public async Task Rows_can_be_skipped_and_the_header_missing(string end)
    {
        await using var project = new FilesProject()
            .Write("a.csv", "report of \"today\n\n1,2\n3,4\n" + end)
            .Define("a.csv", settings: [("skip_rows", "2"), ("header", "false")]);
        var batch = await project.ReadAsync();
        Assert.Equal("column0,column1", batch.Names);
        Assert.Equal(["1|2", "3|4"], batch.Lines);
        Assert.Equal(end.Length > 0 ? [5L] : [], batch.Rejected.Select(r => r.Line));
    }

    [Fact]
    public async Task Tabs_and_gzip_are_told_by_the_extension()
    {
        await using var project = new FilesProject()
            .Write("a.tsv", "a\tb\n1\tx,y\n").Write("b.tsv.gz", "a\tb\n2\t3\nbad\n").Define("*.tsv*");
        var batch = await project.ReadAsync();
        Assert.Equal(["1|x,y", "2|3"], batch.Lines);
        Assert.Equal([new RejectedRow("b.tsv.gz", 3, "bad", "1 field where the header has 2")], batch.Rejected);
    }
}
