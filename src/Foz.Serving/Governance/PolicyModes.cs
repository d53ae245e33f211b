using Foz.Lake;

namespace Foz.Serving.Governance;

/// <summary>Who on the machine may read and write the files of <c>policies/</c>.</summary>
public static class PolicyModes
{
    const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>What every verifier of a password or key begins with.</summary>
    const string Verifier = "SCRAM-SHA-256$";

    /// <summary>How a file of verifiers is created: for its owner alone.</summary>
    internal static FileStreamOptions CreateOptions
    {
        get
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Own;
            return options;
        }
    }

    /// <summary>Checks the files of a project.</summary>
    /// <param name="projectFolder">The project's folder.</param>
    /// <returns>
    /// What people should change: files with verifiers that others can read, unless they are mounted for reading only.
    /// </returns>
    /// <exception cref="FozException">Everybody on the machine can write a file, and let himself in.</exception>
    public static IReadOnlyList<string> Check(string projectFolder)
    {
        if (OperatingSystem.IsWindows()) return [];
        var open = new List<string>();
        foreach (var path in UserList.Files(projectFolder))
        {
            var name = $"{UserList.FolderName}/{Path.GetFileName(path)}";
            var mode = File.GetUnixFileMode(path);
            if (mode.HasFlag(UnixFileMode.OtherWrite))
                throw new FozException(
                    ErrorKind.Configuration, $"everybody on this machine can write {name}, and let themselves in")
                {
                    Place = new(name), Hint = $"chmod 600 {name}",
                };
            if ((mode & Others) != UnixFileMode.None && HasVerifiers(path) && !IsMounted(path))
                open.Add(
                    $"others on this machine can read {name}, which has what passwords are "
                        + $"checked with: chmod 600 {name}");
        }
        return open;
    }

    static bool HasVerifiers(string path) => File.ReadAllText(path).Contains(Verifier, StringComparison.Ordinal);

    /// <summary>
    /// Whether a file is mounted, as secrets of Kubernetes are: the user who mounts it decides who may read it.
    /// </summary>
    static bool IsMounted(string path)
    {
        if (File.ResolveLinkTarget(path, returnFinalTarget: true) is not null) return true;
        try
        {
            using (new FileStream(path, FileMode.Open, FileAccess.Write)) return false;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return true;
        }
    }
}
