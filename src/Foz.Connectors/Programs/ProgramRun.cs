using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Connectors.Processes;

namespace Foz.Connectors.Programs;

/// <summary>
/// One run of a program that writes JSON, a value a line: its files, its messages and how it ended. Files that hold its
/// configuration are readable by this user only, and gone when it has ended.
/// </summary>
sealed class ProgramRun : IDisposable
{
    const int SayingsMax = 20;
    const int SayingLength = 1_000;
    const UnixFileMode OwnOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode AllRead = OwnOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    const UnixFileMode AllFind = AllRead | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
        | UnixFileMode.OtherExecute;

    readonly ProgramOptions options;
    readonly Secrets secrets;
    readonly TimeProvider clock;
    readonly string projectFolder;
    readonly string name;
    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("foz-program-");
    readonly Queue<string> sayings = new();

    /// <summary>Prepares a run.</summary>
    /// <param name="options">The program.</param>
    /// <param name="definition">The source that it reads, which gives its log the name.</param>
    /// <param name="what">The part of the source that it reads.</param>
    /// <param name="projectFolder">The folder in which it runs.</param>
    /// <param name="clock">Measures how long it runs.</param>
    public ProgramRun(
        ProgramOptions options, SourceDefinition definition, string what, string projectFolder, TimeProvider clock)
    {
        (this.options, this.projectFolder, this.clock, secrets) =
            (options, projectFolder, clock, definition.Connection.Secrets);
        (name, Files) = ($"{definition.Name}.{what}", FilesIn(folder, options));
    }

    /// <summary>
    /// Gets the folder of its files. A container's processes run as another user, who must be able to read the files:
    /// they are in a folder of their own, which no other user finds within <see cref="folder"/>, and which is mounted
    /// in the container.
    /// </summary>
    DirectoryInfo Files { get; }

    string LogFile => Path.Combine(projectFolder, "logs", $"{name}.log");

    /// <inheritdoc/>
    public void Dispose() => folder.Delete(recursive: true);

    /// <summary>Writes a file for it, and says how it finds that.</summary>
    public string Write(string file, string text)
    {
        var path = Path.Combine(Files.FullName, file);
        if (OperatingSystem.IsWindows()) File.WriteAllText(path, text);
        else
        {
            using var stream = new FileStream(
                path,
                new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnOnly });
            // Whatever the process' umask is.
            if (options.IsContainer) File.SetUnixFileMode(stream.SafeFileHandle, AllRead);
            stream.Write(Encoding.UTF8.GetBytes(text));
        }
        return options.IsContainer ? $"{ProgramOptions.ContainerFolder}/{file}" : path;
    }

    /// <summary>Notes what it said of itself, for the error if it fails.</summary>
    public void Note(string saying)
    {
        saying = secrets.Mask(saying);
        if (sayings.Count == SayingsMax) sayings.Dequeue();
        sayings.Enqueue(saying.Length > SayingLength ? saying[..SayingLength] : saying);
    }

    /// <summary>Runs the program.</summary>
    /// <param name="arguments">Its last arguments.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="takesAll">
    /// Whether every line is returned; otherwise lines that are no JSON objects are part of its log.
    /// </param>
    /// <exception cref="FozException">Thrown when it does not start, hangs, dies, or uses too much.</exception>
    public async IAsyncEnumerable<string> RunAsync(
        IReadOnlyList<string> arguments, [EnumeratorCancellation] CancellationToken cancellationToken,
        bool takesAll = false)
    {
        await using var container = options.IsContainer ? new Container(this) : null;
        var command = container?.Command ?? options.Command;
        await using var process = ChildProcess.Start(
            new()
            {
                Program = command[0], Arguments = [.. command.Skip(1), .. arguments], Folder = projectFolder,
                Timeout = options.Timeout,
                MemoryBytesMax = options.MemoryBytesMax, OutputIsData = true, LogFile = LogFile, Mask = secrets.Mask,
                Variables = options.Variables.ToDictionary(v => v.Key, string? (v) => v.Value, StringComparer.Ordinal),
            }, clock);
        process.CloseInput();
        var bytes = 0L;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(options.SilenceMax);
        await using var lines = process.ReadLinesAsync(silence.Token).GetAsyncEnumerator(silence.Token);
        while (await NextAsync(lines, cancellationToken))
        {
            silence.CancelAfter(options.SilenceMax);
            var line = lines.Current;
            bytes += line.Length;
            if (bytes > options.OutputBytesMax)
                throw Failure($"it wrote more than {options.OutputBytesMax:N0} bytes (output_max)", []);
            if (takesAll || IsJson(line)) yield return line;
            else if (line.Length > 0) Note(line);
        }
        var end = await process.WaitAsync(cancellationToken);
        switch (end)
        {
            case ProcessEnd.Exited { Code: 0 }:
                container?.Ended();
                break;
            case ProcessEnd.Exited { Code: var code }:
                throw Failure($"it ended with exit code {code}", end.LastLines);
            case ProcessEnd.TimedOut:
                throw Failure(
                    $"it ran longer than {options.Timeout.TotalSeconds:N0} s (timeout), and was stopped",
                    end.LastLines);
            case ProcessEnd.MemoryExceeded memory:
                throw Failure(
                    $"it held {memory.Bytes:N0} bytes, more than {memory.BytesMax:N0} (memory), and was stopped",
                    end.LastLines);
        }
    }

    /// <summary>An error of it, with what it said last.</summary>
    public FozException Failure(string why, IReadOnlyList<string> lastLines)
    {
        var said = sayings.Concat(lastLines).TakeLast(SayingsMax).ToList();
        return new(
            ErrorKind.Source,
            $"{options.Command[0]} ({name}): "
                + $"{why}{(said.Count == 0 ? "" : $"; it said last:\n  {string.Join("\n  ", said)}")}")
        {
            Hint = $"its log is {Path.GetRelativePath(projectFolder, LogFile)}",
        };
    }

    static DirectoryInfo FilesIn(DirectoryInfo folder, ProgramOptions options)
    {
        if (!options.IsContainer) return folder;
        var files = folder.CreateSubdirectory("files");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(files.FullName, AllFind);
        return files;
    }

    async Task<bool> NextAsync(IAsyncEnumerator<string> lines, CancellationToken cancellationToken)
    {
        try
        {
            return await lines.MoveNextAsync();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure(
                $"it said nothing for {options.SilenceMax.TotalSeconds:0.###} s (silence_max), and was stopped", []);
        }
    }

    static bool IsJson(string line)
    {
        if (!line.TrimStart().StartsWith('{')) return false;
        try
        {
            using var document = JsonDocument.Parse(line, new() { MaxDepth = 256 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>
    /// A running container. It continues when the program that started it is stopped: unless it ended well, it is
    /// removed by its name.
    /// </summary>
    sealed class Container(ProgramRun run) : IAsyncDisposable
    {
        static readonly TimeSpan removalMax = TimeSpan.FromSeconds(60);

        readonly string name = $"foz-{Guid.NewGuid():N}";
        bool hasEnded;

        /// <summary>The program that runs it, with its arguments up to the image.</summary>
        public IReadOnlyList<string> Command
        {
            get
            {
                var files = $"source={run.Files.FullName}";
                if (files.AsSpan().ContainsAny(',', '"'))
                    files = $"\"{files.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
                var memory = run.options.MemoryBytesMax is { } bytes
                    ? new[]
                    {
                        FormattableString.Invariant($"--memory={bytes}"),
                        FormattableString.Invariant($"--memory-swap={bytes}"),
                    } : [];
                return
                [
                    ProgramOptions.ContainerProgram, "run", "--rm", "-i", "--init", $"--name={name}", .. memory,
                    $"--mount=type=bind,{files},target={ProgramOptions.ContainerFolder},readonly",
                    run.options.Command[^1],
                ];
            }
        }

        /// <summary>Records that the program succeeded.</summary>
        public void Ended() => hasEnded = true;

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            if (hasEnded) return;
            await using var removal = ChildProcess.Start(
                new()
                {
                    Program = ProgramOptions.ContainerProgram, Arguments = ["rm", "--force", name],
                    Folder = run.projectFolder, Timeout = removalMax,
                },
                run.clock);
            removal.CloseInput();
            await removal.WaitAsync(CancellationToken.None);
        }
    }
}
