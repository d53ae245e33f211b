using System.Net;
using System.Net.Http.Headers;
using Foz.Storage.Usage;

namespace Foz.Storage.Remote;

/// <summary>What a service knows of an object.</summary>
/// <param name="Key">The whole key.</param>
/// <param name="SizeBytes">The size.</param>
/// <param name="LastModified">The time of the last write, cut to seconds: not every answer has more.</param>
/// <param name="Tag">What a conditional request names this content by.</param>
/// <param name="WriteIds">The last writes, as <see cref="PutCondition"/> said; null if unknown.</param>
readonly record struct RemoteInfo(
    string Key, long SizeBytes, DateTimeOffset LastModified, string Tag, string? WriteIds = null);

/// <summary>A part of an object, with what is known of the whole.</summary>
sealed record RemoteContent(RemoteInfo Info, ReadOnlyMemory<byte> Content);

/// <summary>On what a write depends.</summary>
/// <param name="WriteIds">Random names, kept with the object, by which writes know themselves again: this write's, then
/// those of the writes that it replaces.</param>
/// <param name="IsAbsent">Only if there is no object.</param>
/// <param name="Tag">Only if the object still has this tag; null if it may have any.</param>
readonly record struct PutCondition(string WriteIds, bool IsAbsent, string? Tag)
{
    /// <summary>Whether the time is needed that all others will see, which may cost another request.</summary>
    public bool WantsTime { get; init; }
}

/// <summary>One page of a listing.</summary>
sealed record ListPage(IReadOnlyList<RemoteInfo> Items, string? NextToken);

/// <summary>A part of an upload; its bytes follow those of the part before.</summary>
sealed record UploadPart(string Key, string UploadId, int Number, long Offset, long TotalBytes);

/// <summary>
/// One bucket or container of a storage service. Each method makes one attempt; what may pass is thrown as a
/// <see cref="ServiceFault"/> that says so.
/// </summary>
abstract class ObjectService(HttpMessageHandler handler, Retries retries) : IDisposable
{
    /// <summary>The header, or the metadata's name, of the names of writes.</summary>
    protected const string WriteIdName = "fozwrite";

    readonly HttpClient http = new(handler) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>What messages call the service.</summary>
    public abstract string Name { get; }

    /// <summary>The bucket as people write it, without a trailing slash.</summary>
    public abstract string Root { get; }

    /// <summary>How requests are repeated.</summary>
    public Retries Retries => retries;

    /// <summary>A tag that no object has.</summary>
    public virtual string StaleTag => "\"0\"";

    /// <summary>Whether the parts of an upload must come one after the other.</summary>
    public virtual bool UploadsInOrder => false;

    /// <summary>Whether listings come in ordinal order and start where the request says.</summary>
    public virtual bool ListsInOrder => true;

    /// <summary>A range of an object; null if there is none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="range">First byte and number of bytes, at least one.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public abstract Task<RemoteContent?> GetAsync(
        string key, (long Offset, int Length) range, CancellationToken cancellationToken);

    /// <summary>What is known of an object; null if there is none.</summary>
    public abstract Task<RemoteInfo?> HeadAsync(string key, CancellationToken cancellationToken);

    /// <summary>Writes an object; null if the condition does not hold.</summary>
    public abstract Task<RemoteInfo?> PutAsync(
        string key, ReadOnlyMemory<byte> content, PutCondition condition, CancellationToken cancellationToken);

    /// <summary>A page of the objects below a prefix.</summary>
    public abstract Task<ListPage> ListAsync(
        string prefix, string? startAfter, string? token, CancellationToken cancellationToken);

    /// <summary>Deletes an object, if there is one.</summary>
    public abstract Task DeleteAsync(string key, CancellationToken cancellationToken);

    /// <summary>Begins the upload of a large object.</summary>
    /// <returns>What its parts name it by.</returns>
    public abstract Task<string> BeginUploadAsync(string key, CancellationToken cancellationToken);

    /// <summary>Uploads a part.</summary>
    /// <returns>What the end of the upload names it by.</returns>
    public abstract Task<string> UploadPartAsync(
        UploadPart part, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Makes the parts one object.</summary>
    public abstract Task CompleteUploadAsync(
        string key, string uploadId, IReadOnlyList<string> parts, CancellationToken cancellationToken);

    /// <summary>Gives an upload up.</summary>
    public abstract Task AbortUploadAsync(string key, string uploadId, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <summary>Adds the caller's identity and its proof to a request.</summary>
    protected abstract ValueTask AuthorizeAsync(
        HttpRequestMessage request, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>The service's name of a fault and what it says about it.</summary>
    protected abstract (string Code, string Message) ReadFault(HttpResponseMessage response, string body);

    /// <summary>Makes one request.</summary>
    /// <param name="request">The request without its body.</param>
    /// <param name="body">The body.</param>
    /// <param name="read">Reads the answer, whatever its status.</param>
    /// <param name="bytesExpected">How many bytes the answer has, for the timeout.</param>
    /// <param name="cancellationToken">Stops it.</param>
    protected async Task<T> SendAsync<T>(
        HttpRequestMessage request, ReadOnlyMemory<byte> body,
        Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        long bytesExpected, CancellationToken cancellationToken)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        attempt.CancelAfter(retries.TimeoutOf(body.Length + bytesExpected));
        try
        {
            using (request)
            {
                if (request.Method == HttpMethod.Put || request.Method == HttpMethod.Post)
                {
                    request.Content ??= new ReadOnlyMemoryContent(body);
                    request.Content.Headers.ContentLength = body.Length;
                }
                StorageCounts.AddRequest();
                await AuthorizeAsync(request, body, attempt.Token);
                using var response = await http.SendAsync(
                    request, HttpCompletionOption.ResponseHeadersRead, attempt.Token);
                return await read(response, attempt.Token);
            }
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServiceFault($"{Name} did not answer in time", error) { IsTransient = true };
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw ServiceFault.NoAnswer(Name, error);
        }
    }

    /// <summary>Throws the fault that an answer reports, unless it reports success.</summary>
    protected async Task EnsureAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode) throw await FaultAsync(response, cancellationToken);
    }

    /// <summary>Reads the fault that an answer reports.</summary>
    protected async Task<ServiceFault> FaultAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var (code, message) = ReadFault(response, await response.Content.ReadAsStringAsync(cancellationToken));
        return ServiceFault.Of(Name, response, code, message);
    }

    /// <summary>The content of an answer to a request for an object or a range of it.</summary>
    protected async Task<RemoteContent?> ReadContentAsync(
        HttpResponseMessage response, string key, (long Offset, int Length) range, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable)
            return new(InfoOf(response, key), default);
        await EnsureAsync(response, cancellationToken);
        var info = InfoOf(response, key);
        var content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        // A range after the end, as some services answer it.
        if (content.Length == 0 && info is { SizeBytes: 0, Tag.Length: > 0 }) return new(info, default);
        var expected = response.StatusCode is HttpStatusCode.OK
            ? info.SizeBytes : Math.Min(range.Length, info.SizeBytes - range.Offset);
        if (content.Length != expected || info.Tag.Length == 0)
            throw new ServiceFault($"{Name} gave {content.Length} bytes of {expected}") { IsTransient = true };
        if (response.StatusCode is not HttpStatusCode.OK) return new(info, content);
        // Everything is in the answer, because the service does not know ranges or because the object is small.
        var start = (int)Math.Min(range.Offset, content.Length);
        return new(info, content.AsMemory(start, Math.Min(range.Length, content.Length - start)));
    }

    /// <summary>Returns what an answer's headers say of the object.</summary>
    protected RemoteInfo InfoOf(HttpResponseMessage response, string key) => new(
        key,
        response.Content.Headers.ContentRange?.Length ?? response.Content.Headers.ContentLength ?? 0,
        CutToSeconds(response.Content.Headers.LastModified ?? default),
        TagOf(response) ?? "",
        WriteIdsOf(response));

    /// <summary>The object's tag in an answer.</summary>
    protected virtual string? TagOf(HttpResponseMessage response) => response.Headers.ETag?.ToString();

    /// <summary>The names of the last writes in an answer.</summary>
    protected abstract string? WriteIdsOf(HttpResponseMessage response);

    /// <summary>The first value of a header; null if there is none.</summary>
    protected static string? HeaderOf(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values)
        || response.Content.Headers.TryGetValues(name, out values)
            ? values.FirstOrDefault()
            : null;

    /// <summary>Adds the header of a range.</summary>
    protected static void SetRange(HttpRequestMessage request, (long Offset, int Length) range) =>
        request.Headers.Range = new RangeHeaderValue(range.Offset, range.Offset + range.Length - 1);

    /// <summary>An instant as all answers have it.</summary>
    protected static DateTimeOffset CutToSeconds(DateTimeOffset instant) =>
        new(instant.UtcTicks - instant.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero);

    /// <summary>A key as a URL has it, with its slashes.</summary>
    protected static string Escape(string key) => string.Join('/', key.Split('/').Select(Uri.EscapeDataString));

    /// <summary>Returns an address that is sent as written.</summary>
    protected static Uri Address(string url) =>
        new(url, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
}
