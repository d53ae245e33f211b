using System.Security.Cryptography;
using System.Text;
using Foz.Wire.PostgreSql;

namespace Foz.Server.Auth;

/// <summary>
/// Checks passwords that come with each request. Hashing one takes thousands of rounds by design, so that those that
/// were right are known again for as long as the process lives: by a keyed hash, and only with the verifier that they
/// fitted. Safe for use by many threads.
/// </summary>
sealed class PasswordCheck
{
    const int KnownMax = 10_000;

    readonly byte[] secret = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);
    readonly Lock gate = new();
    readonly HashSet<string> known = new(StringComparer.Ordinal);

    /// <summary>Whether a password is the one of a verifier.</summary>
    public bool Fits(ScramVerifier verifier, string password)
    {
        var key = Convert.ToBase64String(
            HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{verifier}\n{password}")));
        lock (gate)
            if (known.Contains(key)) return true;
        if (!verifier.Fits(password)) return false;
        lock (gate)
        {
            if (known.Count >= KnownMax) known.Clear();
            known.Add(key);
        }

        return true;
    }
}
