using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Streams.Batches;

/// <summary>What a user may ask of a stream.</summary>
enum StreamRequest
{
    /// <summary>To bring its held changes into its table.</summary>
    Resume,

    /// <summary>To copy its table again.</summary>
    Snapshot,
}

/// <summary>The batches of a source's changes, and the name of its reader, in <c>_foz/streams</c>.</summary>
/// <param name="lake">The lake's objects.</param>
/// <param name="environment">The environment.</param>
/// <param name="source">The source.</param>
sealed class ChangeBatchLog(LakeStore lake, string environment, string source)
{
    /// <summary>How many batches stay: what is older says nothing that their tables do not.</summary>
    public const int Kept = 64;

    const int NameCharactersMax = 24;
    const string ReaderFile = "reader.json", ResetFile = "reset", StoppedFile = "stopped";

    readonly string folder = SourceBatches.FolderOf(environment, source);

    /// <summary>Finds the last batch; null where reading has not started.</summary>
    /// <exception cref="FozException">It cannot be read.</exception>
    public async Task<ChangeBatch?> FindLastAsync(CancellationToken cancellationToken)
    {
        string? last = null;
        await foreach (var info in lake.ListAsync(folder, startAfter: null, cancellationToken))
            if (NumberOf(info.Path) is not null
                && (last is null || string.CompareOrdinal(info.Path, last) > 0))
                last = info.Path;
        return last is null
            ? null
            : Parse(await lake.GetAsync(last, cancellationToken), last, ChangeBatchJson.Default.ChangeBatch);
    }

    /// <summary>Writes a batch, before any table has it.</summary>
    /// <exception cref="FozException">Another run wrote a batch of this number.</exception>
    public async Task AddAsync(ChangeBatch batch, CancellationToken cancellationToken)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(batch, ChangeBatchJson.Default.ChangeBatch);
        if (!await lake.TryCreateAsync(PathOf(batch.Number), content, cancellationToken))
            throw new FozException(
                ErrorKind.Conflict, $"batch {batch.Number} of the changes of {source} was read by another run")
            {
                Hint = "run again when the other run has ended", IsTransient = true,
            };
    }

    /// <summary>Deletes the batch that is too old to say anything once another one is written.</summary>
    public async Task ForgetAsync(long number, CancellationToken cancellationToken)
    {
        if (number >= Kept) await lake.DeleteAsync(PathOf(number - Kept), cancellationToken);
    }

    /// <summary>Deletes all batches older than those that stay: those that runs left that were cut off.</summary>
    public async Task SweepAsync(long last, CancellationToken cancellationToken)
    {
        var old = new List<string>();
        await foreach (var info in lake.ListAsync(folder, startAfter: null, cancellationToken))
            if (NumberOf(info.Path) is { } number && number <= last - Kept)
                old.Add(info.Path);
        foreach (var path in old) await lake.DeleteAsync(path, cancellationToken);
    }

    /// <summary>
    /// Returns the reader. Its name is kept before the source hears of it: what exists under it at the source is
    /// this lake's.
    /// </summary>
    public async Task<LogReader> OpenReaderAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await FindReaderAsync(cancellationToken) is { } known) return known;
            var unique = RandomNumberGenerator.GetHexString(8, lowercase: true);
            var made = new LogReader($"foz_{Clean(source)}_{unique}");
            await lake.TryCreateAsync(ReaderPath, Write(made), cancellationToken);
        }
    }

    /// <summary>Finds the reader; null where the log was never read.</summary>
    public async Task<LogReader?> FindReaderAsync(CancellationToken cancellationToken) =>
        await lake.GetAsync(ReaderPath, cancellationToken) is { } stored
            ? Parse(stored, ReaderPath, ChangeBatchJson.Default.LogReader)
            : null;

    /// <summary>Finds the sources of which an environment of a lake has a reader.</summary>
    public static async Task<IReadOnlyList<string>> FindSourcesAsync(
        LakeStore lake, string environment, CancellationToken cancellationToken)
    {
        var (all, sources) = ($"_foz/streams/{environment}".ToLowerInvariant(), new List<string>());
        await foreach (var info in lake.ListAsync(all, startAfter: null, cancellationToken))
            if (info.Path[(all.Length + 1)..].Split('/') is [var name, ReaderFile])
                sources.Add(name);
        return sources;
    }

    /// <summary>Deletes all that is known of the source.</summary>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        var paths = new List<string>();
        await foreach (var info in lake.ListAsync(folder, startAfter: null, cancellationToken)) paths.Add(info.Path);
        foreach (var path in paths) await lake.DeleteAsync(path, cancellationToken);
    }

    /// <summary>Keeps what is known of the reader.</summary>
    public async Task KeepAsync(LogReader reader, CancellationToken cancellationToken) =>
        await lake.PutAsync(ReaderPath, Write(reader), cancellationToken);

    /// <summary>Asks the next one who reads to start again with a copy of all tables.</summary>
    public Task AskForResetAsync(CancellationToken cancellationToken) =>
        lake.TryCreateAsync($"{folder}/{ResetFile}", ReadOnlyMemory<byte>.Empty, cancellationToken).AsTask();

    /// <summary>Whether a start from the beginning was asked for.</summary>
    public async Task<bool> IsResetAskedForAsync(CancellationToken cancellationToken) =>
        await lake.GetInfoAsync($"{folder}/{ResetFile}", cancellationToken) is not null;

    /// <summary>Keeps all from reading until <see cref="StartAsync"/>.</summary>
    /// <returns>Whether they could read before.</returns>
    public async Task<bool> StopAsync(CancellationToken cancellationToken) =>
        await lake.TryCreateAsync(StoppedPath, ReadOnlyMemory<byte>.Empty, cancellationToken);

    /// <summary>Lets changes be read again.</summary>
    /// <returns>Whether they could not be before.</returns>
    public async Task<bool> StartAsync(CancellationToken cancellationToken)
    {
        if (!await IsStoppedAsync(cancellationToken)) return false;
        await lake.DeleteAsync(StoppedPath, cancellationToken);
        return true;
    }

    /// <summary>Whether a user stopped the source.</summary>
    public async Task<bool> IsStoppedAsync(CancellationToken cancellationToken) =>
        await lake.GetInfoAsync(StoppedPath, cancellationToken) is not null;

    /// <summary>Asks the one who reads for something of a stream, also where that was asked before.</summary>
    public Task AskAsync(StreamRequest request, string stream, CancellationToken cancellationToken) =>
        lake.PutAsync(PathOf(request) + stream, ReadOnlyMemory<byte>.Empty, cancellationToken).AsTask();

    /// <summary>Returns the streams for which something was asked, and when it was last.</summary>
    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> FindAskedAsync(
        StreamRequest request, CancellationToken cancellationToken)
    {
        var (prefix, streams) = (PathOf(request), new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal));
        await foreach (var info in lake.ListAsync(folder, startAfter: null, cancellationToken))
            if (info.Path.StartsWith(prefix, StringComparison.Ordinal))
                streams.Add(info.Path[prefix.Length..], info.LastModified);
        return streams;
    }

    /// <summary>Forgets that something was asked of a stream.</summary>
    public Task ForgetAskedAsync(StreamRequest request, string stream, CancellationToken cancellationToken) =>
        lake.DeleteAsync(PathOf(request) + stream, cancellationToken).AsTask();

    /// <summary>Forgets all batches, and then that this was asked for.</summary>
    public async Task ResetAsync(CancellationToken cancellationToken)
    {
        var paths = new List<string>();
        await foreach (var info in lake.ListAsync(folder, startAfter: null, cancellationToken))
            if (NumberOf(info.Path) is not null)
                paths.Add(info.Path);
        foreach (var path in paths.Append($"{folder}/{ResetFile}")) await lake.DeleteAsync(path, cancellationToken);
    }

    string PathOf(StreamRequest request) => $"{folder}/{request.ToString().ToLowerInvariant()}.";

    string StoppedPath => $"{folder}/{StoppedFile}";

    string ReaderPath => $"{folder}/{ReaderFile}";

    static byte[] Write(LogReader reader) =>
        JsonSerializer.SerializeToUtf8Bytes(reader, ChangeBatchJson.Default.LogReader);

    string PathOf(long number) => SourceBatches.PathOf(folder, number);

    long? NumberOf(string path) => SourceBatches.NumberOf(folder, path);

    static string Clean(string name)
    {
        var clean = string.Concat(
            name.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '_'));
        return clean.Length <= NameCharactersMax ? clean : clean[..NameCharactersMax];
    }

    static T Parse<T>(StoredObject? stored, string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            if (stored is not null && JsonSerializer.Deserialize(stored.Content.Span, type) is { } parsed)
                return parsed;
        }
        catch (JsonException e)
        {
            throw Unreadable(path, e.Message, e);
        }
        throw Unreadable(path, "it is empty, or gone", cause: null);
    }

    static FozException Unreadable(string path, string why, Exception? cause) =>
        new(ErrorKind.Table, $"{path} cannot be read: {why}", cause)
        {
            Hint = "restore it from a backup; without it the stream cannot know what it has read",
        };
}
