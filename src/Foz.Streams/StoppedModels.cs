using Foz.Lake.Catalog;
using Foz.Lake.Data;

namespace Foz.Streams;

/// <summary>
/// The models that no host makes after changes of their input, as a user stopped them; in <c>_foz/triggers</c>. Runs
/// and schedules make them.
/// </summary>
/// <param name="lake">The lake's objects.</param>
/// <param name="environment">The environment.</param>
public sealed class StoppedModels(LakeStore lake, string environment)
{
    readonly string folder = $"_foz/triggers/{environment}".ToLowerInvariant();

    /// <summary>Finds them.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlySet<TableName>> FindAsync(CancellationToken cancellationToken)
    {
        var found = new HashSet<TableName>();
        await foreach (var info in lake.ListAsync(folder, startAfter: null, cancellationToken))
            if (TableName.TryParse(info.Path[(folder.Length + 1)..], out var name))
                found.Add(name);
        return found;
    }

    /// <summary>Stops a model.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether it was not stopped before.</returns>
    public async Task<bool> StopAsync(TableName model, CancellationToken cancellationToken) =>
        await lake.TryCreateAsync(PathOf(model), ReadOnlyMemory<byte>.Empty, cancellationToken);

    /// <summary>Lets hosts make a model again.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether it was stopped.</returns>
    public async Task<bool> StartAsync(TableName model, CancellationToken cancellationToken)
    {
        if (await lake.GetInfoAsync(PathOf(model), cancellationToken) is null) return false;
        await lake.DeleteAsync(PathOf(model), cancellationToken);
        return true;
    }

    string PathOf(TableName model) => $"{folder}/{model}".ToLowerInvariant();
}
