using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Foz.Tests.Operations.Channels;

/// <summary>
/// A server of SMTP (RFC 5321) with TLS from the first byte, whose answers a test can choose. Log-ins with XOAUTH2 are
/// those of https://developers.google.com/gmail/imap/xoauth2-protocol (read in its Spanish translation) and
/// https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
/// (in its Chinese one), both read on 2026-11-25 as they were stored before.
/// </summary>
sealed class SmtpStub : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly X509Certificate2? certificate;
    readonly Task serving;

    /// <summary>Starts a server.</summary>
    /// <param name="certificate">Its certificate; null for a server without TLS.</param>
    public SmtpStub(X509Certificate2? certificate)
    {
        this.certificate = certificate;
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        serving = Task.Run(ServeAsync);
    }

    public int Port { get; }

    /// <summary>The answers to commands that begin so, once each; null closes the connection.</summary>
    public Dictionary<string, string?> Answers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The access token that logs in.</summary>
    public string Token { get; set; } = "";

    public List<string> Commands { get; } = [];

    public List<string> Mails { get; } = [];

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await serving;
    }

    async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync();
                await TalkAsync(client);
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // The client ended first.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    async Task TalkAsync(TcpClient client)
    {
        Stream stream = client.GetStream();
        if (certificate is not null)
        {
            var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(certificate);
            stream = tls;
        }
        using var reader = new StreamReader(stream, Encoding.Latin1);
        await using var writer = new StreamWriter(stream, Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
        if (!await SayAsync(writer, AnswerOf("CONNECT") ?? "220 localhost ESMTP")) return;
        while (await reader.ReadLineAsync() is { } command)
        {
            lock (Commands) Commands.Add(command);
            if (Answers.Keys.FirstOrDefault(
                start => command.StartsWith(start, StringComparison.OrdinalIgnoreCase)) is { } key)
            {
                if (Answers.Remove(key, out var chosen) && chosen is null) return;
                await writer.WriteLineAsync(chosen);
            }
            else if (command.StartsWith("AUTH XOAUTH2 ", StringComparison.Ordinal))
                await LogInAsync(command["AUTH XOAUTH2 ".Length..], reader, writer);
            else if (command == "DATA") await TakeAsync(reader, writer);
            else
                await writer.WriteLineAsync(command.Split(' ')[0].ToUpperInvariant() switch
                {
                    "EHLO" => "250-localhost\r\n250-AUTH PLAIN XOAUTH2\r\n250-8BITMIME\r\n250 SIZE 1000000",
                    "AUTH" => "235 2.7.0 Accepted",
                    "QUIT" => "221 Bye",
                    _ => "250 OK",
                });
            if (command == "QUIT") return;
        }
    }

    string? AnswerOf(string key) => Answers.Remove(key, out var answer) ? answer : null;

    static async Task<bool> SayAsync(StreamWriter writer, string line)
    {
        await writer.WriteLineAsync(line);
        return line.StartsWith('2');
    }

    async Task LogInAsync(string response, StreamReader reader, StreamWriter writer)
    {
        var text = Encoding.UTF8.GetString(Convert.FromBase64String(response));
        if (text == $"user=foz@example.org\u0001auth=Bearer {Token}\u0001\u0001")
        {
            await writer.WriteLineAsync("235 2.7.0 Accepted");
            return;
        }
        await writer.WriteLineAsync(
            "334 " + Convert.ToBase64String("""{"status":"401","schemes":"bearer"}"""u8));
        await reader.ReadLineAsync();
        await writer.WriteLineAsync("535 5.7.8 Username and Password not accepted");
    }

    async Task TakeAsync(StreamReader reader, StreamWriter writer)
    {
        await writer.WriteLineAsync("354 Go ahead");
        var mail = new StringBuilder();
        while (await reader.ReadLineAsync() is { } line && line != ".")
            mail.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        if (Answers.Remove("END OF DATA", out var chosen))
        {
            await writer.WriteLineAsync(chosen);
            return;
        }
        lock (Mails) Mails.Add(mail.ToString());
        await writer.WriteLineAsync("250 2.0.0 OK");
    }
}
