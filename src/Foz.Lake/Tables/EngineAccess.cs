using Foz.Delta.Readers;
using Foz.Delta.Snapshots;

namespace Foz.Lake.Tables;

/// <summary>What another engine does with a table in its present state, for people.</summary>
/// <param name="Engine">Its name in <c>readers</c>.</param>
/// <param name="IsHeld">Whether the table stays readable for it.</param>
/// <param name="Reads">Whether it reads the table: <c>yes</c>, <c>no</c>, or <c>wrong rows</c>.</param>
/// <param name="From">The version from which on it reads the table; empty where that is not known.</param>
/// <param name="Writes">Whether it writes the table: <c>yes</c> or <c>no</c>.</param>
/// <param name="Obstacles">What prevents reading, or otherwise writing; empty where nothing does.</param>
public sealed record EngineAccess(
    string Engine, bool IsHeld, string Reads, string From, string Writes, string Obstacles)
{
    const string Yes = "yes", No = "no";

    /// <summary>Whether the engine reads the table.</summary>
    public bool IsRead => Reads == Yes;

    internal static EngineAccess Of(ReaderVerdict verdict, Snapshot table)
    {
        var isRead = verdict.Obstacles.Count == 0;
        return new(
            verdict.Reader.Name,
            HeldReaders.Of(table.Metadata.Configuration).Contains(verdict.Reader),
            isRead ? Yes : verdict.IsMisread ? "wrong rows" : No,
            isRead ? verdict.From : "",
            verdict.WriteObstacles.Count == 0 ? Yes : No,
            string.Join(", ", isRead ? verdict.WriteObstacles : verdict.Obstacles));
    }
}
