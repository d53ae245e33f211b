using Foz.Core.Journal;

namespace Foz.Tests.Core.Pipelines.Materializations;

/// <summary>Tables of CSV files that are part of the project.</summary>
public sealed class SeedTests : IDisposable
{
    readonly ModelLake lake = new();

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Types_are_those_whose_text_is_the_files_again()
    {
        lake.Write("seeds/kinds.csv", """"
            id,postcode,version,price,rate,active,day,at,note,empty,big
            1,01310,1.10,10.00,0.5,true,2026-01-31,2026-01-31 10:00:00,"a, ""b""",,12345678901234567890123
            -2,20000,1.9,-9.50,12,false,2026-02-01,2026-02-01T11:30:00,ç,,9
            30,,2.0,0.25,,true,,,,,1
            """");
        await lake.RunWellAsync();

        Assert.Equal(
            ["id BIGINT", "postcode VARCHAR", "version VARCHAR", "price DECIMAL(4,2)", "rate DECIMAL(3,1)", "active BOOLEAN",
                "day DATE", "at TIMESTAMP", "note VARCHAR", "empty VARCHAR", "big DECIMAL(23,0)"],
            await lake.QueryAsync("SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM seeds.kinds)"));
        Assert.Equal(
            ["1|01310|1.10|10.00|0.5|a, \"b\"|", "-2|20000|1.9|-9.50|12.0|ç|", "30||2.0|0.25|||"],
            await lake.QueryAsync("SELECT id, postcode, version, price, rate, note, empty FROM seeds.kinds"));
        Assert.All((await lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }

    [Fact]
    public async Task It_is_made_anew_when_the_file_or_what_is_said_of_it_changes()
    {
        lake.Write("seeds/silver/regions.csv", "code;name\n1;Norte\n");
        lake.Write("seeds/silver/regions.yml", "delimiter: ';'\ndescription: Regions\ncolumns: [{name: code, type: varchar, checks: [unique]}]\n");
        lake.Write("models/gold/regions.sql", "SELECT upper(name) AS name FROM silver.regions");
        await lake.RunWellAsync();
        Assert.Equal(["NORTE"], await lake.RowsAsync("gold.regions"));

        lake.Write("seeds/silver/regions.csv", "code;name\n1;Norte\n2;Sul\n");
        Assert.All((await lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Succeeded, step.Outcome));
        Assert.Equal(["NORTE", "SUL"], await lake.RowsAsync("gold.regions"));
        Assert.Equal("Regions", (await lake.SnapshotAsync("silver.regions")).Description);

        lake.Write("seeds/silver/regions.csv", "code;name\n1;Norte\n1;Sul\n");
        Assert.Contains("unique(code)", (await lake.FailAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(["NORTE", "SUL"], await lake.RowsAsync("gold.regions"));
    }

    [Theory]
    [InlineData("id\n1\nx\n", "columns: {id: bigint}", "seeds/s.csv:3", "'x' in column id of seeds/s.csv is no bigint")]
    [InlineData("id\n1\n\n1.5\n", "columns: {id: integer}", "seeds/s.csv:4", "'1.5' in column id of seeds/s.csv is no integer")]
    [InlineData("id\n1\n", "columns: {di: integer}", "seeds/s.yml:1:11", "seeds/s.csv has no column 'di'")]
    [InlineData("id\n1\n", "columns: {id: intger}", "seeds/s.yml:1:11", "'intger' is no type: ")]
    public async Task What_is_not_of_the_declared_type_is_told_with_its_line(
        string csv, string yaml, string place, string message)
    {
        lake.Write("seeds/s.csv", csv);
        lake.Write("seeds/s.yml", yaml);

        var error = await lake.FailAsync();
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(place, $"{error.Place}");
    }
}
