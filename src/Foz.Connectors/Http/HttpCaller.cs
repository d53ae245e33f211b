using System.Globalization;
using System.Net;
using System.Text;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Http;

/// <summary>
/// Sends requests of one connection: no faster and no more at a time than it may, again where a failure may pass, and
/// without credentials to any other host. Safe for use by many threads.
/// </summary>
sealed class HttpCaller : IDisposable
{
    const int RedirectsMax = 5;
    static readonly TimeSpan BackoffMin = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(60);
    static readonly TimeSpan AnswerTimeMax = TimeSpan.FromMinutes(30);

    readonly HttpOptions options;
    readonly Secrets secrets;
    readonly TimeProvider clock;
    readonly HttpClient client;
    readonly TokenSource? tokens;
    readonly SemaphoreSlim slots;
    readonly Lock gate = new();
    DateTimeOffset nextStart;
    TimeSpan budgetLeft;

    /// <summary>Creates the caller of one connection.</summary>
    /// <param name="options">How the server is reached.</param>
    /// <param name="secrets">Secrets that no error may quote from answers; granted tokens are added.</param>
    /// <param name="clock">Decides when tokens expire, and waits between tries.</param>
    public HttpCaller(HttpOptions options, Secrets secrets, TimeProvider clock)
    {
        (this.options, this.secrets, this.clock) = (options, secrets, clock);
        client = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.All,
            MaxConnectionsPerServer = options.ConnectionsMax, ConnectTimeout = options.Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        slots = new(options.ConnectionsMax);
        budgetLeft = options.RetryBudget;
        nextStart = DateTimeOffset.MinValue;
        if (options.Authentication is Authentication.Header { Value: var value }) secrets.Add(value.Split(' ')[^1]);
        if (options.Authentication is Authentication.OAuth2 auth) tokens = new(auth, this, secrets, clock);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        client.Dispose();
        slots.Dispose();
        tokens?.Dispose();
    }

    /// <summary>Sends a request until it is answered.</summary>
    /// <exception cref="FozException">The server refuses, does not answer, or answers too much.</exception>
    public async Task<HttpAnswer> SendAsync(HttpCall call, CancellationToken cancellationToken)
    {
        var isRenewed = false;
        for (var tries = 0; ; tries++)
        {
            var outcome = await TryAsync(call, cancellationToken);
            if (outcome.Answer is { } answer)
            {
                if (answer.IsSuccess || call.Accepts(answer.Status)) return answer;
                if (answer.Status == (int)HttpStatusCode.Unauthorized && call.IsTrusted && tokens is not null
                    && !isRenewed)
                {
                    isRenewed = true;
                    await tokens.ForgetAsync(outcome.Token, cancellationToken);
                    continue;
                }
            }
            if (!outcome.MayPass || tries >= options.RetriesMax) throw Failure(call, outcome, tries);
            await WaitAsync(call, outcome, tries, cancellationToken);
        }
    }

    /// <summary>Waits before the next try.</summary>
    async Task WaitAsync(HttpCall call, Outcome outcome, int tries, CancellationToken cancellationToken)
    {
        var backoff = TimeSpan.FromTicks(Math.Min(BackoffMax.Ticks, BackoffMin.Ticks << Math.Min(tries, 20)));
        var wait = outcome.RetryAfter ?? backoff * (0.5 + (Random.Shared.NextDouble() / 2));
        lock (gate)
        {
            if (wait > budgetLeft)
                throw Failure(call, outcome, tries, outcome.RetryAfter is { } after
                    ? $"it asks to wait {after.TotalSeconds:N0} s, and "
                        + $"{budgetLeft.TotalSeconds:N0} s are left of retry_budget"
                    : "retry_budget is used up");
            budgetLeft -= wait;
        }
        await Task.Delay(wait, clock, cancellationToken);
    }

    async Task<Outcome> TryAsync(HttpCall call, CancellationToken cancellationToken)
    {
        var token = call.IsTrusted && tokens is not null ? await tokens.GetAsync(cancellationToken) : null;
        await StartAsync(cancellationToken);
        // Requests for tokens are made by one that waits, not beside it.
        await slots.WaitAsync(cancellationToken);
        try
        {
            return await ExchangeAsync(call, token, cancellationToken) with { Token = token };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            var certificate = e.InnerException is System.Security.Authentication.AuthenticationException;
            return new() { Error = e, MayPass = !certificate, Token = token };
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            return new()
            {
                Error = new TimeoutException($"no answer within {options.Timeout.TotalSeconds:0.###} s", e),
                MayPass = true,
            };
        }
        finally
        {
            slots.Release();
        }
    }

    /// <summary>Waits for this request's turn.</summary>
    async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.RequestInterval <= TimeSpan.Zero) return;
        TimeSpan wait;
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var start = nextStart > now ? nextStart : now;
            nextStart = start + options.RequestInterval;
            wait = start - now;
        }
        if (wait > TimeSpan.Zero) await Task.Delay(wait, clock, cancellationToken);
    }

    async Task<Outcome> ExchangeAsync(HttpCall call, string? token, CancellationToken cancellationToken)
    {
        var target = call;
        for (var redirects = 0; ; redirects++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            stop.CancelAfter(options.Timeout);
            using var request = Request(target, token);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            if ((int)response.StatusCode is 301 or 302 or 303 or 307 or 308
                && response.Headers.Location is { } location)
            {
                if (redirects >= RedirectsMax) return Fault($"it redirects more than {RedirectsMax} times");
                var next = new Uri(target.Url, location);
                if (Redirect(target, next, (int)response.StatusCode) is not { } followed)
                    return Fault($"it redirects to {next.GetLeftPart(UriPartial.Path)}, which is not followed");
                target = followed;
                continue;
            }
            return await ReadAsync(target, response, stop, cancellationToken);
        }
    }

    /// <summary>The request that a redirect asks for; null where it is not followed.</summary>
    static HttpCall? Redirect(HttpCall call, Uri url, int status)
    {
        if (url.Scheme is not ("http" or "https") || (call.Url.Scheme == "https" && url.Scheme == "http")) return null;
        var isSame = IsSameHost(call.Url, url);
        // A body may hold secrets as headers do.
        if (call.Body is not null && status is 307 or 308 && !isSame) return null;
        return call with
        {
            Url = url,
            Body = status is 307 or 308 ? call.Body : null,
            Headers = isSame ? call.Headers : new Dictionary<string, string>(),
            IsTrusted = call.IsTrusted && isSame,
        };
    }

    /// <summary>Whether two addresses are of one server.</summary>
    public static bool IsSameHost(Uri a, Uri b) =>
        a.Scheme == b.Scheme && a.Port == b.Port
            && string.Equals(a.IdnHost, b.IdnHost, StringComparison.OrdinalIgnoreCase);

    HttpRequestMessage Request(HttpCall call, string? token)
    {
        var url = call.Url;
        if (call.IsTrusted && options.Authentication is Authentication.Query query)
            url = HttpUrls.With(url, [new(query.Name, query.Value)]);
        var request = new HttpRequestMessage(call.Body is null ? HttpMethod.Get : HttpMethod.Post, url);
        if (call.Body is { } body) request.Content = new StringContent(body, Encoding.UTF8, call.BodyType);
        request.Headers.TryAddWithoutValidation("User-Agent", "foz");
        foreach (var (name, value) in call.IsTrusted ? options.Headers : new Dictionary<string, string>())
            Add(request, name, value);
        foreach (var (name, value) in call.Headers) Add(request, name, value);
        if (call.IsTrusted && options.Authentication is Authentication.Header header)
            Add(request, header.Name, header.Value);
        if (token is not null) Add(request, "Authorization", $"Bearer {token}");
        if (!request.Headers.Contains("Accept"))
            request.Headers.TryAddWithoutValidation("Accept", "application/json, */*;q=0.5");
        return request;
    }

    static void Add(HttpRequestMessage request, string name, string value)
    {
        request.Headers.Remove(name);
        request.Headers.TryAddWithoutValidation(name, value);
    }

    async Task<Outcome> ReadAsync(
        HttpCall call, HttpResponseMessage response, CancellationTokenSource stop, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        using var body = new MemoryStream(
            (int)Math.Min(response.Content.Headers.ContentLength ?? 0, options.AnswerBytesMax));
        await using var stream = await response.Content.ReadAsStreamAsync(stop.Token);
        var buffer = new byte[1 << 16];
        while (true)
        {
            stop.CancelAfter(options.Timeout);
            var count = await stream.ReadAsync(buffer, stop.Token);
            if (count == 0) break;
            if (body.Length + count > options.AnswerBytesMax)
                return Fault($"the answer is longer than {options.AnswerBytesMax:N0} bytes (answer_max)");
            if (clock.GetElapsedTime(started) > AnswerTimeMax) throw new OperationCanceledException("too slow");
            body.Write(buffer, 0, count);
        }
        cancellationToken.ThrowIfCancellationRequested();
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
            headers[name] = string.Join(", ", values);
        var answer = new HttpAnswer(
            call.Url, (int)response.StatusCode, body.GetBuffer().AsMemory(0, (int)body.Length))
        { Headers = headers };
        return new()
        {
            Answer = answer, MayPass = answer.Status is 408 or 425 or 429 or 500 or 502 or 503 or 504,
            RetryAfter = RetryAfter(answer),
        };
    }

    /// <summary>How long the server asks to wait (RFC 9110, 10.2.3, and the usual headers of limits).</summary>
    TimeSpan? RetryAfter(HttpAnswer answer)
    {
        var now = clock.GetUtcNow();
        if (answer.Header("Retry-After") is { } text)
        {
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
                return TimeSpan.FromSeconds(Math.Min(seconds, 1e7));
            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
                return at > now ? at - now : TimeSpan.Zero;
        }
        var reset = answer.Header("RateLimit-Reset") ?? answer.Header("X-RateLimit-Reset")
            ?? answer.Header("X-Rate-Limit-Reset");
        if (answer.Status != (int)HttpStatusCode.TooManyRequests
            || !double.TryParse(reset, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            return null;
        // Seconds from now, or since 1970.
        var until = value > 1e9 ? value - now.ToUnixTimeSeconds() : value;
        return TimeSpan.FromSeconds(Math.Clamp(until, 0, 1e7));
    }

    static Outcome Fault(string message) => new() { Error = new InvalidDataException(message) };

    FozException Failure(HttpCall call, Outcome outcome, int tries, string? more = null)
    {
        var what = outcome.Answer is { } answer
            ? $"{call}: the server answers {answer.StatusText}{answer.Excerpt(secrets)}"
            : outcome.Error is InvalidDataException or TimeoutException ? $"{call}: {outcome.Error.Message}"
            : $"{call}: the server cannot be reached or read: {outcome.Error!.Message}";
        var after = tries == 0 ? "" : $" (tried {tries + 1} times)";
        return new(ErrorKind.Source, what + after + (more is null ? "" : $"; {more}"), outcome.Error)
        {
            IsTransient = outcome.MayPass,
            Hint = outcome.Answer?.Status switch
            {
                401 or 403 => "correct 'auth' of the connection, or the rights of who it names",
                404 => "correct 'path' of the stream or 'url' of the connection",
                429 => "set rate_limit of the connection below the server's limit",
                _ => null,
            },
        };
    }

    /// <summary>What one try came to.</summary>
    sealed record Outcome
    {
        public HttpAnswer? Answer { get; init; }
        public Exception? Error { get; init; }
        public bool MayPass { get; init; }
        public TimeSpan? RetryAfter { get; init; }
        public string? Token { get; init; }
    }
}
