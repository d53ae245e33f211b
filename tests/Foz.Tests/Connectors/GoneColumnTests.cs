using Foz.Lake.Journal;
using Foz.Tests.Connectors.Files.Formats;

namespace Foz.Tests.Connectors;

/// <summary>Snapshots of files that lack a column of their table from some day on.</summary>
public sealed class GoneColumnTests : IDisposable
{
    readonly SourceProject project = new("disk: {type: files, path: data}");

    public void Dispose() => project.Dispose();

    [Theory]
    [InlineData("json", "[{\"id\":1,\"name\":\"Ana\"},{\"id\":2}]", "[{\"id\":1},{\"id\":2}]")]
    [InlineData("jsonl", "{\"id\":1,\"name\":null}\n{\"id\":2,\"name\":\"Ana\"}", "{\"id\":1}")]
    [InlineData(
        "xml", "<t><r><id>1</id><name>Ana</name></r><r><id>2</id></r></t>",
        "<t><r><id>1</id></r><r><id>2</id></r></t>")]
    public async Task So_are_those_of_JSON_and_XML(string format, string before, string after)
    {
        project.Write(
            "sources/s.yml", $"connection: disk\nstreams: {{t: {{path: '*.{format}', mode: snapshot, settle: 0s}}}}\n");
        project.Write($"data/a.{format}", before);
        await project.RunWellAsync();
        // A column that no more than some rows have is there.
        project.Write($"data/b.{format}", after);
        await project.RunWellAsync();
        Assert.Empty(project.Warnings);

        File.Delete(Path.Combine(project.Folder, $"data/a.{format}"));
        await project.RunWellAsync();
        Assert.Equal(["bronze.t: the source does not have the column name of the table"], project.Warnings);
    }

    [Fact]
    public async Task So_are_those_of_Excel()
    {
        project.Write(
            "sources/s.yml", "connection: disk\nstreams: {t: {path: '*.xlsx', mode: snapshot, settle: 0s}}\n");
        await RunAsync(Cell("A1", "id") + Cell("B1", "name"), Cell("B2", "Ana"));
        Assert.Empty(project.Warnings);
        await RunAsync(Cell("A1", "id"), "");
        Assert.Equal(["bronze.t: the source does not have the column name of the table"], project.Warnings);

        static string Cell(string place, string text) => $"""<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>""";

        async Task RunAsync(string header, string name)
        {
            var rows = $"""<row r="1">{header}</row><row r="2"><c r="A2"><v>1</v></c>{name}</row>""";
            Directory.CreateDirectory(Path.Combine(project.Folder, "data"));
            await File.WriteAllBytesAsync(
                Path.Combine(project.Folder, "data/a.xlsx"), ExcelTests.Workbook(("Data", rows)),
                TestContext.Current.CancellationToken);
            await project.RunWellAsync();
        }
    }

    [Theory]
    [InlineData("evolve", Outcome.Warned)]
    [InlineData("fail", Outcome.Failed)]
    public async Task They_are_reported_and_stopped_where_the_policy_is_fail(string drift, Outcome outcome)
    {
        project.Write(
            "sources/s.yml",
            $"connection: disk\ndrift: {drift}\nstreams: {{t: {{path: '*.csv', mode: snapshot, settle: 0s}}}}\n");
        project.Write("data/a.csv", "id,name\n1,Ana\n");
        await project.RunWellAsync();
        project.Write("data/a.csv", "id\n1\n2\n");

        var step = Assert.Single((await project.RunAsync()).Steps);
        Assert.Equal(outcome, step.Outcome);
        const string What = "bronze.t: the source does not have the column name of the table";
        if (outcome is Outcome.Failed)
        {
            Assert.StartsWith(What, step.Error!.Message, StringComparison.Ordinal);
            Assert.Equal(["1|Ana"], await project.RowsAsync("SELECT id, name FROM bronze.t"));
        }
        else
        {
            Assert.Contains(What, project.Warnings);
            await project.RunWellAsync();
        }
        await project.RunWellAsync(isFullRefresh: true);
        await project.RunWellAsync();
        Assert.Empty(project.Warnings);
        Assert.Equal(["1", "2"], await project.RowsAsync("SELECT id FROM bronze.t"));
    }
}
