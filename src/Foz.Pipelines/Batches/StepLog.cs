using System.Globalization;
using System.Text.Json;
using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Pipelines.Batches;

/// <summary>
/// The manifests of one step, oldest first. Many manifests of completed batches are folded into one object, so that a
/// step with a long history opens as fast as any other. <c>&lt;batch&gt;.folded.json</c> is the manifest of the last of
/// them; it lists the stream inputs that all of them read and the intervals that they filled. It is written once, and
/// the manifests that it replaces are deleted afterwards; until then, no reader uses them. One run at a time writes;
/// any number of readers may read meanwhile.
/// </summary>
/// <param name="lake">The lake's root.</param>
/// <param name="step">The step's name.</param>
sealed class StepLog(IObjectStore lake, string step)
{
    /// <summary>How many manifests are folded, at least.</summary>
    public const int FoldMin = 32;

    /// <summary>The suffix of a step's name in the <c>txn</c> of rows that are released from its quarantine.</summary>
    public const string ReleaseSuffix = "/release";

    /// <summary>The suffix of a step's name in the <c>txn</c> of a batch that was given up.</summary>
    public const string GivenUpSuffix = "/given-up";

    /// <summary>The suffix of a step's name in the <c>txn</c> of rejected rows of a batch that was refused.</summary>
    public const string RefusedSuffix = "/refused";

    /// <summary>
    /// The <c>txn</c> of a step's epoch, after the step's name: how often a host died that worked on it.
    /// </summary>
    public const string EpochSuffix = "/epoch";

    const string Suffix = ".json";
    const string FoldedSuffix = ".folded.json";
    const int BatchDigits = 20;
    const int ListingsMax = 10;

    StepListing? listed;

    string Folder => Lakehouse.StepFolder(step);

    /// <summary>
    /// All manifests of the step but those of batches that were given up; those that are folded are one, the first,
    /// whose stream's inputs are those of all.
    /// </summary>
    public async ValueTask<IReadOnlyList<StepManifest>> ReadAllAsync(CancellationToken cancellationToken) =>
        [.. (await ReadEachAsync(cancellationToken)).Where(manifest => manifest.GivenUpBy is null)];

    /// <summary>As <see cref="ReadAllAsync"/>, with those of batches that were given up.</summary>
    public async ValueTask<IReadOnlyList<StepManifest>> ReadEachAsync(CancellationToken cancellationToken) =>
        await ReadAsync(listing => listing.Current, cancellationToken);

    /// <summary>The manifest of the step's last batch, which may have been given up; null where it has none.</summary>
    public async ValueTask<StepManifest?> ReadLastAsync(CancellationToken cancellationToken) =>
        await ReadAsync(listing => listing.Current.TakeLast(1), cancellationToken) is [var last] ? last : null;

    /// <summary>Opens a batch: from now on it is run with these inputs until it is done.</summary>
    /// <exception cref="FozException">Another run opened the same batch.</exception>
    public async ValueTask OpenAsync(StepManifest manifest, CancellationToken cancellationToken)
    {
        if (!await lake.TryCreateAsync(PathOf(manifest.Batch, Suffix), Write(manifest), cancellationToken))
            throw Taken(manifest);
        listed = null;
    }

    /// <summary>
    /// Says otherwise what a batch is: only the run that opened it may, and which knows that it commits nothing of what
    /// was said before.
    /// </summary>
    /// <param name="was">The manifest as it was written or read.</param>
    /// <param name="manifest">The manifest, of the same batch.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// Another run has changed it since: the batch is that one's, or was given up.
    /// </exception>
    public async ValueTask ReopenAsync(StepManifest was, StepManifest manifest, CancellationToken cancellationToken)
    {
        var path = PathOf(manifest.Batch, Suffix);
        if (await lake.GetAsync(path, cancellationToken) is not { } present
            || Parse(path, present) is var there && (there.RunId, there.GivenUpBy) != (was.RunId, was.GivenUpBy)
            || await lake.PutIfMatchAsync(path, Write(manifest), present.ETag, cancellationToken)
                is not PutIfMatchResult.Written)
            throw Taken(manifest);
    }

    /// <summary>Makes sure that no other run gave a batch up, as far as can be seen now.</summary>
    /// <exception cref="FozException">One did.</exception>
    public async ValueTask EnsureOpenAsync(StepManifest manifest, CancellationToken cancellationToken)
    {
        if (await FindAsync(PathOf(manifest.Batch, Suffix), cancellationToken) is not { } there
            || there.RunId != manifest.RunId || there.GivenUpBy is not null)
            throw Taken(manifest);
    }

    /// <summary>
    /// Folds manifests if there are many, and deletes those that are folded. The last one that is done stays unchanged:
    /// a next batch is compared with it.
    /// </summary>
    /// <param name="lastDone">The last batch that is done.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async ValueTask FoldAsync(long lastDone, CancellationToken cancellationToken)
    {
        var listing = listed ?? await ListAsync(cancellationToken);
        var folded = listing.Current.Where(path => BatchOf(path) < lastDone).ToList();
        if (folded.Count > FoldMin)
        {
            var manifests = new List<StepManifest>();
            foreach (var path in folded)
                manifests.Add(await FindAsync(path, cancellationToken) ?? throw Unreadable(path, "it is gone", null));
            Failpoint.Hit("steps.fold");
            // If it is there already, it was written from the same manifests by a run that was cut off then.
            await lake.TryCreateAsync(
                PathOf(manifests[^1].Batch, FoldedSuffix), Write(Fold(manifests)), cancellationToken);
            Failpoint.Hit("steps.folded");
            listing = await ListAsync(cancellationToken);
        }
        foreach (var path in listing.Folded)
        {
            await lake.DeleteAsync(path, cancellationToken);
            Failpoint.Hit("steps.folded.deleted");
        }
    }

    /// <summary>
    /// Replaces all manifests of the step up to this one's batch by this one: for a table that replaces the one that
    /// those batches made. A second call does nothing.
    /// </summary>
    public async ValueTask ReplaceAsync(StepManifest manifest, CancellationToken cancellationToken) =>
        await lake.TryCreateAsync(PathOf(manifest.Batch, FoldedSuffix), Write(manifest), cancellationToken);

    /// <summary>Deletes all manifests of the step.</summary>
    public async ValueTask DeleteAsync(CancellationToken cancellationToken)
    {
        var paths = new List<string>();
        await foreach (var info in lake.ListAsync(Folder, startAfter: null, cancellationToken)) paths.Add(info.Path);
        foreach (var path in paths) await lake.DeleteAsync(path, cancellationToken);
    }

    /// <summary>Folds several manifests, oldest first, into one.</summary>
    public static StepManifest Fold(IReadOnlyList<StepManifest> manifests)
    {
        var done = manifests.Where(manifest => manifest.GivenUpBy is null).ToList();
        var streams = done.Select(manifest => manifest.Stream).OfType<StreamInputs>().ToList();
        return (done.Count == 0 ? manifests[^1] : done[^1]) with
        {
            Batch = manifests[^1].Batch,
            Stream = streams.Count == 0 ? null : StreamInputs.Fold(streams),
            Filled = new IntervalLedger(done).Fold(),
        };
    }

    async ValueTask<IReadOnlyList<StepManifest>> ReadAsync(
        Func<StepListing, IEnumerable<string>> choose, CancellationToken cancellationToken)
    {
        for (var listings = 1; ; listings++)
        {
            var manifests = new List<StepManifest>();
            var paths = choose(await ListAsync(cancellationToken)).ToList();
            foreach (var path in paths)
            {
                if (await FindAsync(path, cancellationToken) is { } manifest) manifests.Add(manifest);
                // Another run folded it since the listing.
                else if (listings < ListingsMax) break;
                else throw Unreadable(path, "it is gone", null);
            }
            if (manifests.Count == paths.Count) return manifests;
        }
    }

    async ValueTask<StepListing> ListAsync(CancellationToken cancellationToken)
    {
        var paths = new List<string>();
        await foreach (var info in lake.ListAsync(Folder, startAfter: null, cancellationToken)) paths.Add(info.Path);
        // The folded manifest of a batch sorts before the batch's own.
        var start = paths.FindLastIndex(path => path.EndsWith(FoldedSuffix, StringComparison.Ordinal));
        return listed = start < 0
            ? new([], paths)
            : new(
                [.. paths.Where((path, i) => i != start && BatchOf(path) <= BatchOf(paths[start]))],
                [.. paths.Where((path, i) => i == start || BatchOf(path) > BatchOf(paths[start]))]);
    }

    string PathOf(long batch, string suffix) =>
        $"{Folder}/{batch.ToString($"D{BatchDigits}", CultureInfo.InvariantCulture)}{suffix}";

    /// <summary>
    /// The batch of a manifest; of any other file, a number after all batches, so that reading the file fails.
    /// </summary>
    long BatchOf(string path) =>
        path.Length >= Folder.Length + 1 + BatchDigits
        && long.TryParse(
            path.AsSpan(Folder.Length + 1, BatchDigits), NumberStyles.None, CultureInfo.InvariantCulture, out var batch)
            ? batch
            : long.MaxValue;

    static byte[] Write(StepManifest manifest) =>
        JsonSerializer.SerializeToUtf8Bytes(manifest, StepManifestJson.Default.StepManifest);

    /// <summary>The error of a run whose batch another run has taken, or given up.</summary>
    public static FozException Taken(StepManifest manifest) =>
        new(ErrorKind.Conflict, $"batch {manifest.Batch} of {manifest.Step} was opened by another run")
        {
            Hint = "run again when the other run has ended",
            IsTransient = true,
        };

    static FozException Unreadable(string path, string why, Exception? cause) =>
        new(ErrorKind.Table, $"the manifest {path} cannot be read: {why}", cause)
        {
            Hint = "restore it from a backup; without it the step cannot know what it has read",
        };

    /// <summary>A manifest; null where it is not there any more.</summary>
    async ValueTask<StepManifest?> FindAsync(string path, CancellationToken cancellationToken)
    {
        return await lake.GetAsync(path, cancellationToken) is { } stored ? Parse(path, stored) : null;
    }

    static StepManifest Parse(string path, StoredObject stored)
    {
        try
        {
            return JsonSerializer.Deserialize(stored.Content.Span, StepManifestJson.Default.StepManifest)
                ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw Unreadable(path, e.Message, e);
        }
    }

    /// <summary>The manifests of a step, by their paths in order.</summary>
    /// <param name="Folded">Those that are in a folded one, and are to be deleted.</param>
    /// <param name="Current">The others; a folded one is the first.</param>
    sealed record StepListing(IReadOnlyList<string> Folded, IReadOnlyList<string> Current);
}
