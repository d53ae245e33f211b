using Foz.AcceptanceTests.PostgreSql;
using Foz.Lake.Journal;

namespace Foz.AcceptanceTests.Stores;

/// <summary>Files of an SFTP server as a source, against OpenSSH's own server.</summary>
public sealed class SftpTests : IAsyncLifetime
{
    readonly TestLake lake = new();
    SftpServer server = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await SftpServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
        lake.Dispose();
    }

    [Fact]
    public async Task Each_file_that_lands_arrives_once()
    {
        Define($"private_key_file: {server.KeyFile}", $"host_key: {server.HostKey}");
        lake.Write("sources/landing.yml", """
            connection: landing
            streams:
              orders: {path: 'orders/**/*.csv'}
              prices: {path: 'prices-{1,2}.csv'}
              one: {path: 'with space/one é.csv'}
            """);
        server.Write("orders/2024/a.csv", "id\n1\n2\n");
        server.Write("orders/2024/.hidden.csv", "id\n99\n");
        server.Write("prices-1.csv", "sku\na\n");
        server.Write("prices-3.csv", "sku\nc\n");
        server.Write("with space/one é.csv", "x\n7\n");
        File.CreateSymbolicLink(
            Path.Combine(server.Files, "orders", "linked.csv"), server.Write("elsewhere/l.csv", "id\n3\n"));
        Directory.CreateSymbolicLink(
            Path.Combine(server.Files, "orders", "again"), Path.Combine(server.Files, "orders"));
        await lake.RunWellAsync();
        server.Write("orders/2025/b.csv", "id\n4\n");
        await lake.RunWellAsync();
        await lake.RunWellAsync();
        Assert.Equal(["1", "2", "3", "4"], await lake.QueryAsync("SELECT id FROM bronze.orders ORDER BY id"));
        Assert.Equal(
            [$"a|sftp://127.0.0.1:{server.Port}{server.Files}/prices-1.csv"],
            await lake.QueryAsync("SELECT sku, _cdc_source FROM bronze.prices"));
        Assert.Equal(["7"], await lake.QueryAsync("SELECT x FROM bronze.one"));
    }

    [Fact]
    public async Task Files_of_many_parts_arrive_whole()
    {
        Define($"private_key_file: {server.KeyFile}", $"host_key: {server.HostKey}");
        lake.Write(
            "sources/landing.yml", "connection: landing\nstreams:\n  numbers: {path: '*.csv', columns: {n: bigint}}\n");
        const int rows = 300_000;
        server.Write("a.csv", $"n\n{string.Join('\n', Enumerable.Range(0, rows))}\n");
        server.Write("b.csv", $"n\n{string.Join('\n', Enumerable.Range(rows, rows))}\n");
        await lake.RunWellAsync();
        Assert.Equal(
            [$"{2 * rows}|{(2L * rows) * (2L * rows - 1) / 2}"],
            await lake.QueryAsync("SELECT count(DISTINCT n), sum(n) FROM bronze.numbers"));
    }

    [Fact]
    public async Task A_server_proves_who_it_is()
    {
        lake.Write("sources/landing.yml", "connection: landing\nstreams:\n  orders: {path: '*.csv'}\n");
        server.Write("a.csv", "id\n1\n");
        Define($"private_key_file: {server.KeyFile}");
        Assert.Contains("the key of 127.0.0.1 is not known", await FailAsync());
        Define($"private_key_file: {server.KeyFile}", $"host_key: {await server.FingerprintAsync("other-key")}");
        var refusal = await FailAsync();
        Assert.Contains(
            $"the key of 127.0.0.1 is not {await server.FingerprintAsync("other-key")}: it has "
                + $"{await server.FingerprintAsync()} (ssh-ed25519)", refusal);
        Define($"private_key_file: {server.KeyFile}",
            $"host_key: {await File.ReadAllTextAsync($"{server.OtherKeyFile}.pub", Cancel)}");
        Assert.Contains("127.0.0.1 has another key than the one that is known", await FailAsync());
        lake.Write(
            "known",
            $"[127.0.0.1]:{server.Port} "
                + $"{(await File.ReadAllTextAsync($"{server.OtherKeyFile}.pub", Cancel)).Trim()}\n");
        Define($"private_key_file: {server.KeyFile}", "known_hosts: known");
        Assert.Contains("127.0.0.1 has another key than the one that is known", await FailAsync());
        lake.Write("known", $"[127.0.0.1]:{server.Port} {server.HostKey}\n");
        await lake.RunWellAsync();
        Define($"private_key_file: {server.KeyFile}", $"host_key: {await server.FingerprintAsync()}");
        server.Write("b.csv", "id\n2\n");
        await lake.RunWellAsync();
        Assert.Equal(["1", "2"], await lake.QueryAsync("SELECT id FROM bronze.orders ORDER BY id"));
    }

    [Fact]
    public async Task Keys_are_files_or_secrets_with_or_without_a_passphrase()
    {
        lake.Write("sources/landing.yml", "connection: landing\nstreams:\n  orders: {path: '*.csv'}\n");
        server.Write("a.csv", "id\n1\n");
        lake.Write(
            ".env",
            $"KEY=\"{(await File.ReadAllTextAsync(server.KeyFile, Cancel)).Replace("\n", "\\n", StringComparison.Ordinal)}\"\nOPENS={SftpServer.Passphrase}\nWRONG=other\n");
        Define($"private_key_file: {server.OtherKeyFile}", $"host_key: {server.HostKey}");
        Assert.Contains($"127.0.0.1 refuses the log-in of user {SftpServer.User}", await FailAsync());
        Define($"private_key_file: {server.ClosedKeyFile}", "passphrase: ${WRONG}", $"host_key: {server.HostKey}");
        Assert.Contains("refuses the log-in", await FailAsync());
        Define("private_key: ${KEY}", $"host_key: {server.HostKey}");
        await lake.RunWellAsync();
        server.Write("b.csv", "id\n2\n");
        Define($"private_key_file: {server.ClosedKeyFile}", "passphrase: ${OPENS}", $"host_key: {server.HostKey}");
        await lake.RunWellAsync();
        Assert.Equal(["1", "2"], await lake.QueryAsync("SELECT id FROM bronze.orders ORDER BY id"));
    }

    [Fact]
    public async Task A_connection_that_breaks_off_is_made_again()
    {
        await using var proxy = new Proxy(server.Port) { BytesMax = 1_000_000, CutsMax = 2 };
        Define(proxy.Port, $"private_key_file: {server.KeyFile}", $"host_key: {server.HostKey}");
        lake.Write("sources/landing.yml", "connection: landing\nstreams:\n  numbers: {path: '*.csv'}\n");
        server.Write("a.csv", $"n\n{string.Join('\n', Enumerable.Range(0, 300_000))}\n");
        await lake.RunWellAsync();
        Assert.Equal(["300000"], await lake.QueryAsync("SELECT count(DISTINCT n) FROM bronze.numbers"));
    }

    [Fact]
    public async Task What_is_not_there_or_may_not_be_read_is_named()
    {
        lake.Write("sources/landing.yml", "connection: landing\nstreams:\n  orders: {path: '*.csv'}\n");
        Directory.Delete(server.Files);
        Define($"private_key_file: {server.KeyFile}", $"host_key: {server.HostKey}");
        Assert.Contains($"folder {server.Files} of 127.0.0.1 does not exist", await FailAsync());
        Define($"private_key_file: {server.KeyFile}-none", $"host_key: {server.HostKey}");
        Assert.Contains($"file {server.KeyFile}-none of the connection to 127.0.0.1 does not exist", await FailAsync());
        Define($"host_key: {server.HostKey}");
        await server.DisposeAsync();
        server = null!;
        Assert.Contains("the connection to 127.0.0.1 failed", await FailAsync());
    }

    [Fact]
    public async Task A_password_reaches_ssh_and_nothing_else()
    {
        Assert.SkipUnless(
            File.Exists("/usr/lib/openssh/sftp-server"), "there is no sftp-server: run .ci/install-test-tools");
        // A program in place of ssh: asks for the password as ssh does, and serves files if it is right.
        lake.Write("bin/ssh", """
            #!/bin/sh
            echo "$@" >> "$FAKE_LOG"
            [ "$SSH_ASKPASS_REQUIRE" = force ] && [ "$("$SSH_ASKPASS" "anna@host's password: ")" = "it's a \"se cret\"" ] \
              || { echo "anna@host: Permission denied (publickey,password)." >&2; exit 255; }
            exec /usr/lib/openssh/sftp-server
            """);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(
                Path.Combine(lake.Folder, "bin", "ssh"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        lake.Write("foz.yml", $$"""
            name: t
            connections:
              landing: {type: files, path: 'sftp://anna@host.example{{server.Files}}', password: '${WORD}'}
            """);
        lake.Write("sources/landing.yml", "connection: landing\nstreams:\n  orders: {path: '*.csv'}\n");
        server.Write("a.csv", "id\n1\n");
        (await RunAsync("wrong")).Expect(1);
        (await RunAsync("it's a \"se cret\"")).Expect(0);
        var log = await File.ReadAllTextAsync(Path.Combine(lake.Folder, "log"), Cancel);
        Assert.Contains("-o StrictHostKeyChecking=yes", log);
        Assert.EndsWith("-l anna -s -- host.example sftp\n", log);
        Assert.DoesNotContain("se cret", log);
        Assert.Empty(Directory.GetDirectories(Path.Combine(lake.Folder, "temp"), "foz-ssh-*"));

        async Task<FozResult> RunAsync(string word)
        {
            var command = FozProcess.Command(lake.Folder, "run");
            command.Environment["PATH"] =
                $"{Path.Combine(lake.Folder, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
            command.Environment["FAKE_LOG"] = Path.Combine(lake.Folder, "log");
            command.Environment["WORD"] = word;
            using var foz = FozProcess.Start(command);
            return await foz.WaitAsync();
        }
    }

    void Define(params IEnumerable<string> settings) => Define(server.Port, settings);

    void Define(int port, params IEnumerable<string> settings) => lake.Write("foz.yml", $"""
        name: t
        connections:
          landing:
            type: files
            path: sftp://{SftpServer.User}@127.0.0.1:{port}{server.Files}
        {string.Concat(settings.Select(s => $"    {s.Trim()}\n"))}
        """);

    async Task<string> FailAsync()
    {
        var run = await lake.RunAsync();
        Assert.Equal(Outcome.Failed, run.Outcome);
        return run.Steps.First(s => s.Error is not null).Error!.Describe();
    }
}
