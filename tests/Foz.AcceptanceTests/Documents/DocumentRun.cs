using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Foz.Lake.Configuration;
using Foz.Tests;

namespace Foz.AcceptanceTests.Documents;

/// <summary>
/// Does what a document says, from the first line to the last, in one shell that a failing command ends: blocks that
/// are files are written, commands are run, and queries go through <c>foz query</c>.
/// </summary>
sealed partial class DocumentRun
{
    const char Mark = '\u001e';

    static readonly string[] Scripts = ["sh", "sql"];

    readonly Dictionary<MarkdownBlock, string> outputs = [];

    DocumentRun(MarkdownDocument document) => Document = document;

    /// <summary>The document.</summary>
    public MarkdownDocument Document { get; }

    /// <summary>Whether a block is a file of the reader's.</summary>
    public static bool IsFile(MarkdownBlock block) => block is { File: not null, Language: not "text" };

    /// <summary>Whether a block is run, if nothing above it says that it is not.</summary>
    public static bool IsScript(MarkdownBlock block) => !IsFile(block) && Scripts.Contains(block.Language);

    /// <summary>Why a block is not run; null where it is.</summary>
    public static string? ReasonNotRun(MarkdownBlock block) =>
        block.Remark is { } remark && remark.StartsWith("not run: ", StringComparison.Ordinal)
            ? remark["not run: ".Length..]
            : null;

    /// <summary>Each block that shows what commands write, with what they wrote.</summary>
    public IEnumerable<(MarkdownBlock Shown, string Written)> Outputs
    {
        get
        {
            MarkdownBlock? script = null;
            foreach (var block in Document.Blocks)
            {
                if (IsScript(block)) script = block;
                else if (block.Language == "text" && script is not null && outputs.TryGetValue(script, out var written))
                    yield return (block, written);
            }
        }
    }

    /// <summary>Runs a document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="folder">The folder in which it runs; the shell's home.</param>
    /// <param name="commands">The folder with the command <c>foz</c>.</param>
    /// <param name="prologue">The first commands of the shell.</param>
    /// <param name="replacements">Replacements of texts of the document, which are reversed in the output.</param>
    public static async Task<DocumentRun> RunAsync(
        MarkdownDocument document, string folder, string commands, string prologue,
        IReadOnlyDictionary<string, string> replacements)
    {
        var run = new DocumentRun(document);
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-s"])
        {
            WorkingDirectory = folder, UseShellExecute = false, RedirectStandardInput = true,
            RedirectStandardOutput = true, StandardInputEncoding = new UTF8Encoding(false),
            Environment =
            {
                ["PATH"] = $"{commands}:{Environment.GetEnvironmentVariable("PATH")}", ["HOME"] = folder,
                ["LC_ALL"] = "C.UTF-8", ["CI"] = null, ["MAKEFLAGS"] = null, ["MAKELEVEL"] = null,
            },
        })!;
        var script = replacements.Aggregate(
            run.Script(prologue), (text, pair) => text.Replace(pair.Key, pair.Value, StringComparison.Ordinal));
        await shell.StandardInput.WriteAsync(script);
        shell.StandardInput.Close();
        var output = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        run.Take(replacements.Aggregate(
            output, (text, pair) => text.Replace(pair.Value, pair.Key, StringComparison.Ordinal)), shell.ExitCode);
        return run;
    }

    string Script(string prologue)
    {
        var script = new StringBuilder($"set -e\nexec 2>&1\n{prologue}\n");
        for (var i = 0; i < Document.Blocks.Count; i++)
        {
            var block = Document.Blocks[i];
            if (ReasonNotRun(block) is not null) continue;
            if (IsFile(block)) Write(script, block);
            else if (IsScript(block)) Run(script, block, i);
            else if (block.Language == "yaml") Write(script, block with
            {
                File = $"models/pieces/line_{block.Line}.sql",
                Code = ModelOf(block),
            });
        }
        script.Append($"printf '{Mark}%s\\n' {Document.Blocks.Count - 1}\nif [ -f foz.yml ]; then foz validate; fi\n");
        return script.ToString();
    }

    /// <summary>What the pieces of documents say of columns that they do not name among <c>columns</c>.</summary>
    static readonly Dictionary<string, string> known = new(StringComparer.Ordinal)
    {
        ["order_id"] = "bigint", ["item"] = "integer", ["price"] = "decimal(10,2)", ["discount"] = "decimal(4,2)",
        ["campaign"] = "varchar", ["status"] = "varchar",
        ["postcode"] = "varchar", ["ordered_on"] = "date", ["shipped_on"] = "date",
    };

    /// <summary>
    /// A model with a piece of YAML in its front matter, the columns that this names, and those that are known.
    /// </summary>
    static string ModelOf(MarkdownBlock block)
    {
        var errors = new ErrorList();
        var columns = (YamlReader.Read(block.Code, $"{block}", errors) as YamlNode.Mapping)?["columns"] switch
        {
            YamlNode.Mapping mapping => mapping.Entries.Select(entry => entry.Key),
            YamlNode.Sequence list => list.Items.Select(item =>
                ((item as YamlNode.Mapping)?["name"] as YamlNode.Scalar ?? (YamlNode.Scalar)item).Text),
            _ => [],
        };
        errors.ThrowIfAny();
        return $"/* @foz\n{block.Code}\n@foz */\nselect "
            + $"{string.Join(", ", columns.Append("line").Union(known.Keys).Select(c => $"null::{known.GetValueOrDefault(c, "integer")} as {c}"))}";
    }

    static void Write(StringBuilder script, MarkdownBlock block) => script.Append($"""
        mkdir -p "$(dirname '{block.File}')"
        cat > '{block.File}' <<'END_OF_FILE'
        {block.Code}
        END_OF_FILE

        """);

    static void Run(StringBuilder script, MarkdownBlock block, int number)
    {
        // The shell itself is read from the standard input, which is not for the commands.
        var code = block.Language == "sql" ? $"foz query <<'END_OF_SQL'\n{block.Code}\nEND_OF_SQL" : block.Code;
        var expected = ExitCode.Match(block.Remark ?? "") is { Success: true } remark
            ? remark.Groups["code"].Value
            : "0";
        script.Append($$"""
            printf '{{Mark}}%s\n' {{number}}
            {{(expected == "0" ? "set -e" : "set +e")}}
            {
            {{code}}
            } < /dev/null
            code=$?
            set -e
            if [ $code != {{expected}} ]; then echo "exit code $code, not {{expected}}"; exit 99; fi

            """);
    }

    void Take(string output, int exitCode)
    {
        var parts = output.Split(Mark).Skip(1).Select(part => part.Split('\n', 2)).ToList();
        foreach (var part in parts) outputs.TryAdd(Document.Blocks[int.Parse(part[0])], part[1]);
        if (exitCode == 0) return;
        var place = parts is [.., var last] ? $"{Document.Blocks[int.Parse(last[0])]}: {last[1]}" : Document.Name;
        Assert.Fail($"exit code {exitCode} at {place}\n{output.Split(Mark)[0]}");
    }

    [GeneratedRegex("^exits with (?<code>[0-9]+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex ExitCode { get; }
}
