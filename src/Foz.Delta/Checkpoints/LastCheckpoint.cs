using System.Text.Json;
using Foz.Delta.Log;
using Foz.Delta.Storage;

namespace Foz.Delta.Checkpoints;

/// <summary>The file <c>_last_checkpoint</c>: a hint that may be stale, corrupt or absent (PROTOCOL.md, "Last
/// Checkpoint File Schema").</summary>
static class LastCheckpoint
{
    /// <summary>The version of a recent checkpoint; null if the hint tells none.</summary>
    public static async ValueTask<long?> ReadAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        var file = await store.GetAsync(LogFiles.LastCheckpointPath, cancellationToken);
        return file is null ? null : Parse(file.Content.Span);
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

    static long? Parse(ReadOnlySpan<byte> content)
    {
        try
        {
            var reader = new Utf8JsonReader(content);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isVersion = reader.ValueTextEquals("version"u8);
                reader.Read();
                if (isVersion)
                    return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var version)
                        && version >= 0
                        ? version
                        : null;
                reader.Skip();
            }
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
