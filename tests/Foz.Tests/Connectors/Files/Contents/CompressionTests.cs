using System.Text;
using Foz.Lake;

namespace Foz.Tests.Connectors.Files.Contents;

public sealed class CompressionTests
{
    static readonly string[] Csv = ["id,cep", "1,01310-100", "2", "3,01310100"];
    static readonly string[] Json =
    [
        "{\"id\":1,\"cep\":\"01310-100\"}", "{\"id\":2", "{\"id\":3,\"cep\":\"01310100\"}",
    ];

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
        Assert.Equal(
            (name, isJson ? 2L : 3L, isJson ? "{\"id\":2" : "2"), (rejected.File, rejected.Line, rejected.Text));
    }

    [Theory]
    [InlineData("a.csv.gz", 1)]
    [InlineData("a.csv.gz", 8)]
    [InlineData("a.csv.gz", 12)]
    [InlineData("a.jsonl.gz", 8)]
    [InlineData("a.xml.gz", 4)]
    [InlineData("a.jsonl.zst", 3)]
    public async Task A_file_that_is_cut_short_is_read_when_it_is_whole(string name, int bytesMissing)
    {
        await using var project = new FilesProject().Define("a.*", settings: ("records", "r"));
        var path = Path.Combine(project.Folder, name);
        string[] lines = name.Contains("csv", StringComparison.Ordinal)
            ? ["id", .. Enumerable.Range(1, 20_000).Select(i => $"{i}")]
            : name.Contains("xml", StringComparison.Ordinal)
                ? ["<x>", .. Enumerable.Range(1, 20_000).Select(i => $"<r><id>{i}</id></r>"), "</x>"]
            : [.. Enumerable.Range(1, 20_000).Select(i => $"{{\"id\":{i}}}")];
        if (name.EndsWith(".zst", StringComparison.Ordinal)) project.WriteLines(name, lines);
        else project.Write(name, string.Join('\n', lines));
        var whole = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(path, whole[..^bytesMissing], TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<FozException>(project.ReadAsync);
        Assert.Equal(ErrorKind.Source, error.Kind);
        Assert.StartsWith(
            $"file {name} is not compressed as its name says, or damaged: ", error.Message, StringComparison.Ordinal);
        project.History.Clear();
        await File.WriteAllBytesAsync(path, whole, TestContext.Current.CancellationToken);
        Assert.Equal(20_000, (await project.ReadAsync()).Rows.Count);
    }

    [Theory]
    [InlineData("a.csv.gz", "id\n1\n", "2\n3\n")]
    [InlineData("a.jsonl.gz", "{\"id\":1}\n", "{\"id\":2}\n{\"id\":3}\n")]
    public async Task Members_that_follow_each_other_are_one_file(string name, string first, string second)
    {
        await using var project = new FilesProject().Define("a.*");
        byte[] bytes =
        [
            .. FilesProject.Gzip(Encoding.UTF8.GetBytes(first)), .. FilesProject.Gzip(Encoding.UTF8.GetBytes(second)),
        ];
        await File.WriteAllBytesAsync(Path.Combine(project.Folder, name), bytes, TestContext.Current.CancellationToken);
        Assert.Equal(["1", "2", "3"], (await project.ReadAsync()).Lines);
        project.History.Clear();
        await File.WriteAllBytesAsync(
            Path.Combine(project.Folder, name), bytes[..^5], TestContext.Current.CancellationToken);
        Assert.Empty((await project.ReadAsync()).Rows);
        Assert.Contains("damaged", Assert.Single(project.Warnings).Message, StringComparison.Ordinal);
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
