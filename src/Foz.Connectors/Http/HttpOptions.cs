using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Http;

/// <summary>How an API is reached.</summary>
sealed record HttpOptions
{
    /// <summary>The address that paths are below, perhaps with a query that all requests have.</summary>
    public required Uri Url { get; init; }

    /// <summary>How requests prove the identity of their sender.</summary>
    public Authentication Authentication { get; init; } = new Authentication.None();

    /// <summary>Headers of all requests.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Query parameters of all requests.</summary>
    public IReadOnlyDictionary<string, string> Params { get; init; } = new Dictionary<string, string>();

    /// <summary>The least time between the starts of two requests.</summary>
    public TimeSpan RequestInterval { get; init; }

    /// <summary>How many requests may be under way.</summary>
    public int ConnectionsMax { get; init; } = 4;

    /// <summary>How long the server may take to begin an answer, or be silent within one.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a request is tried again.</summary>
    public int RetriesMax { get; init; } = 8;

    /// <summary>How long all requests may wait for such tries.</summary>
    public TimeSpan RetryBudget { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How large one answer may be.</summary>
    public long AnswerBytesMax { get; init; } = 256_000_000;

    /// <summary>What a connection is set to.</summary>
    /// <exception cref="FozException">A setting is wrong.</exception>
    public static HttpOptions Read(Settings settings)
    {
        var url = ReadUrl(settings, "url", settings.RequiredText("url"));
        var defaults = new HttpOptions { Url = url };
        return defaults with
        {
            Authentication = Authentication.Read(settings.Section("auth")),
            Headers = settings.Map("headers"),
            Params = settings.Map("params"),
            RequestInterval = ReadRate(settings),
            ConnectionsMax = settings.Integer("connections_max", 1, 64, defaults.ConnectionsMax),
            Timeout = settings.Duration("timeout", defaults.Timeout),
            RetriesMax = settings.Integer("retries", 0, 100, defaults.RetriesMax),
            RetryBudget = settings.Duration("retry_budget", defaults.RetryBudget),
            AnswerBytesMax = settings.Text("answer_max") switch
            {
                null => defaults.AnswerBytesMax,
                var text when MemorySize.TryParse(text, out var size) && size.Bytes is > 0 and <= int.MaxValue =>
                    size.Bytes,
                var text => throw settings.Wrong("answer_max", $"an amount up to 2GB such as 64MB, not '{text}'"),
            },
        };
    }

    /// <summary>An address of HTTP.</summary>
    /// <exception cref="FozException">It is none.</exception>
    public static Uri ReadUrl(Settings settings, string name, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0
            && url.Fragment.Length == 0
            ? url.UserInfo.Length == 0
                ? url
                : throw settings.Wrong(name, "an address without user and password: they stand in 'auth'")
            : throw settings.Wrong(name, $"an address that starts with http:// or https://, not '{text}'");

    static TimeSpan ReadRate(Settings settings)
    {
        if (settings.Text("rate_limit") is not { } text) return TimeSpan.Zero;
        if (text.Split('/', StringSplitOptions.TrimEntries) is [var count, var unit]
            && double.TryParse(count, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number is > 0 and <= 1e6)
        {
            double? seconds = unit switch
            {
                "s" or "second" => 1,
                "m" or "minute" => 60,
                "h" or "hour" => 3600,
                "d" or "day" => 86400,
                _ => null,
            };
            if (seconds is { } length) return TimeSpan.FromSeconds(length / number);
        }
        throw settings.Wrong(
            "rate_limit", $"a number of requests in a time, such as 10/s, 600/m or 5000/h, not '{text}'");
    }
}
