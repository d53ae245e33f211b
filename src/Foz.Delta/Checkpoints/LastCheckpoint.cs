using System.Text.Json;
using Foz.Delta.Log;
using Foz.Delta.Storage;

namespace Foz.Delta.Checkpoints;

/// <summary>The file <c>_last_checkpoint</c>: a hint that may be stale, corrupt or absent (PROTOCOL.md, "Last
/// Checkpoint File Schema").</summary>
static class LastCheckpoint
{
    const int DepthMax = 1_000;

    /// <summary>The version of a recent checkpoint; null if the hint tells none or fails its own checksum.</summary>
    public static async ValueTask<long?> ReadAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        var file = await store.GetAsync(LogFiles.LastCheckpointPath, cancellationToken);
        return file is null ? null : Parse(file.Content);
    }

    /// <summary>Writes the hint.</summary>
    public static async ValueTask WriteAsync(
        IObjectStore store, CheckpointContent content, long sizeBytes, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version"u8, content.Version);
            json.WriteNumber("size"u8, content.ActionCount);
            json.WriteNumber("sizeInBytes"u8, sizeBytes);
            json.WriteNumber("numOfAddFiles"u8, content.Files.Count);
            json.WriteEndObject();
        }
        await store.PutAsync(LogFiles.LastCheckpointPath, buffer.ToArray(), cancellationToken);
    }

    static long? Parse(ReadOnlyMemory<byte> content)
    {
        try
        {
            using var json = JsonDocument.Parse(content, new() { AllowDuplicateProperties = false, MaxDepth = DepthMax });
            if (json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty("version"u8, out var field)
                || field.ValueKind != JsonValueKind.Number || !field.TryGetInt64(out var version) || version < 0)
                return null;
            return json.RootElement.TryGetProperty(JsonChecksum.Field, out var checksum)
                && !(checksum.ValueKind == JsonValueKind.String && checksum.ValueEquals(JsonChecksum.Compute(json.RootElement)))
                ? null
                : version;
        }
        // Text that is no UTF-8 is an invalid operation.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
