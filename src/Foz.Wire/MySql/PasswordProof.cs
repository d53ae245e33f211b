using System.Security.Cryptography;
using System.Text;

namespace Foz.Wire.MySql;

/// <summary>Proves to a server that a client knows a password, by a challenge of the server.</summary>
public static class PasswordProof
{
    /// <summary>The method that MariaDB has as its default.</summary>
    public const string Native = "mysql_native_password";

    /// <summary>The method that MySQL 8 has as its default.</summary>
    public const string CachingSha2 = "caching_sha2_password";

    /// <summary>The method that sends the password itself, which a way without encryption does not get.</summary>
    public const string ClearText = "mysql_clear_password";

    /// <summary>Computes the proof of a method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="password">The password; a user without one proves nothing.</param>
    /// <param name="challenge">The server's bytes.</param>
    /// <param name="isEncrypted">Whether the connection is encrypted.</param>
    /// <exception cref="WireException">Thrown when the method is not supported, or not on this way.</exception>
    public static byte[] Compute(string method, string password, ReadOnlySpan<byte> challenge, bool isEncrypted)
    {
        if (method is not (Native or CachingSha2 or ClearText))
            throw new WireException(
                WireErrorKind.Authentication,
                $"the server asks for the login method '{method}', which is not supported");
        if (method == ClearText)
            return isEncrypted
                ? ClearBytes(password)
                : throw new WireException(
                    WireErrorKind.Authentication, "the server asks for the password itself, without TLS");
        if (password.Length == 0) return [];
        return method == Native
            ? OfNative(Encoding.UTF8.GetBytes(password), challenge)
            : OfSha2(Encoding.UTF8.GetBytes(password), challenge);
    }

    /// <summary>Returns the password as it is sent over an encrypted connection: with a NUL byte after it.</summary>
    public static byte[] ClearBytes(string password) => [.. Encoding.UTF8.GetBytes(password), 0];

    /// <summary>SHA1(password) XOR SHA1(challenge + SHA1(SHA1(password))), which the protocol asks for.</summary>
    static byte[] OfNative(byte[] password, ReadOnlySpan<byte> challenge)
    {
#pragma warning disable CA5350 // The protocol defines it with SHA-1.
        var once = SHA1.HashData(password);
        var proof = SHA1.HashData([.. challenge, .. SHA1.HashData(once)]);
#pragma warning restore CA5350
        for (var i = 0; i < proof.Length; i++) proof[i] ^= once[i];
        return proof;
    }

    /// <summary>SHA256(password) XOR SHA256(SHA256(SHA256(password)) + challenge), where + appends.</summary>
    static byte[] OfSha2(byte[] password, ReadOnlySpan<byte> challenge)
    {
        var once = SHA256.HashData(password);
        var proof = SHA256.HashData([.. SHA256.HashData(once), .. challenge]);
        for (var i = 0; i < proof.Length; i++) proof[i] ^= once[i];
        return proof;
    }
}
