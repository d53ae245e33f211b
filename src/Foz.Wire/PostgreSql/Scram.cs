using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Foz.Wire.PostgreSql;

/// <summary>What SCRAM-SHA-256 clients and servers share (RFC 5802, RFC 7677).</summary>
static class Scram
{
    /// <summary>Above this, a server could keep a client busy for seconds.</summary>
    public const int IterationsMax = 5_000_000;

    public const int HashBytes = 32;

    const int NonceBytes = 18;

    public static string NewNonce() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));

    public static byte[] SaltedPassword(string password, ReadOnlySpan<byte> salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, HashBytes);

    public static byte[] Hmac(ReadOnlySpan<byte> key, string text) =>
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    public static byte[] Xor(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var result = left.ToArray();
        for (var i = 0; i < result.Length; i++) result[i] ^= right[i];
        return result;
    }

    /// <summary>The value of the attribute that a message must have at its <paramref name="index"/>.</summary>
    public static string Attribute(string[] attributes, int index, char name) =>
        index < attributes.Length && attributes[index].StartsWith($"{name}=", StringComparison.Ordinal)
            ? attributes[index][2..]
            : throw WireException.Malformed($"a SCRAM message lacks its attribute '{name}'");

    public static byte[] Base64(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw WireException.Malformed("a SCRAM message holds what is no base64");
        }
    }

    public static int Iterations(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0
            ? count <= IterationsMax
                ? count
                : throw new WireException(
                    WireErrorKind.Unsupported, $"SCRAM with {count} iterations; at most {IterationsMax} are done")
            : throw WireException.Malformed("a SCRAM message counts its iterations wrongly");
}
