using System.Threading.Channels;
using Foz.Lake.Catalog;

namespace Foz.Lake.Journal;

/// <summary>How the audit log works.</summary>
public sealed record AuditOptions : RecordLogOptions
{
    /// <summary>How many records a segment has at most before it is committed.</summary>
    public int SegmentRecordsMax { get; init; } = 20_000;
}

/// <summary>
/// Writes audit records to <c>foz.audit</c>, synced. Nothing is lost while the disk accepts writes. While it does not,
/// or more records wait than may, requests to audit are refused.
/// </summary>
public sealed class AuditLog : RecordLog<AuditRecord>
{
    static readonly TimeSpan retryDelay = TimeSpan.FromSeconds(1);

    readonly AuditOptions options;
    volatile FozException? fault;

    AuditLog(Lakehouse lake, AuditOptions options)
        : base(lake, AuditRecord.Table, options) => this.options = options;

    /// <summary>Begins to audit; to be disposed.</summary>
    /// <exception cref="FozException">The journal's folder cannot be written.</exception>
    public static AuditLog Open(Lakehouse lake, AuditOptions options)
    {
        var log = new AuditLog(lake, options);
        log.Start();
        return log;
    }

    /// <summary>Takes a record, which is on the disk shortly.</summary>
    /// <exception cref="FozException">It cannot be kept: what it is about is not to be done.</exception>
    public void Add(AuditRecord record)
    {
        if (fault is { } known) throw Refused(known);
        if (!TryAdd(record)) throw Refused(cause: null);
    }

    /// <summary>Takes a record; it is on the disk when this returns.</summary>
    /// <exception cref="FozException">It cannot be kept.</exception>
    public async Task AddDurablyAsync(AuditRecord record, CancellationToken cancellationToken)
    {
        if (fault is { } known) throw Refused(known);
        try
        {
            await AddAndWaitAsync(record, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw Refused(e);
        }
    }

    private protected override async Task WriteAsync(List<Entry> group)
    {
        while (!TryWrite(group) && !IsStopping)
        {
            await DelayAsync(retryDelay);
            // Callers that have come meanwhile get the outcome too.
            Gather(group);
        }
    }

    private protected override async Task WaitForCommitAsync()
    {
        var start = Clock.GetTimestamp();
        do
            await DelayAsync(TimeSpan.FromTicks(Math.Min(options.CommitInterval.Ticks, retryDelay.Ticks)));
        while (!IsStopping && Clock.GetElapsedTime(start) < options.CommitInterval
            && Segments.Records < options.SegmentRecordsMax);
    }

    /// <summary>
    /// Writes records; where that fails, their callers get the error, and the records are to be tried again.
    /// </summary>
    bool TryWrite(IReadOnlyList<Entry> group)
    {
        try
        {
            Segments.Append([.. group.Select(entry => entry.Item).OfType<AuditRecord>()]);
            fault = null;
            foreach (var entry in group) entry.Done?.TrySetResult();
            return true;
        }
        catch (FozException e)
        {
            if (fault is null) options.Warn($"nothing is served until what is audited can be written: {e.Message}");
            fault = e;
            foreach (var entry in group) entry.Done?.TrySetException(Refused(e));
            return false;
        }
    }

    static FozException Refused(Exception? cause) => new(
        ErrorKind.Resource,
        cause is null
            ? "more is to be audited than can be written, and nothing goes unaudited"
            : "it cannot be audited, and nothing goes unaudited",
        cause)
    {
        IsTransient = true, Hint = "tell who runs this server: its log says what is wrong",
    };
}
