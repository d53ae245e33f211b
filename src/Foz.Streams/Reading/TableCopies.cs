using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Pipelines.Runs.Streams;
using Foz.Storage;
using Foz.Streams.Tables;

namespace Foz.Streams.Reading;

/// <summary>
/// Copies of the tables of a source, part by part, between batches of changes. Tables that are copied at the same time
/// are copied as of one moment. Where that is lost, as a run was cut off, the rest of them is of another one.
/// </summary>
/// <param name="work">The source, and what it is read for.</param>
/// <param name="source">Takes the moments.</param>
/// <param name="copied">Called after each part of a table, also where the table could not take it.</param>
sealed class TableCopies(
    ChangeWork work, IChangeSource source, Func<BronzeTable, CancellationToken, Task> copied) : IAsyncDisposable
{
    CancellationTokenSource closing = new();
    List<BronzeTable> left = [];
    Task<ChangeStart>? opening;
    ChangeStart? start;
    IAsyncDisposable? shared;

    /// <summary>Begins with tables that are copied as of a moment, which is owned from now on.</summary>
    public void Begin(IEnumerable<BronzeTable> tables, ChangeStart moment)
    {
        left = [.. tables];
        start = moment;
        shared = work.Opened.ShareSnapshot(moment);
    }

    /// <summary>Leaves a table out: it is to be copied as of a later moment.</summary>
    public void Leave(BronzeTable table) => left.Remove(table);

    /// <summary>Copies the next part of a table that needs it.</summary>
    /// <param name="tables">All tables.</param>
    /// <param name="waits">
    /// Whether it waits for a moment; it does anyway for tables of which no changes are read until there is one.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="FozException">The source failed.</exception>
    public async Task<bool> CopyNextAsync(
        IReadOnlyCollection<BronzeTable> tables, bool waits, CancellationToken cancellationToken)
    {
        left.RemoveAll(table => !table.NeedsCopy);
        if (left.Count == 0)
        {
            await CloseAsync();
            left = [.. tables.Where(table => table.NeedsCopy)];
            // Their changes from the moment on must not be read before.
            if (left.Exists(table => table.CopiedAt is null)) left.RemoveAll(table => table.CopiedAt is not null);
            if (left.Count == 0) return false;
        }
        if (start is null)
        {
            // The moment may have to wait until transactions end that are open now.
            opening ??= source.SnapshotAsync(closing.Token);
            if (!waits && !opening.IsCompleted && left.TrueForAll(table => table.CopiedAt is not null)) return false;
            await MomentWait.WarnAsync(opening, source, work.Warn, work.Lake.Clock, cancellationToken);
            var moment = await opening.WaitAsync(cancellationToken);
            opening = null;
            Begin(left, moment);
        }
        // Until a table has a part of its copy, no changes of it are read, and no model finds it.
        var next = left.Find(table => table.CopiedAt is null) ?? left[0];
        if (!await CopyPartAsync(next, cancellationToken)) left.Remove(next);
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        closing.Dispose();
    }

    async Task CloseAsync()
    {
        if (opening is not null)
        {
            await closing.CancelAsync();
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (opening.IsCompletedSuccessfully) start = await opening;
            opening = null;
            closing.Dispose();
            closing = new();
        }
        if (shared is not null) await shared.DisposeAsync();
        if (start is not null) await start.DisposeAsync();
        (shared, start) = (null, null);
    }

    /// <summary>Copies a part of a table; returns whether more of this moment follow.</summary>
    async Task<bool> CopyPartAsync(BronzeTable table, CancellationToken cancellationToken)
    {
        var folder = work.Lake.Engines.CreateTempFolder();
        try
        {
            using var session = work.Lake.Engines.Open(Workload.Ingestion);
            table.Table.ReachedBy(session);
            var part = await work.Opened.ReadCopyAsync(
                table.Stream.Definition, table.NextPart(start!),
                new() { Engine = work.Lake.Engines, Meter = work.Meter, WorkFolder = folder.FullName },
                cancellationToken);
            await using var rows = part.Rows;
            foreach (var warning in rows.Warnings) work.Warn(warning);
            var isMore = await table.CopyAsync(session, part, start!, cancellationToken);
            Failpoint.Hit("streams.copied");
            await copied(table, cancellationToken);
            return isMore;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
