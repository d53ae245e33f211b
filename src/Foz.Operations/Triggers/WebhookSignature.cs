using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foz.Operations.Schedules;

namespace Foz.Operations.Triggers;

/// <summary>
/// Checks who calls a webhook: by a signature of the call as Standard Webhooks 1.0 has it (id, moment and body), by one
/// of the body alone as GitHub sends it, or by a bearer token.
/// </summary>
static class WebhookSignature
{
    const string IdHeader = "webhook-id", TimeHeader = "webhook-timestamp", SignatureHeader = "webhook-signature";
    const string BodySignatureHeader = "X-Hub-Signature-256", BodyPrefix = "sha256=";
    const string EncodedPrefix = "whsec_", VersionPrefix = "v1,";
    const int IdCharsMax = 256;

    static readonly TimeSpan tolerance = TimeSpan.FromMinutes(5);

    /// <summary>Checks a call.</summary>
    /// <param name="access">What the schedule takes.</param>
    /// <param name="header">Gives a header; null where it is not there.</param>
    /// <param name="body">The body.</param>
    /// <param name="now">The moment.</param>
    /// <returns>
    /// What tells the call apart from others, so that it makes one run; empty where nothing does. Null where the call
    /// is not let in.
    /// </returns>
    public static string? Check(
        WebhookAccess access, Func<string, string?> header, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (access.Secret is { } secret)
        {
            if (header(SignatureHeader) is { } signatures)
                return IsSigned(secret, header, signatures, body, now) ? $"id {header(IdHeader)}" : null;
            if (header(BodySignatureHeader) is { } signature)
                // Its delivery id is not signed: the body is, and the same body is the same call.
                return IsOfBody(secret, signature, body) ? $"body {signature}" : null;
        }
        if (access.Token is not { } token || header("Authorization") is not { } given
            || !given.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            || !AreEqual(Encoding.UTF8.GetBytes(given[7..].Trim()), Encoding.UTF8.GetBytes(token)))
            return null;
        return (header("Idempotency-Key") ?? header(IdHeader)) is { Length: > 0 and <= IdCharsMax } key
            ? $"key {key}"
            : "";
    }

    static bool IsSigned(
        string secret, Func<string, string?> header, string signatures, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (header(IdHeader) is not { Length: > 0 and <= IdCharsMax } id
            || !long.TryParse(header(TimeHeader), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(now.ToUnixTimeSeconds() - seconds) > tolerance.TotalSeconds)
            return false;
        byte[] signed = [.. Encoding.UTF8.GetBytes(Text($"{id}.{seconds}.")), .. body];
        var expected = HMACSHA256.HashData(KeyOf(secret), signed);
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var signature in signatures.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            if (signature.StartsWith(VersionPrefix, StringComparison.Ordinal)
                && Convert.TryFromBase64String(signature[VersionPrefix.Length..], given, out var length)
                && AreEqual(given[..length], expected))
                return true;
        return false;
    }

    static bool IsOfBody(string secret, string signature, ReadOnlySpan<byte> body) =>
        signature.StartsWith(BodyPrefix, StringComparison.Ordinal)
        && AreEqual(
            Encoding.ASCII.GetBytes(signature[BodyPrefix.Length..]),
            Encoding.ASCII.GetBytes(
                Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body))));

    static byte[] KeyOf(string secret)
    {
        if (!secret.StartsWith(EncodedPrefix, StringComparison.Ordinal)) return Encoding.UTF8.GetBytes(secret);
        var key = new byte[secret.Length];
        return Convert.TryFromBase64String(secret[EncodedPrefix.Length..], key, out var length)
            ? key[..length]
            : Encoding.UTF8.GetBytes(secret);
    }

    static bool AreEqual(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) =>
        CryptographicOperations.FixedTimeEquals(one, other);

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
