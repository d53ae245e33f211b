namespace Foz.Storage.Remote;

/// <summary>
/// Makes sure that a service obeys the conditions of writes, on which commits depend, before the first one is made. One
/// that does is noted on this machine, so that no later process asks again.
/// </summary>
/// <param name="store">The store, which does not ask for this itself.</param>
/// <param name="note">The file that says that it does; null where nothing is noted.</param>
/// <param name="clock">The time.</param>
sealed class ConditionalWrites(IObjectStore store, string? note, TimeProvider clock) : IDisposable
{
    readonly SemaphoreSlim gate = new(1);
    volatile bool isKnown;

    /// <summary>Makes sure of it.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="StorageException">
    /// The service ignores conditions (<see cref="StorageErrorKind.Unconditional"/>), or failed.
    /// </exception>
    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        if (isKnown) return;
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (isKnown || File.Exists(note))
            {
                isKnown = true;
                return;
            }
            var probe = await StoreProbe.RunAsync(store, clock, cancellationToken);
            if (probe.Fault is { } fault)
                throw new StorageException(
                    StorageErrorKind.Unconditional,
                    $"{store.Root} ignores the conditions of writes ({fault}): commits would be lost");
            isKnown = true;
            if (note is not null) Note(note);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    static void Note(string note)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(note)!);
            File.WriteAllBytes(note, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next process asks again.
        }
    }
}
