using Foz.Cli.Remote;
using Foz.Lake;

namespace Foz.Tests.Cli.Remote;

public sealed class RemoteServerTests : IDisposable
{
    readonly string home = Directory.CreateTempSubdirectory("foz-home-").FullName;
    readonly Dictionary<string, string> variables = [];
    readonly List<Warning> warnings = [];

    public RemoteServerTests()
    {
        variables["HOME"] = home;
        variables["PGUSER"] = "ana";
    }

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Theory]
    [InlineData("lake.example.com", "ana@lake.example.com:5432/lake")]
    [InlineData("lake.example.com:6432", "ana@lake.example.com:6432/lake")]
    [InlineData("bia@lake.example.com:6432/outro", "bia@lake.example.com:6432/outro")]
    [InlineData("[::1]:6432", "ana@::1:6432/lake")]
    [InlineData("postgres://bia@localhost", "bia@localhost:5432/lake")]
    [InlineData("postgresql://localhost/lake?sslmode=require", "ana@localhost:5432/lake")]
    [InlineData("host=localhost port=6432 user=bia", "bia@localhost:6432/lake")]
    public void An_address_says_what_it_says_and_variables_the_rest(string address, string expected) =>
        Assert.Equal(expected, $"{Parse(address)}");

    [Fact]
    public void Variables_of_libpq_stand_behind_the_address()
    {
        variables["PGPORT"] = "6432";
        variables["PGDATABASE"] = "outro";
        variables["PGPASSWORD"] = "s3nha";
        variables["PGSSLMODE"] = "require";

        var server = Parse("localhost");
        Assert.Equal(("ana@localhost:6432/outro", "s3nha"), ($"{server}", server.Password));
        Assert.Equal("Require", $"{server.Options.SslMode}");
        Assert.Equal("outra", Parse("postgres://ana:outra@localhost").Password);
        Assert.Equal("Disable", $"{Parse("postgres://localhost?sslmode=disable").Options.SslMode}");
    }

    [Theory]
    [InlineData("lake.example.com:5432:lake:ana:s3nha", "s3nha")]
    [InlineData("*:*:*:ana:s3nha", "s3nha")]
    [InlineData("# all\nother:*:*:*:no\n*:*:*:*:with\\:colon\\\\", "with:colon\\")]
    [InlineData("*:*:*:*:a:b", "a:b")]
    [InlineData("lake.example.com:5432:lake:bia:s3nha", null)]
    [InlineData("lake.example.com:5432:lake", null)]
    public void The_password_file_has_the_password_of_its_first_line_that_fits(string lines, string? expected)
    {
        Write(Path.Combine(home, ".pgpass"), lines, UnixFileMode.UserRead);
        Assert.Equal(expected, Parse("lake.example.com").Password);
    }

    [Fact]
    public void A_password_file_that_others_can_read_is_passed_over_with_a_warning()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "files have no such modes there");
        variables["PGPASSFILE"] = Path.Combine(home, "passwords");
        Write(variables["PGPASSFILE"], "*:*:*:*:s3nha", UnixFileMode.UserRead | UnixFileMode.OtherRead);

        Assert.Null(Parse("localhost").Password);
        Assert.Contains("is passed over", Assert.Single(warnings).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://localhost:port")]
    [InlineData("localhost:99999")]
    [InlineData("localhost?sslmod=require")]
    [InlineData("localhost?sslmode=requires")]
    [InlineData("a,b")]
    public void A_malformed_address_is_an_error_of_usage(string address)
    {
        var error = Assert.Throws<FozException>(() => Parse(address));
        Assert.Equal(ErrorKind.Usage, error.Kind);
        Assert.Contains("--remote", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("42601", ErrorKind.Sql)]
    [InlineData("42703", ErrorKind.NotFound)]
    [InlineData("42P01", ErrorKind.NotFound)]
    [InlineData("42501", ErrorKind.Denied)]
    [InlineData("28P01", ErrorKind.Denied)]
    [InlineData("22012", ErrorKind.Data)]
    [InlineData("40001", ErrorKind.Conflict)]
    [InlineData("57014", ErrorKind.Canceled)]
    [InlineData("57P01", ErrorKind.Source)]
    [InlineData("53300", ErrorKind.Resource)]
    [InlineData("0A000", ErrorKind.Sql)]
    [InlineData("XX001", ErrorKind.Table)]
    [InlineData("XX000", ErrorKind.Bug)]
    [InlineData("", ErrorKind.Sql)]
    public void An_error_of_the_server_is_of_the_kind_of_its_SQLSTATE(string sqlState, ErrorKind expected) =>
        Assert.Equal(expected, ErrorKind.OfSqlState(sqlState));

    RemoteServer Parse(string address) =>
        RemoteServer.Parse(address, name => variables.GetValueOrDefault(name), home, warnings.Add);

    static void Write(string path, string text, UnixFileMode mode)
    {
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
    }
}
