namespace Foz.Connectors.Http;

/// <summary>The header <c>Link</c> (RFC 8288).</summary>
static class LinkHeader
{
    /// <summary>The address of the relation <c>next</c>; null where there is none.</summary>
    public static string? Next(string? header)
    {
        var rest = header.AsSpan();
        while (rest.IndexOf('<') is >= 0 and var start)
        {
            rest = rest[(start + 1)..];
            var end = rest.IndexOf('>');
            if (end < 0) return null;
            var target = rest[..end].Trim();
            rest = rest[(end + 1)..];
            var next = rest.IndexOf('<');
            var parameters = (next < 0 ? rest : rest[..next]).ToString();
            foreach (var parameter in parameters.Split(';', StringSplitOptions.TrimEntries))
                if (parameter.Split('=', 2, StringSplitOptions.TrimEntries) is [var name, var value]
                    && name.Equals("rel", StringComparison.OrdinalIgnoreCase)
                    && value.Trim(',', ' ').Trim('"').Split(' ').Contains("next", StringComparer.OrdinalIgnoreCase))
                    return target.ToString();
        }
        return null;
    }
}
