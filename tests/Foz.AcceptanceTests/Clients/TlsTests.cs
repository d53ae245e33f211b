using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foz.Tests;
using Foz.Wire.PostgreSql;
using Npgsql;

namespace Foz.AcceptanceTests.Clients;

/// <summary>Encrypted connections, by clients of others.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    readonly ServedProject project = new("serve: {tls: {certificate: server.pem, key: server.key}}\n");

    string Certificate => Path.Combine(project.Folder, "server.pem");

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        await File.WriteAllTextAsync(Certificate, certificate.ExportCertificatePem(), Cancel);
        await File.WriteAllTextAsync(
            Path.Combine(project.Folder, "server.key"), key.ExportPkcs8PrivateKeyPem(), Cancel);
        await project.StartAsync();
    }

    public ValueTask DisposeAsync() => project.DisposeAsync();

    [Fact]
    public async Task Psql_checks_the_certificate_and_binds_its_password_to_it()
    {
        var answer = await project.ShellAsync(
            $"psql 'sslmode=verify-full sslrootcert={Certificate} channel_binding=require' -c "
                + "'\\conninfo' -Atc 'select 6 * 7'");
        Assert.Contains("SSL connection (protocol: TLSv1.3", answer, StringComparison.Ordinal);
        Assert.EndsWith("42\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_over_TLS_too()
    {
        var answer = await project.ShellAsync(
            "PGPASSWORD=wrong psql 'sslmode=require channel_binding=require' -c 'select 1'");
        Assert.Contains("password authentication failed for user \"ana\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Npgsql_connects_over_TLS()
    {
        await using var connection = await project.ConnectAsync($"SSL Mode=VerifyFull;Root Certificate={Certificate}");
        await using var command = new NpgsqlCommand("select 6 * 7", connection);
        Assert.Equal(42, await command.ExecuteScalarAsync(Cancel));
    }

    [Theory]
    [InlineData(ServedProject.Password, "\"rows\":[[42]]")]
    [InlineData("wrong", "\"error\":\"401\"")]
    public async Task Trinos_protocol_takes_passwords_over_TLS(string password, string expected)
    {
        var client = Path.Combine(Repository.Root, "tests", "Foz.AcceptanceTests", "Clients", "Node");
        if (Environment.GetEnvironmentVariable("CI") is not "true")
            Assert.SkipUnless(
                Directory.Exists(Path.Combine(client, "node_modules")),
                "trino-client is not installed: run .ci/install-test-tools");
        Assert.StartsWith("https://", project.Trino, StringComparison.Ordinal);
        var answer = await project.ShellAsync(
            $"echo 'SELECT 6 * 7 AS n' | NODE_EXTRA_CA_CERTS={Certificate} node {Path.Combine(client, "trino.js")} "
                + $"{project.Trino} {ServedProject.User} '{password}'");
        Assert.Contains(expected, answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgresql", true)]
    [InlineData("http/1.1", false)]
    public async Task A_client_can_begin_with_TLS_where_it_names_the_protocol(string protocol, bool isTaken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, project.Port, Cancel);
        using var known = X509CertificateLoader.LoadCertificateFromFile(Certificate);
        await using var tls = new SslStream(
            client.GetStream(), leaveInnerStreamOpen: false,
            (_, seen, _, _) => seen?.GetRawCertData().SequenceEqual(known.RawData) == true);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost", ApplicationProtocols = [new SslApplicationProtocol(protocol)],
        };
        if (!isTaken)
        {
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await tls.AuthenticateAsClientAsync(options, Cancel);
                await tls.ReadExactlyAsync(new byte[1], Cancel);
            });
            return;
        }
        await tls.AuthenticateAsClientAsync(options, Cancel);
        var writer = new MessageWriter();
        new StartupPacket.Startup(3, 0, [new("user", ServedProject.User)]).Write(writer);
        await tls.WriteAsync(writer.Written, Cancel);
        var answer = new byte[1];
        await tls.ReadExactlyAsync(answer, Cancel);
        Assert.Equal((byte)'R', answer[0]);
    }
}
