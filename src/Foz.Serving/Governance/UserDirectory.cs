using Foz.Lake;

namespace Foz.Serving.Governance;

/// <summary>
/// The users of a project as its files define them now: an added user is known at the next log-in, and a removed one is
/// not. While the files are wrong no user is known, after a short time in which an edit can be completed. Safe for use
/// by many threads.
/// </summary>
/// <param name="projectFolder">The project's folder.</param>
/// <param name="clock">The time.</param>
public sealed class UserDirectory(string projectFolder, TimeProvider clock)
{
    /// <summary>How long the previous users stay valid while the files are wrong.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    readonly Lock gate = new();
    string? read;
    string? wrong;
    DateTimeOffset? wrongSince;
    UserList? users;

    /// <summary>
    /// Receives changes before they take effect, and all rights when they are first read; if it throws, nothing
    /// changes.
    /// </summary>
    public Action<IReadOnlyList<PolicyChange>>? Changed { get; init; }

    /// <summary>Receives the error in the files, when it is first found.</summary>
    public Action<string>? Warned { get; init; }

    /// <summary>The users.</summary>
    /// <returns>
    /// Those of the files; while these are wrong those of before, and none once that has lasted longer than
    /// <see cref="Grace"/>.
    /// </returns>
    /// <exception cref="FozException">The files were wrong from the beginning.</exception>
    public UserList Current
    {
        get
        {
            lock (gate)
            {
                var state = State();
                if (state == read && users is not null) return Right(users);
                if (state == wrong) return Former;
                try
                {
                    var found = UserList.Load(projectFolder);
                    Changed?.Invoke(PolicyChange.Between(users?.Rights ?? [], found.Rights));
                    (users, read) = (found, state);
                    return Right(found);
                }
                catch (FozException e) when (users is not null && e.Kind is ErrorKind.Configuration or ErrorKind.Usage)
                {
                    wrong = state;
                    Warn(e.Message);
                }
                catch (Exception e) when (users is not null && e is IOException or UnauthorizedAccessException)
                {
                    // It may be read in a moment, as it is.
                    if (wrongSince is null) Warn(e.Message);
                }
                return Former;
            }
        }
    }

    UserList Former
    {
        get
        {
            wrongSince ??= clock.GetUtcNow();
            return clock.GetUtcNow() - wrongSince < Grace ? users! : UserList.Empty;
        }
    }

    UserList Right(UserList found)
    {
        (wrong, wrongSince) = (null, null);
        return found;
    }

    void Warn(string error) => Warned?.Invoke(
        $"the files of {UserList.FolderName}/ are wrong, and no user can log in from "
            + $"{Grace.TotalSeconds:0} seconds later "
            + $"on until they are right: {error}");

    string State() => PolicyFiles.StateOf(UserList.Files(projectFolder));
}
