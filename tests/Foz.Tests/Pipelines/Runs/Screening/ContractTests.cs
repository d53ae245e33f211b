using Foz.Lake.Journal;

namespace Foz.Tests.Pipelines.Runs.Screening;

public sealed class ContractTests : IDisposable
{
    readonly LakeProject project = new();

    public void Dispose() => project.Dispose();

    [Theory]
    [InlineData("contract: enforced")]
    [InlineData("contract: {enforced: true}")]
    public async Task A_difference_stops_the_step_before_anything_is_written_and_names_each_column(string contract)
    {
        await project.AppendAsync("bronze.t", "SELECT 1 AS id, 'a' AS name, 1.5 AS price");
        project.Write("models/silver/t.sql", $$"""
            /* @foz
            {{contract}}
            columns: 
              - {name: id, type: bigint}
              - {name: nam, data_type: text}
              - {name: price, type: 'decimal(2,1)'}
            @foz */
            SELECT id, name, price FROM bronze.t
            """);
        var error = (await project.RunAsync()).Steps.Single().Error!;
        Assert.Equal(
            """
            3 errors
            models/silver/t.sql:4:12: silver.t breaks its contract: 'id' is INTEGER instead of BIGINT
              cast it, or change the contract
            models/silver/t.sql:4:12: silver.t breaks its contract: 'name' (VARCHAR) is not in it
              declare the column, or leave it out
            models/silver/t.sql:5:12: silver.t breaks its contract: the column 'nam' is missing
              is it 'name'?
            """, error.Describe());
        Assert.False(Directory.Exists(Path.Combine(project.Lake.Folder, "silver", "t", "_delta_log")));
    }

    [Fact]
    public async Task What_keeps_its_contract_is_written_and_nulls_break_it_where_it_says()
    {
        await project.AppendAsync("bronze.t", "SELECT 1 AS id, NULL::VARCHAR AS name");
        project.Write(
            "models/silver/t.sql",
            "/* @foz\ncontract: enforced\ncolumns: [{name: id, type: int, nullable: false}, {name: name, type: "
                + "text}]\n@foz */\nSELECT id, name FROM bronze.t");
        project.Write(
            "models/gold/t.sql",
            "/* @foz\nmaterialization: view\ncontract: enforced\ncolumns: {id: int}\n@foz */\nSELECT id FROM silver.t");
        Assert.Equal(Outcome.Succeeded, (await project.RunAsync()).Outcome);

        await project.AppendAsync("bronze.t", "SELECT NULL::INT AS id, 'b' AS name");
        var error = (await project.RunAsync()).Steps.First(step => step.Error is not null).Error!;
        Assert.Equal(
            "models/silver/t.sql:3:18: silver.t breaks its contract: 'id' is null in 1 row\n"
            + "  fill it, quarantine these rows by the check not_null, or let the contract allow nulls",
            error.Describe());
        Assert.Equal(["1|"], await project.RowsAsync("silver.t"));

        project.Write("models/silver/t.sql", "SELECT id::BIGINT AS id, name FROM bronze.t WHERE id > 0");
        error = (await project.RunAsync()).Steps.First(step => step.Error is not null).Error!;
        Assert.StartsWith(
            "models/gold/t.sql:4:11: gold.t breaks its contract: 'id' is BIGINT instead of INTEGER", error.Describe(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_keeps_the_contract_of_its_source()
    {
        project.Write("foz.yml", "name: t\nlake: lake\nconnections: {files: {type: files, path: data}}\n");
        project.Write("data/a.csv", "id,name\n1,a\n");
        project.Write(
            "sources/s.yml",
            "connection: files\ncontract: enforced\nstreams:\n  people:\n    path: '*.csv'\n    "
                + "columns: {id: bigint, name: text}\n");
        Assert.Equal(Outcome.Succeeded, (await project.RunAsync()).Outcome);
        project.Write("data/b.csv", "id,name,age\n2,b,3\n");
        Assert.Equal(
            "sources/s.yml:6:15: bronze.people breaks its contract: 'age' (VARCHAR) is not in it\n  "
                + "declare the column, or leave it out",
            (await project.RunAsync()).Steps.Single().Error!.Describe());
        Assert.Equal(["1"], await project.QueryAsync("SELECT count(*) FROM bronze.people"));
    }

    [Theory]
    [InlineData(
        "contract: enforced",
        "models/silver/t.sql:2:11: a contract needs the columns and their types\n  declare them under 'columns:'")]
    [InlineData(
        "contract: enforced\ncolumns: [{name: id}]",
        "models/silver/t.sql:3:18: the column 'id' has no type, and the contract needs one\n  add 'type: …' to it")]
    [InlineData("contract: strict", "models/silver/t.sql:2:11: unknown contract 'strict'\n  write contract: enforced")]
    public void A_contract_that_says_nothing_is_refused(string yaml, string expected)
    {
        project.Write("models/silver/t.sql", $"/* @foz\n{yaml}\n@foz */\nSELECT 1 AS id");
        Assert.Equal([expected], project.Errors());
    }
}
