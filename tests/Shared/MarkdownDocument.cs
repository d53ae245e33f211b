using System.Text.RegularExpressions;

namespace Foz.Tests;

/// <summary>A document of this checkout, and the blocks of code in it.</summary>
public sealed partial class MarkdownDocument
{
    const string Fence = "```";

    MarkdownDocument(string path)
    {
        Path = path;
        Lines = File.ReadAllLines(path);
        Blocks = [.. ReadBlocks()];
    }

    /// <summary>All documents: those of the root, of <c>docs</c> and of <c>examples</c>.</summary>
    public static IReadOnlyList<MarkdownDocument> All { get; } =
    [
        .. Directory.GetFiles(Repository.Root, "*.md")
            .Concat(new[] { "docs", "examples" }.SelectMany(folder => Directory.GetFiles(
                System.IO.Path.Combine(Repository.Root, folder), "*.md", SearchOption.AllDirectories)))
            .Order(StringComparer.Ordinal).Select(path => new MarkdownDocument(path)),
    ];

    /// <summary>Its file.</summary>
    public string Path { get; }

    /// <summary>Its path from the root of the checkout.</summary>
    public string Name => System.IO.Path.GetRelativePath(Repository.Root, Path);

    /// <summary>Its lines.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>Its blocks of code, in order.</summary>
    public IReadOnlyList<MarkdownBlock> Blocks { get; }

    /// <summary>Its lines outside of blocks of code.</summary>
    public IEnumerable<string> Prose => Lines.Where((_, i) => !Blocks.Any(b => b.Line - 1 <= i && i <= b.LastLine - 1));

    /// <summary>Reads the current state of a document.</summary>
    public static MarkdownDocument Read(string name) => new(System.IO.Path.Combine(Repository.Root, name));

    /// <summary>The document of a name.</summary>
    public static MarkdownDocument Find(string name) => All.Single(document => document.Name == name);

    /// <summary>The lines below a heading, up to the next one of its level or above.</summary>
    /// <param name="heading">The heading as it stands there: <c>## foz run</c>.</param>
    public IReadOnlyList<string> Section(string heading)
    {
        var level = heading.TakeWhile(c => c == '#').Count();
        var below = Lines.SkipWhile(line => line != heading).ToList();
        Assert.True(below.Count > 0, $"{Name} has no heading {heading}");
        return
        [
            .. below.Skip(1).TakeWhile(line => !Regex.IsMatch(line, $"^#{{1,{level}}} ", RegexOptions.None, Timeout)),
        ];
    }

    /// <summary>The cells of the first table below a heading, without its head.</summary>
    /// <param name="heading">The heading as it stands there.</param>
    public IReadOnlyList<string[]> Table(string heading)
    {
        var rows = Section(heading).SkipWhile(line => !line.StartsWith('|'))
            .TakeWhile(line => line.StartsWith('|')).Skip(2).Select(CellsOf).ToList();
        Assert.True(rows.Count > 0, $"{Name} has no table below {heading}");
        return rows;
    }

    /// <summary>The pieces of code in a text: what stands between single backquotes.</summary>
    public static IReadOnlyList<string> CodeIn(string text) =>
        [.. CodeSpan.Matches(text).Select(match => match.Groups["code"].Value)];

    static TimeSpan Timeout => TimeSpan.FromSeconds(1);

    [GeneratedRegex("`(?<code>[^`]+)`")]
    private static partial Regex CodeSpan { get; }

    /// <summary>A paragraph that announces a file: <c>`models/gold/sales.sql`, a table:</c>.</summary>
    [GeneratedRegex(
        @"^`(?<file>[\w./-]+\.(csv|py|sql|yml))`.*:$|`(?<file>[\w./-]+\.(csv|py|sql|yml))`:$",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Announced { get; }

    /// <summary>A first line that names the file: <c># sources/shop.yml</c>.</summary>
    [GeneratedRegex(@"^(#|--) (?<file>[\w./-]+\.(csv|sql|yml))$", RegexOptions.ExplicitCapture)]
    private static partial Regex Named { get; }

    [GeneratedRegex("^<!-- (?<remark>.+) -->$")]
    private static partial Regex Comment { get; }

    static string[] CellsOf(string row) =>
        [.. Regex.Split(row.Trim().Trim('|'), @"(?<!\\)\|", RegexOptions.None, Timeout).Select(cell => cell.Trim())];

    IEnumerable<MarkdownBlock> ReadBlocks()
    {
        for (var i = 0; i < Lines.Count; i++)
        {
            if (!Lines[i].StartsWith(Fence, StringComparison.Ordinal)) continue;
            var end = i + 1;
            while (end < Lines.Count && !Lines[end].StartsWith(Fence, StringComparison.Ordinal)) end++;
            Assert.True(end < Lines.Count, $"{Path}:{i + 1}: the block is never closed");
            var code = Lines.Skip(i + 1).Take(end - i - 1).ToList();
            yield return new()
            {
                Document = this,
                Language = Lines[i][Fence.Length..],
                Code = string.Join('\n', code),
                Line = i + 1,
                File = FileOf(i, code),
                Remark = i > 0 && Comment.Match(Lines[i - 1]) is { Success: true } comment
                    ? comment.Groups["remark"].Value
                    : null,
            };
            i = end;
        }
    }

    string? FileOf(int fence, List<string> code)
    {
        if (code is [var first, ..] && Named.Match(first) is { Success: true } named) return named.Groups["file"].Value;
        var last = fence - 1;
        while (last >= 0 && (Lines[last].Length == 0 || Comment.IsMatch(Lines[last]))) last--;
        var start = last;
        while (start > 0 && Lines[start - 1] is [not ('#' or '`'), ..]) start--;
        return last >= 0 && Announced.Match(string.Join(' ', Lines.Skip(start).Take(last - start + 1)))
            is { Success: true } announced ? announced.Groups["file"].Value : null;
    }
}

/// <summary>A block of code in a document.</summary>
public sealed record MarkdownBlock
{
    /// <summary>Where it stands.</summary>
    public required MarkdownDocument Document { get; init; }

    /// <summary>
    /// Its language: <c>sh</c>, <c>sql</c>, <c>yaml</c>, <c>text</c> (what the commands before it write)…
    /// </summary>
    public required string Language { get; init; }

    /// <summary>Its lines, without a line break at the end.</summary>
    public required string Code { get; init; }

    /// <summary>The line of its first fence, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>The line of its last fence.</summary>
    public int LastLine => Line + 1 + (Code.Length == 0 ? 0 : Code.Count(c => c == '\n') + 1);

    /// <summary>
    /// The file that it is, as the first line in it or the paragraph above it says; null for a piece of one.
    /// </summary>
    public string? File { get; init; }

    /// <summary>The HTML comment on the line above it; null where there is none.</summary>
    public string? Remark { get; init; }

    /// <summary>Where it stands: <c>README.md:12</c>.</summary>
    public override string ToString() => $"{Document.Name}:{Line}";
}
