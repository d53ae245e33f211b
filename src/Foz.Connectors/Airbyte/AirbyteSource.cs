using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Connectors.Files.Json;
using Foz.Connectors.Programs;
using Foz.Lake;
using Foz.Lake.Configuration;
using JsonNode = System.Text.Json.Nodes.JsonNode;

namespace Foz.Connectors.Airbyte;

/// <summary>
/// A connector of the Airbyte protocol as a source: <c>check</c>, <c>discover</c> and <c>read</c>, a run for each
/// stream.
/// </summary>
sealed class AirbyteSource(
    SourceDefinition definition, ProgramOptions options, string projectFolder, TimeProvider clock) : ISource
{
    const string Incremental = "incremental", FullRefresh = "full_refresh";

    readonly SemaphoreSlim gate = new(1);
    IReadOnlyList<JsonObject>? catalog;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        gate.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<string> CheckAsync(CancellationToken cancellationToken)
    {
        using var run = Run("check");
        string? status = null, message = null;
        await foreach (var (type, body) in MessagesAsync(
            run, ["check", "--config", run.Write("config.json", options.Config)], cancellationToken))
            if (type == "CONNECTION_STATUS") (status, message) = (Text(body, "status"), Text(body, "message"));
        return status == "SUCCEEDED"
            ? $"{options.Command[^1]} answers {status}"
            : throw run.Failure(
                $"its check answers {status ?? "nothing"}{(message is null ? "" : $": {message}")}", []);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken) =>
        [.. (await CatalogAsync(cancellationToken)).Select(Discovered)];

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
        var found = await FindAsync(stream, cancellationToken);
        var arguments = new List<string>
        {
            "read", "--config", run.Write("config.json", options.Config), "--catalog",
            run.Write("catalog.json", Configured(stream, found)),
        };
        if (state is not null) arguments.AddRange(["--state", run.Write("state.json", state)]);
        using var rows = new SpooledRows(context.WorkFolder, $"{definition.Name}.{stream.Name}")
        {
            Meter = context.Meter,
        };
        var name = Text(found, "name");
        await foreach (var (type, body) in MessagesAsync(run, arguments, cancellationToken))
        {
            if (type == "RECORD" && Text(body, "stream") == name && body["data"] is { } data)
                rows.Add(Encoding.UTF8.GetBytes(data.ToJsonString()), default);
            else if (type == "STATE") state = StateOf(body);
        }
        return await Task.Run(
            () => rows.Read(stream, context, new(new StreamInputs.OfState(state), []), cancellationToken),
            cancellationToken);
    }

    /// <summary>State as the next run takes it: a list of messages, or what the oldest connectors gave.</summary>
    static string StateOf(JsonObject message) => Text(message, "type") is null or "LEGACY"
        ? (message["data"] ?? new JsonObject()).ToJsonString()
        : new JsonArray(message.DeepClone()).ToJsonString();

    async IAsyncEnumerable<(string Type, JsonObject Body)> MessagesAsync(
        ProgramRun run, IReadOnlyList<string> arguments,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? error = null;
        await foreach (var line in run.RunAsync([.. arguments, .. options.Arguments], cancellationToken))
        {
            if (JsonNode.Parse(line) is not JsonObject message || Text(message, "type") is not { } type) continue;
            switch (type)
            {
                case "LOG" when message["log"] is JsonObject log:
                    run.Note($"{Text(log, "level")}: {Text(log, "message")}");
                    break;
                case "TRACE" when message["trace"] is JsonObject trace && trace["error"] is JsonObject failure:
                    error = Text(failure, "message") ?? "an error without a message";
                    run.Note($"{error} {Text(failure, "internal_message")}".Trim());
                    break;
                default:
                    var key = type is "CONNECTION_STATUS"
                        ? "connectionStatus"
                        : JsonNamingPolicy.CamelCase.ConvertName(type.ToLowerInvariant());
                    if (message[key] is JsonObject body) yield return (type, body);
                    break;
            }
        }
        if (error is not null) throw run.Failure($"it tells of an error: {error}", []);
    }

    async Task<IReadOnlyList<JsonObject>> CatalogAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (catalog is not null) return catalog;
            using var run = Run("discover");
            IReadOnlyList<JsonObject>? streams = null;
            await foreach (var (type, body) in MessagesAsync(
                run, ["discover", "--config", run.Write("config.json", options.Config)], cancellationToken))
                if (type == "CATALOG" && body["streams"] is JsonArray list) streams = [.. list.OfType<JsonObject>()];
            return catalog = streams ?? throw run.Failure("its discover gives no catalog", []);
        }
        finally
        {
            gate.Release();
        }
    }

    async Task<JsonObject> FindAsync(StreamDefinition stream, CancellationToken cancellationToken)
    {
        var streams = await CatalogAsync(cancellationToken);
        var (name, space) = (stream.Settings.Text("stream") ?? stream.Name, stream.Settings.Text("namespace"));
        return streams.FirstOrDefault(s => Text(s, "name") == name && (space is null || Text(s, "namespace") == space))
            ?? throw new FozException(
                ErrorKind.NotFound, $"the connector has no stream '{name}'{(space is null ? "" : $" in {space}")}")
            {
                Place = stream.Place is { File: not null } place ? place : null,
                Hint = NearestName.Hint(name, streams.Select(s => Text(s, "name")!)),
            };
    }

    /// <summary>Returns the catalog of one stream, configured for reading.</summary>
    static string Configured(StreamDefinition stream, JsonObject found)
    {
        var modes = (found["supported_sync_modes"] as JsonArray)?.Select(m => m?.ToString()).ToList() ?? [];
        var mode = stream.Mode is StreamMode.Incremental ? Incremental : FullRefresh;
        if (modes.Count > 0 && !modes.Contains(mode))
            throw new FozException(
                ErrorKind.Configuration,
                $"the connector's stream '{stream.Name}' cannot be read "
                    + $"{(mode == Incremental ? "incrementally" : "whole")}")
            {
                Place = stream.Place is { File: not null } place ? place : null,
                Hint = $"set mode: {(mode == Incremental ? "snapshot" : "incremental")}",
            };
        var cursor = stream.Cursor is { } own
            ? new JsonArray([.. own.Split('.').Select(p => (JsonNode)JsonValue.Create(p))])
            : found["default_cursor_field"]?.DeepClone();
        var configured = new JsonObject
        {
            ["stream"] = found.DeepClone(), ["sync_mode"] = mode,
            ["destination_sync_mode"] = mode == Incremental ? "append" : "overwrite",
        };
        if (cursor is not null) configured["cursor_field"] = cursor;
        if (stream.Keys.Count > 0)
            configured["primary_key"] = new JsonArray(
                [.. stream.Keys.Select(k => (JsonNode)new JsonArray(JsonValue.Create(k)))]);
        return new JsonObject { ["streams"] = new JsonArray(configured) }.ToJsonString();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> FindKeysAsync(
        StreamDefinition stream, CancellationToken cancellationToken) =>
        Discovered(await FindAsync(stream, cancellationToken)).Definition.Keys;

    static DiscoveredStream Discovered(JsonObject stream)
    {
        var cursor = (stream["default_cursor_field"] as JsonArray)?.Select(p => p?.ToString()).ToList() ?? [];
        var isIncremental = (stream["supported_sync_modes"] as JsonArray)?.Any(m => m?.ToString() == Incremental)
            == true
            && (cursor.Count > 0 || stream["source_defined_cursor"]?.ToString() == "true");
        using var schema = JsonDocument.Parse((stream["json_schema"] ?? new JsonObject()).ToJsonString());
        return new(
            new()
            {
                Name = string.Concat(Text(stream, "name")!.Select(c => char.IsLetterOrDigit(c) ? c : '_')),
                Mode = isIncremental ? StreamMode.Incremental : StreamMode.Snapshot,
                Cursor = isIncremental && cursor.Count > 0 ? string.Join('.', cursor) : null,
                Keys = KeysOf(stream),
                Settings = Settings.Of(("stream", Text(stream, "name")!)),
            }, JsonSchemaFields.Of(schema.RootElement));
    }

    /// <summary>The primary key; empty where a field of another one is part of it, which is no column.</summary>
    static IReadOnlyList<string> KeysOf(JsonObject stream)
    {
        var keys = (stream["source_defined_primary_key"] as JsonArray ?? []).OfType<JsonArray>().ToList();
        return keys.All(key => key.Count == 1) ? [.. keys.Select(key => key[0]!.ToString())] : [];
    }

    ProgramRun Run(string what) => new(options, definition, what, projectFolder, clock);

    static string? Text(JsonObject node, string key) => node[key] is JsonValue value ? value.ToString() : null;
}
