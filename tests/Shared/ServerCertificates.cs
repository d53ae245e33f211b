using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Foz.Tests;

/// <summary>
/// The certificates of a server that tests start: <c>server.crt</c> with <c>server.key</c>, and its root.
/// </summary>
static class ServerCertificates
{
    /// <summary>The file of the root's certificate.</summary>
    public static string RootFile(string folder) => Path.Combine(folder, "root.crt");

    /// <summary>Writes the root's certificate, and one for localhost with its key.</summary>
    public static void Write(string folder)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var rootKey = RSA.Create(2048);
        var root = new CertificateRequest(
            "CN=Foz test root", rootKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var rootCertificate = root.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(rootCertificate, now.AddDays(-1), now.AddHours(23), [1, 2, 3]);

        File.WriteAllText(RootFile(folder), rootCertificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "server.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
