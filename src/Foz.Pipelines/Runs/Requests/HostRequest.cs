using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake;
using Foz.Storage;

namespace Foz.Pipelines.Runs.Requests;

/// <summary>How far a host is with a request.</summary>
public enum RequestState
{
    /// <summary>No host has taken it.</summary>
    [JsonStringEnumMemberName("asked")]
    Asked,

    /// <summary>A host works on it.</summary>
    [JsonStringEnumMemberName("taken")]
    Taken,

    /// <summary>The command ended, with an exit code.</summary>
    [JsonStringEnumMemberName("done")]
    Done,

    /// <summary>The host does not do it, for a reason.</summary>
    [JsonStringEnumMemberName("declined")]
    Declined,

    /// <summary>The process that asked does not wait for it any more; no host takes it.</summary>
    [JsonStringEnumMemberName("withdrawn")]
    Withdrawn,
}

/// <summary>
/// A command that a process asks the leading host to run, and how far the host is:
/// <c>_foz/requests/&lt;id&gt;.json</c>. Each change of its state replaces the state that was read, so that of a host
/// that takes it and a process that withdraws it one is first.
/// </summary>
public sealed record HostRequest
{
    /// <summary>The request; later ones sort after it.</summary>
    public required string Id { get; init; }

    /// <summary>The project.</summary>
    public required string Project { get; init; }

    /// <summary>The environment.</summary>
    public required string Environment { get; init; }

    /// <summary>The command and its arguments, without those that name the project and the environment.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The user who asked.</summary>
    public required string User { get; init; }

    /// <summary>The machine of the process that asked.</summary>
    public required string Machine { get; init; }

    /// <summary>The project's folder on that machine.</summary>
    public required string Folder { get; init; }

    /// <summary>The hash of the project's texts; null where the host's folder is the same one.</summary>
    public string? Revision { get; init; }

    /// <summary>The schedule that asks, from within a host; null where a process does, and waits for it.</summary>
    public string? Schedule { get; init; }

    /// <summary>When it was asked.</summary>
    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>How far it is.</summary>
    public RequestState State { get; init; }

    /// <summary>The host that took it; null where none has.</summary>
    public string? HostId { get; init; }

    /// <summary>How many hosts have taken it: one that died is followed by the next.</summary>
    public int Attempts { get; init; }

    /// <summary>Whether the process that asked wants its work to stop.</summary>
    public bool IsCanceled { get; init; }

    /// <summary>The exit code of the command; null before it ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Why a host declined it; null where none did.</summary>
    public string? Reason { get; init; }

    /// <summary>When it ended, was declined or withdrawn; null before.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether no host works on it any more.</summary>
    [JsonIgnore]
    public bool HasEnded => State is RequestState.Done or RequestState.Declined or RequestState.Withdrawn;

    /// <summary>Reads a request.</summary>
    /// <param name="stored">The object.</param>
    /// <param name="path">Its path.</param>
    /// <exception cref="FozException">The object is no request.</exception>
    internal static HostRequest Read(StoredObject stored, string path)
    {
        try
        {
            return JsonSerializer.Deserialize(stored.Content.Span, RequestJson.Default.HostRequest)
                ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw new FozException(ErrorKind.Storage, $"the request {path} cannot be read: {e.Message}", e)
            {
                Hint = "delete that object, and run again",
            };
        }
    }

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, RequestJson.Default.HostRequest);
}

[JsonSerializable(typeof(HostRequest))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
sealed partial class RequestJson : JsonSerializerContext;
