using Foz.Lake.Configuration;
using Foz.Operations.Alerts;

namespace Foz.Tests.Documentation;

/// <summary>Holds docs/reference/alerts.md against the keys that files of alerts may have.</summary>
public sealed class AlertReferenceTests
{
    const string Page = "docs/reference/alerts.md";

    static readonly (string Heading, IReadOnlyList<SettingSpec> Keys)[] tables =
    [
        ("# Alert files", AlertKeys.File), ("## channels", AlertKeys.Channel), ("## routes", AlertKeys.Route),
        ("### escalate", AlertKeys.Escalation), ("## rules", AlertKeys.Rule), ("## templates", AlertKeys.Template),
        ("## links", AlertKeys.Links),
    ];

    public static TheoryData<string> Headings => [.. tables.Select(table => table.Heading)];

    [Theory]
    [MemberData(nameof(Headings))]
    public void Every_key_is_documented_as_it_is_declared(string heading) => Generated.Table(
        MarkdownDocument.Read(Page), heading,
        tables.Single(table => table.Heading == heading).Keys.SelectMany(SettingRows.Of));

    [Fact]
    public void Every_name_of_templates_is_documented() => Generated.Block(
        MarkdownDocument.Read(Page), "names",
        IncidentTexts.Names.Select(name => Generated.Row($"`{name.Key}`", name.Value)).Prepend("|---|---|")
            .Prepend("| Name | Value |"));
}
