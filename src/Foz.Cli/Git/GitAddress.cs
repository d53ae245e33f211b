using System.Text.RegularExpressions;
using Foz.Lake;

namespace Foz.Cli.Git;

/// <summary>A project in a repository of git: <c>git+https://host/repo@ref#folder</c>.</summary>
/// <param name="Url">The repository's address, as git gets it.</param>
/// <param name="Revision">The branch, tag or commit; null for the branch that the repository names.</param>
/// <param name="Folder">The project's folder in the repository, with slashes; empty for its root.</param>
sealed partial record GitAddress(string Url, string? Revision, string Folder)
{
    const string Prefix = "git+";

    /// <summary>Whether the revision is a whole commit id: what it names never changes.</summary>
    public bool IsCommit => Revision is { } revision && Commit.IsMatch(revision);

    /// <summary>Returns the address that <c>--project</c> states; null where it is none of git.</summary>
    /// <exception cref="FozException">It is one that cannot be used.</exception>
    public static GitAddress? Of(string project)
    {
        if (!project.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        // No other transport: ext:: and its like start programs that they name.
        if (!project.Contains("://", StringComparison.Ordinal)
            || !Uri.TryCreate(project[Prefix.Length..], UriKind.Absolute, out var address)
            || !(address.Scheme == Uri.UriSchemeHttps || address is { IsFile: true, IsUnc: false }
                || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
            throw Refused("an address of git begins with git+https:// or git+file:///");
        if (address.UserInfo.Length > 0)
            throw Refused(
                "an address of git has no user and password: it would be in the list of processes",
                "let git know them, by a credential helper or GIT_CONFIG_COUNT");
        if (address.Query.Length > 0) throw Refused("an address of git has no part with a question mark");
        var path = Uri.UnescapeDataString(address.AbsolutePath);
        var at = path.LastIndexOf('@');
        var revision = at < 0 ? null : path[(at + 1)..];
        // git takes what begins with a hyphen for an option, and what has a colon for where to write.
        if (revision is not null && !Name.IsMatch(revision))
            throw Refused($"'{revision}' names no branch, tag or commit of git");
        var folder = Uri.UnescapeDataString(address.Fragment.TrimStart('#')).Trim('/');
        if (folder.Length > 0 && folder.Split('/').Any(part => part is "" or "." or ".." || !Part.IsMatch(part)))
            throw Refused($"'{folder}' is no folder of a repository");
        if (at >= 0) path = path[..at];
        if (path.Trim('/').Length == 0 || path.Any(char.IsControl)) throw Refused("the address names no repository");
        return new(address.GetLeftPart(UriPartial.Authority) + path, revision, folder);
    }

    static FozException Refused(string message, string hint = "git+https://host/repository@branch#folder") =>
        new(ErrorKind.Usage, message) { Hint = hint };

    [GeneratedRegex("^(?!.*(\\.\\.|//|\\.lock$|[./]$))[0-9A-Za-z_][0-9A-Za-z._/+-]*$", RegexOptions.ExplicitCapture)]
    private static partial Regex Name { get; }

    [GeneratedRegex("^([0-9a-f]{40}|[0-9a-f]{64})$", RegexOptions.ExplicitCapture)]
    private static partial Regex Commit { get; }

    [GeneratedRegex("^[^-:\\\\\\x00-\\x1f][^:\\\\\\x00-\\x1f]*$", RegexOptions.ExplicitCapture)]
    private static partial Regex Part { get; }
}
