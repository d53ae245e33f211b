using System.Net;
using Foz.Serving.Trino;
using Microsoft.AspNetCore.Http;

namespace Foz.Server.Trino;

/// <summary>
/// The headers by which clients send their session, and learn what changes in it (Trino's documentation, "Client REST
/// API"). Older clients write <c>X-Presto-…</c>, and get answers with the same prefix.
/// </summary>
/// <param name="prefix">The prefix of all of them.</param>
/// <param name="headers">The headers of the request.</param>
sealed class TrinoHeaders(string prefix, IHeaderDictionary headers)
{
    const string Current = "X-Trino-", Former = "X-Presto-";

    /// <summary>The headers of a request.</summary>
    public static TrinoHeaders Of(HttpRequest request) => new(
        request.Headers.ContainsKey(Former + "User") && !request.Headers.ContainsKey(Current + "User")
            ? Former
            : Current,
        request.Headers);

    /// <summary>Gets the user of the statement; null where only the log-in names one.</summary>
    public string? User => Find("User");

    /// <summary>Reads what comes with a statement.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="address">Where the client is.</param>
    public TrinoRequest Read(string sql, string? address) => new()
    {
        Sql = sql,
        Catalog = Find("Catalog"),
        Schema = Find("Schema"),
        TimeZone = Find("Time-Zone"),
        Source = Find("Source"),
        ClientAddress = address,
        TransactionId = Find("Transaction-Id") is { } id && !id.Equals("NONE", StringComparison.OrdinalIgnoreCase)
            ? id
            : null,
        HasPrecisions = List("Client-Capabilities").Contains("PARAMETRIC_DATETIME", StringComparer.OrdinalIgnoreCase),
        Properties = Pairs("Session"),
        Prepared = Pairs("Prepared-Statement"),
    };

    /// <summary>Writes what changes in the session.</summary>
    public void Write(TrinoEffects effects, IHeaderDictionary answer)
    {
        Set("Set-Catalog", effects.SetCatalog);
        Set("Set-Schema", effects.SetSchema);
        if (effects.SetProperty is { } property)
            Set("Set-Session", $"{property.Name}={WebUtility.UrlEncode(property.Value)}");
        Set("Clear-Session", effects.ClearProperty);
        if (effects.AddedPrepare is { } prepare)
            Set("Added-Prepare", $"{WebUtility.UrlEncode(prepare.Name)}={WebUtility.UrlEncode(prepare.Sql)}");
        if (effects.DeallocatedPrepare is { } name) Set("Deallocated-Prepare", WebUtility.UrlEncode(name));
        Set("Started-Transaction-Id", effects.StartedTransaction);
        if (effects.ClearsTransaction) Set("Clear-Transaction-Id", "true");

        void Set(string header, string? value)
        {
            if (value is not null) answer[prefix + header] = value;
        }
    }

    string? Find(string name) => headers[prefix + name] is [{ Length: > 0 } value, ..] ? value.Trim() : null;

    IEnumerable<string> List(string name) => headers[prefix + name]
        .SelectMany(value =>
            (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    Dictionary<string, string> Pairs(string name)
    {
        var pairs = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in List(name))
            if (pair.Split('=', 2, StringSplitOptions.TrimEntries) is [var key, var value])
                pairs[WebUtility.UrlDecode(key)] = WebUtility.UrlDecode(value);
        return pairs;
    }
}
