using Foz.Core.Configuration;
using Foz.Delta.Storage;

namespace Foz.Core.Connectors.Files;

/// <summary>Folders of files as a source: of this machine, or in an object store.</summary>
sealed class FilesSource : ISource
{
    readonly string projectFolder;
    readonly string baseFolder;
    readonly string statedFolder;
    readonly string connectionName;
    readonly StoredFiles? stored;

    /// <summary>A source of the files below a connection's folder.</summary>
    /// <exception cref="FozException">A setting is wrong.</exception>
    public FilesSource(SourceDefinition source, string projectFolder)
    {
        var settings = source.Connection.Settings;
        this.projectFolder = Path.GetFullPath(projectFolder);
        connectionName = source.Connection.Name;
        statedFolder = settings.Text("path") ?? "the project's folder";
        if (ObjectStores.IsUrl(statedFolder)) stored = new(statedFolder, settings);
        else if (ObjectStores.Settings.FirstOrDefault(s => settings.Names.Contains(s.Name)) is { } stray)
            throw settings.Wrong(stray.Name, "left out where 'path' is no address of an object store");
        baseFolder = stored is null ? Path.GetFullPath(settings.Text("path") ?? ".", this.projectFolder) : this.projectFolder;
        foreach (var stream in source.Streams) FileStreamSettings.Read(stream);
    }

    /// <inheritdoc/>
    public async Task<string> CheckAsync(CancellationToken cancellationToken)
    {
        if (stored is null && !Directory.Exists(baseFolder))
            throw new FozException(ErrorKind.Source, $"folder {baseFolder} of connection '{connectionName}' does not exist")
            {
                Hint = "make it, or correct `path`, which starts from the project's folder",
            };
        var files = await FindAsync("**", cancellationToken);
        return $"{files.Count:N0} {(files.Count == 1 ? "file" : "files")}, {files.Sum(f => f.SizeBytes):N0} bytes, in {statedFolder}";
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken)
    {
        if (stored is not null)
            throw new FozException(ErrorKind.Configuration, $"streams of {statedFolder} are not discovered")
            {
                Hint = "name them under 'streams', each with its path",
            };
        var files = await FindAsync("**", cancellationToken);
        return await Task.Run(
            () => FileDiscovery.Find([.. files.Select(f => new SourceFile(f, Path.GetFullPath(f.Path, projectFolder)))], baseFolder, cancellationToken),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<BatchPlan> PlanAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken) =>
        FilePlan.Make(stream, await FindAsync(FileStreamSettings.Read(stream).Pattern, cancellationToken), history);

    /// <inheritdoc/>
    public async Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken)
    {
        var fetched = stored is null ? null
            : await stored.FetchAsync(inputs.Files, Directory.CreateDirectory(Path.Combine(context.WorkFolder, "fetched")).FullName, cancellationToken);
        return await Task.Run(
            () => FileRows.Read(stream, fetched ?? [.. inputs.Files.Select(ToFile)], context, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A path that is no address of something elsewhere.</summary>
    public static string Local(Settings settings, string name, string path) =>
        path.Contains("://", StringComparison.Ordinal)
            ? throw settings.Wrong(name, $"a path below that of the connection, not '{path}'")
            : path;

    Task<IReadOnlyList<FileInput>> FindAsync(string pattern, CancellationToken cancellationToken) => stored is not null
        ? stored.FindAsync(pattern, cancellationToken)
        : Task.Run<IReadOnlyList<FileInput>>(
            () => [.. Glob.Find(baseFolder, pattern, cancellationToken).Select(ToInput)], cancellationToken);

    FileInput ToInput(FileInfo file)
    {
        var relative = Path.GetRelativePath(projectFolder, file.FullName);
        var isInside = !Path.IsPathRooted(relative) && relative != ".."
            && !relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
        return new(
            (isInside ? relative : file.FullName).Replace(Path.DirectorySeparatorChar, '/'), file.Length,
            new DateTimeOffset(file.LastWriteTimeUtc));
    }

    /// <summary>A file of a planned batch, which must be as it was.</summary>
    SourceFile ToFile(FileInput input)
    {
        var file = new SourceFile(input, Path.GetFullPath(input.Path, projectFolder));
        var info = new FileInfo(file.FullPath);
        if (!info.Exists) throw FileStreams.Error(file, new FileNotFoundException());
        return FilePlan.IsSame(input, ToInput(info))
            ? file
            : throw new FozException(ErrorKind.Source, $"file {input.Path} changed while the batch was being read")
            {
                Hint = "run again once it is written",
                IsTransient = true,
            };
    }
}
