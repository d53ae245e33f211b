using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Foz.Tests;

namespace Foz.AcceptanceTests.Alerts;

/// <summary>
/// A real Exim of Debian in a folder of its own, on free ports, with STARTTLS and TLS from the first byte. It asks for
/// a log-in after TLS began, and delivers to a file.
/// </summary>
sealed class EximServer : IAsyncDisposable
{
    public const string User = "foz", Password = "p@ss:wörd-4711";

    const string Program = "/usr/sbin/exim4";

    readonly string folder = Directory.CreateTempSubdirectory("foz-exim-").FullName;
    Process? process;

    /// <summary>The port with STARTTLS.</summary>
    public int Port { get; } = FreePort();

    /// <summary>The port with TLS from the first byte.</summary>
    public int TlsPort { get; } = FreePort();

    public string Folder => folder;

    /// <summary>What Exim delivered: mails, each with a line <c>From …</c> before it.</summary>
    string MailFile => Path.Combine(folder, "mail", "inbox");

    public static async Task<EximServer> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("CI") is not "true")
            Assert.SkipUnless(File.Exists(Program), "no Exim in /usr/sbin: .ci/install-test-tools");
        var server = new EximServer();
        server.Write();
        server.process = Process.Start(new ProcessStartInfo(
            Program, ["-C", Path.Combine(server.folder, "exim.conf"), "-bdf"])
        {
            UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true,
        })!;
        foreach (var port in (int[])[server.Port, server.TlsPort]) await server.WaitAsync(port);
        return server;
    }

    /// <summary>The mails, once there are as many.</summary>
    public async Task<string[]> MailsAsync(int count)
    {
        for (var turn = 0; turn < 300; turn++)
        {
            var mails = File.Exists(MailFile)
                ? (await File.ReadAllTextAsync(MailFile, TestContext.Current.CancellationToken))
                    .Split("From foz@example.org ").Skip(1).ToArray()
                : [];
            if (mails.Length >= count && mails[^1].EndsWith("\n\n", StringComparison.Ordinal)) return mails;
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        Assert.Fail($"no {count} mails within 15 s: {Log()}");
        return [];
    }

    public string Log() => File.Exists(Path.Combine(folder, "mainlog"))
        ? File.ReadAllText(Path.Combine(folder, "mainlog")) : "";

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
        Directory.Delete(folder, recursive: true);
    }

    async Task WaitAsync(int port)
    {
        for (var turn = 0; turn < 200; turn++)
        {
            Assert.False(process!.HasExited, $"Exim ended: {Log()}");
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
        Assert.Fail($"Exim does not listen on {port}: {Log()}");
    }

    void Write()
    {
        ServerCertificates.Write(folder);
        Directory.CreateDirectory(Path.Combine(folder, "spool"));
        var mail = Directory.CreateDirectory(Path.Combine(folder, "mail")).FullName;
        // Exim delivers as another user than root.
        var isRoot = Environment.UserName == "root";
        foreach (var shared in (string[])[folder, mail])
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(
                    shared, shared == mail ? (UnixFileMode)0b111_111_111 : (UnixFileMode)0b111_101_101);
        var text = """
            primary_hostname = localhost
            spool_directory = @folder/spool
            log_file_path = @folder/%slog
            pid_file_path = @folder/pid
            keep_environment =
            daemon_smtp_ports = @port : @tlsport
            tls_on_connect_ports = @tlsport
            local_interfaces = 127.0.0.1
            exim_user = @system
            exim_group = @system
            tls_advertise_hosts = *
            tls_certificate = @folder/server.crt
            tls_privatekey = @folder/server.key
            auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
            acl_smtp_rcpt = rcpt
            begin acl
            rcpt:
              deny local_parts = unknown
                message = no such user
              defer local_parts = full
                message = mailbox is full
              accept authenticated = *
              deny message = relay not permitted
            begin routers
            local:
              driver = accept
              transport = file
            begin transports
            file:
              driver = appendfile
              file = @folder/mail/inbox
              @user
              no_check_owner
            begin authenticators
            plain:
              driver = plaintext
              public_name = PLAIN
              server_prompts = :
              server_condition = ${if and{{eq{$auth2}{@login}}{eq{$auth3}{@password}}}}
              server_set_id = $auth2
            login:
              driver = plaintext
              public_name = LOGIN
              server_prompts = User Name : Password
              server_condition = ${if and{{eq{$auth1}{@login}}{eq{$auth2}{@password}}}}
              server_set_id = $auth1
            """;
        foreach (var (name, value) in ((string, string)[])
            [
                ("@folder", folder), ("@port", $"{Port}"), ("@tlsport", $"{TlsPort}"),
                ("@system", Environment.UserName),
                ("@user", isRoot ? "user = mail\n  group = mail" : ""), ("@login", User), ("@password", Password),
            ])
            text = text.Replace(name, value, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, "exim.conf"), text + "\n");
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
