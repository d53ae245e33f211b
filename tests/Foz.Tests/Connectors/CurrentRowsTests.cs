using Foz.Lake.Engine;
using Foz.Storage;

namespace Foz.Tests.Connectors;

/// <summary>
/// Which row of a key is the last one where several come in one batch, and what other writers of the table may do
/// meanwhile.
/// </summary>
public sealed class CurrentRowsTests : IDisposable
{
    const string Current = "SELECT id, m FROM silver.o";
    readonly SourceProject project = new("disk: {type: files, path: data}");

    public void Dispose() => project.Dispose();

    [Theory]
    [InlineData("csv")]
    [InlineData("jsonl")]
    [InlineData("json")]
    public async Task The_last_row_of_the_last_file_is_current_whatever_the_load(string format)
    {
        Define($"o: {{path: '*.{format}', keys: [id], columns: {{id: bigint}}}}");
        // Neither names nor sizes are in the order of time.
        Write("z", format, 1, [(1, "jan"), (2, "jan"), (3, "jan")]);
        Write("m", format, 2, [(1, "fev"), .. Enumerable.Range(0, 20_000).Select(i => (2, $"fev {i}")), (2, "fev")]);
        Write("a", format, 3, [(1, "first"), (1, "second"), (4, "mar"), (1, "mar")]);
        for (var load = 0; load < 3; load++)
        {
            await project.RunWellAsync(isFullRefresh: true);
            Assert.Equal(["1|mar", "2|fev", "3|jan", "4|mar"], await project.RowsAsync(Current));
        }
        Write("b", format, 4, [(3, "abr"), (3, "end of abr")]);
        await project.RunWellAsync();
        Assert.Equal(["1|mar", "2|fev", "3|end of abr", "4|mar"], await project.RowsAsync(Current));
    }

    [Fact]
    public async Task Rows_of_CSV_say_their_lines_also_where_others_are_rejected_and_only_with_keys()
    {
        Define("o: {path: '*.csv', keys: [id], columns: {id: bigint}}\n  p: {path: '*.csv', mode: "
            + "snapshot, columns: {id: bigint}}", "max_rejected: 100%");
        project.Write("data/1.csv", "id,m\n1,\"two\nlines\"\nx,no number\n2,b\n3,c,more\n\n4,d\n");
        await project.RunWellAsync();
        Assert.Equal(["1|2", "2|5", "4|8"], await project.RowsAsync("SELECT id, _cdc_seq FROM bronze.o"));
        Assert.Equal(["4", "6"], await project.RowsAsync("SELECT line FROM bronze.o__rejected"));
        Assert.Equal(["0"], await project.RowsAsync("SELECT count(_cdc_seq) FROM bronze.p"));
    }

    [Fact]
    public async Task Lines_of_CSV_are_counted_only_in_files_that_have_a_key_twice()
    {
        Define("o: {path: '*.csv', keys: [id, part], columns: {id: bigint}}");
        project.Write("data/1.csv", "id,part,m\n1,a,first\n2,a,only\n1,b,only\n1,a,last\n");
        project.Write("data/2.csv", "id,part,m\n7,a,\"two\nlines\"\n8,a,only\n,a,no key\n,a,no key\n");
        project.Write("data/3.csv", "id,part,m\n9,a,\"two\nlines\"\n9,a,last\n");
        foreach (var path in Directory.GetFiles(Path.Combine(project.Folder, "data")))
            File.SetLastWriteTimeUtc(path, new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        for (var load = 0; load < 2; load++)
        {
            await project.RunWellAsync(isFullRefresh: load > 0);
            Assert.Equal(
                ["1.csv|2,3,4,5", "2.csv|", "3.csv|2,4"],
                await project.RowsAsync(
                    "SELECT replace(_cdc_source, 'data/', ''), coalesce(string_agg(_cdc_seq, ',' ORDER BY _cdc_seq), "
                        + "'') FROM bronze.o GROUP BY 1"));
            Assert.Equal(
                ["last", "last"],
                await project.RowsAsync("SELECT m FROM silver.o WHERE (id = 1 AND part = 'a') OR id = 9"));
        }
    }

    [Fact]
    public async Task Rows_of_Parquet_say_their_numbers()
    {
        Define("o: {path: '*.parquet', keys: [id]}");
        Directory.CreateDirectory(Path.Combine(project.Folder, "data"));
        using var engines = new EnginePool(new() { MemoryBytes = 512L << 20, Threads = 2 });
        using var session = engines.Open(Workload.Query);
        session.Execute(
            $"COPY (SELECT 1 AS id, i AS m FROM range(200000) t(i) ORDER BY i) TO "
                + $"'{project.Folder}/data/1.parquet' (FORMAT parquet)", TestContext.Current.CancellationToken);
        await project.RunWellAsync();
        Assert.Equal(["1|199999"], await project.RowsAsync(Current));
        Assert.Equal(["1|200000"], await project.RowsAsync("SELECT min(_cdc_seq), max(_cdc_seq) FROM bronze.o"));
    }

    [Fact]
    public async Task Rows_that_are_rejected_for_a_new_column_say_their_lines()
    {
        Define("o: {path: '*.csv'}", "drift: discard_row", "max_rejected: 100%");
        project.Write("data/1.csv", "id,m\n1,a\n");
        await project.RunWellAsync();
        project.Write("data/2.csv", "id,m,extra\n2,b,\n3,c,x\n4,d,y\n");
        await project.RunWellAsync();
        Assert.Equal(
            [
                "data/2.csv|3|{\"id\":\"3\",\"m\":\"c\",\"extra\":\"x\"}",
                "data/2.csv|4|{\"id\":\"4\",\"m\":\"d\",\"extra\":\"y\"}",
            ],
            await project.RowsAsync("SELECT file, line, text FROM bronze.o__rejected"));
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "another writer committed first")]
    public async Task A_load_goes_on_after_commits_of_others(bool changesRows, string warning)
    {
        Define("o: {path: '*.csv', columns: {id: bigint}}");
        foreach (var id in new[] { 1, 2 })
        {
            project.Write($"data/{id}.csv", $"id,m\n{id},a\n");
            await project.RunWellAsync();
        }
        project.Write("data/3.csv", "id,m\n3,a\n");
        var hits = 0;
        using (Failpoint.Watch(hit =>
        {
            if (hit != "step.side-committed" || hits++ > 0) return;
            (changesRows
                ? project.ChangeAsync(
                    "bronze.o", (writer, table, token) => writer.DeleteAsync(table, new("id = 1"), new(), token))
                : project.OptimizeAsync("bronze.o")).GetAwaiter().GetResult();
        }))
            Assert.Equal(3, Assert.Single((await project.RunWellAsync()).Steps).TableVersion);
        Assert.Equal(changesRows ? 2 : 1, hits);
        Assert.Equal(changesRows ? ["2", "3"] : ["1", "2", "3"], await project.RowsAsync("SELECT id FROM bronze.o"));
        Assert.All(project.Warnings, told => Assert.Contains(warning, told, StringComparison.Ordinal));
        Assert.Equal(changesRows, project.Warnings.Any());
        await project.RunWellAsync();
        Assert.Equal(changesRows ? ["2", "3"] : ["1", "2", "3"], await project.RowsAsync("SELECT id FROM bronze.o"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("columns: [{name: m, checks: [not_null]}]\n")]
    public async Task Empty_texts_in_a_partition_column_are_told_with_their_number(string check)
    {
        Define("o: {path: '*.csv', columns: {id: bigint}}");
        project.Write("data/1.csv", "id,m\n1,\"\"\n2,\"\"\n3,x\n" + (check.Length == 0 ? "4,\n" : ""));
        project.Write(
            "models/gold/g.sql",
            $"/* @foz\n{check}materialization: {{type: table, partition_by: [m]}}\n@foz */\nSELECT * EXCLUDE "
                + "(_cdc_synced_at) FROM bronze.o");
        if (check.Length == 0) await project.RunWellAsync();
        else Assert.Contains("\"m\":null", await project.FailAsync(), StringComparison.Ordinal);
        Assert.Equal(
            ["gold.g is partitioned by columns with empty texts, which Delta keeps as NULL: m (2 rows)"],
            project.Warnings);
        if (check.Length == 0)
            Assert.Equal(["1|", "2|", "3|x", "4|"], await project.RowsAsync("SELECT id, m FROM gold.g"));
        Assert.Equal(["1", "2"], await project.RowsAsync("SELECT id FROM bronze.o WHERE m = ''"));
    }

    void Define(string streams, params string[] settings) => project.Write(
        "sources/disk.yml",
        $"connection: disk\n{(streams.Contains("keys", StringComparison.Ordinal) ? "silver: current\n" : "")}"
            + $"{string.Concat(settings.Select(s => $"{s}\n"))}streams:\n  {streams}\n");

    void Write(string name, string format, int day, IReadOnlyList<(int Id, string M)> rows)
    {
        var objects = rows.Select(row => $"{{\"id\":{row.Id},\"m\":\"{row.M}\"}}");
        project.Write($"data/{name}.{format}", format switch
        {
            "csv" => $"id,m\n{string.Concat(rows.Select(row => $"{row.Id},{row.M}\n"))}",
            "jsonl" => string.Concat(objects.Select(row => $"{row}\n")),
            _ => $"[{string.Join(',', objects)}]",
        });
        File.SetLastWriteTimeUtc(
            Path.Combine(project.Folder, $"data/{name}.{format}"), new(2026, 1, day, 0, 0, 0, DateTimeKind.Utc));
    }
}
