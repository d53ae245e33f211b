using Foz.Lake.Journal;

namespace Foz.Tests.Connectors;

/// <summary>A snapshot that has the rows of the last one makes no version of its table.</summary>
public sealed class UnchangedSnapshotTests : IDisposable
{
    readonly SourceProject project = new("disk: {type: files, path: data}");

    public void Dispose() => project.Dispose();

    [Theory]
    [InlineData("""{"id":1,"v":"a"}|{"id":2,"v":"b"}""", """{"id":2,"v":"b"}|{"id":1,"v":"a"}""", true)]
    [InlineData("""{"id":1,"v":"a"}|{"id":2,"v":"b"}""", """{"id":1,"v":"b"}|{"id":2,"v":"a"}""", false)]
    [InlineData("""{"id":1,"v":"a"}|{"id":1,"v":"a"}""", """{"id":1,"v":"a"}""", false)]
    [InlineData("""{"id":1,"v":"a"}|{"id":2,"v":null}""", """{"id":1,"v":"a"}|{"id":2,"v":""}""", false)]
    [InlineData("""{"id":1,"v":0.0}|{"id":2,"v":1.5}""", """{"id":1,"v":-0.0}|{"id":2,"v":1.5}""", false)]
    [InlineData("""{"id":1,"v":["a, b"]}|{"id":2,"v":[]}""", """{"id":1,"v":["a", "b"]}|{"id":2,"v":[]}""", false)]
    [InlineData("""{"id":1,"v":["a"]}|{"id":2,"v":[]}""", """{"id":1,"v":["a"]}|{"id":2,"v":null}""", false)]
    [InlineData("""{"id":1,"v":["a"]}|{"id":2,"v":[]}""", """{"id":2,"v":[]}|{"id":1,"v":["a"]}""", true)]
    public async Task Rows_are_told_apart_whatever_their_order(string before, string after, bool isUnchanged)
    {
        Define(before);
        await project.RunWellAsync();
        Write(after);
        var step = Assert.Single((await project.RunWellAsync()).Steps);
        Assert.Equal(
            isUnchanged ? (Outcome.Skipped, null, 2L) : (Outcome.Succeeded, 1L, step.RowsWritten),
            (step.Outcome, step.TableVersion, step.Read.Rows ?? 2));
        Assert.Equal(isUnchanged ? 1 : 2, Versions);
    }

    [Fact]
    public async Task A_table_that_was_changed_since_gets_the_snapshot_again()
    {
        Define("""{"id":1,"v":"a"}|{"id":2,"v":"b"}""");
        await project.RunWellAsync();
        await project.ChangeAsync(
            "bronze.t", (writer, table, cancel) => writer.DeleteAsync(table, new("id = 1"), new(), cancel));
        Write("""{"id":2,"v":"b"}|{"id":1,"v":"a"}""");
        await project.RunWellAsync();
        Assert.Equal(["1", "2"], await project.RowsAsync("SELECT id FROM bronze.t"));
    }

    [Fact]
    public async Task What_is_said_of_its_columns_makes_a_version()
    {
        Define("""{"id":1,"v":"a"}|{"id":2,"v":"b"}""");
        await project.RunWellAsync();
        Write("""{"id":2,"v":"b"}|{"id":1,"v":"a"}""");
        Define(columns: "columns: [{name: v, description: the value}]");
        await project.RunWellAsync();
        Assert.Equal(2, Versions);
    }

    [Fact]
    public async Task A_snapshot_changes_and_changes_back()
    {
        const string One = """{"id":1,"v":"a"}""", Other = """{"id":1,"v":"b"}""";
        Define(One);
        foreach (var (rows, versions) in new[]
        {
            (One, 1), (One + "|", 1), (Other, 2), (Other + "|", 2), (One, 3), (One + "|", 3),
        })
        {
            Write(rows);
            await project.RunWellAsync();
            Assert.Equal(versions, Versions);
        }
        Assert.Equal(["1|a"], await project.RowsAsync("SELECT id, v FROM bronze.t"));
    }

    [Fact]
    public async Task Rejected_rows_of_a_refused_snapshot_go_when_it_is_what_it_was()
    {
        Define("""{"id":1,"v":"a"}|{"id":2,"v":"b"}""");
        await project.RunWellAsync();
        Write("""{"id":1,""");
        await project.FailAsync();
        Assert.Equal(["1"], await project.RowsAsync("SELECT count(*) FROM bronze.t__rejected"));
        Write("""{"id":2,"v":"b"}|{"id":1,"v":"a"}""");
        await project.RunWellAsync();
        Assert.Equal(["0"], await project.RowsAsync("SELECT count(*) FROM bronze.t__rejected"));
        Assert.Equal(["1", "2"], await project.RowsAsync("SELECT id FROM bronze.t"));
    }

    int Versions =>
        Directory.GetFiles(Path.Combine(project.Folder, "lake", "bronze", "t", "_delta_log"), "*.json").Length;

    void Define(string? rows = null, string columns = "")
    {
        project.Write(
            "sources/disk.yml",
            $"connection: disk\nstreams:\n  t:\n    path: '*.jsonl'\n    mode: snapshot\n    {columns}\n");
        if (rows is not null) Write(rows);
    }

    void Write(string rows) => project.Write("data/1.jsonl", rows.Replace('|', '\n') + "\n");
}
