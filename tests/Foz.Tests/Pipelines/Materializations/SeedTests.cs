using Foz.Lake.Journal;

namespace Foz.Tests.Pipelines.Materializations;

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
            ["id BIGINT", "postcode VARCHAR", "version VARCHAR", "price DECIMAL(18,2)", "rate DECIMAL(18,1)",
                "active BOOLEAN",
                "day DATE", "at TIMESTAMP", "note VARCHAR", "empty VARCHAR", "big DECIMAL(38,0)"],
            await lake.QueryAsync(
                "SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM seeds.kinds)"));
        Assert.Equal(
            ["1|01310|1.10|10.00|0.5|a, \"b\"|", "-2|20000|1.9|-9.50|12.0|ç|", "30||2.0|0.25|||"],
            await lake.QueryAsync("SELECT id, postcode, version, price, rate, note, empty FROM seeds.kinds"));
        Assert.All((await lake.RunWellAsync()).Steps, step => Assert.Equal(Outcome.Skipped, step.Outcome));
    }

    [Fact]
    public async Task It_is_made_anew_when_the_file_or_what_is_said_of_it_changes()
    {
        lake.Write("seeds/silver/regions.csv", "code;name\n1;Norte\n");
        lake.Write(
            "seeds/silver/regions.yml",
            "delimiter: ';'\ndescription: Regions\ncolumns: [{name: code, type: varchar, checks: [unique]}]\n");
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
    [InlineData(
        "id\n1\n\n1.5\n", "columns: {id: integer}", "seeds/s.csv:4", "'1.5' in column id of seeds/s.csv is no integer")]
    [InlineData(
        "id,note\n1,\"a\nb\"\nx,c\n", "columns: {id: bigint}", "seeds/s.csv:4",
        "'x' in column id of seeds/s.csv is no bigint")]
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

    [Theory]
    [InlineData(
        "code,name\n1,Smith, John\n2,Doe, Jane\n", "seeds/s.csv:2",
        "this line of seeds/s.csv cannot be read: 3 fields where the header has 2")]
    [InlineData(
        "id,v\n1,2\n2,x,3\n", "seeds/s.csv:3",
        "this line of seeds/s.csv cannot be read: 3 fields where the header has 2")]
    [InlineData(
        "id,v\n1,2\n2\n", "seeds/s.csv:3", "this line of seeds/s.csv cannot be read: 1 field where the header has 2")]
    [InlineData(
        "id,v\n1,\"a\nb\"\n2,\"a\n3,b\n", "seeds/s.csv:4",
        "this line of seeds/s.csv cannot be read: a quote is not closed")]
    [InlineData(
        "id,v\n1,\"a\"b\n", "seeds/s.csv:2", "this line of seeds/s.csv cannot be read: text follows a closing quote")]
    [InlineData(
        "id,\"v\n1,2\n", "seeds/s.csv:1",
        "line 1 of file seeds/s.csv should hold the header and cannot be read: a quote is not closed")]
    [InlineData("", "seeds/s.csv:1", "seeds/s.csv is empty")]
    [InlineData("\n\n", "seeds/s.csv:1", "seeds/s.csv is empty")]
    public async Task A_line_that_cannot_be_read_is_an_error_with_its_place(string csv, string place, string message)
    {
        lake.Write("seeds/s.csv", csv);

        var error = await lake.FailAsync();
        Assert.Equal(message, error.Message);
        Assert.Equal(place, $"{error.Place}");
        Assert.NotNull(error.Hint);
    }

    [Fact]
    public async Task A_broken_line_behind_many_is_found()
    {
        var lines = Enumerable.Range(1, 30_000).Select(i => $"{i},v{i}").Append("30001,a,b");
        lake.Write("seeds/s.csv", "id,v\n" + string.Join('\n', lines));

        Assert.Equal("seeds/s.csv:30002", $"{(await lake.FailAsync()).Place}");
    }

    [Theory]
    [InlineData("id,v\n#1,a\n2,b\n#3,c\n", "#1|a;#3|c;2|b")]
    [InlineData("id,v\n1,a\n2,b", "1|a;2|b")]
    [InlineData("\uFEFFid,v\r\n1,a\r\n2,b\r\n", "1|a;2|b")]
    [InlineData("id,v\n1,a\r\n2,b\n", "1|a;2|b")]
    [InlineData("id,\"v\"\n1,\"a\nb, \"\"c\"\"\"\n\n2,\n3,\"\"\n", "1|a\nb, \"c\";2|;3|")]
    [InlineData("id,v\n", "")]
    [InlineData("id,v", "")]
    [InlineData("line,c0\n1,a\n", "1|a")]
    [InlineData("id,v,\n1,a,\n", "1|a|")]
    public async Task Every_row_of_the_file_is_one_of_the_table(string csv, string rows)
    {
        lake.Write("seeds/s.csv", csv);
        await lake.RunWellAsync();

        Assert.Equal(rows.Length == 0 ? [] : rows.Split(';'), await lake.RowsAsync("seeds.s"));
    }

    [Fact]
    public async Task A_decimal_has_room_for_larger_numbers_and_one_of_more_places_needs_a_wider_type()
    {
        lake.Write("seeds/s.csv", "id,amt\n1,10.5\n2,20.0\n");
        lake.Model("{type: incremental, strategy: merge, unique_key: id}", "SELECT id, amt FROM seeds.s");
        lake.Write(
            "snapshots/h.sql",
            "/* @foz\nmaterialization: {unique_key: id, strategy: check, check_cols: all}\n@foz "
                + "*/\nSELECT id, amt FROM seeds.s");
        await lake.RunWellAsync();
        lake.Write("seeds/s.csv", "id,amt\n1,10.5\n2,120000.5\n");
        await lake.RunWellAsync();
        Assert.Equal(["1|10.5", "2|120000.5"], await lake.RowsAsync());

        lake.Write("seeds/s.csv", "id,amt\n1,10.5\n2,120.55\n");
        var errors = (await lake.RunAsync()).Steps.Where(step => step.Error is not null)
            .ToDictionary(step => $"{step.Step}", step => step.Error!);
        Assert.Equal(["silver.m", "snapshots.h"], errors.Keys.Order());
        Assert.EndsWith(
            "column amt is decimal(18,1) in the table but decimal(18,2) in the data, which it cannot hold",
            errors["silver.m"].Message,
            StringComparison.Ordinal);
        Assert.Equal("models/silver/m.sql", errors["silver.m"].Place!.Value.File);
        Assert.Equal(
            "foz alter silver.m set delta.enableTypeWidening=true lets its columns take wider types, as "
                + "'on_schema_change: sync' does; "
            + "foz run silver.m --full-refresh rebuilds the table",
            errors["silver.m"].Hint);
        Assert.Equal(
            "foz alter snapshots.h set delta.enableTypeWidening=true lets its columns take wider types, as "
                + "'on_schema_change: sync' does",
            errors["snapshots.h"].Hint);

        await lake.AlterAsync("silver.m", "delta.enableTypeWidening", "true");
        await lake.AlterAsync("snapshots.h", "delta.enableTypeWidening", "true");
        await lake.RunWellAsync();
        Assert.Equal(["1|10.50", "2|120.55"], await lake.RowsAsync());
        Assert.Equal(
            ["1|10.50", "2|120.55"],
            await lake.QueryAsync("SELECT id, amt FROM snapshots.h WHERE is_current ORDER BY id"));
    }
}
