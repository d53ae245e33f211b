namespace Foz.Core.Connectors.Http;

/// <summary>Addresses with parameters.</summary>
static class HttpUrls
{
    /// <summary>An address with parameters added to its query; one that it has already is replaced.</summary>
    public static Uri With(Uri url, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var added = parameters.ToList();
        if (added.Count == 0) return url;
        var names = added.Select(p => Uri.EscapeDataString(p.Key)).ToHashSet(StringComparer.Ordinal);
        var kept = url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Where(part => !names.Contains(part.Split('=')[0]));
        var query = string.Join('&', kept.Concat(added.Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}")));
        return new UriBuilder(url) { Query = query }.Uri;
    }
}
