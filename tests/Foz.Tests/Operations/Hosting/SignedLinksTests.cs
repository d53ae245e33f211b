using System.Buffers.Text;
using System.Text;
using Foz.Lake;
using Foz.Operations.Hosting;
using Foz.Tests.Delta;

namespace Foz.Tests.Operations.Hosting;

public sealed class SignedLinksTests : IDisposable
{
    readonly ManualTime clock = new();
    readonly string folder = Directory.CreateTempSubdirectory("foz-links-").FullName;

    SignedLink Link => new()
    {
        Purpose = "approval", About = ["a@20260101T000000", "check"], To = "ana", Expires = clock.Now.AddHours(1),
    };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_link_holds_until_it_expires()
    {
        var links = SignedLinks.Open(folder, configured: null, clock);
        var token = links.Create(Link);
        Assert.Equal(token, Uri.EscapeDataString(token));
        var valid = Assert.IsType<LinkResult.Valid>(links.Read(token)).Link;
        Assert.Equal((Link.Purpose, "check", "ana"), (valid.Purpose, valid.About[1], valid.To));
        clock.Now += TimeSpan.FromHours(1);
        Assert.IsType<LinkResult.Expired>(links.Read(token));
    }

    [Fact]
    public void Each_changed_character_makes_it_forged()
    {
        var links = SignedLinks.Open(folder, configured: null, clock);
        var token = links.Create(Link);
        for (var i = 0; i < token.Length - 1; i++)
        {
            var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.IsType<LinkResult.Forged>(links.Read(changed));
        }
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        var content = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.AsSpan(0, dot)))
            .Replace("ana", "eve", StringComparison.Ordinal);
        Assert.IsType<LinkResult.Forged>(
            links.Read(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(content)) + token[dot..]));
        foreach (var other in (string[])["", ".", "a.b", "a.b.c", "%.%", new string('a', 5000) + ".b"])
            Assert.IsType<LinkResult.Forged>(links.Read(other));
    }

    [Fact]
    public void The_key_is_made_once_and_only_its_owner_may_read_it()
    {
        var token = SignedLinks.Open(folder, configured: null, clock).Create(Link);
        Assert.IsType<LinkResult.Valid>(SignedLinks.Open(folder, configured: "", clock).Read(token));
        var file = Assert.Single(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var configured = SignedLinks.Open(folder, new string('k', 32), clock);
        Assert.IsType<LinkResult.Forged>(configured.Read(token));
        Assert.IsType<LinkResult.Valid>(configured.Read(configured.Create(Link)));
        Assert.Throws<FozException>(() => SignedLinks.Open(folder, "short", clock));
        File.WriteAllText(file, "no key");
        Assert.Contains(file, Assert.Throws<FozException>(() => SignedLinks.Open(folder, null, clock)).Message,
            StringComparison.Ordinal);
    }
}
