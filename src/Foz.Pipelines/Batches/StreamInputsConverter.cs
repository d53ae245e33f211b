using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Foz.Connectors;

namespace Foz.Pipelines.Batches;

/// <summary>
/// Writes inputs into manifests with a first member <c>kind</c>. Manifests without it have all members of all kinds
/// side by side, as <see cref="UntypedInputs"/> reads them.
/// </summary>
sealed class StreamInputsConverter : JsonConverter<StreamInputs>
{
    const string KindMember = "kind";

    /// <inheritdoc/>
    public override StreamInputs Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (KindOf(reader) is not { } kind)
            return JsonSerializer.Deserialize(ref reader, StepManifestJson.Default.UntypedInputs)!.ToInputs();
        var type = kind switch
        {
            "all" => typeof(StreamInputs.OfAll),
            "files" => typeof(StreamInputs.OfFiles),
            "cursor" => typeof(StreamInputs.OfCursor),
            "versions" => typeof(StreamInputs.OfVersions),
            "state" => typeof(StreamInputs.OfState),
            "folded" => typeof(StreamInputs.Folded),
            _ => throw new JsonException($"it has inputs of the kind '{kind}', which this Foz does not know"),
        };
        return (StreamInputs)JsonSerializer.Deserialize(ref reader, TypeInfo(type))!;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, StreamInputs value, JsonSerializerOptions options)
    {
        var kind = value switch
        {
            StreamInputs.OfAll => "all",
            StreamInputs.OfFiles => "files",
            StreamInputs.OfCursor => "cursor",
            StreamInputs.OfVersions => "versions",
            StreamInputs.OfState => "state",
            StreamInputs.Folded => "folded",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        using var members = JsonSerializer.SerializeToDocument(value, TypeInfo(value.GetType()));
        writer.WriteStartObject();
        writer.WriteString(KindMember, kind);
        foreach (var member in members.RootElement.EnumerateObject()) member.WriteTo(writer);
        writer.WriteEndObject();
    }

    /// <summary>The kind, of which the first member tells; null where it is another member.</summary>
    /// <param name="reader">A copy: the caller's stays at the object's start.</param>
    static string? KindOf(Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.StartObject && reader.Read()
        && reader.TokenType is JsonTokenType.PropertyName && reader.ValueTextEquals(KindMember) && reader.Read()
            ? reader.GetString()
            : null;

    static JsonTypeInfo TypeInfo(Type type) => StepManifestJson.Default.GetTypeInfo(type)!;
}

/// <summary>Inputs as manifests had them before each kind had its own members.</summary>
sealed record UntypedInputs
{
    // Set, not only made, so that a member that is missing stays unchanged here.
    public ImmutableArray<FileInput> Files { get; set; } = [];

    public bool ReplacesFiles { get; set; }

    public long? RejectedBefore { get; set; }

    public string? CursorFrom { get; set; }

    public string? CursorOf { get; set; }

    public bool RereadsCursor { get; set; }

    public string? CursorTo { get; set; }

    public ImmutableArray<string> CursorSeen { get; set; } = [];

    public string? State { get; set; }

    /// <summary>The inputs; of a folded manifest they may be of several kinds.</summary>
    public StreamInputs ToInputs() => Kinds().ToList() switch
    {
        [] => new StreamInputs.OfAll(),
        [var one] => one,
        var several => new StreamInputs.Folded([.. several]),
    };

    IEnumerable<StreamInputs> Kinds()
    {
        if (!Files.IsEmpty)
            yield return new StreamInputs.OfFiles(Files) { Replaces = ReplacesFiles, RejectedBefore = RejectedBefore };
        // Cursors said what they are of; versions kept the table's id as their state.
        var isVersion = CursorOf is null && State is not null && long.TryParse(CursorTo, out _);
        if (isVersion)
            yield return new StreamInputs.OfVersions
            {
                From = CursorFrom is null ? null : long.Parse(CursorFrom, CultureInfo.InvariantCulture),
                To = long.Parse(CursorTo!, CultureInfo.InvariantCulture), TableId = State,
            };
        else if ((CursorTo ?? CursorFrom ?? CursorOf) is not null)
            yield return new StreamInputs.OfCursor
            {
                From = CursorFrom, To = CursorTo, Of = CursorOf, Rereads = RereadsCursor, Seen = CursorSeen,
            };
        if (!isVersion && State is not null) yield return new StreamInputs.OfState(State);
    }
}
