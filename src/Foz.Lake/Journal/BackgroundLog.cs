using System.Globalization;
using Foz.Lake.Catalog;

namespace Foz.Lake.Journal;

/// <summary>How a log works that delays no caller.</summary>
public sealed record BackgroundLogOptions : RecordLogOptions
{
    /// <summary>How long records are gathered before they are written to a segment together.</summary>
    public TimeSpan WriteInterval { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// Writes records to a table of the schema <c>foz</c>. It never delays or fails what the records are of: those that
/// cannot be written are left out, and counted in a warning. Records are made in the background.
/// </summary>
public sealed class BackgroundLog : RecordLog<Func<JournalRecord>>
{
    readonly BackgroundLogOptions options;
    readonly string table;
    long leftOut;
    long leftOutTold;
    bool isFailing;

    BackgroundLog(Lakehouse lake, string table, BackgroundLogOptions options)
        : base(lake, table, options) => (this.table, this.options) = (table, options);

    /// <summary>How many records were left out.</summary>
    public long LeftOut => Interlocked.Read(ref leftOut);

    /// <summary>Begins a log; to be disposed.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="table">The table, by its name inside the schema <c>foz</c>.</param>
    /// <param name="options">How it works.</param>
    /// <exception cref="FozException">The journal's folder cannot be written.</exception>
    public static BackgroundLog Open(Lakehouse lake, string table, BackgroundLogOptions options)
    {
        var log = new BackgroundLog(lake, table, options);
        log.Start();
        return log;
    }

    /// <summary>Takes a record, which is made in the background.</summary>
    public void Add(Func<JournalRecord> record)
    {
        if (!TryAdd(record)) Interlocked.Increment(ref leftOut);
    }

    private protected override async Task WriteAsync(List<Entry> group)
    {
        Write(group);
        // A caller that waits is not delayed.
        if (IsIdle && group.TrueForAll(entry => entry.Done is null)) await DelayAsync(options.WriteInterval);
    }

    private protected override Task WaitForCommitAsync() => DelayAsync(options.CommitInterval);

    private protected override void OnCommit()
    {
        var untold = LeftOut - leftOutTold;
        if (untold == 0) return;
        options.Warn(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{untold} records are left out of foz.{table}: too many came"));
        leftOutTold += untold;
    }

    void Write(IReadOnlyList<Entry> group)
    {
        var records = group.Select(entry => entry.Item).OfType<Func<JournalRecord>>().Select(Made)
            .OfType<JournalRecord>().ToList();
        try
        {
            Segments.Append(records);
            isFailing = false;
        }
        catch (FozException e)
        {
            Interlocked.Add(ref leftOut, records.Count);
            if (!isFailing) options.Warn($"what is left out of foz.{table}: {e.Message}");
            isFailing = true;
        }
        foreach (var entry in group) entry.Done?.TrySetResult();
    }

    /// <summary>
    /// A record, or null and a warning: one that cannot be made must not end those that come after it.
    /// </summary>
    JournalRecord? Made(Func<JournalRecord> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Interlocked.Increment(ref leftOut);
            options.Warn($"a record is left out of foz.{table}: {e.Message}");
            return null;
        }
    }
}
