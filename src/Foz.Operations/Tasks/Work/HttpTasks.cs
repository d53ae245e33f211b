using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Foz.Lake;

namespace Foz.Operations.Tasks.Work;

/// <summary>Sends the requests of tasks and sensors. Addresses and bodies of requests are not logged.</summary>
sealed class HttpTasks : IDisposable
{
    const int AnswerBytesMax = 1 << 20;
    const int ShownCharsMax = 200;

    readonly HttpClient client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = AnswerBytesMax,
    };

    /// <summary>Sends a request.</summary>
    /// <returns>How it ended, with the status and outputs.</returns>
    /// <exception cref="FozException">It cannot be filled in.</exception>
    public async Task<TaskEnd> SendAsync(HttpTask task, TaskScope scope, CancellationToken cancellationToken)
    {
        using var request = RequestOf(task, scope);
        try
        {
            using var answer = await client.SendAsync(request, cancellationToken);
            var status = (int)answer.StatusCode;
            var outputs = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["status"] = status.ToString(System.Globalization.CultureInfo.InvariantCulture),
            };
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            if (task.Expected.Count == 0 ? !answer.IsSuccessStatusCode : !task.Expected.Contains(status))
                return TaskEnd.Failed($"the answer was {status}{Shown(text)}", status) with { Outputs = outputs };
            return AddFields(task, text, outputs) is { } fault
                ? TaskEnd.Failed(fault, status) with { Outputs = outputs }
                : new(TaskState.Succeeded, status) { Outputs = outputs };
        }
        catch (HttpRequestException e)
        {
            return TaskEnd.Failed($"{request.RequestUri!.Authority} cannot be reached: {e.GetBaseException().Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    static HttpRequestMessage RequestOf(HttpTask task, TaskScope scope)
    {
        var text = task.Url.Fill(scope, Uri.EscapeDataString);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new FozException(ErrorKind.Configuration, "the address of the request is not one of HTTP");
        var request = new HttpRequestMessage(new(task.Method), address);
        if (task.Body is { } body)
            request.Content = new StringContent(
                body.Fill(scope), Encoding.UTF8, new MediaTypeHeaderValue(body.ContentType, "utf-8"));
        foreach (var (name, value) in task.Headers)
        {
            var filled = value.Fill(scope);
            if (filled.AsSpan().ContainsAny('\r', '\n'))
                throw new FozException(ErrorKind.Data, $"the header {name} has a line end in it");
            if (name.Equals("content-type", StringComparison.OrdinalIgnoreCase) && request.Content is { } content)
                content.Headers.ContentType = MediaTypeHeaderValue.Parse(filled);
            else if (!request.Headers.TryAddWithoutValidation(name, filled))
                throw new FozException(ErrorKind.Configuration, $"{name} is not a header of requests");
        }
        return request;
    }

    static string? AddFields(HttpTask task, string text, Dictionary<string, string> outputs)
    {
        if (task.Outputs.Count == 0) return null;
        try
        {
            using var json = JsonDocument.Parse(text);
            foreach (var (name, path) in task.Outputs)
            {
                if (Find(json.RootElement, path) is not { } value) return $"the answer has no field '{path}'";
                outputs[name] = value.ValueKind is JsonValueKind.String ? value.GetString()! : value.GetRawText();
                if (outputs[name].Length > TaskOutput.BytesMax) return $"the field '{path}' of the answer is too long";
            }
            return null;
        }
        catch (JsonException)
        {
            return "the answer is not JSON, and its fields are outputs";
        }
    }

    static JsonElement? Find(JsonElement element, string path)
    {
        foreach (var part in path.Split('.').SkipWhile(part => part == "$"))
            if (element.ValueKind is JsonValueKind.Object && element.TryGetProperty(part, out var field))
                element = field;
            else if (element.ValueKind is JsonValueKind.Array && int.TryParse(part, out var index)
                && index >= 0 && index < element.GetArrayLength())
                element = element[index];
            else return null;
        return element;
    }

    static string Shown(string text)
    {
        text = text.ReplaceLineEndings(" ").Trim();
        return text.Length == 0 ? "" : text.Length <= ShownCharsMax ? $": {text}" : $": {text[..ShownCharsMax]} …";
    }
}
