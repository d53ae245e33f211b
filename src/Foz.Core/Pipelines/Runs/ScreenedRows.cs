using System.Collections.Immutable;
using System.Globalization;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Batches;
using Foz.Core.Pipelines.Projects;
using Foz.Core.Quality;
using Foz.Core.Tables;

namespace Foz.Core.Pipelines.Runs;

/// <summary>The rows of a batch as they go on to the table, and those that do not.</summary>
/// <param name="Context">The run.</param>
/// <param name="Node">The step's node.</param>
/// <param name="Session">The session of the step.</param>
/// <param name="Manifest">The batch.</param>
sealed record ScreenedRows(StepContext Context, GraphNode Node, EngineSession Session, StepManifest Manifest)
{
    /// <summary>The rows that go on.</summary>
    public required string Select { get; init; }

    /// <summary>What the checks that take rows out found.</summary>
    public ImmutableArray<CheckResult> Results { get; init; } = [];

    /// <summary>How many rows are left out: double ones, and those that break a check with <c>drop</c>.</summary>
    public long RowsDropped { get; init; }

    /// <summary>How many rows are quarantined.</summary>
    public long RowsQuarantined { get; init; }

    /// <summary>The rows that are quarantined, as the table beside holds them; null where no check asks for it.</summary>
    public string? Quarantined { get; init; }

    /// <summary>
    /// Writes the rows that are quarantined: before the main table, under the same batch. What an earlier try of the batch
    /// left there is replaced, so that a row is in one of the two tables and not in both, whatever came between.
    /// </summary>
    /// <param name="kept">The rows that stay in the table; where none do, none stay here either.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task QuarantineAsync(KeptRows kept, CancellationToken cancellationToken)
    {
        if (Quarantined is null) return;
        var name = Node.Table.Quarantine;
        var present = await (await Context.Lake.OpenTableAsync(name, cancellationToken)).FindLatestAsync(cancellationToken);
        var isRetried = present?.BatchOf(Manifest.Step) >= Manifest.Batch;
        var hasRows = RowsQuarantined > 0;
        var mayGo = isRetried || (present is { RowCount: not 0 } && (kept.Table is null || kept.ReplacedWhere is not null));
        if (!hasRows && !mayGo) return;
        var table = await Context.DefineTableAsync(
            name, $"Rows of {Node.Table} that broke a check", owner: null, cancellationToken);
        var options = new WriteOptions { Batch = isRetried ? null : new(Manifest.Step, Manifest.Batch) };
        var writer = new TableWriter(Session);
        var ofBatch = string.Create(CultureInfo.InvariantCulture, $"{QuarantineColumns.Batch} = {Manifest.Batch}");
        await using var change = kept.Table is null
            ? await writer.OverwriteAsync(table, Quarantined, options, cancellationToken)
            : present is not null && (isRetried || kept.ReplacedWhere is not null)
                ? await writer.ReplaceWhereAsync(
                    table, Quarantined, kept.ReplacedWhere is { } where ? $"{ofBatch} OR (\n{where}\n)" : ofBatch, options,
                    cancellationToken)
                : await writer.AppendAsync(table, Quarantined, options, cancellationToken);
        if ((await change.CommitAsync(cancellationToken)).Warning is { } warning) Context.Warn(warning);
        Foz.Delta.Failpoint.Hit("step.quarantined");
    }
}
