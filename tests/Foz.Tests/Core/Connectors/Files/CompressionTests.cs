using Foz.Core;

namespace Foz.Tests.Core.Connectors.Files;

public sealed class CompressionTests
{
    static readonly string[] Csv = ["id,cep", "1,01310-100", "2", "3,01310100"];
    static readonly string[] Json = ["{\"id\":1,\"cep\":\"01310-100\"}", "{\"id\":2", "{\"id\":3,\"cep\":\"01310100\"}"];

    [Theory]
    [InlineData("a.csv")]
    [InlineData("a.csv.gz")]
    [InlineData("a.csv.zst")]
    [InlineData("a.tsv.zst")]
    [InlineData("a.jsonl")]
    [InlineData("a.jsonl.gz")]
    [InlineData("a.jsonl.zst")]
    [InlineData("a.json.zst")]
    public async Task Good_and_bad_rows_come_through_every_compression(string name)
    {
        var isJson = name.Contains("json", StringComparison.Ordinal);
        var lines = isJson ? Json : name.Contains("tsv") ? [.. Csv.Select(l => l.Replace(',', '\t'))] : Csv;
        await using var project = new FilesProject().Define("a.*");
        project.WriteLines(name, lines);
        var batch = await project.ReadAsync();
        Assert.Equal(["1|01310-100", "3|01310100"], batch.Lines);
        var rejected = Assert.Single(batch.Rejected);
        Assert.Equal((name, isJson ? 2L : 3L, isJson ? "{\"id\":2" : "2"), (rejected.File, rejected.Line, rejected.Text));
    }

    [Theory]
    [InlineData("a.csv.gz", "is not compressed as its name says, or damaged")]
    [InlineData("a.jsonl.zst", "is not compressed as its name says, or damaged")]
    public async Task A_file_that_is_not_compressed_as_its_name_says_is_named(string name, string message)
    {
        await using var project = new FilesProject().Define("a.*");
        await File.WriteAllTextAsync(
            Path.Combine(project.Folder, name), "{\"id\":1}\n", TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<FozException>(project.ReadAsync);
        Assert.Equal(ErrorKind.Source, error.Kind);
        Assert.StartsWith($"file {name} {message}", error.Message, StringComparison.Ordinal);
    }
}
