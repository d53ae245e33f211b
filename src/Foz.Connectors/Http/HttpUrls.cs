namespace Foz.Connectors.Http;

/// <summary>Addresses with parameters.</summary>
static class HttpUrls
{
    /// <summary>Returns the address of a path below another one, whose query it keeps.</summary>
    /// <param name="url">The address that the path is below.</param>
    /// <param name="path">The path, perhaps with a query of its own.</param>
    public static Uri Below(Uri url, string path)
    {
        var below = new Uri(new Uri($"{url.GetLeftPart(UriPartial.Path).TrimEnd('/')}/"), path.TrimStart('/'));
        var queries = new[] { url, below }.Select(u => u.Query.TrimStart('?')).Where(q => q.Length > 0);
        return url.Query.Length == 0 ? below : new UriBuilder(below) { Query = string.Join('&', queries) }.Uri;
    }

    /// <summary>An address with parameters added to its query; one that it has already is replaced.</summary>
    public static Uri With(Uri url, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var added = parameters.ToList();
        if (added.Count == 0) return url;
        var names = added.Select(p => Uri.EscapeDataString(p.Key)).ToHashSet(StringComparer.Ordinal);
        var kept = url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Where(part => !names.Contains(part.Split('=')[0]));
        var query = string.Join(
            '&', kept.Concat(added.Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}")));
        return new UriBuilder(url) { Query = query }.Uri;
    }
}
