using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Sftp;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Storage;
using Foz.Storage.Addresses;

namespace Foz.Connectors.Files;

/// <summary>Folders of files as a source: of this machine, of an SFTP server, or in an object store.</summary>
sealed class FilesSource : ISource
{
    const int FetchesMax = 8;

    /// <summary>The columns that follow those of files, without a row.</summary>
    const string NoRows =
        $"SELECT CAST(NULL AS TIMESTAMPTZ) AS {ChangeColumns.CommitTs}, CAST(NULL AS VARCHAR) AS "
            + $"{ChangeColumns.Source} WHERE false";

    readonly string projectFolder;
    readonly string baseFolder;
    readonly string statedFolder;
    readonly string connectionName;
    readonly IRemoteFiles? remote;
    readonly TimeProvider clock;

    /// <summary>A source of the files below a connection's folder.</summary>
    /// <exception cref="FozException">A setting is wrong.</exception>
    public FilesSource(SourceDefinition source, string projectFolder, TimeProvider clock)
    {
        var settings = source.Connection.Settings;
        this.clock = clock;
        this.projectFolder = Path.GetFullPath(projectFolder);
        connectionName = source.Connection.Name;
        statedFolder = settings.Text("path") ?? "the project's folder";
        remote = RemoteOf(settings, statedFolder, this.projectFolder, clock);
        baseFolder = remote is null
            ? Path.GetFullPath(settings.Text("path") ?? ".", this.projectFolder)
            : this.projectFolder;
        foreach (var stream in source.Streams) FileStreamSettings.Read(stream);
    }

    /// <inheritdoc/>
    public async Task<string> CheckAsync(CancellationToken cancellationToken)
    {
        if (IsMissing) throw MissingFolder();
        var files = await FindAsync("**", cancellationToken);
        return $"{files.Count:N0} {(files.Count == 1 ? "file" : "files")}, "
            + $"{files.Sum(f => f.SizeBytes):N0} bytes, in {statedFolder}";
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken)
    {
        if (remote is not null)
            throw new FozException(ErrorKind.Configuration, $"streams of {statedFolder} are not discovered")
            {
                Hint = "name them under 'streams', each with its path",
            };
        var files = await FindAsync("**", cancellationToken);
        return await Task.Run(
            () => FileDiscovery.Find(
                [.. files.Select(f => new SourceFile(f, Path.GetFullPath(f.Path, projectFolder)))], baseFolder,
                cancellationToken),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Field>> FindFieldsAsync(
        StreamDefinition stream, ReadContext context, CancellationToken cancellationToken)
    {
        // The newest file has the columns that come.
        var files = await FindAsync(FileStreamSettings.Read(stream).Pattern, cancellationToken);
        if (files.MaxBy(file => (file.ModifiedAt, file.Path)) is not { } newest) return [];
        await using var rows = await ReadAsync(stream, new StreamInputs.OfFiles([newest]), context, cancellationToken);
        return rows.Fields;
    }

    /// <inheritdoc/>
    public async Task<BatchPlan> PlanAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken)
    {
        var settings = FileStreamSettings.Read(stream);
        var pattern = settings.Pattern;
        var found = await FindAsync(pattern, cancellationToken);
        var plan = await Task.Run(
            () => FilePlan.Make(
                settings, found, history, (before, now) => HasOtherBytes(before, now, cancellationToken)),
            cancellationToken);
        // Files may be deleted once they were read; without their folder, new ones would be missed.
        if (IsMissing && history.Count > 0) throw MissingFolder();
        return found.Count > 0 || history.Any(inputs => inputs is StreamInputs.OfFiles { Files.IsEmpty: false }) ? plan
            : plan with
            {
                Warnings = plan.Warnings.Add(
                    new($"no file matches {pattern} in {statedFolder}", remote is null
                        ? NearestPath.Hint(baseFolder, pattern)
                        : null)),
            };
    }

    /// <inheritdoc/>
    public async Task<BatchPlan> PlanSettledAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, Action<string, TimeSpan> onWait,
        CancellationToken cancellationToken)
    {
        var settings = FileStreamSettings.Read(stream);
        var settling = new FileSettling(settings.Settle, settings.SettleMax, clock);
        while (true)
        {
            var plan = await PlanAsync(stream, history, cancellationToken);
            // An object of a store comes whole or not at all.
            if (plan.Inputs is not StreamInputs.OfFiles inputs || remote is StoredFiles) return plan;
            var waits = inputs.Files.Select(file =>
                (File: file, Time: settling.WaitFor(file, () => EndsLine(settings, file))))
                .Where(wait => wait.Time > TimeSpan.Zero).ToList();
            if (waits.Count == 0) return plan;
            if (settling.IsOver) return WithoutUnsettled(stream, plan, inputs, [.. waits.Select(wait => wait.File)]);
            var longest = waits.MaxBy(wait => wait.Time);
            onWait($"file {longest.File.Path}, which may still be written", longest.Time);
            await Task.Delay(longest.Time, clock, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken) =>
        ReadAsync(stream, inputs.As<StreamInputs.OfFiles>(stream), context, cancellationToken);

    async Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs.OfFiles inputs, ReadContext context, CancellationToken cancellationToken)
    {
        var files = remote is null
            ? inputs.Files.Select(ToFile).ToList()
            : await FetchAsync(remote, inputs.Files, context, cancellationToken);
        files = [.. files.Select(file => file with { Meter = context.Meter })];
        context.Meter.Begin("scanning", bytesTotal: inputs.Files.Sum(file => file.SizeBytes));
        var mayLeaveOut = MayLeaveOut(stream, inputs, context);
        StreamRows rows;
        try
        {
            rows = await ReadAsync(stream, inputs, files, context, cancellationToken);
        }
        catch (FozException e) when (mayLeaveOut && IsOfFile(e))
        {
            if (await LeaveOutAsync(isWhole: false, cancellationToken) is not { } left) throw;
            return left;
        }
        // Errors inside of a file are found when its rows are read.
        if (mayLeaveOut && rows is StreamRows.Selected selected)
        {
            var recover = selected.Recover;
            selected.Recover = async (error, stop) =>
            {
                if (recover is null || await recover(error, stop) is not { } again)
                    return await LeaveOutDamagedAsync(selected, error, stop);
                again.Recover = (next, end) => LeaveOutDamagedAsync(again, next, end);
                return again;
            };
        }
        return rows;

        async Task<StreamRows.Selected?> LeaveOutDamagedAsync(
            StreamRows.Selected failed, FozException error, CancellationToken stop)
        {
            if (!IsOfFile(error) || await LeaveOutAsync(isWhole: true, stop) is not StreamRows.Selected left)
                return null;
            await failed.DisposeAsync();
            return left;
        }

        async Task<StreamRows?> LeaveOutAsync(bool isWhole, CancellationToken stop)
        {
            var unreadable = await FindUnreadableAsync(stream, files, context, isWhole, stop);
            if (unreadable.Count == 0) return null;
            var left = inputs with { Files = inputs.Files.RemoveRange(unreadable.Keys) };
            var others = left.Files.IsEmpty
                ? new StreamRows.Selected(NoRows) { Fields = [], IsEmpty = true }
                : await ReadAsync(
                    stream, left, [.. files.Where(file => left.Files.Contains(file.Input))], context, stop);
            others.ActualInputs = left;
            others.Warnings = [.. others.Warnings, .. unreadable.Select(file => new Warning(
                $"{Named(file.Key, file.Value.Message)}: it is left out, and each run tries it again",
                "correct the file, or remove it"))];
            return others;
        }
    }

    static bool IsOfFile(FozException error) => error.Kind is ErrorKind.Source or ErrorKind.Data or ErrorKind.Storage;

    static string Named(FileInput file, string message) =>
        message.Contains(file.Path, StringComparison.Ordinal) ? message : $"file {file.Path} is damaged: {message}";

    async Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs.OfFiles inputs, IReadOnlyList<SourceFile> files, ReadContext context,
        CancellationToken cancellationToken)
    {
        var reader = FileStreamSettings.Read(stream).Reader;
        var read = new ReadFiles(inputs, files, reader, areCopies: remote is not null, context.Engine.Threads);
        await read.BeginAsync(clock, cancellationToken);
        var rows = await Task.Run(() => FileRows.Read(stream, files, context, cancellationToken), cancellationToken);
        rows.Verify = read.VerifyAsync;
        return rows;
    }

    /// <summary>
    /// Whether a batch may do without some of its files: not a snapshot, which is of all files or none, nor one of
    /// which a part may be committed. Of a table that is not there yet one file must be readable.
    /// </summary>
    static bool MayLeaveOut(StreamDefinition stream, StreamInputs.OfFiles inputs, ReadContext context) =>
        stream.Mode is StreamMode.Incremental && inputs.Files.All(file => file.Hash is null)
        && (inputs.Files.Length > 1 || context.TableFields.Count > 0);

    /// <summary>The files that cannot be read for themselves, with why; none where they cannot only together.</summary>
    /// <param name="stream">Their stream.</param>
    /// <param name="files">The files.</param>
    /// <param name="context">What reading needs of the platform.</param>
    /// <param name="isWhole">Whether each is read to its end, and not only begun.</param>
    /// <param name="cancellationToken">Stops it.</param>
    static async Task<IReadOnlyDictionary<FileInput, FozException>> FindUnreadableAsync(
        StreamDefinition stream, List<SourceFile> files, ReadContext context, bool isWhole,
        CancellationToken cancellationToken)
    {
        var unreadable = new Dictionary<FileInput, FozException>();
        foreach (var file in files)
        {
            var own = context with
            {
                WorkFolder =
                    Directory.CreateDirectory(Path.Combine(context.WorkFolder, $"alone-{unreadable.Count}")).FullName,
            };
            try
            {
                await using var rows = await Task.Run(
                    () => FileRows.Read(stream, [file], own, cancellationToken), cancellationToken);
                if (isWhole && rows is StreamRows.Selected selected)
                    await ReadWholeAsync(selected, context.Engine, cancellationToken);
            }
            catch (FozException e) when (IsOfFile(e))
            {
                unreadable[file.Input] = e;
            }
            Directory.Delete(own.WorkFolder, recursive: true);
        }
        return unreadable.Count == files.Count && context.TableFields.Count == 0
            ? new Dictionary<FileInput, FozException>()
            : unreadable;
    }

    /// <summary>Reads all values of rows.</summary>
    /// <exception cref="FozException">They cannot be read, not as rows of which some are rejected either.</exception>
    static async Task ReadWholeAsync(StreamRows.Selected rows, EnginePool engines, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(() => Read(rows), cancellationToken);
        }
        catch (FozException e) when (rows.Recover is not null)
        {
            if (await rows.Recover(e, cancellationToken) is not { } again) throw;
            await Task.Run(() => Read(again), cancellationToken);
        }

        void Read(StreamRows.Selected some)
        {
            using var session = engines.Open(Workload.Ingestion);
            // What a hash is made of must be decoded.
            using var hashes = session.Query($"SELECT bit_xor(hash(COLUMNS(*))) FROM ({some.Sql})", cancellationToken);
            _ = hashes.Rows(cancellationToken).Count();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => remote?.DisposeAsync() ?? ValueTask.CompletedTask;

    static IRemoteFiles? RemoteOf(Settings settings, string path, string projectFolder, TimeProvider clock)
    {
        IRemoteFiles? files = SftpOptions.IsUrl(path) ? new SftpFiles(SftpOptions.Read(settings, projectFolder), clock)
            : ObjectStores.IsUrl(path) ? new StoredFiles(path, settings)
            : null;
        Refuse(ObjectStores.Settings.Select(s => s.Name), files is StoredFiles, "an address of an object store");
        Refuse(SftpOptions.Settings.Select(s => s.Name), files is SftpFiles, "an address of SFTP");
        return files;

        void Refuse(IEnumerable<string> names, bool isTheirs, string where)
        {
            if (!isTheirs && names.FirstOrDefault(settings.Names.Contains) is { } stray)
                throw settings.Wrong(stray, $"left out where 'path' is not {where}");
        }
    }

    static async Task<List<SourceFile>> FetchAsync(
        IRemoteFiles remote, IReadOnlyList<FileInput> inputs, ReadContext context, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(context.WorkFolder, "fetched")).FullName;
        context.Meter.Begin("fetching", bytesTotal: inputs.Sum(input => input.SizeBytes));
        var files = inputs.Select((input, i) =>
            new SourceFile(input, Path.Combine(folder, $"{i}-{Path.GetFileName(input.Path)}"))).ToList();
        await Parallel.ForEachAsync(
            files, new ParallelOptions { MaxDegreeOfParallelism = FetchesMax, CancellationToken = cancellationToken },
            async (file, ct) =>
            {
                await remote.FetchAsync(file, ct);
                context.Meter.AddBytes(file.Input.SizeBytes);
            });
        return files;
    }

    bool IsMissing => remote is null && !Directory.Exists(baseFolder);

    FozException MissingFolder() => new(
        ErrorKind.Source, $"folder {baseFolder} of connection '{connectionName}' does not exist")
    {
        Hint = "make it, or correct `path`, which starts from the project's folder",
    };

    Task<IReadOnlyList<FileInput>> FindAsync(string pattern, CancellationToken cancellationToken) => remote is not null
        ? remote.FindAsync(pattern, cancellationToken)
        : Task.Run<IReadOnlyList<FileInput>>(
            () => [.. Glob.Find(baseFolder, pattern, cancellationToken).Select(ToInput)], cancellationToken);

    FileInput ToInput(FileInfo file)
    {
        var relative = Path.GetRelativePath(projectFolder, file.FullName);
        var isInside = !Path.IsPathRooted(relative) && relative != ".."
            && !relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
        var stamp = FileStamp.Of(file.FullName);
        return new(
            (isInside ? relative : file.FullName).Replace(Path.DirectorySeparatorChar, '/'), file.Length,
            new DateTimeOffset(file.LastWriteTimeUtc))
        {
            Inode = stamp?.Inode,
            ChangedNs = stamp?.ChangedNs,
        };
    }

    bool EndsLine(FileStreamSettings settings, FileInput file) =>
        remote is not null || !settings.HasLines(file.Path)
            || FileSettling.EndsLine(Path.GetFullPath(file.Path, projectFolder));

    /// <summary>
    /// Whether a file has other bytes than those that were read; true where no hash or tag of them was recorded.
    /// </summary>
    bool HasOtherBytes(FileInput before, FileInput now, CancellationToken cancellationToken) => remote is not null
        ? before.Tag is null || before.Tag != now.Tag
        : before.Hash is not { } hash
            || ReadFiles.Hash(new(now, Path.GetFullPath(now.Path, projectFolder)), cancellationToken) != hash;

    /// <summary>A plan that leaves files to the next run; a snapshot is of all files or none.</summary>
    static BatchPlan WithoutUnsettled(
        StreamDefinition stream, BatchPlan plan, StreamInputs.OfFiles inputs, IReadOnlyCollection<FileInput> unsettled)
    {
        var left = stream.Mode is StreamMode.Snapshot ? [] : inputs.Files.RemoveRange(unsettled);
        return new(
            left.IsEmpty ? null : inputs with { Files = left },
            plan.Warnings.AddRange(unsettled.Select(file => new Warning(
                $"file {file.Path} is still being written: it is left to the next run",
                "set settle and settle_max to how long writing takes"))));
    }

    /// <summary>Returns a file of a planned batch, which must be unchanged.</summary>
    SourceFile ToFile(FileInput input)
    {
        var file = new SourceFile(input, Path.GetFullPath(input.Path, projectFolder));
        var info = new FileInfo(file.FullPath);
        if (!info.Exists) throw FileStreams.Error(file, new FileNotFoundException());
        return FilePlan.IsSame(input, ToInput(info)) ? file : throw FilePlan.ChangedWhileRead(input);
    }
}
