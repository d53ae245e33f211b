using Foz.Lake.Data;
using Foz.Lake.Journal;

namespace Foz.Tests.Documentation;

/// <summary>Holds docs/reference/tables.md against the columns that tables have.</summary>
public sealed class TableReferenceTests
{
    static readonly MarkdownDocument page = MarkdownDocument.Find("docs/reference/tables.md");

    public static TheoryData<string> Tables => [.. JournalTables.Fields.Keys];

    [Theory]
    [MemberData(nameof(Tables))]
    public void Every_column_of_a_table_of_foz_is_documented_in_order(string table)
    {
        var rows = page.Section("## The schema foz")
            .SkipWhile(line => !line.StartsWith($"`foz.{table}`: ", StringComparison.Ordinal))
            .SkipWhile(line => !line.StartsWith('|'))
            .TakeWhile(line => line.StartsWith('|')).Skip(2);
        Assert.Equal(
            JournalTables.Fields[table].Select(field => field.Name),
            rows.SelectMany(row => MarkdownDocument.CodeIn(row.Split('|')[1])));
    }

    [Fact]
    public void Change_columns_are_documented_with_their_types() => Assert.Equal(
        ChangeColumns.Fields.Select(field => ($"`{field.Name}`", $"{field.Type}")),
        page.Table("## Change columns").Select(cells => (cells[0], cells[1])));
}
