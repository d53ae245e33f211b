using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Operating;

/// <summary>The whole project of a host, read again when its files were changed. For one thread.</summary>
/// <param name="context">The command's context.</param>
/// <param name="workspace">The project.</param>
sealed class LiveProject(CommandContext context, Workspace workspace)
{
    static readonly TimeSpan lookInterval = TimeSpan.FromSeconds(30);

    static readonly EnumerationOptions all = new()
    {
        RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
    };

    Project? current;
    long? seen;
    long lookedAt;

    /// <summary>
    /// Returns the project: the same object while its files are the same, and the last that had no errors while they
    /// have some; null where none had.
    /// </summary>
    /// <param name="isStale">Whether the files are looked at now: the project lacks something that came.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<Project?> FindAsync(bool isStale, CancellationToken cancellationToken)
    {
        if (seen is not null && !isStale && context.Shell.Clock.GetElapsedTime(lookedAt) < lookInterval)
            return current;
        lookedAt = context.Shell.Clock.GetTimestamp();
        var stamp = Stamp();
        if (stamp == seen) return current;
        seen = stamp;
        try
        {
            var errors = new ErrorList();
            var schemas = SchemaLock.Read(workspace.File.Folder, errors);
            if (await workspace.TryLoadKnownProjectAsync(context, schemas, cancellationToken)
                is ProjectResult.Loaded { Project: var project })
                current = project;
        }
        catch (FozException e) when (e.Kind is not (ErrorKind.Canceled or ErrorKind.Storage))
        {
            // A project with errors runs nothing either; the last good one says what belongs to whom.
        }
        return current;
    }

    /// <summary>A number that changes when a file comes, goes or is written.</summary>
    long Stamp()
    {
        var folder = new DirectoryInfo(workspace.File.Folder);
        var lake = workspace.Lake.IsLocal ? Path.GetFullPath(workspace.Lake.Folder) : null;
        long stamp = 17;
        foreach (var entry in folder.EnumerateFileSystemInfos())
            if (entry is FileInfo file) Add(file);
            else if (!entry.Name.StartsWith('.') && entry.FullName != lake && entry.LinkTarget is null)
                foreach (var inner in ((DirectoryInfo)entry).EnumerateFiles("*", all)) Add(inner);
        return stamp;

        // The order of a folder's files is that of the disk, so that the sum must not depend on it.
        void Add(FileInfo file) =>
            stamp += unchecked(file.FullName.GetHashCode(StringComparison.Ordinal) * 31L
                + file.LastWriteTimeUtc.Ticks * 7 + file.Length);
    }
}
