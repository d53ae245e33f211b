using Foz.Lake;

namespace Foz.Serving.Governance;

/// <summary>
/// Who may read what, as the project's files say it now: a change holds from the next statement on. Safe for use by
/// many threads.
/// </summary>
/// <param name="projectFolder">The project's folder.</param>
public sealed class AccessDirectory(string projectFolder)
{
    readonly Lock gate = new();
    string? read;
    AccessList current = AccessList.Empty;

    /// <summary>
    /// Receives changes before they take effect, and all grants when they are first read; if it throws, nothing
    /// changes.
    /// </summary>
    public Action<IReadOnlyList<PolicyChange>>? Changed { get; init; }

    /// <summary>The grants.</summary>
    /// <exception cref="FozException">A file is wrong: only the owner may read until it is right.</exception>
    public AccessList Current
    {
        get
        {
            lock (gate)
            {
                var state = State();
                if (state == read) return current;
                var found = AccessList.Load(projectFolder);
                Changed?.Invoke(PolicyChange.Between(current.Rights, found.Rights));
                (current, read) = (found, state);
                return current;
            }
        }
    }

    string State()
    {
        var folder = Path.Combine(projectFolder, "policies");
        return Directory.Exists(folder)
            ? PolicyFiles.StateOf(Directory.EnumerateFiles(folder, "*.yml").Order(StringComparer.Ordinal))
            : "";
    }
}
