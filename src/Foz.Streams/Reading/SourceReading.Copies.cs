using Foz.Connectors.Changes;
using Foz.Streams.Batches;
using Foz.Streams.Tables;

namespace Foz.Streams.Reading;

/// <content>Copies of tables, between batches.</content>
sealed partial class SourceReading
{
    /// <summary>How long a batch waits for a change while a table is copied.</summary>
    static readonly TimeSpan copyingIdleTime = TimeSpan.FromMilliseconds(10);

    /// <summary>The streams for whose copies users asked, until these have begun.</summary>
    readonly HashSet<string> asked = new(StringComparer.Ordinal);

    TableCopies copies = null!;

    /// <summary>Whether tables are not wholly copied.</summary>
    volatile bool isCopying;

    bool IsCopiedAlone => tables.Values.Any(table => table.IsCopiedAlone);

    /// <summary>Copies so much that there is something of each table, from where on its changes are read.</summary>
    async Task BeginCopiesAsync(CancellationToken cancellationToken)
    {
        while (tables.Values.Any(table => table.NeedsCopy && table.CopiedAt is null)
            && await CopyNextAsync(waits: true, cancellationToken)) { }
    }

    async Task CopyAllAsync(CancellationToken cancellationToken)
    {
        while (await CopyNextAsync(waits: true, cancellationToken)) { }
    }

    /// <summary>Copies a part of a table; more where no change may be read until a table is copied.</summary>
    /// <returns>Whether there was one.</returns>
    async Task<bool> CopyNextAsync(bool waits, CancellationToken cancellationToken)
    {
        var any = false;
        while (await copies.CopyNextAsync(tables.Values, waits || IsCopiedAlone, cancellationToken))
        {
            any = true;
            if (!IsCopiedAlone) break;
        }
        isCopying = tables.Values.Any(table => table.NeedsCopy);
        return any;
    }

    /// <summary>
    /// Whether a copy has all of some changes already; they may have types that its table no longer has.
    /// </summary>
    bool IsOlder(TableChanges changes, long copy) =>
        changes.Rows.RowCount is > 0 and var count && changes.Marks.Positions[count - 1] + reader.Offset < copy;

    /// <summary>Keeps whether the changes of a table are read from its copy on.</summary>
    async Task KeepCopyAsync(BronzeTable table, CancellationToken cancellationToken)
    {
        var name = table.Stream.Definition.Name;
        if (table.CopiedAt is null)
        {
            if (reader.Streams.ContainsKey(name)) await KeepAsync(reader.Without([name]), cancellationToken);
            return;
        }
        var known = feed.Tables.First(known => known.Stream == name);
        if (!reader.Streams.ContainsKey(name))
        {
            // A table that is not logged any more is noticed when that is looked at next.
            var logged = await feed.Source.FindLoggedAsync(cancellationToken);
            await KeepAsync(
                reader.With(name, NumberOf(known), logged.GetValueOrDefault((known.Schema, known.Name), -1)),
                cancellationToken);
        }
        if (asked.Remove(name)) await log.ForgetAskedAsync(StreamRequest.Snapshot, name, cancellationToken);
    }

    /// <summary>Lets tables be copied again whose changes the source does not log, or not since their copies.</summary>
    async Task CheckLoggedAsync(CancellationToken cancellationToken)
    {
        var logged = await feed.Source.FindLoggedAsync(cancellationToken);
        foreach (var known in feed.Tables.Where(
            known => tables[known.Stream].CopiedAt is not null && !IsWhole(known, logged)))
        {
            work.Warn(new(
                $"{known.Schema}.{known.Name} was taken out of what {work.Source.Name} logs: it is copied again"));
            await ForgetCopyAsync(known, cancellationToken);
        }
    }

    /// <summary>Lets tables be copied again whose users asked for it.</summary>
    async Task TakeAskedCopiesAsync(CancellationToken cancellationToken)
    {
        foreach (var name in (await log.FindAskedAsync(StreamRequest.Snapshot, cancellationToken)).Keys)
            if (!tables.TryGetValue(name, out var table))
                await log.ForgetAskedAsync(StreamRequest.Snapshot, name, cancellationToken);
            else if (asked.Add(name))
            {
                copies.Leave(table);
                // What is held beside a table is not in it: it has not all changes.
                if (table.StandsStill)
                    await ForgetCopyAsync(feed.Tables.First(known => known.Stream == name), cancellationToken);
                table.AskForCopy();
            }
    }

    /// <summary>Lets a table be copied again before any later change of it counts; that is kept first.</summary>
    async Task ForgetCopyAsync(FeedTable known, CancellationToken cancellationToken)
    {
        copies.Leave(tables[known.Stream]);
        tables[known.Stream].ForgetCopy();
        await KeepAsync(reader.Without([known.Stream]), cancellationToken);
    }
}
