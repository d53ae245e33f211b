using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake.Catalog;
using Foz.Storage;

namespace Foz.Pipelines.Runs.State;

/// <summary>
/// The steps whose end is recorded even where nothing was new, as an incident or a rule waits for it:
/// <c>_foz/incidents/&lt;project&gt;.&lt;environment&gt;.steps.json</c>. The host that leads writes it.
/// </summary>
/// <param name="lake">The lake's objects.</param>
/// <param name="project">The project.</param>
/// <param name="environment">The environment.</param>
public sealed class WatchedSteps(LakeStore lake, string project, string environment)
{
    readonly string path =
        $"_foz/incidents/{Uri.EscapeDataString(project)}.{Uri.EscapeDataString(environment)}.steps.json";

    HashSet<string>? written;

    /// <summary>Reads the names of the tables of the steps; none where they cannot be read.</summary>
    public async Task<IReadOnlySet<string>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await lake.GetAsync(path, cancellationToken) is { } stored)
                return JsonSerializer.Deserialize(stored.Content.Span, WatchedJson.Default.StringArray)!
                    .ToHashSet(StringComparer.OrdinalIgnoreCase);
        }
        catch (Exception e) when (e is StorageException or JsonException)
        {
            // A step with nothing new is then left out, as others are.
        }
        return new HashSet<string>();
    }

    /// <summary>Writes the names, where they are others than before.</summary>
    public async Task WriteAsync(IEnumerable<string> steps, CancellationToken cancellationToken)
    {
        var wanted = steps.ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (written is null ? wanted.Count == 0 : wanted.SetEquals(written)) return;
        await lake.PutAsync(
            path, JsonSerializer.SerializeToUtf8Bytes([.. wanted.Order(StringComparer.Ordinal)],
                WatchedJson.Default.StringArray), cancellationToken);
        written = wanted;
    }
}

[JsonSerializable(typeof(string[]))]
sealed partial class WatchedJson : JsonSerializerContext;
