using System.Buffers.Text;
using System.Text;
using Foz.Lake;
using Foz.Operations.Hosting;
using Foz.Tests.Delta;
using Foz.Tests.Pipelines.Runs;

namespace Foz.Tests.Operations.Hosting;

public sealed class SignedLinksTests : IDisposable
{
    readonly ManualTime clock = new();
    readonly LakeProject project;

    public SignedLinksTests() => project = new(clock);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    SignedLink Link => new()
    {
        Purpose = "approval", About = ["a@20260101T000000", "check"], To = "ana", Expires = clock.Now.AddHours(1),
    };

    string KeyFile => Path.Combine(project.Lake.Folder, "_foz", "links.key");

    public void Dispose() => project.Dispose();

    [Fact]
    public async Task A_link_holds_until_it_expires()
    {
        var links = await OpenAsync();
        var token = links.Create(Link);
        Assert.Equal(token, Uri.EscapeDataString(token));
        Assert.Equal(
            $"https://foz.example.com/base/links/{token}",
            links.AddressOf(new("https://foz.example.com/base/"), Link).ToString());
        var valid = Assert.IsType<LinkResult.Valid>(links.Read(token)).Link;
        Assert.Equal((Link.Purpose, "check", "ana"), (valid.Purpose, valid.About[1], valid.To));
        clock.Now += TimeSpan.FromHours(1);
        Assert.IsType<LinkResult.Expired>(links.Read(token));
    }

    [Fact]
    public async Task Each_changed_character_makes_it_forged()
    {
        var links = await OpenAsync();
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
    public async Task The_lake_keeps_one_key_that_only_its_owner_may_read()
    {
        // Nothing is written where no link was ever signed.
        Assert.Null(await SignedLinks.FindAsync(project.Lake, configured: null, Cancel));
        Assert.False(File.Exists(KeyFile));
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(OpenAsync, Cancel)));
        var token = opened[0].Create(Link);
        Assert.All(opened, links => Assert.IsType<LinkResult.Valid>(links.Read(token)));
        var found = await SignedLinks.FindAsync(project.Lake, configured: "", Cancel);
        Assert.IsType<LinkResult.Valid>(found!.Read(token));
        Assert.Equal([KeyFile], Directory.GetFiles(Path.GetDirectoryName(KeyFile)!, "links*"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
    }

    [Fact]
    public async Task A_key_that_is_configured_takes_the_place_of_the_lakes()
    {
        var token = (await OpenAsync()).Create(Link);
        var configured = await SignedLinks.OpenAsync(project.Lake, new string('k', 32), Cancel);
        Assert.IsType<LinkResult.Forged>(configured.Read(token));
        Assert.IsType<LinkResult.Valid>(configured.Read(configured.Create(Link)));
        var error = await Assert.ThrowsAsync<FozException>(
            () => SignedLinks.OpenAsync(project.Lake, "short", Cancel));
        Assert.Contains("FOZ_LINK_KEY must have at least 32", error.Message, StringComparison.Ordinal);
        foreach (var damaged in (string[])["no key", "abcd", ""])
        {
            await File.WriteAllTextAsync(KeyFile, damaged, Cancel);
            error = await Assert.ThrowsAsync<FozException>(OpenAsync);
            Assert.Contains("_foz/links.key", error.Message, StringComparison.Ordinal);
        }
    }

    Task<SignedLinks> OpenAsync() => SignedLinks.OpenAsync(project.Lake, configured: null, Cancel);
}
