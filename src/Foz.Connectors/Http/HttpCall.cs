using System.Net;
using System.Text;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Http;

/// <summary>A request.</summary>
/// <param name="Url">Where to.</param>
sealed record HttpCall(Uri Url)
{
    /// <summary>Its body; null for a <c>GET</c>.</summary>
    public string? Body { get; init; }

    /// <summary>What the body is written in.</summary>
    public string BodyType { get; init; } = "application/json";

    /// <summary>Headers besides those of the connection.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether it carries the connection's credentials and headers.</summary>
    public bool IsTrusted { get; init; } = true;

    /// <summary>Whether a status is an answer and no failure.</summary>
    public Func<int, bool> Accepts { get; init; } = static _ => false;

    /// <summary>The request as errors name it: without its query, which may hold secrets.</summary>
    public override string ToString() => $"{(Body is null ? "GET" : "POST")} {Url.GetLeftPart(UriPartial.Path)}";
}

/// <summary>An answer.</summary>
/// <param name="Url">Where it came from, after redirects.</param>
/// <param name="Status">Its status.</param>
/// <param name="Body">All of it.</param>
sealed record HttpAnswer(Uri Url, int Status, ReadOnlyMemory<byte> Body)
{
    const int StartBytes = 16 << 10;
    const int ExcerptLength = 300;

    /// <summary>Its headers, those of the content too.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>What the body is written in, such as <c>application/json</c>; empty where unknown.</summary>
    public string MediaType => Header("Content-Type")?.Split(';')[0].Trim().ToLowerInvariant() ?? "";

    /// <summary>Whether it says that there are rows.</summary>
    public bool IsSuccess => Status is >= (int)HttpStatusCode.OK and < (int)HttpStatusCode.Ambiguous;

    /// <summary>How the body begins, on one line and without secrets, for errors; empty for an empty one.</summary>
    public string Excerpt(Secrets secrets)
    {
        var start = Encoding.UTF8.GetString(Body.Span[..Math.Min(Body.Length, StartBytes)]);
        // Cutting a text inside of a secret would show a part of the secret.
        var text = secrets.Mask(string.Join(' ', start.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
        return text.Length == 0 ? "" : $": {(text.Length > ExcerptLength ? $"{text[..ExcerptLength]}…" : text)}";
    }

    /// <summary>The status with its words (RFC 9110, 15), such as <c>404 Not Found</c>.</summary>
    public string StatusText
    {
        get
        {
            using var message = new HttpResponseMessage((HttpStatusCode)Status);
            return $"{Status} {message.ReasonPhrase}".TrimEnd();
        }
    }

    /// <summary>Returns a header; null if there is none.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
