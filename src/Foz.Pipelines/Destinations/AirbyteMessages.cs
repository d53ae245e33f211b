using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Lake;

namespace Foz.Pipelines.Destinations;

/// <summary>Writes messages of the Airbyte protocol (version 0.2), a JSON object a line, each seen at once.</summary>
/// <param name="writer">Where to.</param>
/// <param name="clock">Tells when errors arose.</param>
public sealed class AirbyteMessages(TextWriter writer, TimeProvider clock)
{
    static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>SPEC: what the destination's configuration is.</summary>
    public void Specification() => Write(new()
    {
        ["type"] = "SPEC",
        ["spec"] = new JsonObject
        {
            ["protocol_version"] = "0.2.0",
            ["supportsIncremental"] = true,
            ["supported_destination_sync_modes"] = new JsonArray("overwrite", "append", "append_dedup"),
            ["connectionSpecification"] = AirbyteConfig.JsonSchema(),
        },
    });

    /// <summary>CONNECTION_STATUS.</summary>
    /// <param name="problem">What is wrong; null where nothing is.</param>
    public void Status(string? problem)
    {
        var status = new JsonObject { ["status"] = problem is null ? "SUCCEEDED" : "FAILED" };
        if (problem is not null) status["message"] = problem;
        Write(new() { ["type"] = "CONNECTION_STATUS", ["connectionStatus"] = status });
    }

    /// <summary>STATE, as the source gave it: all records before it are committed.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="records">How many records were committed since the state before.</param>
    internal void State(JsonObject message, long records)
    {
        if (message["state"] is JsonObject state)
            state["destinationStats"] = new JsonObject { ["recordCount"] = (double)records };
        Write(message);
    }

    /// <summary>LOG.</summary>
    /// <param name="level"><c>INFO</c> or <c>WARN</c>.</param>
    /// <param name="message">The text.</param>
    public void Log(string level, string message) =>
        Write(new() { ["type"] = "LOG", ["log"] = new JsonObject { ["level"] = level, ["message"] = message } });

    /// <summary>TRACE of an error.</summary>
    /// <param name="kind">What kind of error it is.</param>
    /// <param name="message">What is wrong, with what to do.</param>
    public void Error(ErrorKind kind, string message) => Write(new()
    {
        ["type"] = "TRACE",
        ["trace"] = new JsonObject
        {
            ["type"] = "ERROR",
            ["emitted_at"] = (double)clock.GetUtcNow().ToUnixTimeMilliseconds(),
            ["error"] = new JsonObject
            {
                ["message"] = message,
                ["failure_type"] = kind is ErrorKind.Usage or ErrorKind.Configuration or ErrorKind.NotFound
                    ? "config_error"
                    : "system_error",
            },
        },
    });

    void Write(JsonObject message)
    {
        writer.WriteLine(message.ToJsonString(Plain));
        writer.Flush();
    }
}
