using System.Security.Cryptography;
using System.Text;
using Foz.Lake.Journal;
using Foz.Pipelines.Projects;

namespace Foz.Tests.Connectors;

/// <summary>What a source's rows go through before they are in a table: masks, and the policy of new columns.</summary>
public sealed class ArrivalTests : IDisposable
{
    readonly SourceProject project = new("disk: {type: files, path: data}");

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task Masked_values_are_nowhere_in_the_lake()
    {
        project.Variables["MASK_KEY"] = new string('k', 70);
        project.Write(
            "data/1.csv",
            "id,cpf,name,card,note\n1,123.456.789-09,Ana,4111111111111111,x\n2,,Bia,123,\n3,987,broken row\n");
        project.Write("sources/disk.yml", """
            connection: disk
            mask_key: ${MASK_KEY}
            streams:
              people:
                path: '*.csv'
                columns:
                  id: bigint
                  cpf: {mask: hash}
                  name: {mask: redact}
                  card: {mask: last_four}
                  note: {mask: null}
            """);
        await project.RunWellAsync();
        var hash = Convert.ToHexStringLower(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(project.Variables["MASK_KEY"]), "123.456.789-09"u8));
        Assert.Equal(
            [$"1|{hash}|***|***1111|", "2||***|***|"],
            await project.RowsAsync("SELECT id, cpf, name, card, note FROM bronze.people"));
        Assert.Equal(
            ["data/1.csv|4|***"], await project.RowsAsync("SELECT file, line, text FROM bronze.people__rejected"));
        foreach (var file in Directory.EnumerateFiles(
            Path.Combine(project.Folder, "lake"), "*", SearchOption.AllDirectories))
        {
            var text = Encoding.Latin1.GetString(
                await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
            Assert.All(
                new[] { "123.456.789-09", "Ana", "4111111111111111", "broken row" },
                secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Masked_columns_of_JSON_stay_masked_in_later_batches()
    {
        project.Write("data/1.jsonl", "{\"id\":1,\"phone\":5511999990000}\n");
        project.Write(
            "sources/disk.yml",
            "connection: disk\nstreams:\n  people: {path: '*.jsonl', columns: {phone: {mask: last_four}}}\n");
        await project.RunWellAsync();
        project.Write("data/2.jsonl", "{\"id\":2,\"phone\":5511999991111}\n{\"id\":3}\n");
        await project.RunWellAsync();
        Assert.Equal(["1|***0000", "2|***1111", "3|"], await project.RowsAsync("SELECT id, phone FROM bronze.people"));
    }

    [Fact]
    public async Task A_masked_column_that_has_another_name_stops_the_step()
    {
        project.Write("data/1.csv", "id,emails\n1,a@b.c\n");
        project.Write(
            "sources/disk.yml",
            "connection: disk\nstreams:\n  people: {path: '*.csv', columns: {email: {mask: redact}}}\n");
        Assert.Equal(
            "sources/disk.yml:3:37: bronze.people has no column 'email' to mask\n  did you mean 'emails'? Nothing is "
                + "written before that is clear", await project.FailAsync());
    }

    [Theory]
    [InlineData(
        "cpf: {mask: hash}",
        "sources/disk.yml:6:7: 'mask: hash' needs 'mask_key' of the source\n  without a key anybody can try out values: write mask_key: ${MASK_KEY}")]
    [InlineData("cpf: {mask: hsh}", "sources/disk.yml:6:19: unknown mask 'hsh'\n  did you mean 'hash'?")]
    public void A_wrong_mask_is_told(string column, string expected)
    {
        project.Write(
            "sources/disk.yml",
            $"connection: disk\nstreams:\n  people:\n    path: '*.csv'\n    columns:\n      {column}\n");
        Assert.Equal(expected, Assert.Single(((ProjectResult.Refused)project.TryLoad()).Errors).Describe());
    }

    [Theory]
    [InlineData("evolve", "1|a||;2|b|x|;3|||9", "", null)]
    [InlineData("freeze", "1|a;2|b;3|", "bronze.t: the source has new columns extra, n: left out", null)]
    [InlineData("discard_column", "1|a;2|b;3|", "", null)]
    [InlineData("discard_row", "1|a", "2 rows could not be read: see bronze.t__rejected", null)]
    [InlineData("fail", "1|a", "", "bronze.t: the source has new columns extra, n, and its drift policy is fail")]
    public async Task New_columns_follow_the_policy(string drift, string expected, string warning, string? error)
    {
        project.Write(
            "sources/disk.yml",
            $"connection: disk\ndrift: {drift}\nmax_rejected: 100%\nstreams:\n  t: {{path: '*.jsonl'}}\n");
        project.Write("data/1.jsonl", "{\"id\":1,\"v\":\"a\"}\n");
        await project.RunWellAsync();
        project.Write("data/2.jsonl", "{\"id\":2,\"v\":\"b\",\"extra\":\"x\"}\n{\"id\":3,\"n\":9}\n");
        if (error is null) await project.RunWellAsync();
        else Assert.StartsWith(error, await project.FailAsync(), StringComparison.Ordinal);
        Assert.Equal(warning.Length == 0 ? [] : [warning], project.Warnings);
        Assert.Equal(
            expected.Split(';'),
            await project.RowsAsync(
                "SELECT * EXCLUDE (_cdc_op, _cdc_lsn, _cdc_seq, _cdc_tx, _cdc_commit_ts, "
                    + "_cdc_synced_at, _cdc_source) FROM bronze.t"));
        if (drift == "discard_row")
            Assert.Equal(
                [
                    "data/2.jsonl|{\"id\":2,\"v\":\"b\",\"extra\":\"x\",\"n\":null}|a value in a new column: extra, n",
                    "data/2.jsonl|{\"id\":3,\"v\":null,\"extra\":null,\"n\":9}|a value in a new column: extra, n",
                ],
                await project.RowsAsync("SELECT file, text, reason FROM bronze.t__rejected"));
        await project.RunWellAsync(isFullRefresh: true);
        Assert.Contains("1|a||", await project.RowsAsync("SELECT id, v, extra, n FROM bronze.t"));
    }

    [Theory]
    [InlineData("", "a,b", 0, "none of 2 rows could be read, and max_rejected is 1%")]
    [InlineData("", "a", 99, null)]
    [InlineData("", "a,b", 99, "2 of 101 rows could not be read, and max_rejected is 1%")]
    [InlineData("", "a,b", 97, null)]
    [InlineData("max_rejected: 5%", "a,b", 99, null)]
    [InlineData("max_rejected: 0%", "a", 99, "1 of 100 rows could not be read, and max_rejected is 0%")]
    [InlineData("max_rejected: 100%", "a,b", 0, null)]
    public async Task Too_many_rejected_rows_fail_the_step_and_the_next_try_replaces_them(
        string setting, string bad, int good, string? error)
    {
        project.Write(
            "sources/disk.yml",
            $"connection: disk\n{setting}\nstreams:\n  t: {{path: '*.csv', columns: {{id: bigint}}}}\n");
        project.Write("data/0.csv", "id,v\n0,first\n");
        await project.RunWellAsync();
        var rows = string.Concat(Enumerable.Range(1, good).Select(id => $"{id},x\n"));
        project.Write("data/1.csv", $"id,v\n{rows}{string.Concat(bad.Split(',').Select(id => $"{id},x\n"))}");
        if (error is null)
        {
            await project.RunWellAsync();
            Assert.Equal([$"{1 + good}"], await project.RowsAsync("SELECT count(*) FROM bronze.t"));
            return;
        }
        for (var run = 0; run < 2; run++)
        {
            Assert.StartsWith(
                $"sources/disk.yml:4:3: bronze.t: {error}: the table is unchanged\n", await project.FailAsync(),
                StringComparison.Ordinal);
            Assert.Equal(["0|first"], await project.RowsAsync("SELECT id, v FROM bronze.t"));
            Assert.Equal(
                [$"{bad.Split(',').Length}"], await project.RowsAsync("SELECT count(*) FROM bronze.t__rejected"));
        }

        project.Write("data/1.csv", $"id,v\n{rows}1000,mended\n");
        await project.RunWellAsync();

        Assert.Equal([$"{2 + good}"], await project.RowsAsync("SELECT count(*) FROM bronze.t"));
        Assert.Equal(["0"], await project.RowsAsync("SELECT count(*) FROM bronze.t__rejected"));
    }

    [Fact]
    public async Task Rejected_rows_of_batches_that_are_done_stay_when_a_later_one_is_refused()
    {
        project.Write("sources/disk.yml", "connection: disk\nstreams:\n  t: {path: '*.csv', columns: {id: bigint}}\n");
        project.Write("data/0.csv", "id\n1\na\n");
        await project.RunWellAsync();
        project.Write("data/1.csv", "id\nb\n");
        await project.FailAsync();
        Assert.Equal(["a", "b"], await project.RowsAsync("SELECT text FROM bronze.t__rejected"));

        project.Write("data/1.csv", "id\nc\n2\n");
        await project.RunWellAsync();

        Assert.Equal(["a", "c"], await project.RowsAsync("SELECT text FROM bronze.t__rejected"));
        Assert.Equal(["1", "2"], await project.RowsAsync("SELECT id FROM bronze.t"));
    }

    [Theory]
    [InlineData(
        "max_rejected: 1",
        "sources/disk.yml:2:15: 'max_rejected' must be a share of rows, such as 1% or 0.5%, not '1'")]
    [InlineData(
        "max_rejected: 101%",
        "sources/disk.yml:2:15: 'max_rejected' must be a share of rows, such as 1% or 0.5%, not '101%'")]
    public void A_wrong_share_is_told(string setting, string expected)
    {
        project.Write("sources/disk.yml", $"connection: disk\n{setting}\nstreams:\n  t: {{path: '*.csv'}}\n");
        Assert.Equal(expected, Assert.Single(((ProjectResult.Refused)project.TryLoad()).Errors).Describe());
    }

    [Fact]
    public async Task A_snapshot_without_rows_is_a_warning_or_stops_the_step()
    {
        const string Found = "bronze.t: the snapshot has 0 rows, and the table has 2";
        Define("fail");
        project.Write("data/1.csv", "id,v\n1,5\n2,6\n");
        await project.RunWellAsync();
        project.Write("data/1.csv", "id,v\n");
        Assert.StartsWith(
            $"sources/disk.yml:4:3: {Found}, and its drift policy is fail: the table is unchanged\n",
            await project.FailAsync(), StringComparison.Ordinal);
        Assert.Equal(["1|5", "2|6"], await project.RowsAsync("SELECT id, v FROM bronze.t"));

        Define("evolve");
        await project.RunWellAsync();
        Assert.Equal([Found], project.Warnings);
        Assert.Equal(["0"], await project.RowsAsync("SELECT count(*) FROM bronze.t"));
        await project.RunWellAsync();
        Assert.Empty(project.Warnings);

        Define("fail");
        project.Write("data/1.csv", "id,v\n1,5\n");
        await project.RunWellAsync();
        project.Write("data/1.csv", "id,v\n");
        await project.FailAsync();
        await project.RunWellAsync(isFullRefresh: true);
        Assert.Equal(["0"], await project.RowsAsync("SELECT count(*) FROM bronze.t"));

        void Define(string drift) => project.Write(
            "sources/disk.yml",
            $"connection: disk\ndrift: {drift}\nstreams:\n  t: {{path: '*.csv', mode: snapshot}}\n");
    }

    [Fact]
    public async Task Rows_and_bytes_are_recorded_from_source_to_table()
    {
        project.Write("data/1.jsonl", "{\"id\":1}\n{\"id\":2\n{\"id\":3}\n");
        project.Write("sources/disk.yml", "connection: disk\nstreams:\n  t: {path: '*.jsonl'}\n");
        var step = Assert.Single((await project.RunWellAsync()).Steps);
        Assert.Equal((Outcome.Warned, 2L, (3L, 26L)), (step.Outcome, step.RowsWritten, step.Read));
        Assert.Equal(
            ["3|1|2|26"],
            await project.RowsAsync("SELECT rows_read, rows_rejected, rows_written, bytes_read FROM foz.sources"));
    }
}
