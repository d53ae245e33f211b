using System.Text;
using System.Text.Json;

namespace Foz.Tests.Cli.Commands;

/// <summary>Settings of readers: what is proposed, and what a run and a plan do when they were mended.</summary>
public sealed class SourceSettingsTests : IDisposable
{
    readonly CommandRunner foz = new();

    public SourceSettingsTests() =>
        foz.Write("foz.yml", "name: t\nlake: lake\nconnections: {files: {type: files, path: data}}\n");

    public void Dispose() => foz.Dispose();

    public static TheoryData<string, string, string, string> Mended => new()
    {
        { "", "encoding: latin1", "id,name\n1,a\n2,Müller\n3,c\n", "bytes that are not UTF-8: set encoding: latin1" },
        { "columns: {id: integer}", "columns: {id: bigint}", "id,name\n1,a\n3000000000,b\n", "id: '3000000000' does not fit integer" },
        {
            "columns: {id: bigint, name: date}",
            "columns: [{name: id, type: bigint}, {name: name, clean: [{cast: {type: 'DATE', pattern: '%d/%m/%Y'}}]}]",
            "id,name\n1,2020-01-31\n2,05/02/2020\n",
            "name: '05/02/2020' does not fit date: leave its type out, and write clean: [{cast: {type: 'DATE', pattern: '%d/%m/%Y'}}]"
        },
    };

    [Theory]
    [MemberData(nameof(Mended))]
    public async Task A_mended_setting_brings_the_rejected_rows_on_the_next_run_and_the_plan_says_so(
        string before, string mended, string text, string reason)
    {
        File.WriteAllBytes(Folder("data/new.csv"), Encoding.Latin1.GetBytes(text));
        foz.Write("data/good.csv", text[..(text.IndexOf('\n') + 1)] + "7,2020-01-07\n");
        Define(before);
        await foz.RunAsync("run");
        var all = text.Count(c => c == '\n');
        Assert.Equal([reason], await ColumnAsync("select reason from bronze.rows__rejected", "reason"));
        Assert.Equal(all - 1, (await ColumnAsync("select id from bronze.rows", "id")).Count);
        Assert.DoesNotContain("settings of the reader", (await foz.RunAsync("plan")).Out, StringComparison.Ordinal);

        Define(mended);
        Assert.Contains("1 file to read; 1 row was rejected with other settings of the reader", (await foz.RunAsync("plan")).Out, StringComparison.Ordinal);
        var run = await foz.RunAsync("run");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Empty(await ColumnAsync("select reason from bronze.rows__rejected", "reason"));
        Assert.Equal(all, (await ColumnAsync("select distinct id from bronze.rows", "id")).Count);
        Assert.Equal(all, (await ColumnAsync("select id from bronze.rows", "id")).Count);
        Assert.Contains("unchanged", (await foz.RunAsync("run")).Out, StringComparison.Ordinal);

        Define("");
        Assert.DoesNotContain("settings of the reader", (await foz.RunAsync("plan")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_with_rejected_rows_is_read_again_when_its_reader_was_mended()
    {
        File.WriteAllBytes(Folder("data/a.csv"), Encoding.Latin1.GetBytes("id,name\n1,a\n2,Müller\n"));
        Define("mode: snapshot");
        await foz.RunAsync("run");
        Assert.Contains("unchanged", (await foz.RunAsync("run")).Out, StringComparison.Ordinal);
        Define("mode: snapshot\n    encoding: latin1");
        await foz.RunAsync("run");
        Assert.Equal(["Müller", "a"], (await ColumnAsync("select name from bronze.rows", "name")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Discovery_proposes_delimiter_encoding_and_types_file_by_file_and_no_bad_file_stops_it()
    {
        File.WriteAllBytes(Folder("data/sales_1.csv"), Encoding.Latin1.GetBytes("id;name;amount;born;code\n1;Müller;1.234,56;31/12/2020;01310\n2;b;7,5;01/02/2021;20000\n"));
        foz.Write("data/sales_2.csv", "id\tname\tamount\tborn\tcode\n3\tc\t1,00\t01/02/2021\t1\n");
        foz.Write("data/plain.csv", "id,at,ok,price\n1,2020-01-01 10:00:00,true,1.50\n2,2020-01-02 10:00:00,false,2\n");
        foz.Write("data/text.csv", "name\nx\n");
        foz.Write("data/bad.parquet", "no");
        foz.Write("data/bad.csv.gz", "no");
        Define("");
        var rows = JsonDocument.Parse((await foz.RunAsync("source", "discover", "-o", "json")).Out).RootElement.EnumerateArray()
            .ToDictionary(row => row.GetProperty("note").GetString() is { } note && note.Contains("bad", StringComparison.Ordinal)
                ? note.Split(' ')[1] : row.GetProperty("stream").GetString()!);
        Assert.Equal(
            "delimiter: ';', encoding: latin1, columns: [{name: id, type: bigint}, "
            + "{name: amount, clean: [{cast: {type: 'decimal(18,2)', format: decimal_comma}}]}, "
            + "{name: born, clean: [{cast: {type: date, pattern: '%d/%m/%Y'}}]}]",
            Text("sales", "settings"));
        Assert.Equal("data/sales_2.csv differs: delimiter: tab, encoding: utf-8", Text("sales", "note"));
        Assert.Equal("id long, name string, amount decimal(18,2), born date, code string", Text("sales", "columns"));
        Assert.Equal("columns: {id: bigint, at: timestamp, ok: boolean, price: 'decimal(18,2)'}", Text("plain", "settings"));
        Assert.Null(Text("text", "settings"));
        Assert.StartsWith("file data/bad.parquet cannot be read as Parquet: ", Text("data/bad.parquet", "note"), StringComparison.Ordinal);
        Assert.StartsWith("file data/bad.csv.gz is not compressed as its name says", Text("data/bad.csv.gz", "note"), StringComparison.Ordinal);

        string? Text(string stream, string column) => rows[stream].GetProperty(column).GetString();
    }

    [Fact]
    public async Task What_discovery_proposes_can_be_written_as_it_is()
    {
        File.WriteAllBytes(Folder("data/a.csv"), Encoding.Latin1.GetBytes("id;name;amount;born\n1;Müller;1.234,56;31/12/2020\n2;b;7,5;01/02/2021\n"));
        Define("");
        var found = JsonDocument.Parse((await foz.RunAsync("source", "discover", "-o", "json")).Out).RootElement.EnumerateArray().Single();
        foz.Write("sources/s.yml", $"connection: files\nstreams:\n  rows: {{path: '*.csv', settle: 0s, {found.GetProperty("settings").GetString()}}}\n");
        var run = await foz.RunAsync("run");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Equal(
            ["1 Müller 1234.56 2020-12-31", "2 b 7.50 2021-02-01"],
            await ColumnAsync("select concat_ws(' ', id, name, amount, born) as t from bronze.rows order by id", "t"));
    }

    [Fact]
    public async Task A_sum_of_text_names_the_stream_whose_types_to_declare()
    {
        foz.Write("data/a.csv", "id,amount\n1,2\n");
        foz.Write("models/gold/sums.sql", "select s.id, sum(DISTINCT s.amount) as amount from bronze.rows s group by 1");
        Define("");
        const string Hint = "column amount of bronze.rows is text: declare its type at that stream, such as columns: {amount: 'decimal(18,2)'}, and run it with --full-refresh";
        var run = await foz.RunAsync("run");
        Assert.Contains(Hint, run.Out + run.Error, StringComparison.Ordinal);
        Assert.Contains(Hint, (await foz.RunAsync("query", "select avg(amount) from bronze.rows")).Error, StringComparison.Ordinal);
        Define("columns: {amount: 'decimal(18,2)'}");
        await foz.RunAsync("run", "--full-refresh");
        Assert.Equal(["2.00"], await ColumnAsync("select amount from gold.sums", "amount"));
    }

    void Define(string settings) => foz.Write(
        "sources/s.yml", $"connection: files\nstreams:\n  rows:\n    path: '*.csv'\n    settle: 0\n    settle_max: 0\n    {settings}\n");

    string Folder(string path)
    {
        var full = Path.Combine(foz.Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return full;
    }

    async Task<List<string>> ColumnAsync(string sql, string column)
    {
        var result = await foz.RunAsync("query", sql, "-o", "json");
        Assert.True(result.ExitCode == 0, result.Error);
        return [.. JsonDocument.Parse(result.Out).RootElement.EnumerateArray().Select(row => row.GetProperty(column).ToString())];
    }
}
