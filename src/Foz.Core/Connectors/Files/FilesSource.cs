using System.Diagnostics;
using Foz.Core.Configuration;
using Foz.Core.Engine;

namespace Foz.Core.Connectors.Files;

/// <summary>Folders of files as a source.</summary>
sealed class FilesSource : ISource
{
    readonly string projectFolder;
    readonly string baseFolder;
    readonly string statedFolder;
    readonly string connectionName;

    /// <summary>A source of the files below a connection's folder.</summary>
    /// <exception cref="FozException">A setting is wrong.</exception>
    public FilesSource(SourceDefinition source, string projectFolder)
    {
        var settings = source.Connection.Settings;
        this.projectFolder = Path.GetFullPath(projectFolder);
        connectionName = source.Connection.Name;
        statedFolder = settings.Text("path") ?? "the project's folder";
        baseFolder = Path.GetFullPath(Local(settings, "path", settings.Text("path") ?? "."), this.projectFolder);
        foreach (var stream in source.Streams) FileStreamSettings.Read(stream);
    }

    /// <inheritdoc/>
    public Task<string> CheckAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            if (!Directory.Exists(baseFolder))
                throw new FozException(ErrorKind.Source, $"folder {baseFolder} of connection '{connectionName}' does not exist")
                {
                    Hint = "make it, or correct `path`, which starts from the project's folder",
                };
            var files = Glob.Find(baseFolder, "**", cancellationToken);
            return $"{files.Count:N0} {(files.Count == 1 ? "file" : "files")}, {files.Sum(f => f.Length):N0} bytes, in {statedFolder}";
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken) => Task.Run(
        () => FileDiscovery.Find(
            [.. Glob.Find(baseFolder, "**", cancellationToken).Select(f => new SourceFile(ToInput(f), f.FullName))],
            baseFolder, cancellationToken),
        cancellationToken);

    /// <inheritdoc/>
    public Task<BatchPlan> PlanAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var settings = FileStreamSettings.Read(stream);
            var found = Glob.Find(baseFolder, settings.Pattern, cancellationToken).Select(ToInput).ToList();
            return FilePlan.Make(stream, found, history);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var settings = FileStreamSettings.Read(stream);
            var files = inputs.Files.Select(ToFile).ToList();
            using var session = context.Engine.Open(Workload.Ingestion);
            var columns = new FileColumns(context.TableFields, FileColumns.ReadDeclared(stream, session));
            var format = settings.FormatOf(files);
            return format switch
            {
                FileFormat.Csv or FileFormat.Tsv => CsvBatch.Read(
                    files, CsvDialect.Read(stream.Settings, format), columns, context, cancellationToken),
                FileFormat.Json or FileFormat.JsonLines => JsonBatch.Read(
                    files, stream, format, columns, context, cancellationToken),
                FileFormat.Parquet => ParquetBatch.Read(files, columns, session, cancellationToken),
                _ => throw new UnreachableException(),
            };
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>A path that is no address of something elsewhere.</summary>
    public static string Local(Settings settings, string name, string path) =>
        path.Contains("://", StringComparison.Ordinal)
            ? throw settings.Wrong(name, $"a path of the local file system, not '{path}'")
            : path;

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
