using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Connectors;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Runs.State;
using Foz.Storage;

namespace Foz.Pipelines.Runs;

/// <summary>What was exported last.</summary>
/// <param name="Target">Where to.</param>
/// <param name="Version">The version of the table; null where a run noted its epoch alone so far.</param>
/// <param name="Mode">How.</param>
/// <param name="ExportedAt">When.</param>
/// <param name="Rows">How many rows were sent.</param>
sealed record ExportNote(string Target, long? Version, ExportMode Mode, DateTimeOffset ExportedAt, long Rows)
{
    /// <summary>Which table it was; null where it was not noted.</summary>
    public string? TableId { get; init; }

    /// <summary>What the target knows the export by.</summary>
    public string? Name { get; init; }

    /// <summary>The epoch of the step's lease; a run with an earlier one may not export any more.</summary>
    public long Epoch { get; init; }
}

/// <summary>
/// The note of one export, <c>_foz/exports/&lt;table&gt;/&lt;target&gt;.json</c>, as one run reads and writes it.
/// </summary>
/// <param name="lake">The lake's objects.</param>
/// <param name="table">The exported table.</param>
/// <param name="target">Where to.</param>
sealed class ExportNoteFile(LakeStore lake, TableName table, string target)
{
    const string Root = "_foz/exports";

    readonly string path = $"{Root}/{table}/{Encode(target)}.json".ToLowerInvariant();
    string? etag;

    /// <summary>Reads the note; null where there is none.</summary>
    public async Task<ExportNote?> ReadAsync(CancellationToken cancellationToken)
    {
        var stored = await lake.GetAsync(path, cancellationToken);
        etag = stored?.ETag;
        return Read(stored);
    }

    /// <summary>Whether no run with a later epoch has noted its own.</summary>
    public async Task<bool> IsHeldAsync(long epoch, CancellationToken cancellationToken) =>
        !(Read(await lake.GetAsync(path, cancellationToken))?.Epoch > epoch);

    /// <summary>Writes the note in the place of what was read, or written, of it.</summary>
    /// <returns>Whether it was; false where another run wrote it meanwhile.</returns>
    public async Task<bool> TryWriteAsync(ExportNote note, CancellationToken cancellationToken)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(note, ExportJson.Default.ExportNote);
        if (await Leases.WriteAsync(lake, path, content, etag, cancellationToken) is not { } tag) return false;
        etag = tag;
        return true;
    }

    static ExportNote? Read(StoredObject? stored) => stored is null
        ? null
        : JsonSerializer.Deserialize(stored.Content.Span, ExportJson.Default.ExportNote);

    static string Encode(string target) =>
        string.Concat(
            Encoding.UTF8.GetBytes(target)
                .Select(b =>
                    char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' ? $"{(char)b}" : $"={b:x2}"));
}

[JsonSerializable(typeof(ExportNote))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
sealed partial class ExportJson : JsonSerializerContext;
