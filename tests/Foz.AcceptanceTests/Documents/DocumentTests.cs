using Foz.Tests;

namespace Foz.AcceptanceTests.Documents;

/// <summary>Does what the documents say, and holds what they show against what comes of it.</summary>
public sealed class DocumentTests(DocumentRuns runs) : IClassFixture<DocumentRuns>
{
    /// <summary>
    /// Languages of blocks that are no part of a session: files of other programs, drawings, and examples of calls.
    /// </summary>
    static readonly string[] OtherLanguages = ["console", "cron", "ini", "diagram", "tree"];

    public static TheoryData<string> Documents =>
    [
        .. MarkdownDocument.All.Where(document => document.Blocks.Any(DocumentRun.IsScript))
            .Select(document => document.Name),
    ];

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task What_a_document_shows_is_what_happens(string name)
    {
        var run = await runs.RunAsync(MarkdownDocument.Find(name));
        if (Expect.IsUpdating) Update(run);
        else
            Assert.Multiple([.. run.Outputs.Select(output => (Action)(() => Assert.True(
                DocumentOutput.Shows(output.Shown.Code, output.Written),
                $"{output.Shown} shows\n{output.Shown.Code}\nbut this was written "
                + $"(FOZ_UPDATE_EXPECTED=1 puts it there)\n{output.Written}")))]);
    }

    [Fact]
    public void Every_block_is_run_or_says_why_it_cannot_be()
    {
        var notRun = new List<string>();
        foreach (var document in MarkdownDocument.All)
        {
            var hasScript = false;
            foreach (var block in document.Blocks)
            {
                if (DocumentRun.ReasonNotRun(block) is { } reason)
                    notRun.Add($"{document.Name}: {block.Code.Split('\n')[0]}: {reason}");
                hasScript |= DocumentRun.IsScript(block);
                Assert.True(
                    DocumentRun.IsFile(block) || DocumentRun.IsScript(block) || OtherLanguages.Contains(block.Language)
                    || block.Language == "yaml" || (block.Language == "text" && hasScript),
                    $"{block}: '{block.Language}' is neither a file, nor commands, nor what commands before it wrote");
            }
        }
        Expect.File("not-run.txt", string.Concat(notRun.Select(line => line + "\n")));
    }

    static void Update(DocumentRun run)
    {
        var lines = run.Document.Lines.ToList();
        foreach (var (shown, written) in run.Outputs.Reverse())
        {
            lines.RemoveRange(shown.Line, shown.LastLine - shown.Line - 1);
            lines.InsertRange(shown.Line, DocumentOutput.Updated(shown.Code, written).Split('\n'));
        }
        File.WriteAllLines(run.Document.Path, lines);
    }
}
