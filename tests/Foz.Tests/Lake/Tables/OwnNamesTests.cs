using Foz.Delta.Schema;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;

namespace Foz.Tests.Lake.Tables;

/// <summary>Columns that have the names of what the engine, or a scan, has of its own.</summary>
public sealed class OwnNamesTests : IDisposable
{
    readonly RulesTable t = new();

    public static TheoryData<string, bool> Names
    {
        get
        {
            var names = new TheoryData<string, bool>();
            foreach (var name in new[]
            {
                "filename", "FileName", "file_row_number", "file_index", "rowid", "foz_file", "foz_row", "foz_row_id",
                "foz_row_version",
                "foz_source_row", "foz_clause", "foz own filename", "foz file\u0001 ", "k", "v", "x0",
            })
                foreach (var isPartitioned in new[] { false, true }) names.Add(name, isPartitioned);
            return names;
        }
    }

    public void Dispose() => t.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_column_of_any_name_is_read_updated_merged_and_deleted(string name, bool isPartitioned)
    {
        var column = SqlText.Identifier(name);
        var partitions = isPartitioned ? new[] { "p" } : [];
        await using (var made = await t.Writer.AppendAsync(
            t.Table, $"SELECT i AS id, 'f' || i AS {column}, i % 2 AS p FROM range(4) AS r(i)",
            new() { PartitionBy = partitions, Properties = WithMapping }, RulesTable.Cancel))
            await made.CommitAsync(RulesTable.Cancel);
        Assert.Equal(["0|f0|0", "1|f1|1", "2|f2|0", "3|f3|1"], await t.RowsAsync());

        await CommitAsync(t.Writer.DeleteAsync(t.Table, $"{column} = 'f1'", new(), RulesTable.Cancel));
        Assert.Equal(["0|f0|0", "2|f2|0", "3|f3|1"], await t.RowsAsync());
        await CommitAsync(t.Writer.UpdateAsync(
            t.Table, new Dictionary<string, string>(StringComparer.Ordinal) { [name] = $"{column} || '+'" }, "id >= 2",
            new(), RulesTable.Cancel));
        Assert.Equal(["0|f0|0", "2|f2+|0", "3|f3+|1"], await t.RowsAsync());
        await CommitAsync(t.Writer.MergeAsync(
            t.Table, $"SELECT 2 AS id, 'm' AS {column}, 0 AS p UNION ALL SELECT 9, 'n', 1", new() { Keys = ["id"] },
            RulesTable.Cancel));
        Assert.Equal(["0|f0|0", "2|m|0", "3|f3+|1", "9|n|1"], await t.RowsAsync());
        await CommitAsync(t.Writer.MergeAsync(
            t.Table,
            new MergeDefinition
            {
                Source = $"SELECT 3 AS id, 's' AS {column}", SourceAlias = "s", TargetAlias = "t", On = "s.id = t.id",
                Clauses =
                [
                    new(MergeMatch.Matched, new MergeAction.Update(
                        new Dictionary<string, string>(StringComparer.Ordinal) { [name] = $"s.{column}" })),
                ],
            }, RulesTable.Cancel));
        Assert.Equal(["0|f0|0", "2|m|0", "3|s|1", "9|n|1"], await t.RowsAsync());
    }

    // Names with blanks need a table that maps its columns.
    static Dictionary<string, string?> WithMapping => new(StringComparer.Ordinal)
    {
        [ColumnMapping.ModeProperty] = "name", ["delta.enableRowTracking"] = "true",
    };

    static async Task CommitAsync(Task<TableChange> begun)
    {
        await using var change = await begun;
        await change.CommitAsync(RulesTable.Cancel);
    }
}
