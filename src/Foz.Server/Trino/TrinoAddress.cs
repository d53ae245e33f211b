using Microsoft.AspNetCore.Http;

namespace Foz.Server.Trino;

/// <summary>
/// The address at which a client finds the server: from the headers of a proxy, otherwise from the request.
/// </summary>
/// <param name="Base">Scheme and host, without a slash at the end.</param>
readonly record struct TrinoAddress(string Base)
{
    /// <summary>The path under which statements are sent.</summary>
    public const string StatementPath = "/v1/statement";

    /// <summary>The path of pages.</summary>
    public const string PagePath = StatementPath + "/executing";

    /// <summary>The path of information about statements.</summary>
    public const string QueryPath = "/v1/query";

    /// <summary>The address by which a client has reached the server.</summary>
    public static TrinoAddress Of(HttpRequest request)
    {
        var scheme = Forwarded(request, "X-Forwarded-Proto") is { } proto and ("http" or "https")
            ? proto
            : request.Scheme;
        var host = Forwarded(request, "X-Forwarded-Host") is { } name
            && Uri.TryCreate($"{scheme}://{name}", UriKind.Absolute, out var uri)
            && uri.AbsolutePath == "/" && uri.UserInfo.Length == 0 && uri.Query.Length == 0
            ? new HostString(name)
            : request.Host;
        if (host.Port is null && Forwarded(request, "X-Forwarded-Port") is { } text
            && ushort.TryParse(text, out var port)
            && port != (scheme == "https" ? 443 : 80))
            host = new(host.Host, port);
        return new($"{scheme}://{host.ToUriComponent()}");
    }

    /// <summary>Where the page of a token is.</summary>
    public string PageOf(TrinoQuery query, long token) => $"{Base}{PagePath}/{query.Id}/{query.Slug}/{token}";

    /// <summary>Returns the address of information about a statement.</summary>
    public string InfoOf(TrinoQuery query) => $"{Base}{QueryPath}/{query.Id}";

    static string? Forwarded(HttpRequest request, string header) =>
        request.Headers[header] is [{ Length: > 0 } value, ..] ? value.Split(',')[0].Trim() : null;
}
