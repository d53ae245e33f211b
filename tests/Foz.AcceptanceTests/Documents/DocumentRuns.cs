using Foz.AcceptanceTests.PostgreSql;
using Foz.Tests;

namespace Foz.AcceptanceTests.Documents;

/// <summary>
/// The folders in which documents run: README where the demo is made, the example's page in its folder there, the
/// guide's first page in an empty folder, and every other document in a copy of the project that this first page ends
/// with.
/// </summary>
/// <param name="server">The server at the addresses of databases in documents.</param>
/// <param name="checkout">The checkout.</param>
public sealed class DocumentRuns(PostgreSqlServer server, DemoCheckout checkout) : IDisposable
{
    const string Readme = "README.md", FirstPage = "docs/guide/getting-started.md", Project = "shop";

    /// <summary>The page of the example that the demo runs.</summary>
    const string Example = "examples/loja/README.md";

    /// <summary>The address of a database that documents speak of.</summary>
    const string Address = "user:password@localhost:5432/shop";

    static readonly DateTime FirstRun = new(2026, 1, 2, 6, 0, 0, DateTimeKind.Utc);

    readonly string folder = Directory.CreateTempSubdirectory("foz-documents-").FullName;
    readonly Dictionary<string, DocumentRun> runs = [];

    string Commands => Path.Combine(folder, "bin");

    static string Here => Path.Combine(Repository.Root, "tests", "Foz.AcceptanceTests", "Documents");

    /// <summary>Runs a document, once.</summary>
    internal async Task<DocumentRun> RunAsync(MarkdownDocument document)
    {
        if (runs.TryGetValue(document.Name, out var known)) return known;
        DemoCheckout.WriteCommand(Commands);
        var home = Path.Combine(folder, document.Name);
        var replacements = new Dictionary<string, string>(StringComparer.Ordinal);
        if (document.Name is Readme or Example) await PrepareCheckoutAsync(home, replacements);
        else if (document.Name == FirstPage) Directory.CreateDirectory(home);
        else await PrepareProjectAsync(home);
        var given = Path.Combine(Here, "Given", document.Name);
        if (Directory.Exists(given)) DemoCheckout.CopyFolder(given, home);
        if (document.Blocks.Any(block => block.Code.Contains(Address, StringComparison.Ordinal)))
            await AddDatabaseAsync(replacements);
        return runs[document.Name] = await DocumentRun.RunAsync(
            document, home, Commands,
            document.Name switch
            {
                Readme or FirstPage => "",
                Example => $"cd {Path.GetDirectoryName(Example)}",
                _ => $"export SHOP_URL=postgres://{Address} CRM_TOKEN=token",
            },
            replacements);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    async Task PrepareCheckoutAsync(string home, Dictionary<string, string> replacements)
    {
        var written = await checkout.CopyAsync(home);
        DemoCheckout.WriteCommand(home);
        // What the demo writes the first time was written when the checkout was made.
        var first = Path.Combine(folder, "demo.txt");
        await File.WriteAllTextAsync(first, written, TestContext.Current.CancellationToken);
        replacements["foz demo --folder loja && cd loja\n"] = $"cat '{first}' && cd examples/loja\n";
    }

    /// <summary>Copies the project as if it had been run in January and February, of which documents speak.</summary>
    async Task PrepareProjectAsync(string home)
    {
        var first = await RunAsync(MarkdownDocument.Find(FirstPage));
        DemoCheckout.CopyFolder(Path.Combine(folder, first.Document.Name, Project), home);
        foreach (var commit in Directory.GetFiles(home, "*.json", SearchOption.AllDirectories))
            if (Path.GetFileName(Path.GetDirectoryName(commit)) == "_delta_log")
                File.SetLastWriteTimeUtc(
                    commit, FirstRun.AddMonths(int.Parse(Path.GetFileNameWithoutExtension(commit))));
    }

    async Task AddDatabaseAsync(Dictionary<string, string> replacements)
    {
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(await File.ReadAllTextAsync(
            Path.Combine(Here, "shop.sql"), TestContext.Current.CancellationToken));
        await database.GrantAsync();
        var place = $"localhost:{server.Port}/{database.Name}";
        replacements[Address] = $"foz:{Uri.EscapeDataString(PostgreSqlServer.Password)}@{place}";
        replacements["user@localhost:5432/shop"] = $"foz@{place}";
        replacements["database shop, user user"] = $"database {database.Name}, user foz";
    }
}
