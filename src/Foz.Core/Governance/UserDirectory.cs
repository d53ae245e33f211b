namespace Foz.Core.Governance;

/// <summary>
/// The users of a project as its files say now: who is added is known at the next log-in. Safe for use by many threads.
/// </summary>
/// <param name="projectFolder">The project's folder.</param>
public sealed class UserDirectory(string projectFolder)
{
    readonly Lock gate = new();
    string? read;
    UserList? users;

    /// <summary>Told what changed before it holds, and of everything when it is first read; where it throws, nothing changes.</summary>
    public Action<IReadOnlyList<PolicyChange>>? Changed { get; init; }

    /// <summary>The users.</summary>
    /// <returns>Those of the files; those of before where somebody is about to write a file.</returns>
    /// <exception cref="FozException">The files were wrong from the beginning.</exception>
    public UserList Current
    {
        get
        {
            lock (gate)
            {
                var state = State();
                if (state == read && users is not null) return users;
                try
                {
                    var found = UserList.Load(projectFolder);
                    Changed?.Invoke(PolicyChange.Between(users?.Rights ?? [], found.Rights));
                    (users, read) = (found, state);
                }
                catch (Exception e) when (e is FozException { Kind: ErrorKind.Configuration or ErrorKind.Usage } or IOException && users is not null)
                {
                    // Read again at the next log-in.
                }
                return users!;
            }
        }
    }

    string State() => string.Join(
        '|', UserList.Files(projectFolder).Select(f => new FileInfo(f)).Select(f => $"{f.Name} {f.Length} {f.LastWriteTimeUtc.Ticks}"));
}
