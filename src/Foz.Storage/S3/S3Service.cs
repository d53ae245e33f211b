using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Xml.Linq;
using Foz.Storage.Remote;

namespace Foz.Storage.S3;

/// <summary>A bucket of Amazon S3 or a service with its API (Amazon S3 API Reference, version 2006-03-01).</summary>
sealed class S3Service : ObjectService
{
    const string WriteIdHeader = "x-amz-meta-" + WriteIdName;
    const string RegionHeader = "x-amz-bucket-region";
    const string RegionDefault = "us-east-1";

    readonly S3Options options;
    readonly TimeProvider clock;
    readonly S3Credentials credentials;
    readonly string bucketUrl;
    string region;
    TimeSpan skew;

    public S3Service(S3Options options, HttpMessageHandler handler, Retries retries, TimeProvider clock)
        : base(handler, retries)
    {
        (this.options, this.clock) = (options, clock);
        credentials = new(options.Profile);
        region = options.Region ?? RegionDefault;
        bucketUrl = UrlOf(options, region);
    }

    /// <inheritdoc/>
    public override string Name => options.Endpoint is { } endpoint ? $"S3 at {endpoint.Authority}" : "S3";

    /// <inheritdoc/>
    public override string Root => $"s3://{options.Bucket}";

    /// <inheritdoc/>
    public override Task<RemoteContent?> GetAsync(
        string key, (long Offset, int Length) range, CancellationToken cancellationToken)
    {
        var request = Request(HttpMethod.Get, key);
        SetRange(request, range);
        return SendAsync(request, default, async (response, token) =>
        {
            if (response.StatusCode is not HttpStatusCode.NotFound)
                return await ReadContentAsync(response, key, range, token);
            var fault = await FaultAsync(response, token);
            return fault.Code is "NoSuchBucket" ? throw fault : null;
        }, range.Length, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<RemoteInfo?> HeadAsync(string key, CancellationToken cancellationToken) =>
        SendAsync(Request(HttpMethod.Head, key), default, async (response, token) =>
        {
            if (response.StatusCode is HttpStatusCode.NotFound) return (RemoteInfo?)null;
            await EnsureAsync(response, token);
            return InfoOf(response, key);
        }, 0, cancellationToken);

    /// <inheritdoc/>
    public override async Task<RemoteInfo?> PutAsync(
        string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken)
    {
        var request = Request(HttpMethod.Put, key);
        request.Headers.TryAddWithoutValidation(WriteIdHeader, condition.WriteIds);
        if (condition.IsAbsent) request.Headers.TryAddWithoutValidation("If-None-Match", "*");
        if (condition.Tag is { } tag) request.Headers.TryAddWithoutValidation("If-Match", tag);
        var written = await SendAsync(request, content, async (response, token) =>
        {
            if (response.StatusCode is HttpStatusCode.PreconditionFailed) return (RemoteInfo?)null;
            if (response.StatusCode is HttpStatusCode.NotFound && condition.Tag is not null)
            {
                var fault = await FaultAsync(response, token);
                return fault.Code is "NoSuchBucket" ? throw fault : null;
            }
            await EnsureAsync(response, token);
            var served = CutToSeconds(response.Headers.Date ?? clock.GetUtcNow());
            return new(key, content.Length, served, RequiredTagOf(response, key), condition.WriteIds);
        }, 0, cancellationToken);
        // Only a request for the object returns the time that all others will see, unless another write is there
        // already.
        return condition.WantsTime && written is { } done && await HeadAsync(key, cancellationToken) is { } there
            && there.WriteIds == condition.WriteIds ? there : written;
    }

    /// <inheritdoc/>
    public override Task<ListPage> ListAsync(
        string prefix, string? startAfter, string? token, CancellationToken cancellationToken)
    {
        var query = new StringBuilder("?list-type=2&encoding-type=url");
        if (prefix.Length > 0) query.Append("&prefix=").Append(Uri.EscapeDataString(prefix));
        if (token is not null) query.Append("&continuation-token=").Append(Uri.EscapeDataString(token));
        else if (startAfter is not null) query.Append("&start-after=").Append(Uri.EscapeDataString(startAfter));
        return SendAsync(Request(HttpMethod.Get, "", query.ToString()), default, async (response, cancel) =>
        {
            await EnsureAsync(response, cancel);
            return S3Xml.ReadPage(await response.Content.ReadAsStringAsync(cancel), Name);
        }, 1 << 20, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        SendAsync(Request(HttpMethod.Delete, key), default, async (response, token) =>
        {
            if (response.StatusCode is not HttpStatusCode.NotFound) await EnsureAsync(response, token);
            return true;
        }, 0, cancellationToken);

    /// <inheritdoc/>
    public override Task<string> BeginUploadAsync(string key, CancellationToken cancellationToken) =>
        SendAsync(Request(HttpMethod.Post, key, "?uploads="), default, async (response, token) =>
        {
            await EnsureAsync(response, token);
            return S3Xml.ReadUploadId(await response.Content.ReadAsStringAsync(token), Name);
        }, 0, cancellationToken);

    /// <inheritdoc/>
    public override Task<string> UploadPartAsync(
        UploadPart part, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var query = $"?partNumber={part.Number + 1}&uploadId={Uri.EscapeDataString(part.UploadId)}";
        return SendAsync(Request(HttpMethod.Put, part.Key, query), content, async (response, token) =>
        {
            await EnsureAsync(response, token);
            return RequiredTagOf(response, part.Key);
        }, 0, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<string> parts, CancellationToken cancellationToken)
    {
        var body = new XElement("CompleteMultipartUpload", parts.Select((tag, number) => new XElement(
            "Part", new XElement("PartNumber", number + 1), new XElement("ETag", tag))));
        var bytes = Encoding.UTF8.GetBytes(body.ToString(SaveOptions.DisableFormatting));
        var request = Request(HttpMethod.Post, key, $"?uploadId={Uri.EscapeDataString(uploadId)}");
        return SendAsync(request, bytes, async (response, token) =>
        {
            await EnsureAsync(response, token);
            // Joining takes long, so the status is sent before it is known how it ends.
            var text = await response.Content.ReadAsStringAsync(token);
            var (code, message) = S3Xml.ReadFault(text);
            return code.Length == 0 ? true : throw new ServiceFault($"{Name} answered {code}: {message}")
            {
                Code = code, IsTransient = code is "InternalError" or "ServiceUnavailable" or "SlowDown",
            };
        }, 0, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken) =>
        SendAsync(
            Request(HttpMethod.Delete, key, $"?uploadId={Uri.EscapeDataString(uploadId)}"), default,
            static (_, _) => Task.FromResult(true), 0, cancellationToken);

    /// <inheritdoc/>
    protected override async ValueTask AuthorizeAsync(
        HttpRequestMessage request, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (options.IsAnonymous) return;
        var keys = options.Keys ?? await credentials.GetAsync(cancellationToken);
        S3Signature.Sign(request, body.Span, keys, region, clock.GetUtcNow() + skew);
    }

    /// <inheritdoc/>
    protected override (string Code, string Message) ReadFault(HttpResponseMessage response, string body)
    {
        var (code, message) = S3Xml.ReadFault(body);
        if (code is "RequestTimeTooSkewed" && response.Headers.Date is { } served) skew = served - clock.GetUtcNow();
        // A bucket of another region says which; the attempt after this one signs for it.
        if (options.Region is null && HeaderOf(response, RegionHeader) is { } actual && actual != region)
        {
            region = actual;
            return ("OperationAborted", $"the bucket is in {actual}");
        }
        return (code, message);
    }

    /// <inheritdoc/>
    protected override string? WriteIdsOf(HttpResponseMessage response) => HeaderOf(response, WriteIdHeader);

    /// <summary>Returns an answer's tag. One without a tag is from a server in between, and proves nothing.</summary>
    string RequiredTagOf(HttpResponseMessage response, string key) => TagOf(response)
        ?? throw new ServiceFault($"{Name} gave {key} no ETag") { IsTransient = true };

    HttpRequestMessage Request(HttpMethod method, string key, string query = "") =>
        new(method, Address($"{bucketUrl}/{Escape(key)}{query}"))
        {
            Headers = { UserAgent = { new ProductInfoHeaderValue("foz", null) } },
        };

    static string UrlOf(S3Options options, string region)
    {
        var endpoint = options.Endpoint ?? new Uri(options.Region is null
            ? "https://s3.amazonaws.com"
            : string.Create(CultureInfo.InvariantCulture, $"https://s3.{region}.amazonaws.com"));
        var path = endpoint.AbsolutePath.TrimEnd('/');
        // A name with dots is in no certificate.
        return options.UsesPathStyle || options.Bucket.Contains('.', StringComparison.Ordinal)
            ? $"{endpoint.Scheme}://{endpoint.Authority}{path}/{options.Bucket}"
            : $"{endpoint.Scheme}://{options.Bucket}.{endpoint.Authority}{path}";
    }
}
