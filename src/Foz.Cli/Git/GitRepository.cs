using Foz.Lake;

namespace Foz.Cli.Git;

/// <summary>The git repository that a project is in. It is only read: the program <c>git</c> is called.</summary>
/// <param name="folder">The project's folder.</param>
/// <param name="clock">The time.</param>
sealed class GitRepository(string folder, TimeProvider clock)
{
    readonly GitProgram git = new(folder, clock);

    /// <summary>The commit that is checked out.</summary>
    /// <exception cref="FozException">There is no git, no repository, or no commit in it.</exception>
    public async Task<string> HeadAsync(CancellationToken cancellationToken)
    {
        var found = await git.TryAsync(["rev-parse", "--verify", "HEAD^{commit}"], cancellationToken);
        return found is { Code: 0, Lines: [var head, ..] }
            ? head
            : throw new FozException(ErrorKind.Usage, $"{folder} is in no git repository with a commit"
                + (found.Errors.Count > 0 ? $": {found.Errors[0]}" : ""))
            {
                Hint = "check the project out with its history, or name a folder with the project as it was: "
                    + "--state ../before",
            };
    }

    /// <summary>The branch that is checked out; null where none is.</summary>
    public async Task<string?> FindBranchAsync(CancellationToken cancellationToken) =>
        await git.TryAsync(["symbolic-ref", "--quiet", "--short", "HEAD"], cancellationToken)
            is { Code: 0, Lines: [var branch, ..] } ? branch : null;

    /// <summary>The newest commit that both a revision and the one that is checked out come from.</summary>
    /// <param name="revision">The revision.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">There is no such revision, or none in the history that is here.</exception>
    public async Task<string> MergeBaseAsync(string revision, CancellationToken cancellationToken)
    {
        if (await git.TryAsync(["rev-parse", "--verify", "--end-of-options", $"{revision}^{{commit}}"],
            cancellationToken)
            is not { Code: 0, Lines: [var commit, ..] })
            throw new FozException(ErrorKind.Usage, $"git knows no revision '{revision}'")
            {
                Hint = "fetch it first, with the whole history: git fetch origin (fetch-depth: 0 in GitHub Actions)",
            };
        return await git.TryAsync(["merge-base", commit, "HEAD"], cancellationToken) is
        {
            Code: 0,
            Lines: [var found, ..]
        }
            ? found
            : throw new FozException(
                ErrorKind.Usage, $"git finds no commit that '{revision}' and the one that is checked out come from")
            {
                Hint = "fetch the whole history: git fetch --unshallow (fetch-depth: 0 in GitHub Actions)",
            };
    }

    /// <summary>The files of the project that are not as committed, or not committed at all.</summary>
    /// <param name="except">Files that do not count, as full paths.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<string>> DirtyAsync(
        IReadOnlyCollection<string> except, CancellationToken cancellationToken)
    {
        // Paths are relative to the repository, each after two signs and a blank.
        var root = (await git.RunAsync(["rev-parse", "--show-toplevel"], cancellationToken))[0];
        var lines = await git.RunAsync(
            ["-c", "core.quotePath=false", "status", "--porcelain", "--untracked-files=all", "--", "."],
            cancellationToken);
        return
        [
            .. lines.Where(line => line.Length > 3)
                .Select(line => (IsNew: line[0] == '?', Path: line[3..].Trim('"')))
                .Where(file => !except.Contains(Path.GetFullPath(file.Path, root))
                    && !(file.IsNew && IsBeside(Path.GetFullPath(file.Path, root))))
                .Select(file => file.Path),
        ];
    }

    /// <summary>
    /// Whether a file in the project's folder is no part of the project, such as the comment or a log that the shell
    /// writes there.
    /// </summary>
    bool IsBeside(string file) =>
        Path.GetDirectoryName(file) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))
        && Path.GetExtension(file) is not (".yml" or ".yaml");

    /// <summary>Writes the project as it was at a commit; nothing in the repository changes.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="target">An empty folder.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether the commit has the project's folder.</returns>
    public async Task<bool> CheckOutAsync(string commit, string target, CancellationToken cancellationToken)
    {
        var prefix = await git.RunAsync(["rev-parse", "--show-prefix"], cancellationToken) is [var below, ..] ? below
            : "";
        var tree = $"{commit}:{prefix.TrimEnd('/')}";
        if (await git.TryAsync(["cat-file", "-t", tree], cancellationToken) is not { Code: 0, Lines: ["tree", ..] })
            return false;
        // An index of its own, as an archive would leave out what attributes say.
        var index = Path.Combine(target, ".index");
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal) { ["GIT_INDEX_FILE"] = index };
        await git.RunAsync(["read-tree", tree], cancellationToken, variables);
        await git.RunAsync(
            ["--work-tree", target, "checkout-index", "--all", "--force", $"--prefix={target}/"], cancellationToken,
            variables);
        File.Delete(index);
        return true;
    }
}
