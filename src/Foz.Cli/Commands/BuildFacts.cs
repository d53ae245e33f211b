namespace Foz.Cli.Commands;

/// <summary>What this program was built from; the constants are written by the build.</summary>
static partial class BuildFacts
{
    /// <summary>Gets the commit and its date; null in a build of a clone.</summary>
    public static string? Origin => Commit.Length > 0 ? $"commit {Commit} of {Date}" : null;
}
