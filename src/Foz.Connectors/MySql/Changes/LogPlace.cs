using Foz.Wire.MySql.Binlog;

namespace Foz.Connectors.MySql.Changes;

/// <summary>Which changes are read.</summary>
/// <param name="IsWanted">Whether a table, by database and name, is read.</param>
/// <param name="HasBefore">Whether updates come with all of the row before them, as far as the server says.</param>
sealed record BinlogFeed(Func<string, string, bool> IsWanted, bool HasBefore)
{
    /// <summary>The tables that are read, where they are named one by one.</summary>
    public IReadOnlyList<(string Database, string Name)> Tables { get; init; } = [];

    /// <summary>The databases of the tables that are read; empty for any.</summary>
    public IReadOnlyCollection<string> Databases { get; init; } = [];

    /// <summary>Whether the server keeps all names in small letters, whatever statements have.</summary>
    public bool HasSmallNames { get; init; }

    /// <summary>Returns the name of a table as the server keeps it.</summary>
    /// <param name="stated">The name in a statement.</param>
    public (string Database, string Name) NameOf((string Database, string Name) stated) => HasSmallNames
        ? (stated.Database.ToLowerInvariant(), stated.Name.ToLowerInvariant())
        : stated;

    /// <summary>
    /// Whether a statement can be about a table that is read: it is in such a database, or names one.
    /// </summary>
    public bool CanConcern(QueryEvent statement)
    {
        if (Databases.Count == 0 || IsOfOne(statement.Database)) return true;
        var words = new StatementWords(statement.Text);
        while (!words.Peek.IsEnd)
            if (IsOfOne(words.Next().Text)) return true;
        return false;

        bool IsOfOne(string name) => Databases.Contains(name, StringComparer.OrdinalIgnoreCase);
    }
}

/// <summary>Follows where in the logs a reader is, and which transactions it has read.</summary>
sealed class LogPlace
{
    const int OffsetBits = 32;

    readonly MariaGtids mariaGtids = new();
    readonly BinlogPosition origin;
    GtidSet gtids = GtidSet.Empty;
    MariaGtid? mariaPending;
    GtidEvent? pending;
    string file;
    long offset;
    string endFile;
    long endOffset;

    public LogPlace(BinlogPosition origin)
    {
        this.origin = origin;
        (file, offset) = (endFile, endOffset) = (origin.File, origin.Offset);
        if (origin.IsMariaDb) mariaGtids = MariaGtids.Parse(origin.Gtids);
        else if (GtidSet.TryParse(origin.Gtids, out var set)) gtids = set;
    }

    /// <summary>The position after the last transaction that was read.</summary>
    public BinlogPosition Position => origin with
    {
        File = endFile,
        Offset = endOffset,
        Ordinal = 0,
        Gtids = origin.IsMariaDb ? mariaGtids.ToString() : gtids.ToString(),
    };

    /// <summary>Goes to another file.</summary>
    public void Rotate(RotateEvent rotate, bool isArtificial)
    {
        (file, offset) = (rotate.File, (long)rotate.Position);
        if (!isArtificial) Settle();
    }

    /// <summary>Goes after an event.</summary>
    public void Move(BinlogEvent read, bool isAtEnd)
    {
        if (read.IsArtificial || read.EndsAt == 0) return;
        offset = After(read.EndsAt);
        if (isAtEnd) Settle();
    }

    /// <summary>Begins a transaction of MariaDB.</summary>
    /// <returns>The number of the place where it begins.</returns>
    public long Begin(MariaGtid gtid, BinlogEvent read)
    {
        mariaPending = gtid;
        return StartOf(read);
    }

    /// <summary>Begins a transaction of MySQL.</summary>
    /// <returns>The number of the place where it begins.</returns>
    public long Begin(GtidEvent gtid, BinlogEvent read)
    {
        pending = gtid;
        return StartOf(read);
    }

    /// <summary>Ends the transaction that was begun.</summary>
    public void Commit()
    {
        if (mariaPending is { } maria) mariaGtids.Add(maria);
        if (pending is { } gtid) gtids = gtids.Add(gtid.Server, gtid.Number);
        (mariaPending, pending) = (null, null);
    }

    /// <summary>Takes the place as that after all transactions that were read; it never goes back.</summary>
    public void Settle()
    {
        if (BinlogPosition.NumberOf(file, offset) > BinlogPosition.NumberOf(endFile, endOffset))
            (endFile, endOffset) = (file, offset);
    }

    long StartOf(BinlogEvent read) => BinlogPosition.NumberOf(file, Math.Max(0, After(read.EndsAt) - read.Size));

    /// <summary>Returns a place after the current one by its lowest bits: a transaction can be of any size.</summary>
    long After(uint low)
    {
        var place = offset >> OffsetBits << OffsetBits | low;
        return place < offset ? place + (1L << OffsetBits) : place;
    }
}
