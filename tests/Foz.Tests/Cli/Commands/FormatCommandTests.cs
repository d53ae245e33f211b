using Foz.Lake.Configuration;
using Foz.Lake.Sql;

namespace Foz.Tests.Cli.Commands;

/// <summary>Texts that are written tidily say what they said.</summary>
public sealed class FormatCommandTests : IDisposable
{
    readonly CommandRunner foz = new();

    public void Dispose() => foz.Dispose();

    [Theory]
    [InlineData("SELECT a ,b,  c\t\n\n\n\nFROM  s.t", "select a, b, c\n\nfrom  s.t")]
    [InlineData(
        "SELECT t.Order, 1 AS Select, Partition -- THE Select, here  \nFROM s.t",
        "select t.Order, 1 as Select, Partition -- THE Select, here\nfrom s.t")]
    [InlineData(
        "SELECT 'A ,B  ', \"FROM ,\" /* AND ,x */ FROM s.t AS x",
        "select 'A ,B  ', \"FROM ,\" /* AND ,x */ from s.t as x")]
    [InlineData(
        "\n\nselect {Select: 1}, f(Order := 2)\n\tfrom s.t\n\n", "select {Select: 1}, f(Order := 2)\n    from s.t")]
    [InlineData("select a - -b, c->>'x' from s.t -- end  ", "select a - -b, c->>'x' from s.t -- end")]
    public void SQL_is_tidy_and_means_the_same(string sql, string tidy)
    {
        Assert.Equal(tidy, SqlFormat.Of(sql));
        Assert.Equal(tidy, SqlFormat.Of(tidy));
    }

    [Theory]
    [InlineData("a: 1  \nb: [x]\t\n\n\n", "a: 1\nb: [x]\n")]
    [InlineData("a: |\n  kept  \n  as it is\n", "a: |\n  kept  \n  as it is\n")]
    public void YAML_is_tidy_and_says_the_same(string yaml, string tidy) => Assert.Equal(tidy, YamlFormat.Of(yaml));

    [Fact]
    public async Task Files_are_written_only_where_that_is_asked_for()
    {
        foz.Write("foz.yml", "name: t  \nlake: lake\n");
        foz.Write("models/gold/a.sql", "/* @foz\ndescription: A ,b  \n@foz */\n\n\nSELECT 1 AS x ,2 AS y\n\n");
        foz.Write("models/gold/b.sql", "select 1 as x\n");
        foz.Write("models/gold/c.sql", "SELECT {{ x }}\n");
        var check = await foz.RunAsync("format", "--check");
        Assert.Equal((1, "foz.yml\nmodels/gold/a.sql\n2 files to be written tidily\n"), (check.ExitCode, check.Out));
        Assert.Equal(0, (await foz.RunAsync("format", "models/gold")).ExitCode);
        Assert.Equal(
            "/* @foz\ndescription: A ,b  \n@foz */\nselect 1 as x, 2 as y\n",
            await File.ReadAllTextAsync(
                Path.Combine(foz.Folder, "models/gold/a.sql"), TestContext.Current.CancellationToken));
        Assert.Equal(0, (await foz.RunAsync("format")).ExitCode);
        Assert.Equal(
            (0, "all files are tidy\n"),
            ((await foz.RunAsync("format", "--check")).ExitCode, (await foz.RunAsync("format", "--check")).Out));
        Assert.Equal(2, (await foz.RunAsync("format", "models/nothing")).ExitCode);
    }
}
