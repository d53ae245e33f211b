using Foz.Lake;
using Foz.Serving.Settings;

namespace Foz.Serving.Transactions;

/// <summary>A transaction of a session.</summary>
/// <param name="versions">What it reads.</param>
/// <param name="changes">What it changes.</param>
/// <param name="settings">The settings of the session.</param>
sealed class SqlTransaction(TransactionVersions versions, TransactionChanges changes, SessionSettings settings)
{
    readonly List<Savepoint> savepoints = [];

    /// <summary>What it reads.</summary>
    public TransactionVersions Versions => versions;

    /// <summary>What it changes.</summary>
    public TransactionChanges Changes => changes;

    public bool HasFailed { get; set; }

    /// <summary>
    /// Whether no BEGIN began it, but a statement that others follow in one text, or before one Sync.
    /// </summary>
    public bool IsImplicit { get; set; }

    public void Save(string name) => savepoints.Add(new(name, changes.Mark, settings.Mark));

    /// <summary>Removes the last savepoint of a name and those after it; changes since then stay.</summary>
    public void Release(string name) => savepoints.RemoveRange(IndexOf(name), savepoints.Count - IndexOf(name));

    /// <summary>Goes back to the last savepoint of a name, which stays.</summary>
    public async Task RollBackToAsync(string name)
    {
        var index = IndexOf(name);
        savepoints.RemoveRange(index + 1, savepoints.Count - index - 1);
        await changes.RollBackToAsync(savepoints[index].Mark);
        settings.RollBackTo(savepoints[index].Settings);
        HasFailed = false;
    }

    int IndexOf(string name) =>
        savepoints.FindLastIndex(s => s.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is >= 0 and var index
            ? index
            : throw new FozException(ErrorKind.Sql, $"savepoint \"{name}\" does not exist") { SqlState = "3B001" };

    /// <summary>A savepoint.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Mark">How far the changes were.</param>
    /// <param name="Settings">What the settings were.</param>
    readonly record struct Savepoint(string Name, ChangeMark Mark, SettingsMark Settings);
}
