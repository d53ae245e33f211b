using System.Security.Cryptography;
using System.Text;

namespace Foz.Wire.PostgreSql;

/// <summary>What a SCRAM client can say of the TLS connection below it.</summary>
public enum ChannelBinding
{
    /// <summary>There is none, or the client cannot bind to it.</summary>
    None,

    /// <summary>
    /// The client could bind, but the server does not offer it; a lie of a server in between is found out.
    /// </summary>
    NotOffered,

    /// <summary>Bound to the hash of the server's certificate: <c>tls-server-end-point</c> of RFC 5929.</summary>
    TlsServerEndPoint,
}

/// <summary>
/// The client of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): it proves that it knows the password,
/// and lets the server prove the same. PostgreSQL takes the user from the start of the session, not from here.
/// </summary>
/// <param name="password">
/// The password. RFC 4013 asks for it in Unicode's form NFKC, which is the caller's task; ASCII always is.
/// </param>
/// <param name="binding">How it is bound to the TLS connection.</param>
/// <param name="certificateHash">The hash of the server's certificate; null where it is not bound.</param>
/// <param name="nonce">Printable characters without comma that are used once; drawn at random where null.</param>
/// <param name="user">The user inside of SCRAM; PostgreSQL ignores it, and clients leave it empty.</param>
public sealed class ScramClient(
    string password, ChannelBinding binding, byte[]? certificateHash = null, string? nonce = null, string user = "")
{
    readonly string nonce = nonce ?? Scram.NewNonce();
    byte[] serverSignature = [];

    string Header => binding switch
    {
        ChannelBinding.TlsServerEndPoint => "p=tls-server-end-point,,",
        ChannelBinding.NotOffered => "y,,",
        _ => "n,,",
    };

    string FirstBare => $"n={user.Replace("=", "=3D").Replace(",", "=2C")},r={nonce}";

    /// <summary>The first message.</summary>
    public byte[] First() => Encoding.UTF8.GetBytes(Header + FirstBare);

    /// <summary>The last message: the proof.</summary>
    /// <param name="serverFirst">The server's first message.</param>
    /// <exception cref="WireException">The server's message is malformed, or is no answer to the first.</exception>
    public byte[] Final(ReadOnlySpan<byte> serverFirst)
    {
        var challenge = Encoding.UTF8.GetString(serverFirst);
        var attributes = challenge.Split(',');
        var bothNonces = Scram.Attribute(attributes, 0, 'r');
        var salt = Scram.Base64(Scram.Attribute(attributes, 1, 's'));
        var iterations = Scram.Iterations(Scram.Attribute(attributes, 2, 'i'));
        if (!bothNonces.StartsWith(nonce, StringComparison.Ordinal) || bothNonces.Length == nonce.Length)
            throw new WireException(WireErrorKind.Authentication, "the server answered another client's SCRAM message");

        byte[] channel = [.. Encoding.ASCII.GetBytes(Header), .. certificateHash ?? []];
        var finalWithoutProof = $"c={Convert.ToBase64String(channel)},r={bothNonces}";
        var authentication = $"{FirstBare},{challenge},{finalWithoutProof}";
        var saltedPassword = Scram.SaltedPassword(password, salt, iterations);
        var clientKey = Scram.Hmac(saltedPassword, "Client Key");
        var proof = Scram.Xor(clientKey, Scram.Hmac(SHA256.HashData(clientKey), authentication));
        serverSignature = Scram.Hmac(Scram.Hmac(saltedPassword, "Server Key"), authentication);
        return Encoding.UTF8.GetBytes($"{finalWithoutProof},p={Convert.ToBase64String(proof)}");
    }

    /// <summary>Makes sure that the server knows the password too.</summary>
    /// <param name="serverFinal">The server's last message.</param>
    /// <exception cref="WireException">It does not, or refuses.</exception>
    public void Verify(ReadOnlySpan<byte> serverFinal)
    {
        var attributes = Encoding.UTF8.GetString(serverFinal).Split(',');
        if (attributes[0].StartsWith("e=", StringComparison.Ordinal))
            throw new WireException(WireErrorKind.Authentication, $"the server ended SCRAM: {attributes[0][2..]}");
        var signature = Scram.Base64(Scram.Attribute(attributes, 0, 'v'));
        if (serverSignature.Length == 0 || !CryptographicOperations.FixedTimeEquals(signature, serverSignature))
            throw new WireException(
                WireErrorKind.Authentication, "the server could not prove that it knows the password's verifier");
    }
}
