using System.Globalization;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Foz.Lake.Configuration;

namespace Foz.Operations.Channels;

/// <summary>
/// Sends the requests of one channel, each once: without redirects, within a time, and with a bounded answer. What goes
/// wrong is a <see cref="Delivery"/> without secrets. Safe for use by many threads.
/// </summary>
sealed class ChannelHttp : IDisposable
{
    const int AnswerBytesMax = 64 << 10;
    const int HeadersKilobytesMax = 16;
    const int ConnectionsMax = 4;
    const int ReasonLengthMax = 300;

    static readonly TimeSpan connectionLifetime = TimeSpan.FromMinutes(5);

    readonly HttpClient client;
    readonly Secrets secrets;
    readonly TimeProvider clock;
    readonly TimeSpan timeout;

    /// <summary>Creates the sender of a channel.</summary>
    /// <param name="settings">The channel's settings.</param>
    /// <param name="authorities">The authorities that are trusted; null for those of the machine.</param>
    public ChannelHttp(ChannelSettings settings, X509Certificate2Collection? authorities = null)
    {
        (secrets, clock, timeout) = (settings.Secrets, settings.Clock, settings.Timeout);
        client = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = ConnectionsMax,
            ConnectTimeout = timeout, PooledConnectionLifetime = connectionLifetime,
            MaxResponseHeadersLength = HeadersKilobytesMax,
            SslOptions = { CertificateChainPolicy = ChannelSettings.Policy(authorities) },
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "foz");
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    /// <summary>Returns a request with a JSON body.</summary>
    public static HttpRequestMessage Json(Uri address, string body) => new(HttpMethod.Post, address)
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
    };

    /// <summary>Sends a request, and reads its answer.</summary>
    /// <param name="request">The request.</param>
    /// <param name="read">Returns how an answer of any status is to be taken.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<Delivery> SendAsync(
        HttpRequestMessage request, Func<HttpAnswer, Delivery> read, CancellationToken cancellationToken)
    {
        var host = request.RequestUri!.Host;
        using var limit = new CancellationTokenSource(timeout, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await client.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            var body = await ReadAsync(response, stop.Token);
            return Masked(read(new(host, (int)response.StatusCode, body)
            {
                RetryAfter = RetryAfter(response), Location = response.Headers.Location,
            }));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Delivery.Failed($"{host} did not answer within {timeout.TotalSeconds:0.###} s", After: null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            var reason = e.InnerException is AuthenticationException tls
                ? $"TLS with {host} failed: {tls.Message}"
                : $"cannot reach {host}: {e.Message}";
            return Masked(new Delivery.Failed(reason, After: null));
        }
    }

    /// <summary>Returns a delivery whose reason is one line without secrets.</summary>
    public Delivery Masked(Delivery delivery) => delivery switch
    {
        Delivery.Failed failed => failed with { Reason = Mask(failed.Reason) },
        Delivery.Refused refused => new Delivery.Refused(Mask(refused.Reason)),
        Delivery.Sent { Warning: { } warning } sent => sent with { Warning = Mask(warning) },
        _ => delivery,
    };

    // Masked before it is cut, as a part of a secret is not found.
    string Mask(string reason) => MessageText.Cell(secrets.Mask(reason), ReasonLengthMax).TrimEnd('.');

    static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var bytes = new byte[AnswerBytesMax];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        // What follows is not read: no service answers as much, and what it says of success is its status.
        var count = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(bytes, 0, count);
    }

    TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } wait } => wait,
        { Date: { } date } => date > clock.GetUtcNow() ? date - clock.GetUtcNow() : TimeSpan.Zero,
        _ => null,
    };
}

/// <summary>An answer of a service.</summary>
/// <param name="Host">The host that answered.</param>
/// <param name="Status">The status of HTTP.</param>
/// <param name="Body">The body, at most 64 KiB of it.</param>
sealed record HttpAnswer(string Host, int Status, string Body)
{
    /// <summary>Gets how long the service asks to wait; null where it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Gets where a redirect leads; null where there is none.</summary>
    public Uri? Location { get; init; }

    /// <summary>Gets the body as a JSON object; null where it is none.</summary>
    public JsonElement? Json()
    {
        try
        {
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.ValueKind is JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Returns the failure that a status means: 408, 425, 429 and 5xx may pass, others do not; null for 2xx.
    /// </summary>
    /// <param name="word">What the service says of it; null for the body.</param>
    public Delivery? Failure(string? word = null)
    {
        var said = $"{Host} answers {Status.ToString(CultureInfo.InvariantCulture)} {word ?? Body}".TrimEnd();
        return Status switch
        {
            >= 200 and < 300 => null,
            >= 300 and < 400 => new Delivery.Refused(
                $"{Host} answers {Status} and leads to {(Location is { IsAbsoluteUri: true } to ? to.Host : Host)}; "
                + "redirects are not followed"),
            (int)HttpStatusCode.RequestTimeout or 425 or (int)HttpStatusCode.TooManyRequests or >= 500 =>
                new Delivery.Failed(said, RetryAfter),
            _ => new Delivery.Refused(said),
        };
    }

    /// <summary>Returns that a service answers success in another form than it documents.</summary>
    public Delivery NotUnderstood() =>
        new Delivery.Failed($"{Host} answers {Status} in another form than it documents", RetryAfter);
}

/// <summary>Reads members of JSON objects that may lack them.</summary>
static class JsonMembers
{
    /// <summary>Writes JSON with letters of all languages as they are.</summary>
    public static JsonSerializerOptions Readable { get; } = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    extension(JsonElement? element)
    {
        /// <summary>Returns a member that is an object; null where it is none.</summary>
        public JsonElement? Member(string name) =>
            element is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out var member)
                ? member : null;

        /// <summary>Returns a member that is a text or a number, as text; null where it is none.</summary>
        public string? Text(string name) => element.Member(name) switch
        {
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
            _ => null,
        };
    }
}
