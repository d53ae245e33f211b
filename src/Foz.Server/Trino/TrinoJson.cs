using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Foz.Serving.Trino;
using Foz.Serving.Trino.Types;

namespace Foz.Server.Trino;

/// <summary>What clients are answered, as JSON (Trino's documentation, "Client REST API").</summary>
static class TrinoJson
{
    static readonly JsonWriterOptions options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true,
    };

    /// <summary>A page of a statement.</summary>
    public static ReadOnlyMemory<byte> Results(TrinoQuery query, TrinoAnswer answer, TrinoAddress address) =>
        Write(json =>
        {
            var page = answer.Page;
            json.WriteString("id", query.Id);
            json.WriteString("infoUri", address.InfoOf(query));
            if (answer.NextToken is { } token) json.WriteString("nextUri", address.PageOf(query, token));
            if (page.Columns is { } columns) WriteColumns(json, columns);
            if (page.Rows.Length > 0)
            {
                json.WritePropertyName("data");
                json.WriteStartArray();
                json.WriteRawValue(page.Rows.Span, skipInputValidation: true);
                json.WriteEndArray();
            }

            WriteStats(json, query, isLast: page.IsLast);
            if (page.Error is { } error) WriteError(json, "error", error);
            json.WriteStartArray("warnings");
            json.WriteEndArray();
            if (page.UpdateType is { } type) json.WriteString("updateType", type);
            if (page.UpdateCount is { } count) json.WriteNumber("updateCount", count);
        });

    /// <summary>Returns the information about a statement.</summary>
    public static ReadOnlyMemory<byte> Info(TrinoQuery query, TrinoAddress address) =>
        Write(json => WriteInfo(json, query, address));

    /// <summary>Returns the information about statements.</summary>
    public static ReadOnlyMemory<byte> Infos(IEnumerable<TrinoQuery> queries, TrinoAddress address)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, options);
        json.WriteStartArray();
        foreach (var query in queries)
        {
            json.WriteStartObject();
            WriteInfo(json, query, address);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Returns the information about the server.</summary>
    /// <param name="version">The version of Trino whose protocol is spoken.</param>
    /// <param name="uptime">How long it has run.</param>
    /// <param name="isStarting">Whether it does not serve yet.</param>
    public static ReadOnlyMemory<byte> Server(string version, TimeSpan uptime, bool isStarting) => Write(json =>
    {
        json.WriteStartObject("nodeVersion");
        json.WriteString("version", version);
        json.WriteEndObject();
        json.WriteString("environment", "foz");
        json.WriteBoolean("coordinator", true);
        json.WriteBoolean("starting", isStarting);
        json.WriteString("uptime", FormattableString.Invariant($"{uptime.TotalMinutes:F2}m"));
    });

    static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, options);
        json.WriteStartObject();
        content(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    static void WriteInfo(Utf8JsonWriter json, TrinoQuery query, TrinoAddress address)
    {
        json.WriteString("queryId", query.Id);
        json.WriteStartObject("session");
        json.WriteString("queryId", query.Id);
        json.WriteString("user", query.User.Name);
        json.WriteString("source", query.Request.Source);
        json.WriteString("catalog", query.Request.Catalog);
        json.WriteString("schema", query.Request.Schema);
        json.WriteString("timeZoneKey", query.Request.TimeZone ?? "UTC");
        json.WriteString("start", query.Created);
        json.WriteEndObject();
        json.WriteString("state", NameOf(query.State));
        json.WriteString("self", address.InfoOf(query));
        json.WriteString("query", query.Request.Sql);
        json.WriteStartObject("queryStats");
        json.WriteString("createTime", query.Created);
        json.WriteString("elapsedTime", FormattableString.Invariant($"{query.Elapsed.TotalMilliseconds:F2}ms"));
        json.WriteNumber("outputPositions", query.RowCount);
        json.WriteEndObject();
        if (query.Failure is not { } error) return;
        json.WriteString("errorType", error.Type);
        json.WriteStartObject("errorCode");
        json.WriteNumber("code", error.Code);
        json.WriteString("name", error.Name);
        json.WriteString("type", error.Type);
        json.WriteEndObject();
        WriteFailure(json, error);
    }

    static void WriteColumns(Utf8JsonWriter json, IReadOnlyList<TrinoColumn> columns)
    {
        json.WriteStartArray("columns");
        foreach (var column in columns)
        {
            json.WriteStartObject();
            json.WriteString("name", column.Name);
            json.WriteString("type", column.Type.Name);
            json.WritePropertyName("typeSignature");
            WriteSignature(json, column.Type);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    static void WriteSignature(Utf8JsonWriter json, TrinoType type)
    {
        json.WriteStartObject();
        json.WriteString("rawType", type.RawType);
        json.WriteStartArray("arguments");
        foreach (var number in type.Numbers)
        {
            json.WriteStartObject();
            json.WriteString("kind", "LONG");
            json.WriteNumber("value", number);
            json.WriteEndObject();
        }

        for (var i = 0; i < type.Parts.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("kind", type.FieldNames is null ? "TYPE" : "NAMED_TYPE");
            json.WritePropertyName("value");
            if (type.FieldNames is { } names) WriteField(json, names[i], type.Parts[i]);
            else WriteSignature(json, type.Parts[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteField(Utf8JsonWriter json, string? name, TrinoType type)
    {
        json.WriteStartObject();
        if (name is not null)
        {
            json.WriteStartObject("fieldName");
            json.WriteString("name", name);
            json.WriteEndObject();
        }

        json.WritePropertyName("typeSignature");
        WriteSignature(json, type);
        json.WriteEndObject();
    }

    static void WriteStats(Utf8JsonWriter json, TrinoQuery query, bool isLast)
    {
        var (state, elapsed) = (query.State, (long)query.Elapsed.TotalMilliseconds);
        if (state is TrinoState.Finished && !isLast) state = TrinoState.Running;
        var isOver = state is TrinoState.Finished or TrinoState.Failed;
        json.WriteStartObject("stats");
        json.WriteString("state", NameOf(state));
        json.WriteBoolean("queued", state is TrinoState.Queued);
        json.WriteBoolean("scheduled", state is TrinoState.Running || isOver);
        if (isOver) json.WriteNumber("progressPercentage", 100);
        WriteWork(json, query, isOver, elapsed);
        json.WriteNumber("queuedTimeMillis", (long)query.Queued.TotalMilliseconds);
        json.WriteNumber("elapsedTimeMillis", elapsed);
        json.WriteNumber("peakMemoryBytes", 0);
        if (state is not TrinoState.Queued)
        {
            json.WriteStartObject("rootStage");
            json.WriteString("stageId", "0");
            json.WriteString("state", NameOf(state));
            json.WriteBoolean("done", isOver);
            WriteWork(json, query, isOver, elapsed);
            json.WriteStartArray("subStages");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>A statement is one split on one node: a client's bar of progress moves with it.</summary>
    static void WriteWork(Utf8JsonWriter json, TrinoQuery query, bool isOver, long elapsedMs)
    {
        var isRunning = query.State is TrinoState.Running;
        json.WriteNumber("nodes", 1);
        json.WriteNumber("totalSplits", 1);
        json.WriteNumber("queuedSplits", isOver || isRunning ? 0 : 1);
        json.WriteNumber("runningSplits", !isOver && isRunning ? 1 : 0);
        json.WriteNumber("completedSplits", isOver ? 1 : 0);
        json.WriteNumber("cpuTimeMillis", elapsedMs);
        json.WriteNumber("wallTimeMillis", elapsedMs);
        json.WriteNumber("processedRows", query.RowCount);
        json.WriteNumber("processedBytes", query.Bytes);
        json.WriteNumber("physicalInputBytes", 0);
        json.WriteNumber("physicalWrittenBytes", 0);
        json.WriteNumber("spilledBytes", 0);
    }

    static void WriteError(Utf8JsonWriter json, string property, TrinoError error)
    {
        json.WriteStartObject(property);
        json.WriteString("message", error.PlacedMessage);
        json.WriteNumber("errorCode", error.Code);
        json.WriteString("errorName", error.Name);
        json.WriteString("errorType", error.Type);
        WriteLocation(json, error);
        WriteFailure(json, error);
        json.WriteEndObject();
    }

    static void WriteFailure(Utf8JsonWriter json, TrinoError error)
    {
        json.WriteStartObject("failureInfo");
        json.WriteString("type", "io.trino.spi.TrinoException");
        json.WriteString("message", error.PlacedMessage);
        json.WriteStartArray("suppressed");
        json.WriteEndArray();
        json.WriteStartArray("stack");
        json.WriteEndArray();
        WriteLocation(json, error);
        json.WriteEndObject();
    }

    static void WriteLocation(Utf8JsonWriter json, TrinoError error)
    {
        if (error.Location is not var (line, column)) return;
        json.WriteStartObject("errorLocation");
        json.WriteNumber("lineNumber", line);
        json.WriteNumber("columnNumber", column);
        json.WriteEndObject();
    }

    static string NameOf(TrinoState state) => state switch
    {
        TrinoState.Queued => "QUEUED",
        TrinoState.Planning => "PLANNING",
        TrinoState.Running => "RUNNING",
        TrinoState.Finished => "FINISHED",
        _ => "FAILED",
    };
}
