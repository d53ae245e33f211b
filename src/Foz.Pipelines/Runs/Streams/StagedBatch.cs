using Foz.Connectors;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Runs.Screening;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>A batch of a stream whose files are written, and of which nothing is committed.</summary>
/// <param name="Rows">What is read.</param>
/// <param name="Change">The change of the table.</param>
/// <param name="Screened">What its checks took out.</param>
/// <param name="Kept">The rows that stay in the table.</param>
sealed record StagedBatch(StreamRows Rows, TableChange Change, ValidatedRows Screened, RetainedRows Kept)
{
    /// <summary>Whether its rows take the place of all that the table has.</summary>
    public required bool Replaces { get; init; }

    /// <summary>The rows that could not be read; null where all could be.</summary>
    public required string? RejectedSql { get; init; }

    /// <summary>How many rows the source gave; null where that is not counted.</summary>
    public required long? RowsRead { get; init; }

    /// <summary>How many rows could be read.</summary>
    public required long Arrived { get; init; }

    /// <summary>How many rows could not be read.</summary>
    public required long Rejected { get; init; }

    /// <summary>A hash of the rows that replace the table's; null of others.</summary>
    public required string? Hash { get; init; }
}
