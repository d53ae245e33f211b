using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Storage.Remote;

namespace Foz.Storage.GoogleCloud;

/// <summary>A bucket of Google Cloud Storage over its JSON API. An object's tag is its generation.</summary>
sealed class GcsService(GcsOptions options, HttpMessageHandler handler, Retries retries)
    : ObjectService(handler, retries)
{
    const string Google = "https://storage.googleapis.com";
    const string GenerationHeader = "x-goog-generation";
    const string Fields = "name,size,updated,generation,metadata";
    const int ResumeIncomplete = 308;

    readonly GcsCredentials credentials = new(options.CredentialsFile);
    readonly string api = (options.Endpoint?.ToString() ?? Google).TrimEnd('/');

    /// <inheritdoc/>
    public override string Name => options.Endpoint is { } endpoint
        ? $"Google Cloud Storage at {endpoint.Authority}" : "Google Cloud Storage";

    /// <inheritdoc/>
    public override string Root => $"gs://{options.Bucket}";

    /// <inheritdoc/>
    public override string StaleTag => "1";

    /// <inheritdoc/>
    public override bool UploadsInOrder => true;

    /// <inheritdoc/>
    public override Task<RemoteContent?> GetAsync(
        string key, (long Offset, int Length) range, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Address($"{UrlOf(key)}?alt=media"));
        SetRange(request, range);
        return SendAsync(request, default, async (response, token) => await IsMissingAsync(response, token)
            ? null : await ReadContentAsync(response, key, range, token), range.Length, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<RemoteInfo?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Address($"{UrlOf(key)}?fields={Fields}"));
        return SendAsync(request, default, async (response, token) => await IsMissingAsync(response, token)
            ? (RemoteInfo?)null : ReadInfo(await ReadJsonAsync(response, token)), 0, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<RemoteInfo?> PutAsync(
        string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        var match = condition.IsAbsent ? "&ifGenerationMatch=0"
            : condition.Tag is { } tag ? $"&ifGenerationMatch={Uri.EscapeDataString(tag)}" : "";
        var url = $"{api}/upload/storage/v1/b/{options.Bucket}/o?uploadType=multipart&fields={Fields}{match}";
        var (body, type) = WithMetadata(key, content, condition.WriteIds);
        var request = new HttpRequestMessage(HttpMethod.Post, Address(url))
        {
            Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = type } },
        };
        return SendAsync(request, body, async (response, token) =>
        {
            if (response.StatusCode is HttpStatusCode.PreconditionFailed) return (RemoteInfo?)null;
            // An absent object has no generation to match.
            if (condition.Tag is not null && await IsMissingAsync(response, token)) return null;
            return ReadInfo(await ReadJsonAsync(response, token));
        }, 0, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<ListPage> ListAsync(
        string prefix, string? startAfter, string? token, CancellationToken cancellationToken)
    {
        var url = new StringBuilder($"{api}/storage/v1/b/{options.Bucket}/o?fields=nextPageToken,items({Fields})");
        if (prefix.Length > 0) url.Append("&prefix=").Append(Uri.EscapeDataString(prefix));
        // Includes its start, which the store leaves out.
        if (startAfter is not null) url.Append("&startOffset=").Append(Uri.EscapeDataString(startAfter));
        if (token is not null) url.Append("&pageToken=").Append(Uri.EscapeDataString(token));
        var request = new HttpRequestMessage(HttpMethod.Get, Address(url.ToString()));
        return SendAsync(request, default, async (response, cancel) =>
        {
            var page = await ReadJsonAsync(response, cancel);
            var items = page["items"] is JsonArray found ? found.Select(item => ReadInfo(item!)).ToList() : [];
            return new ListPage(items, page["nextPageToken"]?.GetValue<string>());
        }, 1 << 20, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task DeleteAsync(string key, CancellationToken cancellationToken) => SendAsync(
        new(HttpMethod.Delete, Address(UrlOf(key))), default, async (response, token) =>
        {
            if (!await IsMissingAsync(response, token)) await EnsureAsync(response, token);
            return true;
        }, 0, cancellationToken);

    /// <inheritdoc/>
    public override Task<string> BeginUploadAsync(string key, CancellationToken cancellationToken)
    {
        var url = $"{api}/upload/storage/v1/b/{options.Bucket}/o?uploadType=resumable&name={Uri.EscapeDataString(key)}";
        return SendAsync(new(HttpMethod.Post, Address(url)), default, async (response, token) =>
        {
            await EnsureAsync(response, token);
            return response.Headers.Location?.OriginalString
                ?? throw new ServiceFault($"{Name} gave the upload of {key} no address");
        }, 0, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<string> UploadPartAsync(
        UploadPart part, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, Address(part.UploadId))
        {
            Content = new ReadOnlyMemoryContent(content),
        };
        var end = part.Offset + content.Length;
        request.Content.Headers.ContentRange = new(part.Offset, end - 1, part.TotalBytes);
        return SendAsync(request, content, async (response, token) =>
        {
            // A part that is sent again is taken from where the first one ended.
            if ((int)response.StatusCode != ResumeIncomplete) await EnsureAsync(response, token);
            else if (HeaderOf(response, "Range") is not { } range
                || !range.EndsWith($"-{end - 1}", StringComparison.Ordinal))
                throw new ServiceFault($"{Name} kept only a part of what was sent") { IsTransient = true };
            return "";
        }, 0, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<string> parts, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    /// <inheritdoc/>
    public override Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken) =>
        SendAsync(
            new(HttpMethod.Delete, Address(uploadId)), default, static (_, _) => Task.FromResult(true), 0,
            cancellationToken);

    /// <inheritdoc/>
    protected override async ValueTask AuthorizeAsync(
        HttpRequestMessage request, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (!options.IsAnonymous)
            request.Headers.Authorization = new("Bearer", await credentials.GetAsync(cancellationToken));
    }

    /// <inheritdoc/>
    protected override (string Code, string Message) ReadFault(HttpResponseMessage response, string body)
    {
        try
        {
            var error = JsonNode.Parse(body)?["error"];
            var code = error?["errors"]?[0]?["reason"]?.GetValue<string>();
            return (code ?? "", error?["message"]?.GetValue<string>() ?? "");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return ("", body.StartsWith('<') ? "" : body);
        }
    }

    /// <inheritdoc/>
    protected override string? TagOf(HttpResponseMessage response) => HeaderOf(response, GenerationHeader);

    /// <inheritdoc/>
    protected override string? WriteIdsOf(HttpResponseMessage response) =>
        HeaderOf(response, "x-goog-meta-" + WriteIdName);

    async Task<bool> IsMissingAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is not HttpStatusCode.NotFound) return false;
        var fault = await FaultAsync(response, cancellationToken);
        return fault.Message.Contains("bucket does not exist", StringComparison.Ordinal) ? throw fault : true;
    }

    async Task<JsonNode> ReadJsonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await EnsureAsync(response, cancellationToken);
        try
        {
            return JsonNode.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken))
                ?? throw new JsonException("null");
        }
        catch (JsonException error)
        {
            throw new ServiceFault($"{Name} gave an answer that is cut off or malformed: {error.Message}", error)
            {
                IsTransient = true,
            };
        }
    }

    static RemoteInfo ReadInfo(JsonNode item) => new(
        item["name"]!.GetValue<string>(),
        long.Parse(item["size"]!.GetValue<string>()),
        CutToSeconds(DateTimeOffset.Parse(item["updated"]!.GetValue<string>())),
        item["generation"]!.GetValue<string>(),
        item["metadata"]?[WriteIdName]?.GetValue<string>());

    /// <summary>The body of an upload that carries its metadata with it.</summary>
    static (byte[] Body, MediaTypeHeaderValue Type) WithMetadata(
        string key, ReadOnlyMemory<byte> content, string writeIds)
    {
        var boundary = $"foz-{Guid.NewGuid():N}";
        var metadata = new JsonObject { ["name"] = key, ["metadata"] = new JsonObject { [WriteIdName] = writeIds } };
        var head = Encoding.UTF8.GetBytes(
            $"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{metadata.ToJsonString()}\r\n"
            + $"--{boundary}\r\nContent-Type: application/octet-stream\r\n\r\n");
        var foot = Encoding.UTF8.GetBytes($"\r\n--{boundary}--\r\n");
        byte[] body = [.. head, .. content.Span, .. foot];
        return (body, MediaTypeHeaderValue.Parse($"multipart/related; boundary={boundary}"));
    }

    string UrlOf(string key) => $"{api}/storage/v1/b/{options.Bucket}/o/{Uri.EscapeDataString(key)}";
}
