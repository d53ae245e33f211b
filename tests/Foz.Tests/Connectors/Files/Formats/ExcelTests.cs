using System.IO.Compression;
using System.Text;
using Foz.Connectors.Files.Formats;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Tests.Connectors.Files.Formats;

public sealed class ExcelTests
{
    const string Orders = """
        <row r="1"><c r="A1" t="inlineStr"><is><t>Report of May</t></is></c></row>
        <row r="3"><c r="B3" t="inlineStr"><is><t>id</t></is></c><c r="C3" t="inlineStr"><is><t>day</t></is></c><c r="D3" t="inlineStr"><is><t>price</t></is></c><c r="E3" t="inlineStr"><is><t>Note</t></is></c><c r="F3" t="inlineStr"><is><t>note</t></is></c></row>
        <row r="4"><c r="B4"><v>1</v></c><c r="C4" s="1"><v>45413</v></c><c r="D4"><v>10.5</v></c><c r="E4" t="b"><v>1</v></c><c r="F4" t="inlineStr"><is><t>ação &lt;1&gt;</t></is></c></row>
        <row r="6"><c r="B6"><v>12345678901</v></c><c r="C6" s="2"><v>45413.5</v></c><c r="D6" t="e"><v>#N/A</v></c></row>
        <row r="7"><c r="B7"><v>0.1</v></c><c r="H7"><v>99</v></c></row>
        """;

    [Fact]
    public async Task Cells_become_texts_unless_a_type_is_declared()
    {
        await using var project = new FilesProject().Write("a.xlsx", Workbook(("Intro", ""), ("Orders", Orders)))
            .Define("*.xlsx", settings: [("sheet", "orders"), ("range", "B3:F")]);
        var batch = await project.ReadAsync();
        Assert.Equal("id,day,price,Note,note_1", batch.Names);
        Assert.Equal("string,string,string,string,string", batch.Types);
        Assert.Equal(
            ["0.1|∅|∅|∅|∅", "12345678901|2024-05-01 12:00:00|∅|∅|∅", "1|2024-05-01|10.5|true|ação <1>"], batch.Lines);

        await using var typed = new FilesProject().Write("a.xlsx", Workbook(("Orders", Orders)))
            .Define(
                "*.xlsx", columns: new() { ["id"] = "bigint", ["day"] = "timestamp", ["price"] = "decimal(9,2)" },
                settings: ("range", "B3:D"));
        var rows = await typed.ReadAsync();
        Assert.Equal(["12345678901|2024-05-01 12:00:00|∅", "1|2024-05-01 00:00:00|10.50"], rows.Lines);
        Assert.Contains("0.1", Assert.Single(rows.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_alone_has_no_day()
    {
        const string Times = """
            <row r="1"><c r="A1" t="inlineStr"><is><t>at</t></is></c></row>
            <row r="2"><c r="A2" s="2"><v>0.4375</v></c></row>
            <row r="3"><c r="A3" s="2"><v>0</v></c></row>
            <row r="4"><c r="A4" s="2"><v>1.5</v></c></row>
            """;
        await using var project = new FilesProject().Write("a.xlsx", Workbook(("Times", Times))).Define("*.xlsx");
        Assert.Equal(["00:00:00", "10:30:00", "1900-01-01 12:00:00"], (await project.ReadAsync()).Lines);
    }

    [Fact]
    public async Task Numbers_keep_the_digits_that_the_file_has()
    {
        string[] numbers =
        [
            "9007199254740993", "-123456789012345678", "123456789012345678901234567890", "0.12345678901234567890",
            "1.1000000000000001", "45413",
        ];
        var cells = string.Concat(numbers.Select(number => $"<row><c><v>{number}</v></c></row>"));
        var sheet =
            $"<row><c t=\"inlineStr\"><is><t>n</t></is></c></row>{cells}<row><c "
                + "s=\"1\"><v>45413.00000000000000000</v></c></row>";
        await using var project = new FilesProject().Write("a.xlsx", Workbook(("Data", sheet))).Define("*.xlsx");
        // Excel itself writes doubles with up to 17 digits.
        Assert.Equal(
            numbers.Append("2024-05-01").Select(n => n == "1.1000000000000001" ? "1.1" : n)
                .Order(StringComparer.Ordinal), (await project.ReadAsync()).Lines);

        await using var typed = new FilesProject().Write("a.xlsx", Workbook(("Data", sheet)))
            .Define("*.xlsx", columns: new() { ["n"] = "bigint" });
        var rows = await typed.ReadAsync();
        Assert.Equal(["-123456789012345678", "45413", "9007199254740993"], rows.Lines);
        Assert.Equal(4, rows.Rejected.Count);
    }

    [Theory]
    [InlineData("B3:F", "file a.xlsx, sheet 'Orders': 1 cell is an error and arrives as null: D6 (#N/A)")]
    [InlineData("B3:C", null)]
    [InlineData("B3:F5", null)]
    public async Task Cells_that_are_errors_are_told_where_they_are(string range, string? expected)
    {
        await using var project = new FilesProject().Write("a.xlsx", Workbook(("Intro", ""), ("Orders", Orders)))
            .Define("*.xlsx", settings: [("sheet", "2"), ("range", range)]);
        await project.ReadAsync();
        Assert.Equal(expected is null ? [] : [expected], project.Warnings.Select(w => w.Message));
    }

    [Fact]
    public async Task Many_errors_are_counted_also_where_cells_do_not_say_where_they_are()
    {
        var rows = "<row><c t=\"inlineStr\"><is><t>n</t></is></c></row>"
            + string.Concat(
                Enumerable.Range(0, 7).Select(_ => "<row><c t=\"e\"><v>#DIV/0!</v></c><c t=\"n\"><v>1</v></c></row>"));
        await using var project = new FilesProject().Write("a.xlsx", Workbook(("Data", rows))).Define("*.xlsx");
        await project.ReadAsync();
        Assert.StartsWith(
            "file a.xlsx, sheet 'Data': 7 cells are errors and arrive as null: row 2, column 1 (#DIV/0!), row 3,",
            Assert.Single(project.Warnings).Message, StringComparison.Ordinal);
        Assert.EndsWith("row 6, column 1 (#DIV/0!), …", project.Warnings[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("B4:C7", "1", "1|2024-05-01;12345678901|2024-05-01 12:00:00;0.1|∅")]
    [InlineData("D4", "Orders", "10.5|true|ação <1>|∅;∅|∅|∅|99")]
    public async Task A_range_without_a_header_numbers_its_columns(string range, string sheet, string expected)
    {
        await using var project = new FilesProject().Write("a.xlsx", Workbook(("Orders", Orders)))
            .Define("*.xlsx", settings: [("range", range), ("sheet", sheet), ("header", "false")]);
        var batch = await project.ReadAsync();
        Assert.StartsWith("column1,column2", batch.Names, StringComparison.Ordinal);
        Assert.Equal(expected.Split(';').Order(StringComparer.Ordinal), batch.Lines);
    }

    [Theory]
    [InlineData("sheet", "Ordrs", "file a.xlsx has no sheet 'Ordrs'")]
    [InlineData("range", "3B", "'range' must be cells such as B3:F")]
    [InlineData("range", "C5:B9", "'range' must be cells such as B3:F")]
    public async Task What_is_not_there_is_named(string setting, string value, string expected)
    {
        var error = await Assert.ThrowsAsync<FozException>(async () =>
        {
            await using var project = new FilesProject().Write("a.xlsx", Workbook(("Orders", Orders)))
                .Define("*.xlsx", settings: (setting, value));
            await project.ReadAsync();
        });
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
        if (setting == "sheet") Assert.Contains("Orders", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_workbook_is_an_error_that_names_the_file()
    {
        var whole = Workbook(("Orders", Orders));
        foreach (var bytes in new[]
        {
            "no workbook"u8.ToArray(), [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 1, 2, 3],
            whole[..(whole.Length / 2)], whole[..^30],
        })
        {
            await using var project = new FilesProject().Write("a.xlsx", bytes).Define("a.xlsx");
            Assert.StartsWith("file a.xlsx is no workbook of Excel, or damaged: ",
                (await Assert.ThrowsAsync<FozException>(project.ReadAsync)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Streams_of_workbooks_are_discovered_with_their_columns()
    {
        await using var project = new FilesProject()
            .Write("prices.xlsx",
                Workbook(
                    ("A", """<row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is></c><c r="B1"><v>2024</v></c></row>"""))).Define("*.xlsx");
        var stream = Assert.Single(await project.Source.DiscoverAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["sku", "2024"], stream.Fields.Select(f => f.Name));
    }

    [Fact]
    public void A_range_is_read_as_Excel_writes_it()
    {
        Assert.Equal(new(null, 2, 99, 27, 701, true), SheetRange.Read(Settings.Of(("range", "ab3:ZZ100"))));
        Assert.Equal(
            new("x", 5, null, 0, null, false),
            SheetRange.Read(Settings.Of(("range", "A4"), ("skip_rows", "2"), ("header", "false"), ("sheet", "x"))));
    }

    internal static byte[] Workbook(params (string Name, string Rows)[] sheets)
    {
        const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        const string Relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("[Content_Types].xml",
                """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>""");
            Add("_rels/.rels",
                $"""<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{Relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>""");
            Add("xl/workbook.xml",
                $"""<workbook xmlns="{Main}" xmlns:r="{Relations}"><sheets>{string.Concat(sheets.Select((s, i) => $"<sheet name=\"{s.Name}\" sheetId=\"{i + 1}\" r:id=\"s{i}\"/>"))}</sheets></workbook>""");
            Add("xl/_rels/workbook.xml.rels",
                $"""<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{string.Concat(sheets.Select((_, i) => $"<Relationship Id=\"s{i}\" Type=\"{Relations}/worksheet\" Target=\"worksheets/sheet{i}.xml\"/>"))}<Relationship Id="st" Type="{Relations}/styles" Target="styles.xml"/></Relationships>""");
            Add("xl/styles.xml",
                $"""<styleSheet xmlns="{Main}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>""");
            foreach (var (sheet, i) in sheets.Select((sheet, i) => (sheet, i)))
                Add($"xl/worksheets/sheet{i}.xml",
                    $"""<worksheet xmlns="{Main}"><sheetData>{sheet.Rows}</sheetData></worksheet>""");

            void Add(string path, string xml)
            {
                using var entry = zip.CreateEntry(path).Open();
                entry.Write(Encoding.UTF8.GetBytes(xml));
            }
        }
        return packed.ToArray();
    }
}
