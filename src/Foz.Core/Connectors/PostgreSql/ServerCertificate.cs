using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Foz.Core.Connectors.PostgreSql;

/// <summary>Decides whether a server's certificate is believed, as <see cref="SslMode"/> asks.</summary>
sealed class ServerCertificate(PgOptions options)
{
    readonly X509Certificate2Collection? roots = options.RootCertificateFile is { } file ? Roots(file) : null;

    const string Sha384Rsa = "1.2.840.113549.1.1.12";
    const string Sha512Rsa = "1.2.840.113549.1.1.13";
    const string Sha384Ecdsa = "1.2.840.10045.4.3.3";
    const string Sha512Ecdsa = "1.2.840.10045.4.3.4";

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

    /// <summary>The hash that <c>tls-server-end-point</c> binds to (RFC 5929, section 4.1).</summary>
    public static byte[] EndPointHash(X509Certificate2 certificate) => certificate.SignatureAlgorithm.Value switch
    {
        Sha384Rsa or Sha384Ecdsa => SHA384.HashData(certificate.RawDataMemory.Span),
        Sha512Rsa or Sha512Ecdsa => SHA512.HashData(certificate.RawDataMemory.Span),
        _ => SHA256.HashData(certificate.RawDataMemory.Span),
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
