using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Foz.Storage;

namespace Foz.Lake.Catalog;

/// <summary>
/// The format of a lake: how Foz lays out what is not a Delta table. <c>_foz/format.json</c> states its number; a
/// lake without that object has format 1. The number is read once per process, before anything else of the lake.
/// </summary>
/// <remarks>
/// A Foz that knows no formats looks only at the lease <c>_foz/leases/run.json</c>. From format 2 on that object is
/// <em>closed</em>: no lease, so that such a Foz fails before it works. It is closed before the number is stated; a
/// number whose writing was cut off is stated by the next writer.
/// </remarks>
/// <param name="store">The lake's objects.</param>
/// <param name="clock">The time.</param>
public sealed class LakeFormat(IObjectStore store, TimeProvider clock)
{
    /// <summary>The format of lakes that state none.</summary>
    public const int Oldest = 1;

    /// <summary>The format of the lakes that this Foz makes.</summary>
    public const int Newest = 2;

    /// <summary>The object that states the number.</summary>
    public const string Path = "_foz/format.json";

    /// <summary>The lease of lakes of format 1; closed in later formats.</summary>
    public const string FirstLease = "_foz/leases/run.json";

    const string Definitions = "_foz/catalog";

    State? state;
    bool isStated;

    static string Version => typeof(LakeFormat).Assembly.GetName().Version!.ToString(3);

    /// <summary>Reads the number of the lake, once.</summary>
    /// <returns>The number, from <see cref="Oldest"/> to <see cref="Newest"/>; <see cref="Oldest"/> too where there
    /// is no lake yet.</returns>
    /// <exception cref="FozException">This Foz does not know the number, or cannot read it.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public ValueTask<int> ReadAsync(CancellationToken cancellationToken) =>
        state is { } known ? ValueTask.FromResult(known.Number) : ReadOnceAsync(isForWriting: false, cancellationToken);

    /// <summary>
    /// Reads the number of the lake before something is written; a lake that has nothing yet gets the newest.
    /// </summary>
    /// <inheritdoc cref="ReadAsync"/>
    public ValueTask<int> ReadForWritingAsync(CancellationToken cancellationToken)
    {
        EnsureThere();
        return state is { IsSettled: true } known
            ? ValueTask.FromResult(known.Number)
            : ReadOnceAsync(isForWriting: true, cancellationToken);
    }

    /// <summary>
    /// Makes sure that a lake on this machine, which stated its number before, is still there: what is written after it
    /// went away would be a lake without its tables.
    /// </summary>
    /// <exception cref="StorageException">It is gone.</exception>
    public void EnsureThere()
    {
        if (isStated && store.IsLocal && !File.Exists(store.LocalPath(Path))) throw Gone();
    }

    /// <summary>The error of a lake that went away while this process works on it.</summary>
    StorageException Gone() => new(
        StorageErrorKind.Failed,
        $"the lake {store.Root} is gone: it has no {Path} any more; put it back, or end this process before you make "
            + "a new lake there");

    /// <summary>Reads the number again, which another process may have changed, before something is written.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public ValueTask<int> ReadAgainAsync(CancellationToken cancellationToken)
    {
        state = null;
        return ReadForWritingAsync(cancellationToken);
    }

    /// <summary>Finds the number of the lake without writing; null where there is no lake yet.</summary>
    /// <exception cref="FozException">This Foz does not know the number, or cannot read it.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<int?> FindAsync(CancellationToken cancellationToken)
    {
        var number = await ReadAsync(cancellationToken);
        return state is { IsSettled: true } ? number : await FindUnstatedAsync(cancellationToken);
    }

    /// <summary>States the number of a lake that has been brought to that format; one that is higher is left.</summary>
    /// <exception cref="FozException">This Foz does not know the number that is stated, or cannot read it.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task StateAsync(int number, CancellationToken cancellationToken) =>
        (state, isStated) = (await WriteAsync(number, cancellationToken), true);

    /// <summary>The content of a lease that a lake of a format does not use any more.</summary>
    public static byte[] Closed(int format) => JsonSerializer.SerializeToUtf8Bytes(
        new()
        {
            ClosedByFormat = format,
            Why = $"this lake has format {format} or a later one, and this Foz does not know formats: "
                + $"install Foz {Version} or a newer one",
        },
        LakeFormatJson.Default.ClosedLease);

    /// <summary>Reads the format whose lakes do not use a lease any more; null for a lease that is used.</summary>
    /// <exception cref="FozException">It is no lease.</exception>
    public static int? ClosedBy(StoredObject lease) =>
        ReadLease(lease, LakeFormatJson.Default.ClosedLease).ClosedByFormat;

    /// <summary>Reads what a lease holds.</summary>
    /// <exception cref="FozException">It is no lease.</exception>
    public static T ReadLease<T>(StoredObject lease, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(lease.Content.Span, type) ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw new FozException(ErrorKind.Table, $"the lease {lease.Info.Path} cannot be read: {e.Message}", e)
            {
                Hint = "delete that object while no run is under way",
            };
        }
    }

    async ValueTask<int> ReadOnceAsync(bool isForWriting, CancellationToken cancellationToken)
    {
        // Others may do the same meanwhile, in this process as in any other: what is written has one winner.
        var found = state ?? await LoadAsync(cancellationToken);
        if (isForWriting && !found.IsSettled) found = isStated ? throw Gone() : await SettleAsync(cancellationToken);
        state = found;
        isStated |= found is { IsSettled: true, Number: > Oldest };
        return found.Number;
    }

    async Task<State> LoadAsync(CancellationToken cancellationToken) =>
        await store.GetAsync(Path, cancellationToken) is { } stated
            ? new(Parse(stated.Content.Span), IsSettled: true)
            : new(Oldest, IsSettled: false);

    async Task<State> SettleAsync(CancellationToken cancellationToken)
    {
        switch (await FindUnstatedAsync(cancellationToken))
        {
            case Oldest: return new(Oldest, IsSettled: true);
            case { } number: return await WriteAsync(number, cancellationToken);
            default:
                // A Foz that knows no formats may take the lease at the same time: one of the two wins.
                await store.TryCreateAsync(FirstLease, Closed(Newest), cancellationToken);
                Failpoint.Hit("format.closed");
                return await SettleAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Finds the number of a lake that states none: of an old one, or of one whose number was not stated in time;
    /// null of a new one.
    /// </summary>
    async Task<int?> FindUnstatedAsync(CancellationToken cancellationToken)
    {
        if (await store.GetAsync(FirstLease, cancellationToken) is { } lease)
            return Known(ClosedBy(lease) ?? Oldest, "install a newer Foz, such as the one that made the lake");
        await foreach (var _ in store.ListAsync(Definitions, startAfter: null, cancellationToken)) return Oldest;
        return null;
    }

    async Task<State> WriteAsync(int number, CancellationToken cancellationToken)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(
            new() { Format = number, Foz = Version, WrittenAt = clock.GetUtcNow() },
            LakeFormatJson.Default.StatedFormat);
        while (true)
        {
            var present = await store.GetAsync(Path, cancellationToken);
            if (present is not null && Parse(present.Content.Span) is var stated && stated >= number)
                return new(stated, IsSettled: true);
            var isWritten = present is null
                ? await store.TryCreateAsync(Path, content, cancellationToken)
                : await store.PutIfMatchAsync(Path, content, present.ETag, cancellationToken)
                    is PutIfMatchResult.Written;
            if (isWritten) return new(number, IsSettled: true);
        }
    }

    int Parse(ReadOnlySpan<byte> content)
    {
        StatedFormat stated;
        try
        {
            stated = JsonSerializer.Deserialize(content, LakeFormatJson.Default.StatedFormat)
                ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw new FozException(
                ErrorKind.Table, $"the format of the lake {store.Root} cannot be read from {Path}: {e.Message}", e)
            {
                Hint = "restore that object from a backup",
            };
        }
        return Known(stated.Format, $"install Foz {stated.Foz}, which wrote the lake, or a newer one");
    }

    int Known(int number, string hint) => number is >= Oldest and <= Newest
        ? number
        : throw new FozException(
            ErrorKind.Table,
            $"the lake {store.Root} has format {number}, and this Foz ({Version}) knows formats {Oldest} to {Newest}")
        {
            Hint = hint,
        };

    /// <param name="Number">The number.</param>
    /// <param name="IsSettled">Whether it is the lake's, and not that of a lake that may not be there yet.</param>
    sealed record State(int Number, bool IsSettled);
}

/// <summary>What <c>_foz/format.json</c> holds.</summary>
sealed record StatedFormat
{
    /// <summary>The number of the format.</summary>
    public required int Format { get; init; }

    /// <summary>The version of the Foz that wrote it.</summary>
    public required string Foz { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset WrittenAt { get; init; }
}

/// <summary>What is in the place of a lease that is not used any more.</summary>
sealed record ClosedLease
{
    /// <summary>The format that does not use it; null in a lease that is used.</summary>
    public int? ClosedByFormat { get; init; }

    /// <summary>Why it is closed, for people.</summary>
    public string? Why { get; init; }
}

[JsonSerializable(typeof(StatedFormat))]
[JsonSerializable(typeof(ClosedLease))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
sealed partial class LakeFormatJson : JsonSerializerContext;
