using System.Collections.Immutable;
using System.Globalization;

namespace Foz.Wire.MySql.Binlog;

/// <summary>An identifier of a transaction of MariaDB.</summary>
/// <param name="Domain">The sequence that it is in.</param>
/// <param name="Server">The server that logged it first.</param>
/// <param name="Number">Its number in the sequence.</param>
public readonly record struct MariaGtid(uint Domain, uint Server, ulong Number)
{
    /// <summary>Reads an identifier such as <c>0-1-100</c>.</summary>
    /// <returns>False where the text is none.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out MariaGtid gtid)
    {
        gtid = default;
        Span<Range> parts = stackalloc Range[4];
        if (text.Split(parts, '-') != 3 || !uint.TryParse(text[parts[0]], NumberStyles.None, null, out var domain)
            || !uint.TryParse(text[parts[1]], NumberStyles.None, null, out var server)
            || !ulong.TryParse(text[parts[2]], NumberStyles.None, null, out var number))
            return false;
        gtid = new(domain, server, number);
        return true;
    }

    /// <summary>Returns the identifier as MariaDB writes it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Domain}-{Server}-{Number}");
}

/// <summary>MariaGtid: a transaction begins.</summary>
/// <param name="Gtid">Its identifier.</param>
/// <param name="IsStandalone">Whether it is one event: no COMMIT ends it.</param>
/// <param name="IsPrepared">Whether it is a distributed one that is only prepared at its end.</param>
/// <param name="IsCompleted">Whether it commits or rolls back one that was prepared.</param>
public readonly record struct MariaGtidEvent(MariaGtid Gtid, bool IsStandalone, bool IsPrepared, bool IsCompleted)
{
    const byte StandaloneFlag = 1, PreparedFlag = 64, CompletedFlag = 128;

    /// <summary>Reads the fields of an event.</summary>
    /// <exception cref="WireException">Thrown when they are malformed.</exception>
    public static MariaGtidEvent Read(BinlogEvent data)
    {
        var fields = data.Fields();
        var number = fields.ReadUInt64();
        var domain = fields.ReadUInt32();
        var flags = fields.ReadByte();
        return new(
            new(domain, data.ServerId, number), (flags & StandaloneFlag) != 0, (flags & PreparedFlag) != 0,
            (flags & CompletedFlag) != 0);
    }
}

/// <summary>MariaGtidList: the last transactions of each sequence and server before a log file.</summary>
/// <param name="Gtids">Their identifiers.</param>
public sealed record MariaGtidListEvent(ImmutableArray<MariaGtid> Gtids)
{
    const uint CountMask = 0x0FFF_FFFF;
    const int GtidBytes = 16;

    /// <summary>Reads the fields of an event.</summary>
    /// <exception cref="WireException">Thrown when they are malformed.</exception>
    public static MariaGtidListEvent Read(BinlogEvent data)
    {
        var fields = data.Fields();
        var count = fields.ReadUInt32() & CountMask;
        if (count > fields.BytesLeft / GtidBytes)
            throw fields.Fault($"states {count} identifiers in {fields.BytesLeft} bytes");
        var gtids = ImmutableArray.CreateBuilder<MariaGtid>((int)count);
        for (var i = 0; i < count; i++)
            gtids.Add(new(fields.ReadUInt32(), fields.ReadUInt32(), fields.ReadUInt64()));
        return new(gtids.MoveToImmutable());
    }
}

/// <summary>Gtid: a transaction of MySQL begins.</summary>
/// <param name="Server">
/// The server that it was committed at first; empty where the transaction has no identifier.
/// </param>
/// <param name="Number">Its number there; 0 where it has no identifier.</param>
/// <param name="CommittedAt">
/// When it was committed at this server, in microseconds since 1970-01-01; null where the server does not say.
/// </param>
public readonly record struct GtidEvent(Guid Server, ulong Number, long? CommittedAt)
{
    const int UuidBytes = 16, TimeBytes = 7, LogicalClockBytes = 2 * sizeof(ulong);
    const byte LogicalClock = 2;
    const ulong TimeMask = (1UL << 55) - 1;

    /// <summary>Reads the fields of an event.</summary>
    /// <exception cref="WireException">Thrown when they are malformed.</exception>
    public static GtidEvent Read(BinlogEvent data)
    {
        var fields = data.Fields();
        fields.ReadByte();
        var server = new Guid(fields.ReadBytes(UuidBytes), bigEndian: true);
        var number = fields.ReadUInt64();
        long? committedAt = null;
        if (fields.BytesLeft >= 1 + LogicalClockBytes + TimeBytes && fields.ReadByte() == LogicalClock)
        {
            fields.ReadBytes(LogicalClockBytes);
            committedAt = (long)(fields.ReadUnsigned(TimeBytes) & TimeMask);
        }

        return new(server, number, committedAt);
    }
}
