using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Connectors.Files.Json;
using Foz.Connectors.Programs;
using Foz.Lake;
using Foz.Lake.Configuration;
using JsonNode = System.Text.Json.Nodes.JsonNode;

namespace Foz.Connectors.Singer;

/// <summary>
/// A tap of Singer as a source: <c>--discover</c>, and a run for each stream with that alone selected. One that says so
/// in its catalog is run with <c>--confirm</c> when a batch is committed; only sources in Python do.
/// </summary>
sealed class SingerSource(SourceDefinition definition, ProgramOptions options, string projectFolder, TimeProvider clock)
    : ISource
{
    const string ConfirmsKey = "foz-confirms";

    readonly SemaphoreSlim gate = new(1);
    JsonObject? catalog;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        gate.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<string> CheckAsync(CancellationToken cancellationToken) =>
        $"{options.Command[^1]}, {Streams(await CatalogAsync(cancellationToken)).Count()} streams";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken) =>
        [.. Streams(await CatalogAsync(cancellationToken)).Select(Discovered)];

    /// <inheritdoc/>
    public Task<BatchPlan> PlanAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken) =>
        Task.FromResult(new BatchPlan(
            new StreamInputs.OfState(
                stream.Mode is StreamMode.Incremental ? StreamInputs.OfState.Last(history) : null), []));

    /// <inheritdoc/>
    public async Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken)
    {
        var state = inputs.As<StreamInputs.OfState>(stream).State;
        using var run = Run(stream.Name);
        var name = NameOf(stream);
        var arguments = Arguments(run, stream, await CatalogAsync(cancellationToken), state);
        using var rows = new SpooledRows(context.WorkFolder, $"{definition.Name}.{stream.Name}")
        {
            Meter = context.Meter,
        };
        var hasEnded = false;
        await foreach (var line in run.RunAsync(arguments, cancellationToken))
        {
            if (JsonNode.Parse(line) is not JsonObject message) continue;
            switch (Text(message, "type"))
            {
                case "RECORD" when Text(message, "stream") == name && message["record"] is { } record:
                    rows.Add(Encoding.UTF8.GetBytes(record.ToJsonString()), default);
                    break;
                case "STATE" when message["value"] is { } value:
                    state = value.ToJsonString();
                    break;
                case "END":
                    hasEnded = true;
                    break;
            }
        }
        if (options.TellsEnd && !hasEnded) throw run.Failure("it ended before it was done", []);
        return await Task.Run(
            () => rows.Read(stream, context, new(new StreamInputs.OfState(state), []), cancellationToken),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task ConfirmAsync(StreamDefinition stream, StreamInputs done, CancellationToken cancellationToken)
    {
        if (stream.Mode is not StreamMode.Incremental || done is not StreamInputs.OfState { State: { } state }) return;
        var found = await CatalogAsync(cancellationToken);
        if (!Streams(found).Any(one => NameOf(one) == NameOf(stream) && RootOf(one).ContainsKey(ConfirmsKey))) return;
        using var run = Run(stream.Name);
        var hasEnded = false;
        await foreach (var line in run.RunAsync(
            [.. Arguments(run, stream, found, state), "--confirm"], cancellationToken))
            hasEnded |= JsonNode.Parse(line) is JsonObject message && Text(message, "type") == "END";
        if (!hasEnded) throw run.Failure("it ended before it had confirmed", []);
    }

    List<string> Arguments(ProgramRun run, StreamDefinition stream, JsonObject found, string? state)
    {
        var selected = run.Write("catalog.json", Select(found, stream, NameOf(stream)));
        var arguments = new List<string>
        {
            "--config", run.Write("config.json", options.Config), "--catalog", selected,
        };
        if (state is not null) arguments.AddRange(["--state", run.Write("state.json", state)]);
        return arguments;
    }

    async Task<JsonObject> CatalogAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (catalog is not null) return catalog;
            using var run = Run("discover");
            var text = new StringBuilder();
            await foreach (var line in run.RunAsync(
                ["--config", run.Write("config.json", options.Config), "--discover"], cancellationToken,
                takesAll: true))
                text.Append(line).Append('\n');
            try
            {
                return catalog = JsonNode.Parse(text.ToString()) as JsonObject
                    ?? throw run.Failure("its discover gives no catalog", []);
            }
            catch (JsonException e)
            {
                throw run.Failure($"its discover gives no catalog: {e.Message}", []);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The catalog with one stream selected.</summary>
    static string Select(JsonObject catalog, StreamDefinition stream, string name)
    {
        var chosen = (JsonObject)catalog.DeepClone();
        var found = Streams(chosen).ToList();
        if (!found.Any(s => NameOf(s) == name))
            throw new FozException(ErrorKind.NotFound, $"the tap has no stream '{name}'")
            {
                Place = stream.Place is { File: not null } place ? place : null,
                Hint = NearestName.Hint(name, found.Select(NameOf)),
            };
        foreach (var one in found)
        {
            var isIt = NameOf(one) == name;
            if (one["metadata"] is not JsonArray metadata) one["metadata"] = metadata = [];
            var root = metadata.OfType<JsonObject>().FirstOrDefault(m => m["breadcrumb"] is JsonArray { Count: 0 });
            if (root is null)
                metadata.Add(root = new() { ["breadcrumb"] = new JsonArray(), ["metadata"] = new JsonObject() });
            if (root["metadata"] is not JsonObject own) root["metadata"] = own = [];
            own["selected"] = isIt;
            if (one["schema"] is JsonObject schema) schema["selected"] = isIt;
            if (!isIt) continue;
            own["replication-method"] = stream.Mode is StreamMode.Incremental ? "INCREMENTAL" : "FULL_TABLE";
            if (stream.Cursor is { } cursor) own["replication-key"] = cursor;
        }
        return chosen.ToJsonString();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> FindKeysAsync(StreamDefinition stream, CancellationToken cancellationToken)
    {
        var name = NameOf(stream);
        return (await DiscoverAsync(cancellationToken))
            .FirstOrDefault(found => found.Definition.Settings.Text("stream") == name)?.Definition.Keys ?? [];
    }

    static DiscoveredStream Discovered(JsonObject stream)
    {
        var root = RootOf(stream);
        var keys = stream["key_properties"] as JsonArray ?? root["table-key-properties"] as JsonArray ?? [];
        var cursor = (stream["valid_replication_keys"]
            ?? root["valid-replication-keys"]) is JsonArray { Count: > 0 } valid ? valid[0]?.ToString() : null;
        var isIncremental = Text(root, "forced-replication-method") is { } forced
            ? forced == "INCREMENTAL"
            : cursor is not null;
        using var schema = JsonDocument.Parse((stream["schema"] ?? new JsonObject()).ToJsonString());
        return new(
            new()
            {
                Name = string.Concat(NameOf(stream).Select(c => char.IsLetterOrDigit(c) ? c : '_')),
                Mode = isIncremental ? StreamMode.Incremental : StreamMode.Snapshot,
                Cursor = isIncremental ? cursor : null,
                Keys = [.. keys.Select(k => k!.ToString())],
                Settings = Settings.Of(("stream", NameOf(stream))),
            }, JsonSchemaFields.Of(schema.RootElement));
    }

    static IEnumerable<JsonObject> Streams(JsonObject catalog) =>
        (catalog["streams"] as JsonArray ?? []).OfType<JsonObject>();

    static string NameOf(StreamDefinition stream) => stream.Settings.Text("stream") ?? stream.Name;

    /// <summary>What the catalog says of a stream as a whole.</summary>
    static JsonObject RootOf(JsonObject stream) =>
        (stream["metadata"] as JsonArray)?.OfType<JsonObject>()
            .FirstOrDefault(m => m["breadcrumb"] is JsonArray { Count: 0 })?["metadata"] as JsonObject ?? [];

    static string NameOf(JsonObject stream) => Text(stream, "stream") ?? Text(stream, "tap_stream_id") ?? "";

    ProgramRun Run(string what) => new(options, definition, what, projectFolder, clock);

    static string? Text(JsonObject node, string key) => node[key] is JsonValue value ? value.ToString() : null;
}
