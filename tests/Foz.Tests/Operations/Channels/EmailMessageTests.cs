using System.Text;
using System.Text.RegularExpressions;
using Foz.Operations.Channels;
using MimeKit;

namespace Foz.Tests.Operations.Channels;

public sealed partial class EmailMessageTests
{
    static readonly MailboxAddress sender = MailboxAddress.Parse("Foz <foz@exemplo.org>");
    static readonly MailboxAddress[] recipients = [MailboxAddress.Parse("ana@example.org")];

    [Fact]
    public void A_mail_has_text_HTML_and_the_headers_of_its_thread()
    {
        var message = ChannelKit.Message() with { Title = "Validação não passou: ç ã é" };
        var raw = Write(message, MessageWords.Portuguese);
        Assert.Contains("Subject: =?", raw, StringComparison.Ordinal);
        using var mail = Read(raw);
        Assert.Equal("[Crítico] Validação não passou: ç ã é", mail.Subject);
        Assert.Equal("auto-generated", mail.Headers[HeaderId.AutoSubmitted]);
        Assert.Null(mail.InReplyTo);
        Assert.Equal(ChannelKit.Now, mail.Date);
        Assert.Contains(
            "\nid | name\n1  | Müller & Söhne\n", mail.TextBody!.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("<html lang=\"pt\">", mail.HtmlBody, StringComparison.Ordinal);
        Assert.Contains(">Müller &amp; Söhne</td>", mail.HtmlBody, StringComparison.Ordinal);
        Assert.Contains("&lt;d&gt;</td>", mail.HtmlBody, StringComparison.Ordinal);
        Assert.Contains("Para corrigir", mail.HtmlBody, StringComparison.Ordinal);

        // The same message has the same id, and another of the incident refers to the first.
        Assert.Equal(mail.MessageId, Read(Write(message, MessageWords.Portuguese)).MessageId);
        Assert.EndsWith("@exemplo.org", mail.MessageId, StringComparison.Ordinal);
        using var reply = Read(Write(
            message with { Key = "other", Kind = MessageKind.Resolved, Thread = $"<{mail.MessageId}>" },
            MessageWords.Portuguese));
        Assert.NotEqual(mail.MessageId, reply.MessageId);
        Assert.Equal(mail.MessageId, reply.InReplyTo);
        Assert.Equal(mail.MessageId, Assert.Single(reply.References));
        Assert.Equal($"Re: {mail.Subject}", reply.Subject);
        Assert.StartsWith("✅ Resolvido: ", reply.TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_messages_add_no_header_and_no_element()
    {
        var random = new Random(Soak.Seed());
        string[] known =
        [
            "From", "Date", "Subject", "Message-Id", "To", "In-Reply-To", "References", "Auto-Submitted",
            "X-Auto-Response-Suppress", "Importance", "MIME-Version", "Content-Type",
        ];
        for (var i = 0; i < 150 * Soak.Factor; i++)
        {
            var message = ChannelPropertyTests.RandomMessage(random);
            if (i % 3 == 0) message = message with { Thread = message.Text };
            var words = i % 2 == 0 ? MessageWords.English : MessageWords.Portuguese;
            var raw = Write(message, words);
            var lines = raw.Split("\r\n");
            Assert.All(lines, line => Assert.True(line.Length <= 998 && line.All(char.IsAscii), line));
            Assert.DoesNotContain(raw.Replace("\r\n", "", StringComparison.Ordinal), c => c is '\r' or '\n' or '\0');
            var head = lines.TakeWhile(line => line.Length > 0).Where(line => line[0] is not (' ' or '\t')).ToList();
            Assert.All(head, line => Assert.Contains(line.Split(':')[0], known));
            Assert.Equal(head.Count, head.Select(line => line.Split(':')[0]).Distinct().Count());

            using var mail = Read(raw);
            Assert.Equal("ana@example.org", Assert.Single(mail.To.Mailboxes).Address);
            Assert.DoesNotContain("\n", mail.Subject, StringComparison.Ordinal);
            Assert.StartsWith(
                MessageText.Cut(FittedMessage.HeadingOf(message, words), 300, words), mail.TextBody,
                StringComparison.Ordinal);
            var rest = Element.Replace(mail.HtmlBody!, "");
            Assert.DoesNotContain('<', rest);
            Assert.DoesNotContain('>', rest);
            Assert.DoesNotMatch("&(?!(amp|lt|gt|quot|middot);)", rest);
            Assert.True(raw.Length < 400_000, $"{raw.Length}");
        }
    }

    static string Write(AlertMessage message, MessageWords words)
    {
        using var mail = EmailMessage.Of(message, words, sender, recipients, ChannelKit.Now);
        using var stream = new MemoryStream();
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        mail.WriteTo(format, stream, TestContext.Current.CancellationToken);
        return Encoding.Latin1.GetString(stream.ToArray());
    }

    static MimeMessage Read(string raw) => MimeMessage.Load(
        new MemoryStream(Encoding.Latin1.GetBytes(raw)), TestContext.Current.CancellationToken);

    /// <summary>The elements of the mail's own; an address in one is of HTTP.</summary>
    [GeneratedRegex(
        """<!DOCTYPE html>|</?(html|head|title|body|div|p|table|tr|td|th|pre|i|span)( [a-z]+="[^"<>]*")*>|<br>|"""
        + """<meta [^<>]*>|</a>|<a href="https?://[^"<>]*">""", RegexOptions.ExplicitCapture)]
    private static partial Regex Element { get; }
}
