using Foz.Connectors;
using Foz.Connectors.Files;
using Foz.Connectors.Files.Sftp;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Tests.Connectors.Files.Sftp;

/// <summary>What a connection to an SFTP server can be set to.</summary>
public sealed class SftpOptionsTests
{
    [Theory]
    [InlineData("sftp://", "path", "x", "'path' must be an address such as sftp://user@host:22/folder")]
    [InlineData(
        "sftp://-oProxyCommand=x/", "timeout", "1s", "'path' must be an address such as sftp://user@host:22/folder")]
    [InlineData(
        "sftp://anna:word@host/", "timeout", "1s",
        "'path' must be without a password: sftp://user@host/folder, beside 'password: ${NAME}'")]
    [InlineData(
        "sftp://host/", "host_key", "MD5:aa:bb",
        "'host_key' must be a fingerprint, 'SHA256:' and 43 characters, or a key, 'ssh-ed25519 AAAA…'")]
    [InlineData(
        "sftp://host/", "host_key", "SHA256:short",
        "'host_key' must be a fingerprint, 'SHA256:' and 43 characters, or a key, 'ssh-ed25519 AAAA…'")]
    [InlineData(
        "sftp://host/", "timeout", "soon",
        "'timeout' must be a length of time such as 500ms, 30s, 5m or 2 days, not 'soon'")]
    [InlineData(
        "sftp://host/", "region", "x", "'region' must be left out where 'path' is not an address of an object store")]
    [InlineData("data", "password", "x", "'password' must be left out where 'path' is not an address of SFTP")]
    public void What_has_no_meaning_is_refused(string path, string name, string value, string expected)
    {
        var settings = name == "path" ? Settings.Of(("path", path)) : Settings.Of(("path", path), (name, value));
        var error = Assert.Throws<FozException>(() => new FilesConnector(TimeProvider.System).Open(
            new() { Name = "s", Connection = new("s", "files", settings), Streams = [] }, Path.GetTempPath()));
        Assert.Equal(ErrorKind.Configuration, error.Kind);
        Assert.StartsWith(expected, error.Message);
    }

    [Theory]
    [InlineData("password", "private_key")]
    [InlineData("passphrase", "private_key")]
    public void Secrets_are_declared_as_such(params string[] names) =>
        Assert.All(
            names,
            name =>
                Assert.True(
                    new FilesConnector(TimeProvider.System).ConnectionSettings.Single(s => s.Name == name).IsSecret));

    [Fact]
    public void Keys_that_a_killed_process_left_are_deleted_and_those_of_others_at_work_stay()
    {
        var temp = Directory.CreateTempSubdirectory("foz-keys-");
        var old = Write("foz-ssh-a/key", TimeSpan.FromHours(2));
        string[] others =
        [
            Write("foz-ssh-b/key", TimeSpan.Zero), Write("foz-ssh-c/known_hosts", TimeSpan.FromHours(2)),
            Write("other/key", TimeSpan.FromHours(2)),
        ];

        SshProcess.SweepKeys(temp.FullName, TimeProvider.System);

        Assert.False(File.Exists(old));
        Assert.All(others, file => Assert.True(File.Exists(file), file));
        temp.Delete(recursive: true);

        string Write(string path, TimeSpan age)
        {
            var file = Path.Combine(temp.FullName, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, "x");
            File.SetLastWriteTimeUtc(file, TimeProvider.System.GetUtcNow().UtcDateTime - age);
            return file;
        }
    }

    [Fact]
    public void A_connection_opens_without_reaching_its_server()
    {
        var source = new FilesConnector(TimeProvider.System).Open(
            new()
            {
                Name = "s", Streams = [],
                Connection = new(
                    "s", "files",
                    Settings.Of(
                        ("path", "sftp://anna@[::1]:2222/~/in"), ("host_key", "SHA256:" + new string('a', 43)))),
            },
            Path.GetTempPath());
        Assert.IsAssignableFrom<ISource>(source);
    }
}
