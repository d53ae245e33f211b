using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Foz.Storage.S3;

/// <summary>Keys of an AWS account, or of a service that speaks its protocol.</summary>
/// <param name="AccessKeyId">The name of the key.</param>
/// <param name="SecretAccessKey">The key.</param>
/// <param name="SessionToken">The token of keys that end; null for others.</param>
sealed record S3Keys(string AccessKeyId, string SecretAccessKey, string? SessionToken)
{
    /// <summary>Returns only the name of the key, so that no output contains its secret.</summary>
    public override string ToString() => AccessKeyId;
}

/// <summary>
/// Signs requests with AWS Signature Version 4 (AWS General Reference, "Create a signed AWS API request").
/// </summary>
static class S3Signature
{
    const string Algorithm = "AWS4-HMAC-SHA256";
    const string Service = "s3";

    /// <summary>Adds the headers that date and sign a request; all headers are set before.</summary>
    public static void Sign(
        HttpRequestMessage request, ReadOnlySpan<byte> body, S3Keys keys, string region, DateTimeOffset now)
    {
        var payload = Convert.ToHexStringLower(SHA256.HashData(body));
        var stamp = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        request.Headers.Host = request.RequestUri!.Authority;
        Set(request, "x-amz-date", stamp);
        Set(request, "x-amz-content-sha256", payload);
        if (keys.SessionToken is { } token) Set(request, "x-amz-security-token", token);

        var headers = request.Headers
            .Where(header => header.Key.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase)
                || header.Key is "Host" or "Range" or "If-Match" or "If-None-Match")
            .Select(header => (Name: header.Key.ToLowerInvariant(), Value: string.Join(',', header.Value).Trim()))
            .OrderBy(header => header.Name, StringComparer.Ordinal).ToList();
        var names = string.Join(';', headers.Select(header => header.Name));
        var canonical = new StringBuilder()
            .Append(request.Method.Method).Append('\n')
            .Append(request.RequestUri.AbsolutePath).Append('\n')
            .Append(Query(request.RequestUri)).Append('\n');
        foreach (var (name, value) in headers) canonical.Append(name).Append(':').Append(value).Append('\n');
        canonical.Append('\n').Append(names).Append('\n').Append(payload);

        var scope = $"{stamp[..8]}/{region}/{Service}/aws4_request";
        var hashed = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())));
        var signature = Convert.ToHexStringLower(
            Hash(KeyOf(keys, stamp[..8], region), $"{Algorithm}\n{stamp}\n{scope}\n{hashed}"));
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            $"{Algorithm} Credential={keys.AccessKeyId}/{scope},SignedHeaders={names},Signature={signature}");
    }

    static void Set(HttpRequestMessage request, string name, string value)
    {
        request.Headers.Remove(name);
        request.Headers.TryAddWithoutValidation(name, value);
    }

    /// <summary>The query with its parameters in order; each is escaped already.</summary>
    static string Query(Uri address) => string.Join('&', address.Query.TrimStart('?')
        .Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(part => part.Contains('=', StringComparison.Ordinal) ? part : part + "=")
        .Order(StringComparer.Ordinal));

    static byte[] KeyOf(S3Keys keys, string day, string region)
    {
        var key = Hash(Encoding.UTF8.GetBytes("AWS4" + keys.SecretAccessKey), day);
        foreach (var part in (ReadOnlySpan<string>)[region, Service, "aws4_request"]) key = Hash(key, part);
        return key;
    }

    static byte[] Hash(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
