using Foz.Connectors;
using Foz.Lake;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>Connections to a server, and the messages when they fail.</summary>
public sealed class ConnectTests(PostgreSqlServer server, ConnectTests.UsersDatabase users)
    : IClassFixture<ConnectTests.UsersDatabase>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("disable", "no TLS")]
    [InlineData("prefer", "TLS 1.3")]
    [InlineData("require", "TLS 1.3")]
    [InlineData("verify-ca", "TLS 1.3")]
    [InlineData("verify-full", "TLS 1.3")]
    public async Task Check_says_what_answered(string sslMode, string tls)
    {
        await using var source = Source(("sslmode", sslMode), ("sslrootcert", server.RootCertificateFile));
        var answer = await source.CheckAsync(Token);
        Assert.Matches($@"^PostgreSQL \d+\.\d+, database test_\d+, user foz, {tls}, 1 tables to read$", answer);
    }

    [Fact]
    public async Task All_of_a_connection_can_stand_in_a_url()
    {
        var url = $"postgresql://foz:{Uri.EscapeDataString(PostgreSqlServer.Password)}@localhost:{server.Port}/"
            + $"{users.Database.Name}?sslmode=verify-full&sslrootcert={server.RootCertificateFile}"
            + "&channel_binding=require&application_name=a%20b&options=-c%20work_mem%3D8MB";
        await using var source = new Foz.Connectors.PostgreSql.Streams.PostgreSqlConnector().Open(
            new SourceDefinition
            {
                Name = "shop",
                Connection = new("shop", "postgresql", Foz.Lake.Configuration.Settings.Of(("url", url))),
                Streams = [],
            },
            "/");
        Assert.Contains("TLS 1.3", await source.CheckAsync(Token));
    }

    [Fact]
    public async Task Server_is_reached_by_its_Unix_socket()
    {
        await using var source = Source(("host", server.SocketFolder), ("sslmode", "verify-full"));
        Assert.Contains("no TLS", await source.CheckAsync(Token));
        Assert.Single(await source.DiscoverAsync(Token));
    }

    [Theory]
    [InlineData("with_md5", "disable")]
    [InlineData("with_md5", "require")]
    [InlineData("in_clear_text", "require")]
    [InlineData("only_tls", "prefer")]
    public async Task User_logs_in_by_each_method(string user, string sslMode)
    {
        await using var source = Source(("user", user), ("sslmode", sslMode));
        Assert.Contains($"user {user}", await source.CheckAsync(Token));
        Assert.Single(await source.DiscoverAsync(Token));
    }

    [Fact]
    public async Task Password_is_not_sent_in_clear_text_without_TLS()
    {
        var error = await FailAsync(("user", "in_clear_text"), ("sslmode", "disable"));
        Assert.Contains("it is not sent", error.Message);
        Assert.Contains("sslmode: require", error.Hint);
    }

    [Theory]
    [InlineData("with_md5")]
    [InlineData("in_clear_text")]
    public async Task Weak_method_is_refused_where_binding_is_required(string user)
    {
        var error = await FailAsync(("user", user), ("sslmode", "require"), ("channel_binding", "require"));
        Assert.Contains("channel_binding: require", error.Message);
    }

    [Fact]
    public async Task Wrong_password_is_said_so_without_it()
    {
        var error = await FailAsync(("password", "hunter2-wrong"));
        Assert.Contains("logging in: password authentication failed for user \"foz\" (28P01)", error.Message);
        Assert.False(error.IsTransient);
        Assert.DoesNotContain("hunter2", error.ToString());
        Assert.DoesNotContain("hunter2", error.Describe());
    }

    [Fact]
    public async Task Missing_password_is_said_so() =>
        Assert.Contains("asks for a password", (await FailAsync(("password", ""))).Message);

    [Theory]
    [InlineData("host", "no-such-host.invalid", "cannot find the address of 'no-such-host.invalid'")]
    [InlineData("port", "1", "cannot connect: Connection refused")]
    [InlineData("database", "nowhere", "logging in: database \"nowhere\" does not exist (3D000)")]
    [InlineData("user", "nobody", "password authentication failed for user \"nobody\"")]
    [InlineData("user", "refused", "pg_hba.conf rejects connection")]
    [InlineData("host", "/nowhere", "cannot connect")]
    public async Task Failure_names_the_step(string setting, string value, string expected)
    {
        var error = await FailAsync((setting, value));
        Assert.Equal(ErrorKind.Source, error.Kind);
        Assert.Contains(expected, error.Message);
        Assert.NotNull(error.Hint);
    }

    [Fact]
    public async Task Every_call_names_the_step_that_failed()
    {
        await using var source = Source(("port", "1"));
        var stream = PostgreSqlDatabase.Stream("t");
        await Assert.ThrowsAsync<FozException>(() => source.DiscoverAsync(Token));
        await Assert.ThrowsAsync<FozException>(() => source.PlanAsync(stream, [], Token));
        var error = await Assert.ThrowsAsync<FozException>(
            () => source.ReadAsync(stream, new StreamInputs.OfAll(), ReadRows.Context, Token));
        Assert.Contains("cannot connect: Connection refused", error.Message);
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task User_who_may_only_come_with_TLS_is_told_so()
    {
        var error = await FailAsync(("user", "only_tls"), ("sslmode", "disable"), ("host", "127.0.0.1"));
        Assert.Contains("28000", error.Message);
    }

    [Fact]
    public async Task Certificate_of_somebody_else_is_refused()
    {
        var error = await FailAsync(("sslmode", "verify-ca"));
        Assert.Contains("cannot start TLS: the server's certificate is not trusted", error.Message);
        Assert.Contains("sslrootcert", error.Hint);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public async Task Certificate_for_another_name_is_refused_by_verify_full_only()
    {
        (string, object) root = ("sslrootcert", server.RootCertificateFile);
        var error = await FailAsync(("host", "127.0.0.1"), ("sslmode", "verify-full"), root);
        Assert.Contains("is not made out to '127.0.0.1'", error.Message);
        await using var source = Source(("host", "127.0.0.1"), ("sslmode", "verify-ca"), root);
        Assert.Contains("TLS", await source.CheckAsync(Token));
    }

    [Fact]
    public async Task Missing_certificate_file_is_named()
    {
        var error = await FailAsync(("sslmode", "verify-full"), ("sslrootcert", "/nowhere/root.crt"));
        Assert.Equal(ErrorKind.Configuration, error.Kind);
        Assert.Contains("/nowhere/root.crt", error.Message);
    }

    [Fact]
    public async Task Server_without_TLS_is_taken_by_prefer_only()
    {
        await using var proxy = new Proxy(server.Port) { RefusesTls = true };
        (string, object) port = ("port", $"{proxy.Port}");
        (string, object) host = ("host", "127.0.0.1");
        await using var source = Source(host, port, ("sslmode", "prefer"));
        Assert.Contains("no TLS", await source.CheckAsync(Token));
        var error = await FailAsync(host, port, ("sslmode", "require"));
        Assert.Contains("the server does not take TLS", error.Message);
    }

    [Fact]
    public async Task Server_that_is_none_is_said_so()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync(Token);
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), Token);
            await client.GetStream().ReadExactlyAsync(new byte[8], Token);
        }, Token);
        var error = await FailAsync(("host", "127.0.0.1"), ("port", $"{port}"), ("sslmode", "disable"));
        Assert.Equal(ErrorKind.Source, error.Kind);
        await serving;
    }

    [Fact]
    public async Task Server_that_says_nothing_is_given_up()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var error = await FailAsync(("host", "127.0.0.1"), ("port", $"{port}"), ("connect_timeout", "1"));
        Assert.Contains("took longer than 1 s", error.Message);
        Assert.True(error.IsTransient);
    }

    ISource Source(params (string, object)[] settings) => users.Database.Source(settings);

    async Task<FozException> FailAsync(params (string, object)[] settings)
    {
        await using var source = Source(settings);
        return await Assert.ThrowsAsync<FozException>(() => source.CheckAsync(Token));
    }

    /// <summary>A database with users that log in by different methods.</summary>
    public sealed class UsersDatabase(PostgreSqlServer server) : IAsyncLifetime
    {
        public PostgreSqlDatabase Database { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Database = await server.CreateDatabaseAsync();
            var password = PostgreSqlServer.Password.Replace("'", "''");
            await Database.ExecuteAsync($"""
                CREATE TABLE t (i int);
                GRANT SELECT ON t TO PUBLIC;
                CREATE ROLE in_clear_text LOGIN PASSWORD '{password}';
                CREATE ROLE only_tls LOGIN PASSWORD '{password}';
                CREATE ROLE refused LOGIN PASSWORD '{password}';
                SET password_encryption = 'md5';
                CREATE ROLE with_md5 LOGIN PASSWORD '{password}';
                """);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
