using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Foz.Storage.AzureBlob;

/// <summary>Signs requests with an account's key (Azure Storage, "Authorize with Shared Key").</summary>
static class SharedKey
{
    /// <summary>The value of the header <c>Authorization</c>; all other headers are set before.</summary>
    public static string Sign(HttpRequestMessage request, long bodyBytes, string account, byte[] key)
    {
        var text = new StringBuilder().Append(request.Method.Method).Append("\n\n\n")
            .Append(bodyBytes > 0 ? bodyBytes.ToString(CultureInfo.InvariantCulture) : "").Append("\n\n")
            .Append(request.Content?.Headers.ContentType).Append("\n\n\n")
            .Append(Header(request, "If-Match")).Append('\n')
            .Append(Header(request, "If-None-Match")).Append("\n\n")
            .Append(Header(request, "Range")).Append('\n');
        foreach (var (name, value) in request.Headers
            .Where(header => header.Key.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase))
            .Select(header => (Name: header.Key.ToLowerInvariant(), Value: string.Join(',', header.Value)))
            .OrderBy(header => header.Name, StringComparer.Ordinal))
            text.Append(name).Append(':').Append(value.Trim()).Append('\n');
        text.Append('/').Append(account).Append(request.RequestUri!.AbsolutePath);
        foreach (var (name, value) in request.RequestUri.Query.TrimStart('?')
            .Split('&', StringSplitOptions.RemoveEmptyEntries).Select(Parameter)
            .OrderBy(parameter => parameter.Name, StringComparer.Ordinal))
            text.Append('\n').Append(name).Append(':').Append(value);
        var signature = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text.ToString()));
        return $"SharedKey {account}:{Convert.ToBase64String(signature)}";
    }

    static string Header(HttpRequestMessage request, string name) =>
        request.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : "";

    static (string Name, string Value) Parameter(string part)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        return equals < 0
            ? (part.ToLowerInvariant(), "")
            : (part[..equals].ToLowerInvariant(), Uri.UnescapeDataString(part[(equals + 1)..]));
    }
}
