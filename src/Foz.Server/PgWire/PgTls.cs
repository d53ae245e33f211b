using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Foz.Server.PgWire;

/// <summary>What TLS connections of PostgreSQL's protocol are made with.</summary>
sealed class PgTls
{
    static readonly SslApplicationProtocol Protocol = new("postgresql");

    readonly SslStreamCertificateContext context;

    /// <summary>TLS with a certificate, its key, and those that lead to its root.</summary>
    public PgTls(X509Certificate2 certificate, X509Certificate2Collection chain)
    {
        context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        CertificateHash = HashOf(certificate);
    }

    /// <summary>What <c>tls-server-end-point</c> of RFC 5929 binds to.</summary>
    public byte[] CertificateHash { get; }

    /// <summary>Begins TLS over a stream.</summary>
    /// <param name="stream">The connection, which the result owns.</param>
    /// <param name="isDirect">Whether it begins without asking: then the client has to name the protocol.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="System.Security.Authentication.AuthenticationException">Both sides do not agree.</exception>
    public async Task<SslStream> BeginAsync(Stream stream, bool isDirect, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = context, ApplicationProtocols = [Protocol],
                    ClientCertificateRequired = false,
                },
                cancellationToken);
            if (isDirect && tls.NegotiatedApplicationProtocol != Protocol)
                throw new System.Security.Authentication.AuthenticationException(
                    "a direct TLS connection names no protocol");
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>By the hash of the certificate's signature, SHA-256 where that is weaker or has none.</summary>
    static byte[] HashOf(X509Certificate2 certificate) => certificate.SignatureAlgorithm.Value switch
    {
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => SHA384.HashData(certificate.RawDataMemory.Span),
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => SHA512.HashData(certificate.RawDataMemory.Span),
        _ => SHA256.HashData(certificate.RawDataMemory.Span),
    };
}
