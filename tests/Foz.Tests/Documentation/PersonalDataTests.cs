using Foz.Lake.Data;
using Foz.Serving.Governance;

namespace Foz.Tests.Documentation;

/// <summary>Holds docs/guide/personal-data.md against the categories that Foz knows.</summary>
public sealed class PersonalDataTests
{
    [Fact]
    public void Every_category_stands_in_the_table_and_is_protected()
    {
        Generated.Table(
            MarkdownDocument.Find("docs/guide/personal-data.md"), "## Categories of the LGPD",
            PersonalData.Categories.Select(category => (string[])[$"`{category.Key}`", category.Value]));
        Assert.All(
            PersonalData.Categories.Keys, tag => Assert.True(ColumnTag.IsProtected(tag) && ColumnTag.IsName(tag), tag));
    }
}
