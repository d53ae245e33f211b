namespace Foz.Core.Serving;

/// <summary>A transaction of a session: each table that it reads is at its last version at or before one instant.</summary>
/// <param name="instant">When it began.</param>
sealed class SqlTransaction(DateTimeOffset instant)
{
    readonly List<string> savepoints = [];

    public DateTimeOffset Instant => instant;

    public bool HasFailed { get; set; }

    public void Save(string name) => savepoints.Add(name);

    /// <summary>Forgets the last savepoint of a name, with those behind it.</summary>
    public void Release(string name) => savepoints.RemoveRange(IndexOf(name), savepoints.Count - IndexOf(name));

    /// <summary>Goes back to the last savepoint of a name, which stays.</summary>
    public void RollBackTo(string name)
    {
        var index = IndexOf(name);
        savepoints.RemoveRange(index + 1, savepoints.Count - index - 1);
        HasFailed = false;
    }

    int IndexOf(string name) => savepoints.FindLastIndex(s => s.Equals(name, StringComparison.OrdinalIgnoreCase)) is >= 0 and var index
        ? index
        : throw new FozException(ErrorKind.Sql, $"savepoint \"{name}\" does not exist") { SqlState = "3B001" };
}
