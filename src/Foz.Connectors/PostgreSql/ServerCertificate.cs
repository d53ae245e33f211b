using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foz.Lake;

namespace Foz.Connectors.PostgreSql;

/// <summary>Decides whether a server's certificate is believed, as <see cref="SslMode"/> asks.</summary>
sealed class ServerCertificate(PgOptions options)
{
    readonly X509Certificate2Collection? roots = options.RootCertificateFile is { } file ? Roots(file) : null;

    const string RsaMd5 = "1.2.840.113549.1.1.4";
    const string RsaSha1 = "1.2.840.113549.1.1.5";
    const string RsaSha256 = "1.2.840.113549.1.1.11";
    const string RsaSha384 = "1.2.840.113549.1.1.12";
    const string RsaSha512 = "1.2.840.113549.1.1.13";
    const string EcdsaSha1 = "1.2.840.10045.4.1";
    const string EcdsaSha256 = "1.2.840.10045.4.3.2";
    const string EcdsaSha384 = "1.2.840.10045.4.3.3";
    const string EcdsaSha512 = "1.2.840.10045.4.3.4";

    /// <summary>Why the certificate was not believed; null where it was.</summary>
    public string? Refusal { get; private set; }

    /// <summary>How TLS is to be started.</summary>
    /// <exception cref="FozException">The client's certificate cannot be read.</exception>
    public SslClientAuthenticationOptions ClientOptions() => new()
    {
        TargetHost = options.Host,
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Validate(certificate, chain, errors),
        ClientCertificates = options.CertificateFile is { } file ? [OwnCertificate(file)] : null,
    };

    /// <summary>
    /// The hash that <c>tls-server-end-point</c> binds to (RFC 5929, section 4.1): that of the certificate's signature,
    /// but SHA-256 in place of weaker ones; null where the signature does not name one.
    /// </summary>
    public static byte[]? EndPointHash(X509Certificate2 certificate) => certificate.SignatureAlgorithm.Value switch
    {
        RsaMd5 or RsaSha1 or RsaSha256 or EcdsaSha1 or EcdsaSha256 => SHA256.HashData(certificate.RawDataMemory.Span),
        RsaSha384 or EcdsaSha384 => SHA384.HashData(certificate.RawDataMemory.Span),
        RsaSha512 or EcdsaSha512 => SHA512.HashData(certificate.RawDataMemory.Span),
        _ => null,
    };

    bool Validate(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Refusal = options.SslMode < SslMode.VerifyCa ? null
            : certificate is null || chain is null ? "the server shows no certificate"
            : WhyNotTrusted(new X509Certificate2(certificate), chain, errors)
            ?? (options.SslMode == SslMode.VerifyFull && errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
                ? $"the server's certificate is not made out to '{options.Host}'"
                : null);
        return Refusal is null;
    }

    string? WhyNotTrusted(X509Certificate2 certificate, X509Chain chain, SslPolicyErrors errors)
    {
        if (roots is null)
            return errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) ? Describe(chain) : null;

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(roots);
        own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return own.Build(certificate) ? null : Describe(own);
    }

    static string Describe(X509Chain chain) =>
        "the server's certificate is not trusted: "
        + string.Join(", ", chain.ChainStatus.Select(s => s.StatusInformation.TrimEnd('.', ' ')).Distinct());

    X509Certificate2 OwnCertificate(string file) =>
        ReadFile(file, () => X509Certificate2.CreateFromPemFile(file, options.KeyFile));

    static X509Certificate2Collection Roots(string file) => ReadFile(file, () =>
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(file);
        return certificates;
    });

    static T ReadFile<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new FozException(
                ErrorKind.Configuration, $"the certificate {file} cannot be read: {error.Message.TrimEnd('.')}", error);
        }
    }
}
