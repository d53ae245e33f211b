using System.Globalization;
using Foz.Connectors.Changes;
using Foz.Lake;
using Foz.Wire.MySql.Binlog;

namespace Foz.Connectors.MySql.Changes;

/// <summary>
/// A position in the binary logs of a server: all transactions that its identifiers name have been read. Its text is
/// <c>mariadb:51:binlog.000001:325:0:0-51-12</c>, or of MySQL
/// <c>mysql:3e11fa47-…:binlog.000001:325:0:3e11fa47-…:1-5</c>.
/// </summary>
/// <param name="IsMariaDb">Whether the server is a MariaDB.</param>
/// <param name="Server">The server: its number, of MySQL its UUID.</param>
/// <param name="File">The log file.</param>
/// <param name="Offset">The place in the file, in bytes.</param>
/// <param name="Ordinal">The number of a change in its transaction, counted from 1; 0 for the end of a batch.</param>
/// <param name="Gtids">The transactions: the last of each domain of MariaDB, the whole set of MySQL.</param>
public sealed record BinlogPosition(
    bool IsMariaDb, string Server, string File, long Offset, long Ordinal, string Gtids) : ChangePosition
{
    const string MariaDb = "mariadb", MySql = "mysql";
    const int PartCount = 6, OffsetBits = 40;

    /// <inheritdoc/>
    public override long Number => NumberOf(File, Offset);

    /// <summary>Reads the text of a position.</summary>
    /// <exception cref="FozException">Thrown when it is none of MySQL or MariaDB.</exception>
    public static BinlogPosition Parse(string text)
    {
        if (text.Split(':', PartCount) is [MariaDb or MySql, var server, var file, var offset, var ordinal, var gtids]
            && server.Length > 0 && TryNumber(file, out _)
            && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var place)
            && long.TryParse(ordinal, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            var position = new BinlogPosition(
                text.StartsWith(MariaDb, StringComparison.Ordinal), server, file, place, number, gtids);
            if (position.IsMariaDb ? MariaGtids.TryParse(gtids, out _) : GtidSet.TryParse(gtids, out _))
                return position;
        }

        throw new FozException(ErrorKind.Data, $"'{text}' is no position in the logs of a MySQL or MariaDB server");
    }

    /// <inheritdoc/>
    public override PositionOrder CompareWith(ChangePosition other) => other switch
    {
        BinlogPosition log when log.IsMariaDb != IsMariaDb => new PositionOrder.Unrelated(
            "one is of a MariaDB server, the other of a MySQL server"),
        BinlogPosition log when log.Server == Server => new PositionOrder.Ordered(
            (Number, Ordinal).CompareTo((log.Number, log.Ordinal))),
        BinlogPosition log => CompareGtids(log),
        _ => new PositionOrder.Unrelated("one is of a MySQL or MariaDB server, the other is not"),
    };

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsMariaDb ? MariaDb : MySql)}:{Server}:{File}:{Offset}:{Ordinal}:{Gtids}");

    /// <summary>Returns a number that grows along the logs.</summary>
    internal static long NumberOf(string file, long offset) =>
        TryNumber(file, out var number) ? number << OffsetBits | offset : offset;

    static bool TryNumber(string file, out long number)
    {
        const long NumberMax = (1L << 63 - OffsetBits) - 1;
        return long.TryParse(
            file.AsSpan(file.LastIndexOf('.') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number <= NumberMax;
    }

    /// <summary>Compares positions of two servers by the transactions that both have.</summary>
    PositionOrder CompareGtids(BinlogPosition other)
    {
        var unrelated = new PositionOrder.Unrelated(
            $"one is of the server {Server}, the other of {other.Server}, "
            + "and neither has all transactions of the other");
        var (hasOther, isInOther) = IsMariaDb
            ? (MariaGtids.Parse(Gtids).Contains(MariaGtids.Parse(other.Gtids)),
                MariaGtids.Parse(other.Gtids).Contains(MariaGtids.Parse(Gtids)))
            : (Set(Gtids).Contains(Set(other.Gtids)), Set(other.Gtids).Contains(Set(Gtids)));
        return (hasOther, isInOther) switch
        {
            (true, true) => new PositionOrder.Ordered(Ordinal.CompareTo(other.Ordinal)),
            (true, false) => new PositionOrder.Ordered(1),
            (false, true) => new PositionOrder.Ordered(-1),
            _ => unrelated,
        };
    }

    static GtidSet Set(string text) => GtidSet.TryParse(text, out var set) ? set : GtidSet.Empty;
}

/// <summary>The last transaction of each domain of MariaDB.</summary>
sealed class MariaGtids : IEquatable<MariaGtids>
{
    readonly SortedDictionary<uint, MariaGtid> last = [];

    /// <summary>Reads a list such as <c>0-1-100,2-5-7</c>.</summary>
    public static bool TryParse(string text, out MariaGtids gtids)
    {
        gtids = new();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!MariaGtid.TryParse(part, out var gtid)) return false;
            gtids.Add(gtid);
        }

        return true;
    }

    /// <summary>Reads a list that was checked before.</summary>
    public static MariaGtids Parse(string text) =>
        TryParse(text, out var gtids) ? gtids : throw new FormatException($"'{text}' is no list of identifiers");

    public void Add(MariaGtid gtid) => last[gtid.Domain] = gtid;

    /// <summary>Whether each domain is at least as far as in another list.</summary>
    public bool Contains(MariaGtids other) => other.last.Values.All(
        gtid => last.TryGetValue(gtid.Domain, out var own) && own.Number >= gtid.Number);

    /// <summary>Whether the last transactions are the same, in whatever order they were stated.</summary>
    public bool Equals(MariaGtids? other) => other is not null && last.Values.SequenceEqual(other.last.Values);

    public override bool Equals(object? obj) => Equals(obj as MariaGtids);

    public override int GetHashCode() => last.Count;

    /// <summary>Writes them in the order of their domains.</summary>
    public override string ToString() => string.Join(',', last.Values);
}
