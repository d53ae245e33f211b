using System.Globalization;
using System.Text;
using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Delta.Iceberg;

/// <summary>The folder <c>metadata</c> of a table: <c>v1.metadata.json</c> and so on, and <c>version-hint.text</c>,
/// which names the newest to readers without a catalog.</summary>
/// <param name="store">The table's files.</param>
sealed class IcebergFolder(IObjectStore store)
{
    const string HintPath = $"{Folder}/version-hint.text";
    const string Suffix = ".metadata.json";

    /// <summary>The folder's name.</summary>
    public const string Folder = "metadata";

    /// <summary>The table's folder, as Iceberg writes it.</summary>
    public string Location { get; } = FullPath.Of(store.Root);

    /// <summary>The newest metadata file.</summary>
    /// <returns>Its number, 0 without one; the hint; and the metadata, null where another program wrote them or they
    /// are damaged.</returns>
    public async ValueTask<(long Number, Hint Hint, IcebergMetadata? Metadata)> FindAsync(
        CancellationToken cancellationToken)
    {
        var hint = await ReadHintAsync(cancellationToken);
        var number = hint.Number > 0 ? hint.Number : await GreatestAsync(cancellationToken);
        // Who wrote a newer one may have died before the hint.
        while (await store.GetInfoAsync(PathOf(number + 1), cancellationToken) is not null) number++;
        var file = number > 0 ? await store.GetAsync(PathOf(number), cancellationToken) : null;
        return (number, hint, file is null ? null : IcebergMetadata.Parse(file.Content));
    }

    /// <summary>Writes a metadata file.</summary>
    /// <returns>False if another one has the number.</returns>
    public async ValueTask<bool> TryPutAsync(
        long number, IcebergMetadata metadata, CancellationToken cancellationToken) =>
        await store.TryCreateAsync(PathOf(number), metadata.ToUtf8(), cancellationToken);

    /// <summary>Makes the hint name at least this metadata file: a writer that was slow never sets it back.</summary>
    /// <param name="number">The file's number.</param>
    /// <param name="before">The hint as it was found.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async ValueTask PutHintAsync(long number, Hint before, CancellationToken cancellationToken)
    {
        var content = Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));
        while (before.Number < number && !await TryPutAsync()) before = await ReadHintAsync(cancellationToken);

        async ValueTask<bool> TryPutAsync() => before.ETag is null
            ? await store.TryCreateAsync(HintPath, content, cancellationToken)
            : await store.PutIfMatchAsync(HintPath, content, before.ETag, cancellationToken)
                is PutIfMatchResult.Written;
    }

    /// <summary>Writes a file of the folder.</summary>
    /// <returns>Where it is, in full.</returns>
    public async ValueTask<string> PutAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        await store.PutAsync($"{Folder}/{name}", content, cancellationToken);
        return $"{Location}/{Folder}/{name}";
    }

    /// <summary>Reads a file of the table's folder.</summary>
    /// <param name="file">Where it is, in full.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Null where there is none, or it lies elsewhere.</returns>
    public async ValueTask<ReadOnlyMemory<byte>?> GetAsync(string file, CancellationToken cancellationToken) =>
        Relative(file) is { } path && await store.GetAsync(path, cancellationToken) is { } found ? found.Content : null;

    /// <summary>Deletes files of the folder.</summary>
    /// <param name="files">Where they are, in full.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async ValueTask DeleteAsync(IEnumerable<string> files, CancellationToken cancellationToken)
    {
        foreach (var file in files)
            if (Relative(file) is { } path) await store.DeleteAsync(path, cancellationToken);
    }

    /// <summary>Where a metadata file is, in full.</summary>
    public string FileOf(long number) => $"{Location}/{PathOf(number)}";

    async ValueTask<Hint> ReadHintAsync(CancellationToken cancellationToken)
    {
        if (await store.GetAsync(HintPath, cancellationToken) is not { } found) return default;
        var isFile = long.TryParse(
            Encoding.UTF8.GetString(found.Content.Span).Trim(), CultureInfo.InvariantCulture, out var number)
            && await store.GetInfoAsync(PathOf(number), cancellationToken) is not null;
        return new(isFile ? number : 0, found.ETag);
    }

    static string PathOf(long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{Folder}/v{number}{Suffix}");

    string? Relative(string file) =>
        file.StartsWith($"{Location}/{Folder}/", StringComparison.Ordinal) ? file[(Location.Length + 1)..] : null;

    async ValueTask<long> GreatestAsync(CancellationToken cancellationToken)
    {
        var greatest = 0L;
        await foreach (var file in store.ListAsync(Folder, null, cancellationToken))
            if (file.Path.AsSpan(Folder.Length + 1) is ['v', .. var rest]
                && rest.EndsWith(Suffix, StringComparison.Ordinal)
                && long.TryParse(
                    rest[..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                greatest = Math.Max(greatest, number);
        return greatest;
    }

    /// <summary>What the hint says.</summary>
    /// <param name="Number">The metadata file it names; 0 where it names none that exists.</param>
    /// <param name="ETag">Its tag; null where there is no hint.</param>
    public readonly record struct Hint(long Number, string? ETag);
}
