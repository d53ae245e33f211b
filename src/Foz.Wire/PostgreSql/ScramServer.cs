using System.Security.Cryptography;
using System.Text;

namespace Foz.Wire.PostgreSql;

/// <summary>What a server keeps of a password: enough to check it, not enough to log in.</summary>
/// <param name="Iterations">Rounds of hashing.</param>
/// <param name="Salt">The salt.</param>
/// <param name="StoredKey">Hash of the client's key.</param>
/// <param name="ServerKey">The server's key.</param>
public sealed record ScramVerifier(int Iterations, byte[] Salt, byte[] StoredKey, byte[] ServerKey)
{
    /// <summary>Rounds of hashing where they are not set, as in PostgreSQL.</summary>
    public const int IterationsDefault = 32_768;

    const int SaltBytes = 16;
    const string Prefix = "SCRAM-SHA-256$";

    /// <summary>Makes the verifier of a password.</summary>
    /// <param name="password">The password.</param>
    /// <param name="salt">The salt; drawn at random where null.</param>
    /// <param name="iterations">Rounds of hashing.</param>
    public static ScramVerifier Of(string password, byte[]? salt = null, int iterations = IterationsDefault)
    {
        salt ??= RandomNumberGenerator.GetBytes(SaltBytes);
        var saltedPassword = Scram.SaltedPassword(password, salt, iterations);
        return new ScramVerifier(
            iterations,
            salt,
            SHA256.HashData(Scram.Hmac(saltedPassword, "Client Key")),
            Scram.Hmac(saltedPassword, "Server Key"));
    }

    /// <summary>Whether a password is the one that it was made of; takes the same time whatever differs.</summary>
    public bool Fits(string password) =>
        CryptographicOperations.FixedTimeEquals(Of(password, Salt, Iterations).StoredKey, StoredKey);

    /// <summary>Reads a verifier in PostgreSQL's text form, <c>SCRAM-SHA-256$4096:salt$key:key</c>.</summary>
    /// <exception cref="WireException">The text is none.</exception>
    public static ScramVerifier Parse(string text)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)
            || text[Prefix.Length..].Split('$', ':') is not [var iterations, var salt, var storedKey, var serverKey])
            throw WireException.Malformed("a text is no SCRAM verifier");
        var verifier = new ScramVerifier(
            Scram.Iterations(iterations), Scram.Base64(salt), Scram.Base64(storedKey), Scram.Base64(serverKey));
        return verifier.StoredKey.Length == Scram.HashBytes && verifier.ServerKey.Length == Scram.HashBytes
            ? verifier
            : throw WireException.Malformed("a SCRAM verifier has keys of a wrong length");
    }

    /// <summary>The verifier in PostgreSQL's text form.</summary>
    public override string ToString() =>
        $"{Prefix}{Iterations}:{Convert.ToBase64String(Salt)}"
        + $"${Convert.ToBase64String(StoredKey)}:{Convert.ToBase64String(ServerKey)}";
}

/// <summary>The server of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677).</summary>
/// <param name="verifier">The verifier of the user's password.</param>
/// <param name="certificateHash">
/// Hash of the certificate that the client sees, for <c>tls-server-end-point</c>; null without TLS.
/// </param>
/// <param name="isPlus">Whether the client chose SCRAM-SHA-256-PLUS.</param>
/// <param name="nonce">Printable characters without comma that are used once; drawn at random where null.</param>
public sealed class ScramServer(
    ScramVerifier verifier, byte[]? certificateHash = null, bool isPlus = false, string? nonce = null)
{
    string clientHeader = "";
    string clientFirstBare = "";
    string serverFirst = "";
    string bothNonces = "";

    /// <summary>The answer to the client's first message.</summary>
    /// <exception cref="WireException">That is malformed, or binds to a channel in a way that cannot be.</exception>
    public byte[] First(ReadOnlySpan<byte> clientFirst)
    {
        var text = Encoding.UTF8.GetString(clientFirst);
        if (text.Split(',', 3) is not [var flag, "", var bare])
            throw WireException.Malformed("a client's first SCRAM message is malformed");
        var isRight = isPlus
            ? flag is "p=tls-server-end-point" && certificateHash is not null
            : flag is "n" || (flag is "y" && certificateHash is null);
        if (!isRight) throw new WireException(WireErrorKind.Authentication, "SCRAM channel binding does not agree");

        clientHeader = flag + ",,";
        clientFirstBare = bare;
        bothNonces = Scram.Attribute(bare.Split(','), 1, 'r') + (nonce ?? Scram.NewNonce());
        serverFirst = $"r={bothNonces},s={Convert.ToBase64String(verifier.Salt)},i={verifier.Iterations}";
        return Encoding.UTF8.GetBytes(serverFirst);
    }

    /// <summary>The answer to the client's last message, once its proof holds.</summary>
    /// <exception cref="WireException">It does not hold, or is malformed.</exception>
    public byte[] Final(ReadOnlySpan<byte> clientFinal)
    {
        var text = Encoding.UTF8.GetString(clientFinal);
        var proofAt = text.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0) throw WireException.Malformed("a client's last SCRAM message has no proof");
        var attributes = text[..proofAt].Split(',');
        var channel = Scram.Base64(Scram.Attribute(attributes, 0, 'c'));
        byte[] channelExpected = [.. Encoding.ASCII.GetBytes(clientHeader), .. isPlus ? certificateHash ?? [] : []];
        var proof = Scram.Base64(text[(proofAt + ",p=".Length)..]);

        var authentication = $"{clientFirstBare},{serverFirst},{text[..proofAt]}";
        var holds = proof.Length == Scram.HashBytes
            && serverFirst.Length > 0
            && Scram.Attribute(attributes, 1, 'r') == bothNonces
            && CryptographicOperations.FixedTimeEquals(channel, channelExpected)
            && CryptographicOperations.FixedTimeEquals(
                SHA256.HashData(Scram.Xor(proof, Scram.Hmac(verifier.StoredKey, authentication))), verifier.StoredKey);
        if (!holds) throw new WireException(WireErrorKind.Authentication, "the password is wrong");
        return Encoding.UTF8.GetBytes("v=" + Convert.ToBase64String(Scram.Hmac(verifier.ServerKey, authentication)));
    }
}
