using System.Diagnostics;
using Foz.Cli.Git;
using Foz.Lake;

namespace Foz.Tests.Cli.Git;

/// <summary><c>--project</c> with an address of git: one commit of it, and nothing else, is fetched and written.</summary>
public sealed class GitProjectTests : IDisposable
{
    readonly CommandRunner foz = new();

    string Repository => Path.Combine(foz.Folder, "repository");

    string Address => $"git+file://{Repository}";

    public GitProjectTests()
    {
        Directory.CreateDirectory(Repository);
        Git("init", "--quiet", "--initial-branch=main");
    }

    public void Dispose()
    {
        // What is in the cache of this repository.
        foreach (var commits in Cached())
            if (Kept(commits).Any(folder => File.Exists(Path.Combine(folder, Path.GetFileName(foz.Folder)))))
                Directory.Delete(commits, recursive: true);
        foz.Dispose();
    }

    [Fact]
    public async Task A_branch_a_tag_and_a_commit_are_the_project_at_that_time()
    {
        var first = Commit("select 1 as x");
        Git("tag", "v1");
        Git("checkout", "--quiet", "-b", "feature/two");
        Commit("select 2 as x");
        Git("checkout", "--quiet", "main");

        await ExpectAsync("1", Address);
        await ExpectAsync("2", $"{Address}@feature/two");
        await ExpectAsync("1", $"{Address}@v1");
        var moved = Commit("select 3 as x");
        await ExpectAsync("3", $"{Address}@main");
        await ExpectAsync("1", $"{Address}@{first}");
        // What was fetched is complete: a commit is not asked for again.
        Directory.Move(Repository, Repository + ".gone");
        await ExpectAsync("3", $"{Address}@{moved}");
        await RefusedAsync($"{Address}@main", "cannot be read at main");
    }

    [Fact]
    public async Task A_folder_of_it_is_taken_and_nothing_beside_it()
    {
        File.CreateSymbolicLink(Path.Combine(Repository, "link"), "/etc");
        Commit("select 1 as x", "projects/shop/");
        await ExpectAsync("1", $"{Address}@main#projects/shop");
        await RefusedAsync(Address, "only files are taken");
        await RefusedAsync($"{Address}#projects", "has no foz.yml in its folder 'projects'");
        await RefusedAsync($"{Address}#nothing", "has no foz.yml in its folder 'nothing'");
        File.CreateSymbolicLink(Path.Combine(Repository, "projects/shop/secrets.yml"), "/etc/passwd");
        Commit("select 2 as x", "projects/shop/");
        await RefusedAsync($"{Address}#projects/shop", "'secrets.yml', and only files are taken");
        await RefusedAsync($"{Address}@nothing#projects/shop", "cannot be read at nothing");
    }

    [Fact]
    public async Task Its_lake_is_elsewhere_and_commands_that_write_files_refuse_it()
    {
        Commit("select 1 as x", lake: "lake");
        await RefusedAsync(Address, "its lake would be in the cache");
        var output = await foz.RunAsync("user", "add", "ana", "--owner", "--project", Address);
        Assert.Contains("stays unchanged", output.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("git+https://example.com/shop.git", "https://example.com/shop.git", null, "")]
    [InlineData("git+https://example.com:8443/a/shop@v1.2#sub/shop", "https://example.com:8443/a/shop", "v1.2",
        "sub/shop")]
    [InlineData("git+https://example.com/shop@feature/x-1", "https://example.com/shop", "feature/x-1", "")]
    [InlineData("git+https://example.com/a@b/shop@main", "https://example.com/a@b/shop", "main", "")]
    public void An_address_has_parts(string text, string url, string? revision, string folder) =>
        Assert.Equal(new GitAddress(url, revision, folder), GitAddress.Of(text));

    [Theory]
    [InlineData("git+https://example.com/shop@--upload-pack=touch")]
    [InlineData("git+https://example.com/shop@-x")]
    [InlineData("git+https://example.com/shop@main:refs/heads/other")]
    [InlineData("git+https://example.com/shop@+main")]
    [InlineData("git+https://example.com/shop@a..b")]
    [InlineData("git+https://example.com/shop@HEAD~1")]
    [InlineData("git+https://example.com/shop@%2D-x")]
    [InlineData("git+https://example.com/shop@")]
    [InlineData("git+https://example.com/shop#../other")]
    [InlineData("git+https://example.com/shop#a/-b")]
    [InlineData("git+https://example.com/shop#a:b")]
    [InlineData("git+https://example.com/shop?token=secret")]
    [InlineData("git+https://ana:secret@example.com/shop")]
    [InlineData("git+https://example.com/")]
    [InlineData("git+https://example.com/a%0Ab")]
    [InlineData("git+http://example.com/shop")]
    [InlineData("git+ssh://git@example.com/shop")]
    [InlineData("git+ext::sh -c touch% x")]
    [InlineData("git+ext://sh -c touch")]
    [InlineData("git+--upload-pack=touch")]
    [InlineData("git+file://host/share")]
    [InlineData("git+/srv/shop")]
    public void What_git_would_take_for_something_else_is_refused(string text)
    {
        var error = Assert.Throws<FozException>(() => GitAddress.Of(text));
        Assert.Equal(ErrorKind.Usage, error.Kind);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    static string[] Cached() =>
        Path.Combine(Foz.Lake.Catalog.Lakehouse.CacheFolderDefault, "projects", "git") is var root
        && Directory.Exists(root)
            ? Directory.GetDirectories(root)
            : [];

    static string[] Kept(string commits) => Directory.GetDirectories(commits);

    async Task ExpectAsync(string row, string address)
    {
        (await foz.RunAsync("run", "--project", address)).ExpectOk();
        Assert.Equal($"x\n{row}\n",
            (await foz.RunAsync("query", "from silver.a", "--project", address, "-o", "csv")).Out);
    }

    async Task RefusedAsync(string address, string why)
    {
        var output = await foz.RunAsync("validate", "--project", address);
        Assert.NotEqual(0, output.ExitCode);
        Assert.Contains(why, output.Error, StringComparison.Ordinal);
        // Nothing is left of what was refused.
        Assert.All(Cached().SelectMany(Kept), folder => Assert.DoesNotMatch(@"/\.[0-9a-f]{32}$", folder));
    }

    string Commit(string sql, string folder = "", string? lake = null)
    {
        var project = Path.Combine(Repository, folder);
        Directory.CreateDirectory(Path.Combine(project, "models", "silver"));
        File.WriteAllText(
            Path.Combine(project, "foz.yml"), $"name: shop\nlake: {lake ?? Path.Combine(foz.Folder, "lake")}\n");
        File.WriteAllText(Path.Combine(project, "models", "silver", "a.sql"), sql);
        // By this the folders of the cache are found again.
        File.WriteAllText(Path.Combine(project, Path.GetFileName(foz.Folder)), "");
        Git("add", "--all");
        Git("-c", "user.name=ana", "-c", "user.email=ana@example.com", "commit", "--quiet", "-m", "x");
        return Git("rev-parse", "HEAD").Trim();
    }

    string Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = Repository, UseShellExecute = false, RedirectStandardOutput = true,
        })!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return output;
    }
}
