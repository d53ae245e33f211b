using System.Globalization;
using Foz.Lake.Catalog;

namespace Foz.Lake.Journal;

/// <summary>How the log of queries works.</summary>
public sealed record QueryLogOptions : RecordLogOptions
{
    /// <summary>How long records are gathered before they are written to a segment together.</summary>
    public TimeSpan WriteInterval { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// Writes records of queries to <c>foz.queries</c>. It never delays or fails a query: records that cannot be written
/// are left out, and counted in a warning. Records are made in the background.
/// </summary>
public sealed class QueryLog : RecordLog<Func<QueryRecord>>
{
    readonly QueryLogOptions options;
    long leftOut;
    long leftOutTold;
    bool isFailing;

    QueryLog(Lakehouse lake, QueryLogOptions options)
        : base(lake, QueryRecord.Table, options) => this.options = options;

    /// <summary>How many records were left out.</summary>
    public long LeftOut => Interlocked.Read(ref leftOut);

    /// <summary>Begins a log; to be disposed.</summary>
    /// <exception cref="FozException">The journal's folder cannot be written.</exception>
    public static QueryLog Open(Lakehouse lake, QueryLogOptions options)
    {
        var log = new QueryLog(lake, options);
        log.Start();
        return log;
    }

    /// <summary>Takes a record, which is made in the background.</summary>
    public void Add(Func<QueryRecord> record)
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
                $"{untold} statements are left out of foz.queries: more ran than could be written"));
        leftOutTold += untold;
    }

    void Write(IReadOnlyList<Entry> group)
    {
        var records = group.Select(entry => entry.Item).OfType<Func<QueryRecord>>().Select(Made).OfType<QueryRecord>()
            .ToList();
        try
        {
            Segments.Append(records);
            isFailing = false;
        }
        catch (FozException e)
        {
            Interlocked.Add(ref leftOut, records.Count);
            if (!isFailing) options.Warn($"what is left out of foz.queries: {e.Message}");
            isFailing = true;
        }
        foreach (var entry in group) entry.Done?.TrySetResult();
    }

    /// <summary>
    /// A record, or null and a warning: one that cannot be made must not end those that come after it.
    /// </summary>
    QueryRecord? Made(Func<QueryRecord> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Interlocked.Increment(ref leftOut);
            options.Warn($"a statement is left out of foz.queries: {e.Message}");
            return null;
        }
    }
}
