using System.Security.Cryptography;
using System.Text;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Git;

/// <summary>What a build host says of the change that it builds, in environment variables.</summary>
/// <param name="Change">The number of the pull request; null where none is built.</param>
/// <param name="BaseRevision">The revision that it shall be merged into; null where none is built.</param>
/// <param name="SummaryFile">The file whose Markdown the host shows beside the build; null where there is none.</param>
sealed record CiVariables(string? Change, string? BaseRevision, string? SummaryFile)
{
    const string Prefix = "ci_";
    const int HashDigits = 8;

    /// <summary>Reads those of GitHub, GitLab, Azure DevOps and Jenkins.</summary>
    /// <param name="variable">Gives environment variables.</param>
    public static CiVariables Read(Func<string, string?> variable)
    {
        var change = Of("GITHUB_REF")?.Split('/') is ["refs", "pull", var number, ..] ? number : null;
        return new(
            change ?? Of("CI_MERGE_REQUEST_IID") ?? Of("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER")
                ?? Of("SYSTEM_PULLREQUEST_PULLREQUESTID") ?? Of("CHANGE_ID"),
            Remote(Of("GITHUB_BASE_REF")) ?? Of("CI_MERGE_REQUEST_DIFF_BASE_SHA")
                ?? Remote(Of("SYSTEM_PULLREQUEST_TARGETBRANCH")) ?? Remote(Of("CHANGE_TARGET")),
            Of("GITHUB_STEP_SUMMARY"));

        string? Of(string name) => variable(name) is { Length: > 0 } value ? value : null;
    }

    /// <summary>
    /// The name of the environment of a change: of one project and change always the same, and of no two the same.
    /// </summary>
    /// <param name="project">The project's name.</param>
    /// <param name="change">The number of its pull request, or its branch.</param>
    public static string NameOf(string project, string change)
    {
        var text = $"{Prefix}{project}_{change}";
        var words = string.Concat(text.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'))
            .Split('_', StringSplitOptions.RemoveEmptyEntries);
        var name = string.Join('_', words);
        if (name == text && UndeclaredEnvironment.IsName(name)) return name;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HashDigits];
        var kept = name[..Math.Min(name.Length, UndeclaredEnvironment.LengthMax - HashDigits - 1)].TrimEnd('_');
        return $"{kept}_{hash}";
    }

    static string? Remote(string? branch)
    {
        const string heads = "refs/heads/";
        if (branch is null) return null;
        return $"origin/{(branch.StartsWith(heads, StringComparison.Ordinal) ? branch[heads.Length..] : branch)}";
    }
}
