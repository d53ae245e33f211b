using Foz.Lake.Tables.Alterations;

namespace Foz.AcceptanceTests.Judge;

/// <summary>Tables that Foz altered, read by ClickHouse with delta-kernel.</summary>
public sealed class RulesJudgeTests(JudgeProcess judge) : IDisposable
{
    const string Name = "silver.altered";
    readonly TestLake lake = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Renamed_dropped_and_widened_columns_are_read_equally()
    {
        await lake.AppendAsync(
            Name,
            "SELECT i::INTEGER AS id, 'p' || i % 2 AS part, {'a': i, 'b': 'x' || i} AS s, i * "
                + "1.5 AS gone FROM range(10) r(i)",
            new() { PartitionBy = ["part"] });
        await AlterAsync(new TableAlteration.SetProperties(new Dictionary<string, string>
        {
            ["delta.columnMapping.mode"] = "name", ["delta.enableTypeWidening"] = "true",
        }));
        await AlterAsync(new TableAlteration.RenameColumn("part", "portion"));
        await AlterAsync(new TableAlteration.RenameColumn("s.a", "first"));
        await AlterAsync(new TableAlteration.DropColumns(["gone"]));
        await AlterAsync(new TableAlteration.ChangeType("id", "bigint"));
        await AlterAsync(new TableAlteration.AddColumns(new NewColumn("gone", "string")));
        await lake.AppendAsync(
            Name,
            "SELECT 5000000000 + i AS id, 'p' || i AS portion, {'first': i, 'b': 'y'} AS s, "
                + "'back' AS gone FROM range(4) r(i)");

        using var session = lake.Open();
        Assert.Equal(14, await judge.AssertReadEquallyAsync(session, await lake.TableAsync(Name), null));
    }

    async Task AlterAsync(TableAlteration alteration)
    {
        using var session = lake.Open();
        Assert.NotNull(await new TableAlterer(session).AlterAsync(await lake.TableAsync(Name), alteration, Cancel));
    }
}
