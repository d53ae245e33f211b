using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Delta.Snapshots;

/// <summary>
/// A writer's notes on a version, next to its commit (PROTOCOL.md, "Version Checksum File"). Any writer may write it
/// after the commit, and it may be wrong: it is compared with a replay, never used instead of one.
/// </summary>
sealed record VersionChecksum
{
    const string CommitSizeName = "foz.commitSizeBytes";
    const string CommitCrcName = "foz.commitCrc32";

    /// <summary>The size of all files in bytes.</summary>
    public required long TableSizeBytes { get; init; }

    /// <summary>The number of files.</summary>
    public required long FileCount { get; init; }

    /// <summary>The checksum of the version's commit; null if the file does not say.</summary>
    public CommitChecksum? Commit { get; init; }

    /// <summary>The protocol; null if the file does not say.</summary>
    public Protocol? Protocol { get; init; }

    /// <summary>The metadata; null if the file does not say.</summary>
    public Metadata? Metadata { get; init; }

    /// <summary>The note of a version; null if there is none, or none that can be read.</summary>
    public static async ValueTask<VersionChecksum?> ReadAsync(
        IObjectStore store, long version, CancellationToken cancellationToken) =>
        await store.GetAsync(LogFiles.ChecksumPath(version), cancellationToken) is { } file
            ? Parse(file.Content)
            : null;

    /// <summary>Writes the note of a version, unless there is one.</summary>
    internal static async ValueTask WriteAsync(
        IObjectStore store, Snapshot snapshot, CommitChecksum? commit, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        await using (var json = new Utf8JsonWriter(
            buffer, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("tableSizeBytes"u8, snapshot.TotalBytes);
            json.WriteNumber("numFiles"u8, snapshot.FileCount);
            json.WriteNumber("numMetadata"u8, 1);
            json.WriteNumber("numProtocol"u8, 1);
            if (TableProperties.HasInCommitTimestamps(snapshot.Metadata))
                json.WriteNumber("inCommitTimestampOpt"u8, snapshot.Timestamp.ToUnixTimeMilliseconds());
            // Other readers skip names that they do not know.
            if (commit is { } sum)
            {
                json.WriteNumber(CommitSizeName, sum.SizeBytes);
                json.WriteNumber(CommitCrcName, sum.Crc32);
            }
            ActionWriter.Write(json, "metadata"u8, snapshot.Metadata);
            ActionWriter.Write(json, "protocol"u8, snapshot.Protocol);
            json.WriteEndObject();
        }
        await store.PutNoteAsync(LogFiles.ChecksumPath(snapshot.Version), buffer.WrittenMemory, cancellationToken);
    }

    /// <summary>In what a snapshot of the same version differs, in words; empty if in nothing.</summary>
    public IReadOnlyList<string> Differences(Snapshot snapshot)
    {
        var differences = new List<string>();
        if (FileCount != snapshot.FileCount)
            differences.Add($"{snapshot.FileCount} files instead of {FileCount}");
        if (TableSizeBytes != snapshot.TotalBytes)
            differences.Add($"{snapshot.TotalBytes} bytes instead of {TableSizeBytes}");
        if (Protocol is not null && !Protocol.DemandsAs(snapshot.Protocol)) differences.Add("another protocol");
        if (Metadata is not null && !Metadata.Equals(snapshot.Metadata)) differences.Add("other metadata");
        return differences;
    }

    static VersionChecksum? Parse(ReadOnlyMemory<byte> content)
    {
        try
        {
            using var json = JsonDocument.Parse(content);
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Number(root, "tableSizeBytes") is not { } bytes
                || Number(root, "numFiles") is not { } files) return null;
            return new VersionChecksum
            {
                TableSizeBytes = bytes,
                FileCount = files,
                Commit = Number(root, CommitSizeName) is { } size && Number(root, CommitCrcName) is { } crc
                    ? new(size, (uint)crc)
                    : null,
                Protocol = Action(root, "protocol", "protocol") as Protocol,
                Metadata = Action(root, "metadata", "metaData") as Metadata,
            };
        }
        catch (Exception error) when (error is JsonException or DeltaException or InvalidOperationException)
        {
            return null;
        }
    }

    static long? Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt64(out var number)
            ? number
            : null;

    static LogAction? Action(JsonElement json, string name, string action) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object
            ? ActionReader.Read(
                System.Text.Encoding.UTF8.GetBytes($"{{\"{action}\":{value.GetRawText()}}}"), name).SingleOrDefault()
            : null;
}

/// <summary>Distinguishes a commit file from one that was cut or changed.</summary>
/// <param name="SizeBytes">Its size.</param>
/// <param name="Crc32">The CRC-32 of its bytes.</param>
readonly record struct CommitChecksum(long SizeBytes, uint Crc32)
{
    /// <summary>The sum of a commit file's bytes.</summary>
    public static CommitChecksum Of(ReadOnlySpan<byte> content) =>
        new(content.Length, System.IO.Hashing.Crc32.HashToUInt32(content));
}
