using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Foz.Connectors;
using Foz.Pipelines.Intervals;

namespace Foz.Pipelines.Batches;

/// <summary>
/// What one batch of a step reads, written before it works: <c>_foz/steps/&lt;step&gt;/&lt;batch&gt;.json</c>. After
/// a crash the batch is run again from the same inputs.
/// </summary>
public sealed record StepManifest
{
    /// <summary>The step: the name of its main table.</summary>
    public required string Step { get; init; }

    /// <summary>Its number, from 1; the version of the <c>txn</c> that its commits carry.</summary>
    public required long Batch { get; init; }

    /// <summary>The run that opened it.</summary>
    public required string RunId { get; init; }

    /// <summary>When it was opened; the <c>_cdc_synced_at</c> of its rows.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// The run that gave the batch up: no table has any of its rows, and later batches read its input. Null where it
    /// was not given up.
    /// </summary>
    public string? GivenUpBy { get; init; }

    /// <summary>A hash of the step's definition: another one makes a table that is rebuilt whole out of date.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>
    /// A hash of the SELECT that a model's template rendered, if the template queries the lake; null for other models,
    /// and if it was not recorded.
    /// </summary>
    public string? Rendered { get; init; }

    /// <summary>The definition that the step ran with; null if it was not recorded.</summary>
    public StepDefinition? Definition { get; init; }

    /// <summary>Whether its rows replace all rows of the table; null if it was not recorded.</summary>
    public bool? Replaces { get; init; }

    /// <summary>
    /// The columns of the key that is unique in its table; empty if rows have no key, and if uniqueness was not
    /// checked.
    /// </summary>
    public ImmutableArray<string> Key { get; init; } = [];

    /// <summary>What it reads of a source; null where it reads none, or found nothing there.</summary>
    public StreamInputs? Stream { get; init; }

    /// <summary>
    /// A hash of the rows of a snapshot, whatever their order, without change columns; null where it was not made.
    /// </summary>
    public string? RowsHash { get; init; }

    /// <summary>The time that its rows are of, in UTC; null where the step has no intervals.</summary>
    public Interval? Interval { get; init; }

    /// <summary>The backfill that it belongs to; null where it belongs to none.</summary>
    public string? Backfill { get; init; }

    /// <summary>
    /// Of a folded manifest: what its batches and those before them filled. Of another one: intervals before its own
    /// that had no rows and no commit.
    /// </summary>
    public ImmutableArray<FilledInterval> Filled { get; init; } = [];

    /// <summary>
    /// Times that were filled from older inputs, and that were to be filled again when the batch was done: the run that
    /// opened it may have ended before it filled them.
    /// </summary>
    public ImmutableArray<Interval> Stale { get; init; } = [];

    /// <summary>The tables that it reads, by name.</summary>
    public ImmutableSortedDictionary<string, TableInput> Tables { get; init; } =
        ImmutableSortedDictionary<string, TableInput>.Empty;

    /// <summary>Whether two batches read the same tables at the same versions by the same definition.</summary>
    public bool ReadsSameAs(StepManifest other) =>
        Fingerprint == other.Fingerprint && Tables.SequenceEqual(other.Tables);
}

/// <summary>A time whose rows are in a step's table.</summary>
/// <param name="Start">When it begins, in UTC.</param>
/// <param name="End">When it is over.</param>
/// <param name="Backfill">The backfill that filled it; null where none did.</param>
public sealed record FilledInterval(DateTimeOffset Start, DateTimeOffset End, string? Backfill = null);

/// <summary>The versions of a table that a batch reads.</summary>
/// <param name="Version">The version; for <c>STREAM(…)</c> the last one whose rows are read.</param>
/// <param name="FromVersion">
/// For <c>STREAM(…)</c> the version after which rows are read, null to begin at the table's first row; null for a
/// table that is read whole.
/// </param>
public sealed record TableInput(long Version, long? FromVersion = null)
{
    /// <summary>
    /// The table's id, which differs for a later table of the same name; null if it was not recorded.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>
    /// What is another one after each copy of a stream of changes: <see cref="Foz.Lake.Data.ChangeColumns"/>; null for
    /// other tables.
    /// </summary>
    public string? Copy { get; init; }

    /// <summary>Whether it is of another table than the one of an id.</summary>
    public bool IsOfOther(string id) => Id is not null && Id != id;
}

[JsonSerializable(typeof(StepManifest))]
[JsonSerializable(typeof(StreamInputs.OfAll))]
[JsonSerializable(typeof(StreamInputs.OfFiles))]
[JsonSerializable(typeof(StreamInputs.OfCursor))]
[JsonSerializable(typeof(StreamInputs.OfVersions))]
[JsonSerializable(typeof(StreamInputs.OfState))]
[JsonSerializable(typeof(StreamInputs.Folded))]
[JsonSerializable(typeof(UntypedInputs))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(StreamInputsConverter)])]
sealed partial class StepManifestJson : JsonSerializerContext;
