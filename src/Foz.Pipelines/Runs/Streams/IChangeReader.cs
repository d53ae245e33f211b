using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>Brings the changes that sources log into the tables of their streams of mode <c>cdc</c>.</summary>
public interface IChangeReader
{
    /// <summary>
    /// Brings all that a source has committed so far into the tables of its streams: rows of those that were not copied
    /// yet, then changes. One process at a time works on a source.
    /// </summary>
    /// <param name="work">The source.</param>
    /// <param name="cancellationToken">Stops it; what is not committed is read again.</param>
    /// <returns>How it ended, by the tables' names in the lake: one entry for each of its streams.</returns>
    /// <exception cref="FozException">
    /// The source does not answer, or does not have all changes any more; the tables are as of the last batch.
    /// </exception>
    Task<IReadOnlyDictionary<TableName, StepResult>> ReadAsync(ChangeWork work, CancellationToken cancellationToken);

    /// <summary>As <see cref="ReadAsync"/>, and goes on with what is committed later, until it is stopped.</summary>
    /// <param name="work">The source.</param>
    /// <param name="committed">
    /// Called after each batch, with what its tables got, before the next one is read; those without changes are not in
    /// it.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">As for <see cref="ReadAsync"/>.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    Task FollowAsync(
        ChangeWork work, Func<IReadOnlyDictionary<TableName, StepResult>, Task> committed,
        CancellationToken cancellationToken);
}

/// <summary>A source whose changes are read, and what that needs of the run.</summary>
/// <param name="Lake">The lake.</param>
/// <param name="Project">What <c>foz.yml</c> says.</param>
/// <param name="Source">The source.</param>
/// <param name="Opened">The source, open.</param>
public sealed record ChangeWork(Lakehouse Lake, ProjectFile Project, ProjectSource Source, ILoggedSource Opened)
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The source's streams of mode <c>cdc</c>.</summary>
    public IEnumerable<ProjectStream> Streams =>
        Source.Streams.Where(stream => stream.Definition.Mode is Connectors.StreamMode.Changes);

    /// <summary>Takes the log for the run, which keeps it until its step ends; waits for another that has it.</summary>
    public required Func<CancellationToken, Task> TakeAsync { get; init; }

    /// <summary>Makes sure that a name defines a table, with a description, and opens it.</summary>
    public required Func<TableName, string?, CancellationToken, ValueTask<LakeTable>> DefineAsync { get; init; }

    /// <summary>Gives the columns of a stream's table the tags that the project states.</summary>
    public required Func<ProjectStream, TableChange, Task> DescribeAsync { get; init; }

    /// <summary>Takes what the user should know.</summary>
    public required Action<Warning> Warn { get; init; }

    /// <summary>Measures how far it is.</summary>
    public required WorkMeter Meter { get; init; }
}
