using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Delta.Checkpoints;

/// <summary>The file <c>_last_checkpoint</c>: a hint that may be stale, corrupt or absent (PROTOCOL.md, "Last
/// Checkpoint File Schema").</summary>
static class LastCheckpoint
{
    const int DepthMax = 1_000;

    /// <summary>Reads the hint of a recent checkpoint; null if the hint names none or fails its own checksum.</summary>
    public static async ValueTask<CheckpointHint?> ReadAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        var file = await store.GetAsync(LogFiles.LastCheckpointPath, cancellationToken);
        return file is null ? null : Parse(file.Content, isChecked: true);
    }

    /// <summary>
    /// The checkpoint that the hint names, whatever its checksum: Spark writes the features of a V2 checkpoint's
    /// protocol in another order than the one that it took the checksum of. Null if it names none.
    /// </summary>
    public static async ValueTask<long?> FindVersionAsync(IObjectStore store, CancellationToken cancellationToken) =>
        await store.GetAsync(LogFiles.LastCheckpointPath, cancellationToken) is { } file
            ? Parse(file.Content, isChecked: false)?.Version
            : null;

    /// <summary>Writes the hint.</summary>
    /// <param name="store">The table's store.</param>
    /// <param name="content">What the checkpoint holds.</param>
    /// <param name="sizeBytes">The size of all its files.</param>
    /// <param name="v2">The files of a V2 checkpoint, which Trino finds by this alone; null for a classic one.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async ValueTask WriteAsync(
        IObjectStore store, CheckpointContent content, long sizeBytes, V2CheckpointHint? v2,
        CancellationToken cancellationToken)
    {
        var json = new JsonObject
        {
            ["version"] = content.Version,
            ["size"] = content.ActionCount,
            ["sizeInBytes"] = sizeBytes,
            ["numOfAddFiles"] = content.Files.Count,
        };
        if (v2 is { } files) json["v2Checkpoint"] = files.ToJson();
        using var document = JsonDocument.Parse(json.ToJsonString());
        json[JsonChecksum.Field] = JsonChecksum.Compute(document.RootElement);
        await store.PutAsync(
            LogFiles.LastCheckpointPath, Encoding.UTF8.GetBytes(json.ToJsonString()), cancellationToken);
    }

    static CheckpointHint? Parse(ReadOnlyMemory<byte> content, bool isChecked)
    {
        try
        {
            using var json = JsonDocument.Parse(
                content, new() { AllowDuplicateProperties = false, MaxDepth = DepthMax });
            if (json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty("version"u8, out var field)
                || field.ValueKind != JsonValueKind.Number || !field.TryGetInt64(out var version) || version < 0)
                return null;
            return isChecked && json.RootElement.TryGetProperty(JsonChecksum.Field, out var checksum)
                && !(checksum.ValueKind == JsonValueKind.String
                    && checksum.ValueEquals(JsonChecksum.Compute(json.RootElement)))
                ? null
                : new(version, SizeOf(json.RootElement));
        }
        // Text that is no UTF-8 is an invalid operation.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    static long? SizeOf(JsonElement hint) =>
        hint.TryGetProperty("sizeInBytes"u8, out var field) && field.ValueKind == JsonValueKind.Number
        && field.TryGetInt64(out var size)
            ? size
            : null;
}

/// <summary>What the hint says of the newest checkpoint.</summary>
/// <param name="Version">Its version.</param>
/// <param name="SizeBytes">Its size; null if the hint does not say.</param>
readonly record struct CheckpointHint(long Version, long? SizeBytes);

/// <summary>The files of a V2 checkpoint, as the hint lists them.</summary>
/// <param name="File">The file that names the others.</param>
/// <param name="Actions">The actions that it holds besides their names.</param>
/// <param name="Sidecars">The others.</param>
sealed record V2CheckpointHint(ObjectInfo File, IReadOnlyList<LogAction> Actions, IReadOnlyList<SidecarFile> Sidecars)
{
    /// <summary>The value of <c>v2Checkpoint</c>.</summary>
    public JsonObject ToJson() => new()
    {
        ["path"] = Path.GetFileName(File.Path),
        ["sizeInBytes"] = File.SizeBytes,
        ["modificationTime"] = File.LastModified.ToUnixTimeMilliseconds(),
        ["nonFileActions"] = new JsonArray(
            [.. Actions.Select(action => JsonNode.Parse(ActionWriter.Write([action]).Span))]),
        ["sidecarFiles"] = new JsonArray([.. Sidecars.Select(sidecar => new JsonObject
        {
            ["path"] = sidecar.Path.Logged,
            ["sizeInBytes"] = sidecar.SizeBytes,
            ["modificationTime"] = sidecar.ModificationTimeMs,
        })]),
    };
}
