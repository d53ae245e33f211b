using Foz.Lake.Data;
using Foz.Storage;

namespace Foz.Pipelines.Runs;

/// <summary>
/// Records that a model's hooks must still run after a step's commit: <c>_foz/hooks/&lt;table&gt;</c>, written before
/// the step commits and deleted after the last hook. Hooks that failed therefore run again.
/// </summary>
/// <param name="lake">The lake's root.</param>
/// <param name="table">The model's table.</param>
sealed class PendingHooks(IObjectStore lake, TableName table)
{
    readonly string path = $"_foz/hooks/{table}".ToLowerInvariant();

    /// <summary>Whether they are.</summary>
    public async Task<bool> AreAnyAsync(CancellationToken cancellationToken) =>
        await lake.GetInfoAsync(path, cancellationToken) is not null;

    /// <summary>Records that hooks are pending.</summary>
    public async Task NoteAsync(CancellationToken cancellationToken) =>
        await lake.PutAsync(path, "{}"u8.ToArray(), cancellationToken);

    /// <summary>Records that the hooks were run.</summary>
    public ValueTask EndAsync(CancellationToken cancellationToken) => lake.DeleteAsync(path, cancellationToken);
}
