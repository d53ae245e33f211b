using System.Diagnostics.CodeAnalysis;
using Foz.Connectors.Changes;
using Foz.Wire;
using Foz.Wire.MySql.Binlog;

namespace Foz.Connectors.MySql.Changes;

/// <summary>What happened to an event.</summary>
enum Assembled
{
    /// <summary>It was taken.</summary>
    Taken,

    /// <summary>It was not: the table that is wanted is to be opened first.</summary>
    NeedsTable,

    /// <summary>It was taken, and parts are ready.</summary>
    Full,
}

/// <summary>Puts the events of binary logs together into changes of tables. Does no I/O.</summary>
sealed class BinlogAssembler : IBatchProgress, IDisposable
{
    /// <summary>How many bytes of changes wait in columns, over all tables.</summary>
    const long WaitingBytesMax = 64 << 20;

    const int MapsMax = 10_000;

    readonly BinlogFeed feed;
    readonly LogPlace place;
    readonly Dictionary<ulong, MappedTable> maps = [];
    readonly Dictionary<(string Database, string Name), TableDecoder> decoders = [];
    readonly HashSet<(string Database, string Name)> replaced = [];
    readonly Queue<ChangePart> parts = [];
    FormatDescriptionEvent? format;
    TransactionMark? transaction;
    TransactionPayload? payload;
    bool isPayloadRefused;
    bool isStandalone;
    bool isPrepared;
    bool hasBegun;
    bool hasParts;
    long waitingBytes;

    /// <param name="feed">What is read.</param>
    /// <param name="from">The position after which changes are read.</param>
    public BinlogAssembler(BinlogFeed feed, BinlogPosition from)
    {
        this.feed = feed;
        place = new LogPlace(from);
    }

    /// <summary>The description of the table that is to be opened; null where only its name is known.</summary>
    public TableMapEvent? WantedMap { get; private set; }

    /// <summary>The name of the table that is to be opened.</summary>
    public (string Database, string Name) Wanted { get; private set; }

    /// <summary>Whether a compressed transaction is read by <see cref="Replay"/>.</summary>
    public bool IsReplaying => payload is not null;

    /// <summary>Whether the format of the log is known: the server has found the position.</summary>
    public bool HasFormat => format is not null;

    /// <inheritdoc/>
    public bool IsAtEnd => transaction is null && payload is null;

    /// <inheritdoc/>
    public long TransactionCount { get; private set; }

    /// <inheritdoc/>
    public long ChangeCount { get; private set; }

    /// <inheritdoc/>
    public long Bytes { get; private set; }

    /// <inheritdoc/>
    public bool HasChanges => TransactionCount > 0 || hasParts;

    /// <summary>When the last transaction was committed, in microseconds since 1970-01-01.</summary>
    public long? CommittedAt { get; private set; }

    public BinlogPosition Position => place.Position;

    ChangePosition IBatchProgress.Position => Position;

    /// <summary>Takes an event that has arrived.</summary>
    /// <exception cref="WireException">It is malformed, or what it logs is not supported.</exception>
    public Assembled Feed(ReadOnlySpan<byte> data)
    {
        if (payload is not null) throw new InvalidOperationException("a compressed transaction is read first");
        var read = BinlogEvent.Read(data, format?.HasChecksum);
        var result = Apply(read);
        // A compressed transaction is not put back: what is left of it is read by Replay.
        if (result == Assembled.NeedsTable && payload is null) return result;
        if (read.Type is not (BinlogEventType.Rotate or BinlogEventType.FormatDescription))
            place.Move(read, isAtEnd: IsAtEnd);
        return result;
    }

    /// <summary>Reads on in a compressed transaction.</summary>
    public Assembled Replay()
    {
        while (true)
        {
            BinlogEvent read;
            if (isPayloadRefused) read = BinlogEvent.Read(payload!.Data, hasChecksum: false);
            else if (!payload!.TryRead(out read))
            {
                payload.Dispose();
                payload = null;
                if (transaction is null) place.Settle();
                return parts.Count > 0 ? Assembled.Full : Assembled.Taken;
            }

            var result = Apply(read);
            isPayloadRefused = result == Assembled.NeedsTable;
            if (result != Assembled.Taken) return result;
        }
    }

    /// <summary>Opens the table that is wanted.</summary>
    public void Open(SourceTable table)
    {
        var hasBefore = decoders.TryGetValue(Wanted, out var previous) ? previous.Table.HasBefore : feed.HasBefore;
        var decoder = Replace(table, hasBefore);
        if (WantedMap is { } map) maps[map.Id].Decoder = decoder;
        WantedMap = null;
    }

    /// <summary>Takes the next part that is ready.</summary>
    public bool TryTakePart([NotNullWhen(true)] out ChangePart? part) => parts.TryDequeue(out part);

    /// <summary>Ends the batch: its last parts are ready.</summary>
    public void EndBatch()
    {
        if (!IsAtEnd) throw new InvalidOperationException("a transaction is in the middle");
        foreach (var decoder in decoders.Values) Flush(decoder);
        parts.Enqueue(new ChangePart.End(Position)
        {
            TransactionCount = TransactionCount,
            ChangeCount = ChangeCount,
            CommittedAt = CommittedAt is { } at ? DateTimeOffset.UnixEpoch.AddMicroseconds(at) : null,
        });
        (TransactionCount, ChangeCount, Bytes, CommittedAt, hasParts) = (0, 0, 0, null, false);
    }

    public void Dispose()
    {
        payload?.Dispose();
        foreach (var decoder in decoders.Values) decoder.Dispose();
    }

    Assembled Apply(BinlogEvent read)
    {
        switch (read.Type)
        {
            case BinlogEventType.TableMap:
                return Map(read);
            case BinlogEventType.WriteRowsV1 or BinlogEventType.UpdateRowsV1 or BinlogEventType.DeleteRowsV1
                or BinlogEventType.WriteRows or BinlogEventType.UpdateRows or BinlogEventType.DeleteRows
                or BinlogEventType.WriteRowsCompressedV1 or BinlogEventType.UpdateRowsCompressedV1
                or BinlogEventType.DeleteRowsCompressedV1 or BinlogEventType.WriteRowsCompressed
                or BinlogEventType.UpdateRowsCompressed or BinlogEventType.DeleteRowsCompressed:
                return Change(read);
            case BinlogEventType.Query or BinlogEventType.QueryCompressed or BinlogEventType.ExecuteLoadQuery:
                return Statement(QueryEvent.Read(read));
            case BinlogEventType.TransactionPayload:
                payload = TransactionPayload.Open(read);
                return Replay();
            default:
                Control(read);
                return Assembled.Taken;
        }
    }

    void Control(BinlogEvent read)
    {
        switch (read.Type)
        {
            case BinlogEventType.FormatDescription:
                Restart(FormatDescriptionEvent.Read(read));
                break;
            case BinlogEventType.Rotate:
                place.Rotate(RotateEvent.Read(read), read.IsArtificial);
                break;
            case BinlogEventType.MariaGtid:
                var maria = MariaGtidEvent.Read(read);
                Begin(place.Begin(maria.Gtid, read), (long)maria.Gtid.Number, read.Timestamp * 1_000_000L);
                (isStandalone, isPrepared) = (maria.IsStandalone, maria.IsPrepared);
                break;
            case BinlogEventType.Gtid:
                var gtid = GtidEvent.Read(read);
                Begin(place.Begin(gtid, read), (long)gtid.Number, gtid.CommittedAt ?? read.Timestamp * 1_000_000L);
                break;
            case BinlogEventType.Xid:
                EndTransaction();
                break;
            case BinlogEventType.XaPrepare:
                if (read.Body is [0, ..] && transaction is { Ordinal: > 0 }) throw LogFaults.Prepared();
                EndTransaction();
                break;
            default:
                LogFaults.Skip(read);
                break;
        }
    }

    /// <summary>Numbers of tables are those of one start of the server.</summary>
    void Restart(FormatDescriptionEvent described)
    {
        if (transaction is { Ordinal: > 0 })
            throw new WireException(WireErrorKind.Malformed, "a log file starts in the middle of a transaction");
        (format, transaction) = (described, null);
        maps.Clear();
    }

    void Begin(long position, long number, long committedAt)
    {
        if (transaction is { Ordinal: > 0 })
            throw new WireException(WireErrorKind.Malformed, "a transaction begins in the middle of another one");
        transaction = new TransactionMark(position, number, committedAt);
        (isStandalone, isPrepared, hasBegun) = (false, false, false);
    }

    void EndTransaction()
    {
        if (transaction is not { } ended) return;
        transaction = null;
        place.Commit();
        if (ended.Ordinal == 0) return;
        TransactionCount++;
        CommittedAt = ended.CommittedAt;
        if (maps.Count > MapsMax) maps.Clear();
    }

    Assembled Statement(QueryEvent query)
    {
        switch (StatementText.Read(query.Database, query.Text))
        {
            case StatementText.Begin:
                hasBegun = true;
                return Assembled.Taken;
            case StatementText.Commit:
                EndTransaction();
                return Assembled.Taken;
            case StatementText.Rollback:
                if (transaction is { Ordinal: > 0 })
                    throw LogFaults.Unsupported(
                        "the log has rows that are rolled back, of tables without transactions");
                if (!query.Text.Contains(" TO ", StringComparison.OrdinalIgnoreCase)) EndTransaction();
                return Assembled.Taken;
            case StatementText.Rows rows:
                if (feed.CanConcern(query)) throw LogFaults.AsStatement(rows.Word);
                EndStatement(endsTransaction: false);
                return Assembled.Taken;
            case StatementText.Xa xa:
                if (xa.Step is "COMMIT" or "ROLLBACK") EndTransaction();
                return Assembled.Taken;
            case StatementText.Definition definition:
                if (!Define(definition)) return Assembled.NeedsTable;
                EndStatement(definition.EndsTransaction);
                return parts.Count > 0 ? Assembled.Full : Assembled.Taken;
            default:
                return Assembled.Taken;
        }
    }

    /// <summary>A statement outside of BEGIN is a transaction of its own; MariaDB says so before it.</summary>
    void EndStatement(bool endsTransaction)
    {
        if (format!.IsMariaDb ? isStandalone : endsTransaction && !hasBegun) EndTransaction();
    }

    /// <summary>Takes what a statement does to whole tables.</summary>
    /// <returns>False where a table of it is to be opened first.</returns>
    bool Define(StatementText.Definition definition)
    {
        var emptied = definition.Emptied.Select(feed.NameOf).Where(name => feed.IsWanted(name.Database, name.Name))
            .Concat(definition.DroppedDatabase is { } database ? TablesOf(database) : []).Distinct().ToList();
        if (emptied.FirstOrDefault(name => !decoders.ContainsKey(name)) is { Name: not null } unknown)
        {
            (Wanted, WantedMap) = (unknown, null);
            return false;
        }

        foreach (var name in emptied)
        {
            decoders[name].AppendTruncate(Current());
            ChangeCount++;
        }

        // A copy that was taken between a foreign key and its end lacks what the server changed in between.
        foreach (var name in definition.Replaced.Select(feed.NameOf)
            .Concat(definition.Released.Select(feed.NameOf).Where(replaced.Contains)))
        {
            if (!feed.IsWanted(name.Database, name.Name)) continue;
            if (decoders.TryGetValue(name, out var decoder)) Flush(decoder);
            replaced.Add(name);
            Add(new ChangePart.Replaced(name.Database, name.Name));
        }

        return true;
    }

    IEnumerable<(string Database, string Name)> TablesOf(string database) =>
        feed.Tables.Concat(decoders.Keys).Where(name => name.Database == feed.NameOf((database, "")).Database);

    TransactionMark Current() => transaction
        ?? throw new WireException(WireErrorKind.Malformed, "a change comes outside of a transaction");

    /// <summary>Keeps the description of a table, which the server repeats before each event of rows.</summary>
    Assembled Map(BinlogEvent read)
    {
        var id = TableMapEvent.ReadId(read);
        if (maps.TryGetValue(id, out var known) && read.Body.SequenceEqual(known.Body)
            && (known.Decoder is null || decoders.GetValueOrDefault(known.Name) == known.Decoder))
            return known.IsWanted && known.Decoder is null ? Want(known) : Assembled.Taken;
        var table = TableMapEvent.Read(read, format?.IsMariaDb ?? false);
        known = new MappedTable(read.Body.ToArray(), table, feed.IsWanted(table.Database, table.Name));
        maps[id] = known;
        return known.IsWanted ? Want(known) : Assembled.Taken;
    }

    Assembled Want(MappedTable mapped)
    {
        (Wanted, WantedMap) = (mapped.Name, mapped.Table);
        return Assembled.NeedsTable;
    }

    Assembled Change(BinlogEvent read)
    {
        var rows = RowsEvent.Read(read);
        if (!maps.TryGetValue(rows.TableId, out var mapped))
            throw new WireException(
                WireErrorKind.Malformed, $"rows name the table {rows.TableId}, which was not described");
        if (mapped.Decoder is not { } decoder) return Assembled.Taken;
        var current = Current();
        if (isPrepared) throw LogFaults.Prepared();
        var isFull = rows.Columns.CountOf(rows.ColumnCount) == rows.ColumnCount;
        if (rows.Operation != RowsOperation.Write && isFull != decoder.Table.HasBefore)
        {
            decoder = Replace(decoder.Source, isFull);
            mapped.Decoder = decoder;
        }

        var before = current.Ordinal;
        var bytesBefore = decoder.Bytes;
        decoder.Append(rows, current);
        ChangeCount += current.Ordinal - before;
        Bytes += read.Size;
        waitingBytes += decoder.Bytes - bytesBefore;
        if (waitingBytes > WaitingBytesMax)
            foreach (var other in decoders.Values) Flush(other);
        else if (decoder.IsFull) Flush(decoder);
        return parts.Count > 0 ? Assembled.Full : Assembled.Taken;
    }

    /// <summary>Takes a decoder for a table, or that which it has if nothing of it differs.</summary>
    TableDecoder Replace(SourceTable table, bool hasBefore)
    {
        var name = (table.Database, table.Name);
        var previous = decoders.GetValueOrDefault(name);
        var decoder = new TableDecoder(table, hasBefore);
        if (previous is not null) Flush(previous);
        decoders[name] = decoder;
        if (previous?.Table != decoder.Table) Add(new ChangePart.Schema(decoder.Table, previous?.Table));
        previous?.Dispose();
        return decoder;
    }

    void Flush(TableDecoder decoder)
    {
        if (decoder.Count == 0) return;
        waitingBytes = Math.Max(0, waitingBytes - decoder.Bytes);
        Add(new ChangePart.Rows(decoder.Build()));
    }

    void Add(ChangePart part)
    {
        hasParts = true;
        parts.Enqueue(part);
    }

    /// <summary>A table as the log describes it.</summary>
    sealed class MappedTable(byte[] body, TableMapEvent table, bool isWanted)
    {
        public byte[] Body { get; } = body;

        public TableMapEvent Table { get; } = table;

        public bool IsWanted { get; } = isWanted;

        public (string Database, string Name) Name => (Table.Database, Table.Name);

        public TableDecoder? Decoder { get; set; }
    }
}
