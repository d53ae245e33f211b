using Foz.Connectors.Files;

namespace Foz.Tests.Connectors.Files.Formats;

public sealed class OtherFormatsTests
{
    [Fact]
    public async Task Elements_of_XML_become_rows()
    {
        await using var project = new FilesProject()
            .Write("a.xml",
                "<shop><orders><order id=\"1\"><item>x</item><item>y</item></order><order "
                    + "id=\"02\"><note>é</note></order></orders><other><order id=\"9\"/></other></shop>")
            .Write("b.xml.gz", "<shop><orders><order id=\"3\"/></orders></shop>")
            .Define("*.{xml,xml.gz}", settings: ("records", "orders.order"));
        var batch = await project.ReadAsync();
        Assert.Equal("id,item,note", batch.Names);
        Assert.Equal(["1", "02", "3"], batch.Rows.OrderBy(r => r[^1]).Select(r => r[0]));
        Assert.Equal(["a.xml", "a.xml", "b.xml.gz"], batch.Rows.Select(r => r[^1]).Order());
    }

    [Theory]
    [InlineData("<!DOCTYPE r [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><r><x>&e;</x></r>")]
    [InlineData("<r><x></r>")]
    public async Task What_is_not_plain_XML_is_an_error(string xml)
    {
        await using var project = new FilesProject().Write("a.xml", xml).Define("a.xml");
        Assert.StartsWith(
            "file a.xml is not XML: ", (await Assert.ThrowsAsync<Foz.Lake.FozException>(project.ReadAsync)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_of_fixed_width_become_columns()
    {
        await using var project = new FilesProject().Write("a.txt", "0001Ana  10.50\n0002Bé       \n\n03\n")
            .Define("a.txt", columns: new() { ["price"] = "decimal(10,2)" }, settings:
            [
                ("format", "fixed"),
                ("widths", new Dictionary<string, string> { ["id"] = "1-4", ["name"] = "5-9", ["price"] = "10-14" }),
            ]);
        var batch = await project.ReadAsync();
        Assert.Equal("price,id,name", batch.Names);
        Assert.Equal(["10.50|0001|Ana", "∅|0002|Bé", "∅|03|∅"], batch.Lines);
    }

    [Fact]
    public async Task Any_file_can_be_a_row()
    {
        await using var project = new FilesProject().Write("img/a.png", [1, 2, 3]).Write("img/b.bin", [])
            .Define("img/*", settings: ("format", "binary"));
        var batch = await project.ReadAsync();
        Assert.Equal("path,size,modified_at,content", batch.Names);
        var rows = batch.Rows.OrderBy(r => r[0]).ToList();
        Assert.Equal(("img/a.png", 3L, 3), (rows[0][0], rows[0][1], ((byte[])rows[0][3]!).Length));
        Assert.Equal(("img/b.bin", 0L, "img/b.bin"), (rows[1][0], rows[1][1], rows[1][^1]));
    }

    [Theory]
    [InlineData("a/b.csv", "a/*.csv", true)]
    [InlineData("a/b/c.csv", "a/*.csv", false)]
    [InlineData("a/b/c.csv", "a/**/*.csv", true)]
    [InlineData("a/c.csv", "a/**/*.csv", true)]
    [InlineData("topics/t/partition=0/t+0+0000.json", "topics/t/**", true)]
    [InlineData("a/.tmp/c.csv", "a/**/*.csv", false)]
    [InlineData("a/c.tsv", "a/c.{csv,tsv}", true)]
    public void Paths_meet_patterns_as_files_do(string path, string pattern, bool expected) =>
        Assert.Equal(expected, Glob.Meets(path, pattern));
}
