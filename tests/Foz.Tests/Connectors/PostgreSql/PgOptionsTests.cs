using Foz.Connectors.PostgreSql;
using Foz.Connectors.PostgreSql.Streams;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Tests.Connectors.PostgreSql;

public sealed class PgOptionsTests
{
    [Fact]
    public void Url_states_everything()
    {
        var options = Read(
            "postgres://an%40a:p%3A%2F%25@db.example:6543/lo%2Fja?sslmode=verify-full&sslrootcert=ca.pem"
            + "&connect_timeout=3&application_name=x%20y&options=-c%20a%3Db&channel_binding=require");
        Assert.Equal("an@a", options.User);
        Assert.Equal("p:/%", options.Password);
        Assert.Equal("db.example", options.Host);
        Assert.Equal(6543, options.Port);
        Assert.Equal("lo/ja", options.Database);
        Assert.Equal(SslMode.VerifyFull, options.SslMode);
        Assert.Equal("/project/ca.pem", options.RootCertificateFile);
        Assert.Equal(TimeSpan.FromSeconds(3), options.ConnectTimeout);
        Assert.Equal("x y", options.ApplicationName);
        Assert.Equal("-c a=b", options.ServerOptions);
        Assert.True(options.RequiresChannelBinding);
    }

    [Theory]
    [InlineData("postgresql://ana@host", "host", 5432, "ana")]
    [InlineData("postgresql://ana@[2001:db8::1]:99/db", "2001:db8::1", 99, "db")]
    [InlineData("postgresql://ana@%2Fvar%2Frun/db", "/var/run", 5432, "db")]
    [InlineData("postgresql://ana@/db?host=/tmp&port=7", "/tmp", 7, "db")]
    [InlineData("POSTGRES://ana@host/db?keepalives=1", "host", 5432, "db")]
    [InlineData("host=h port = 7 user='ana' dbname='d b' password='it\\'s'", "h", 7, "d b")]
    [InlineData("user=ana", "localhost", 5432, "ana")]
    public void Both_ways_of_libpq_are_read(string url, string host, int port, string database)
    {
        var options = Read(url);
        Assert.Equal((host, port, database, "ana"), (options.Host, options.Port, options.Database, options.User));
    }

    [Fact]
    public void Setting_stands_over_the_url()
    {
        var options = PgOptionsReader.Read(
            Settings.Of(("url", "postgres://ana:old@host/db"), ("password", "new"), ("host", "other")), "/");
        Assert.Equal(("other", "new", "db"), (options.Host, options.Password, options.Database));
    }

    [Theory]
    [InlineData("disable", null, SslMode.Disable)]
    [InlineData("allow", null, SslMode.Prefer)]
    [InlineData("prefer", null, SslMode.Prefer)]
    [InlineData("require", null, SslMode.Require)]
    [InlineData("require", "ca.pem", SslMode.VerifyCa)]
    [InlineData("verify-ca", "system", SslMode.VerifyCa)]
    public void Sslmode_means_what_libpq_means(string word, string? root, object expected)
    {
        var options = Read($"user=a sslmode={word}" + (root is null ? "" : $" sslrootcert={root}"));
        Assert.Equal(expected, options.SslMode);
        Assert.Equal(root is "ca.pem" ? "/project/ca.pem" : null, options.RootCertificateFile);
    }

    [Theory]
    [InlineData("postgres://ana:SECRET%@host/db", "% is written %25")]
    [InlineData("postgres://ana:SECRET@[::1/db", "[address] is closed")]
    [InlineData("postgres://ana:SECRET@a,b/db", "one host")]
    [InlineData("postgres://ana:SECRET@host/db?sslmod=require", "'sslmod', which is not known")]
    [InlineData("postgres://ana:SECRET@host/db?sslmode=on", "sslmode that is one of disable, prefer")]
    [InlineData("postgres://ana:SECRET@host:99999/db", "port that is a number from 1 to 65535")]
    [InlineData("postgres://ana:SECRET@host/db?x", "name=value")]
    [InlineData("mysql://ana:SECRET@host/db", "starts with postgres://")]
    [InlineData("user=ana password='SECRET", "quotes are closed")]
    [InlineData("postgres://host/db", "'user' is missing")]
    public void Malformed_url_is_refused_without_its_secret(string url, string expected)
    {
        var error = Assert.Throws<FozException>(() => Read(url));
        Assert.Equal(ErrorKind.Configuration, error.Kind);
        Assert.Contains(expected, error.Message);
        Assert.DoesNotContain("SECRET", error.ToString());
    }

    [Fact]
    public void Text_of_a_connection_has_no_password()
    {
        var options = Read("postgres://ana:SECRET@host/db");
        Assert.Equal("ana@host:5432/db", $"{options}");
    }

    [Fact]
    public void Every_setting_is_declared_once_and_secrets_as_such()
    {
        var specs = new PostgreSqlConnector().ConnectionSettings;
        Assert.Distinct(specs.Select(s => s.Name));
        Assert.Equal(["password"], specs.Where(s => s.IsSecret).Select(s => s.Name));
    }

    static PgOptions Read(string url) => PgOptionsReader.Read(Settings.Of(("url", url)), "/project");
}
