using Foz.Connectors.Processes;
using Foz.Lake;

namespace Foz.Cli.Git;

/// <summary>The program <c>git</c>, called in one folder.</summary>
/// <param name="folder">The folder.</param>
/// <param name="clock">The time.</param>
sealed class GitProgram(string folder, TimeProvider clock)
{
    const int LinesMax = 100_000;

    static readonly TimeSpan timeout = TimeSpan.FromMinutes(5);

    /// <summary>Environment variables that all calls get; null takes one away.</summary>
    public IReadOnlyDictionary<string, string?> Variables { get; init; } =
        new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>Changes lines of errors before anyone reads them.</summary>
    public Func<string, string> Mask { get; init; } = static line => line;

    /// <summary>Calls git, which must succeed.</summary>
    /// <returns>The lines that it wrote.</returns>
    /// <exception cref="FozException">There is no git, or it failed.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(
        IReadOnlyList<string> arguments, CancellationToken cancellationToken,
        IReadOnlyDictionary<string, string?>? variables = null)
    {
        var end = await TryAsync(arguments, cancellationToken, variables);
        return end.Code == 0
            ? end.Lines
            : throw new FozException(
                ErrorKind.Usage, $"git {arguments[0]} failed: {string.Join("; ", end.Errors)}");
    }

    /// <summary>Calls git.</summary>
    /// <exception cref="FozException">There is no git.</exception>
    public async Task<GitEnd> TryAsync(
        IReadOnlyList<string> arguments, CancellationToken cancellationToken,
        IReadOnlyDictionary<string, string?>? variables = null)
    {
        await using var git = ChildProcess.Start(
            new()
            {
                Program = "git", Arguments = arguments, Folder = folder, Timeout = timeout, OutputIsData = true,
                Variables = variables ?? Variables, Mask = Mask,
            },
            clock);
        git.CloseInput();
        var lines = new List<string>();
        await foreach (var line in git.ReadLinesAsync(cancellationToken))
            if (lines.Count < LinesMax) lines.Add(line);
        var end = await git.WaitAsync(cancellationToken);
        return new(end is ProcessEnd.Exited { Code: var code } ? code : -1, lines, end.LastLines);
    }
}

/// <summary>How a call of git ended.</summary>
/// <param name="Code">Its exit code; -1 where it took too long.</param>
/// <param name="Lines">The lines that it wrote, 100,000 at most.</param>
/// <param name="Errors">The last lines of its errors.</param>
readonly record struct GitEnd(int Code, IReadOnlyList<string> Lines, IReadOnlyList<string> Errors);
