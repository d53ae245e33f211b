using System.Globalization;
using System.Net;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Foz.Storage.Remote;

namespace Foz.Storage.AzureBlob;

/// <summary>
/// A container of Azure Storage over the Blob service's REST API, with or without a hierarchical namespace.
/// </summary>
sealed class AzureService(AzureOptions options, HttpMessageHandler handler, Retries retries, TimeProvider clock)
    : ObjectService(handler, retries)
{
    const string Version = "2021-12-02";
    const string WriteIdHeader = "x-ms-meta-" + WriteIdName;
    const string CodeHeader = "x-ms-error-code";

    readonly AzureCredentials credentials = new();
    readonly string containerUrl = $"{options.Endpoint.ToString().TrimEnd('/')}/{options.Container}";

    /// <inheritdoc/>
    public override string Name => $"Azure Storage account {options.Account}";

    /// <inheritdoc/>
    public override string Root => options.Root;

    /// <inheritdoc/>
    public override bool ListsInOrder => false;

    /// <inheritdoc/>
    public override Task<RemoteContent?> GetAsync(
        string key, (long Offset, int Length) range, CancellationToken cancellationToken)
    {
        var request = Request(HttpMethod.Get, key);
        SetRange(request, range);
        return SendAsync(request, default, async (response, token) => await IsMissingAsync(response, token)
            ? null : await ReadContentAsync(response, key, range, token), range.Length, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<RemoteInfo?> HeadAsync(string key, CancellationToken cancellationToken) =>
        SendAsync(Request(HttpMethod.Head, key), default, async (response, token) =>
        {
            if (await IsMissingAsync(response, token)) return (RemoteInfo?)null;
            await EnsureAsync(response, token);
            return InfoOf(response, key);
        }, 0, cancellationToken);

    /// <inheritdoc/>
    public override Task<RemoteInfo?> PutAsync(
        string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        var request = Request(HttpMethod.Put, key);
        request.Headers.TryAddWithoutValidation("x-ms-blob-type", "BlockBlob");
        request.Headers.TryAddWithoutValidation(WriteIdHeader, condition.WriteIds);
        if (condition.IsAbsent) request.Headers.TryAddWithoutValidation("If-None-Match", "*");
        if (condition.Tag is { } tag) request.Headers.TryAddWithoutValidation("If-Match", tag);
        return SendAsync(request, content, async (response, token) =>
        {
            var code = HeaderOf(response, CodeHeader);
            if (response.StatusCode is HttpStatusCode.PreconditionFailed || code is "BlobAlreadyExists")
                return (RemoteInfo?)null;
            if (condition.Tag is not null && await IsMissingAsync(response, token)) return null;
            await EnsureAsync(response, token);
            return InfoOf(response, key) with { SizeBytes = content.Length, WriteIds = condition.WriteIds };
        }, 0, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<ListPage> ListAsync(
        string prefix, string? startAfter, string? token, CancellationToken cancellationToken)
    {
        var query = new StringBuilder("?restype=container&comp=list");
        if (prefix.Length > 0) query.Append("&prefix=").Append(Uri.EscapeDataString(prefix));
        if (token is not null) query.Append("&marker=").Append(Uri.EscapeDataString(token));
        return SendAsync(Request(HttpMethod.Get, null, query.ToString()), default, async (response, cancel) =>
        {
            await EnsureAsync(response, cancel);
            return ReadPage(await response.Content.ReadAsStringAsync(cancel));
        }, 1 << 20, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        SendAsync(Request(HttpMethod.Delete, key), default, async (response, token) =>
        {
            if (!await IsMissingAsync(response, token)) await EnsureAsync(response, token);
            return true;
        }, 0, cancellationToken);

    /// <inheritdoc/>
    public override Task<string> BeginUploadAsync(string key, CancellationToken cancellationToken) =>
        Task.FromResult(Guid.NewGuid().ToString("N"));

    /// <inheritdoc/>
    public override async Task<string> UploadPartAsync(
        UploadPart part, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var name = $"{part.UploadId}-{part.Number.ToString("D6", CultureInfo.InvariantCulture)}";
        var block = Convert.ToBase64String(Encoding.ASCII.GetBytes(name));
        var request = Request(HttpMethod.Put, part.Key, $"?comp=block&blockid={Uri.EscapeDataString(block)}");
        await SendAsync(request, content, async (response, token) =>
        {
            await EnsureAsync(response, token);
            return true;
        }, 0, cancellationToken);
        return block;
    }

    /// <inheritdoc/>
    public override Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<string> parts, CancellationToken cancellationToken)
    {
        var list = new XElement("BlockList", parts.Select(block => new XElement("Latest", block)));
        var body = Encoding.UTF8.GetBytes(list.ToString(SaveOptions.DisableFormatting));
        return SendAsync(Request(HttpMethod.Put, key, "?comp=blocklist"), body, async (response, token) =>
        {
            await EnsureAsync(response, token);
            return true;
        }, 0, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken) =>
        // Blocks that no list names go by themselves after a week.
        Task.CompletedTask;

    /// <inheritdoc/>
    protected override async ValueTask AuthorizeAsync(
        HttpRequestMessage request, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        request.Headers.TryAddWithoutValidation("x-ms-date", now.ToString("R", CultureInfo.InvariantCulture));
        if (options.AccountKey is { } key)
        {
            request.Headers.TryAddWithoutValidation(
                "Authorization", SharedKey.Sign(request, body.Length, options.Account, key));
        }
        else if (options.SasToken is { } sas)
        {
            var url = request.RequestUri!.OriginalString;
            request.RequestUri = Address($"{url}{(url.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{sas}");
        }
        else if (!options.IsAnonymous)
        {
            request.Headers.Authorization = new("Bearer", await credentials.GetAsync(now, cancellationToken));
        }
    }

    /// <inheritdoc/>
    protected override (string Code, string Message) ReadFault(HttpResponseMessage response, string body)
    {
        var code = HeaderOf(response, CodeHeader) ?? "";
        try
        {
            var error = body.Length == 0 ? null : XDocument.Parse(body.TrimStart('\uFEFF')).Root;
            // After the first line come the request's number and time.
            var message = error?.Element("Message")?.Value.ReplaceLineEndings("\n").Split('\n')[0] ?? "";
            return (code.Length > 0 ? code : error?.Element("Code")?.Value ?? "", message);
        }
        catch (XmlException)
        {
            return (code, "");
        }
    }

    /// <inheritdoc/>
    protected override string? WriteIdsOf(HttpResponseMessage response) => HeaderOf(response, WriteIdHeader);

    async Task<bool> IsMissingAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is not HttpStatusCode.NotFound) return false;
        var fault = await FaultAsync(response, cancellationToken);
        return fault.Code is "ContainerNotFound" or "ResourceNotFound" ? throw fault : true;
    }

    ListPage ReadPage(string text)
    {
        XElement root;
        try
        {
            root = XDocument.Parse(text.TrimStart('\uFEFF')).Root!;
        }
        catch (XmlException error)
        {
            throw new ServiceFault($"{Name} gave an answer that is cut off or malformed: {error.Message}", error)
            {
                IsTransient = true,
            };
        }
        var items = root.Element("Blobs")!.Elements("Blob")
            .Where(blob => blob.Element("Properties")!.Element("ResourceType")?.Value != "directory")
            .Select(ReadInfo).ToList();
        return new(items, root.Element("NextMarker")?.Value is { Length: > 0 } next ? next : null);
    }

    static RemoteInfo ReadInfo(XElement blob)
    {
        var name = blob.Element("Name")!;
        var properties = blob.Element("Properties")!;
        var tag = properties.Element("Etag")!.Value;
        return new(
            name.Attribute("Encoded")?.Value is "true" ? Uri.UnescapeDataString(name.Value) : name.Value,
            long.Parse(properties.Element("Content-Length")!.Value, CultureInfo.InvariantCulture),
            CutToSeconds(DateTimeOffset.Parse(
                properties.Element("Last-Modified")!.Value, CultureInfo.InvariantCulture)),
            // Listings have it without the quotes that headers have.
            tag.StartsWith('"') ? tag : $"\"{tag}\"");
    }

    HttpRequestMessage Request(HttpMethod method, string? key, string query = "")
    {
        var url = key is null ? containerUrl : $"{containerUrl}/{Escape(key)}";
        var request = new HttpRequestMessage(method, Address(url + query));
        request.Headers.TryAddWithoutValidation("x-ms-version", Version);
        return request;
    }
}
