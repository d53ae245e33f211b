using System.Text;
using System.Text.Json;

namespace Foz.Tests.Operations.Channels;

/// <summary>
/// A service of messages: takes what the real one documents, and answers and notes what it would refuse.
/// </summary>
abstract class ServiceServer() : LoopbackServer(seed: null)
{
    readonly Lock gate = new();

    /// <summary>Answers of the next requests, before the service's own.</summary>
    public Queue<LoopbackAnswer> NextAnswers { get; } = new();

    /// <summary>The rules that requests broke.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>The bodies of requests that the service took.</summary>
    public List<string> Taken { get; } = [];

    public List<LoopbackRequest> All { get; } = [];

    /// <summary>Whether texts may have U+FFFD: in place of halves of surrogate pairs that a test has in them.</summary>
    public bool TakesReplacements { get; set; }

    /// <summary>While set, requests get no answer.</summary>
    public TaskCompletionSource? Hangs { get; set; }

    public JsonElement Last => Parse(Taken[^1]);

    protected sealed override LoopbackAnswer Answer(LoopbackRequest request)
    {
        lock (gate)
        {
            All.Add(request);
            Hangs?.Task.GetAwaiter().GetResult();
            if (NextAnswers.TryDequeue(out var next)) return next;
            try
            {
                var body = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(request.Body);
                Require(TakesReplacements || !body.Contains('\uFFFD'), "a text was cut in a character");
                var answer = Take(request, body);
                Taken.Add(body);
                return answer;
            }
            catch (Exception e) when (e is ViolationException or JsonException or KeyNotFoundException
                or InvalidOperationException or ArgumentException)
            {
                Violations.Add(e.Message);
                return Refuse(e.Message);
            }
        }
    }

    protected sealed override LoopbackAnswer Fault(int status, string code) =>
        LoopbackAnswer.Of(status, code, "text/plain");

    /// <summary>Checks a request and answers it.</summary>
    protected abstract LoopbackAnswer Take(LoopbackRequest request, string body);

    /// <summary>How the service answers what is wrong.</summary>
    protected virtual LoopbackAnswer Refuse(string rule) => Json(400, JsonSerializer.Serialize(new { message = rule }));

    protected static LoopbackAnswer Json(int status, string body) =>
        LoopbackAnswer.Of(status, body, "application/json");

    protected static void Require(bool holds, string rule)
    {
        if (!holds) throw new ViolationException(rule);
    }

    protected static void RequireJson(LoopbackRequest request, string path)
    {
        Require(request.Method == "POST", $"{request.Method} is not POST");
        Require(request.Path == path, $"{request.Path} is not {path}");
        Require(
            request.Headers["Content-Type"]?.Split(';')[0] == "application/json",
            $"{request.Headers["Content-Type"]} is not JSON");
    }

    protected static JsonElement Parse(string body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }

    protected static string Text(JsonElement element, string name, int max)
    {
        var text = element.GetProperty(name).GetString()!;
        Require(text.Length > 0 && text.Length <= max, $"{name} has {text.Length} characters");
        return text;
    }

    protected sealed class ViolationException(string message) : Exception(message);
}
