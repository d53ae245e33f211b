using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Foz.AcceptanceTests.Databases;
using Foz.AcceptanceTests.PostgreSql;
using Foz.Tests;

namespace Foz.AcceptanceTests.Cli;

/// <summary>From nothing to a first table of one's own database, as a user at a terminal gets there.</summary>
public sealed class FirstUseTests(PostgreSqlServer server, MariaDbServer mariaDb) : IDisposable
{
    static readonly TimeSpan Goal = TimeSpan.FromMinutes(2);
    readonly string folder = Directory.CreateTempSubdirectory("foz-first-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Three_commands_lead_to_a_gold_table_of_chinook()
    {
        var database = await CreateChinookAsync();
        var started = Stopwatch.GetTimestamp();
        await using var terminal = await PseudoTerminal.StartAsync(
            folder,
            """
            foz init shop
            cd shop
            foz query "select * from gold.invoice_by_month order by month limit 2"
            """);
        await terminal.TypeAsync("Number, 1 to 6 [1]: ", "1\n");
        await terminal.TypeAsync("/shop): ", $"postgres://foz@localhost:{server.Port}/{database.Name}\n");
        await terminal.TypeAsync("(empty for none): ", $"{PostgreSqlServer.Password}\n");
        await terminal.TypeAsync("[all]: ", "\n");
        await terminal.TypeAsync("(y/n) [y]: ", "\n");
        var picture = await terminal.EndAsync();

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Goal);
        // Steps that run at one time end in any order.
        var steps = picture.Split('\n').Where(line => line.StartsWith('✓')).ToList();
        Assert.Equal(23, steps.Count);
        Expect.File("first_use.txt", StillText.Of(string.Join('\n', picture.Split('\n').Except(steps)))
            .Replace($"{server.Port}", "PORT", StringComparison.Ordinal)
            .Replace(database.Name, "chinook", StringComparison.Ordinal));
        Assert.DoesNotContain("p@ss", terminal.Written, StringComparison.Ordinal);
        var project = Path.Combine(folder, "work", "shop");
        Assert.Equal(
            [Path.Combine(project, ".env")],
            Directory.EnumerateFiles(project, "*", new EnumerationOptions
            {
                RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None,
            }).Where(file => File.ReadAllText(file).Contains("p@ss", StringComparison.Ordinal)));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(project, ".env")));
    }

    [Fact]
    public async Task A_folder_of_old_files_becomes_a_project()
    {
        var exports = Directory.CreateDirectory(Path.Combine(folder, "work", "exports")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(exports, "orders.csv"),
            "order_id;data_pedido;cliente;valor\n1;15/01/2026;João;1.234,50\n2;31/01/2026;Flávia;19,90\n",
            System.Text.Encoding.Latin1, Cancel);
        File.SetLastWriteTimeUtc(Path.Combine(exports, "orders.csv"), DateTime.UnixEpoch);
        await using var terminal = await InitAsync("4");
        await terminal.TypeAsync("Folder [data]: ", "exports\n");
        await terminal.TypeAsync("[all]: ", "\n");
        await terminal.TypeAsync("[order_id]: ", "\n");
        await ExpectRunAsync(terminal, "2 rows  v0", "1254.40");
    }

    [Fact]
    public async Task A_database_of_MariaDB_becomes_a_project()
    {
        var database = await mariaDb.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "create table orders (id int primary key, created_at datetime not null, total decimal(10,2) not null);"
            + "insert into orders values (1, '2026-01-15 10:00:00', 1234.50), (2, '2026-01-31 10:00:00', 19.90)");
        await using var terminal = await InitAsync("2");
        await terminal.TypeAsync("/shop): ", $"mysql://foz@127.0.0.1:{mariaDb.Port}/{database.Name}\n");
        await terminal.TypeAsync("(empty for none): ", $"{MariaDbServer.Password}\n");
        await terminal.TypeAsync("[all]: ", "\n");
        await ExpectRunAsync(terminal, "2 rows  v0", "1254.40");
    }

    [Fact]
    public async Task An_API_becomes_a_project()
    {
        await using var orders = new OrdersServer();
        await using var terminal = await InitAsync("5");
        await terminal.TypeAsync("/v1): ", $"{orders.Address}\n");
        await terminal.TypeAsync("(empty for none): ", "\n");
        await terminal.TypeAsync("customers): ", "orders\n");
        await terminal.TypeAsync("[id]: ", "\n");
        await ExpectRunAsync(terminal, "2 rows  v0", "silver.orders,");
    }

    [Fact]
    public async Task A_project_without_data_has_rows_of_its_own()
    {
        await using var terminal = await InitAsync("6");
        await ExpectRunAsync(terminal, "3 rows  v0", "2026-");
    }

    [Fact]
    public async Task A_SQL_Server_that_does_not_answer_leaves_nothing()
    {
        await using var terminal = await InitAsync("3");
        await terminal.TypeAsync("/shop): ", $"sqlserver://sa@127.0.0.1:{FreePort()}/shop\n");
        await terminal.TypeAsync("(empty for none): ", "x\n");
        await terminal.SeeAsync("error: ");
        await terminal.TypeAsync("/shop): ", "\u0003");
        var picture = await terminal.EndAsync();
        Assert.DoesNotContain("Globalization", picture, StringComparison.Ordinal);
        Assert.Contains("stopped; no files written", picture, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "work", "shop")));
    }

    [Fact]
    public async Task The_demo_fills_an_empty_database_and_no_other()
    {
        var database = await server.CreateDatabaseAsync();
        var address = $"host={server.SocketFolder} port={server.Port} user=postgres dbname={database.Name}";

        (await FozProcess.RunAsync(folder, "demo", "--postgres", address)).Expect(0);
        Assert.Equal(
            "2000|200|20000|50000",
            await database.ScalarAsync(
                """
                select concat_ws('|', (select count(*) from customers), (select count(*) from products),
                    (select count(*) from orders), (select count(*) from order_items))
                """));

        var again = (await FozProcess.RunAsync(folder, "demo", "--postgres", address)).Expect(2);
        Assert.Contains("has 4 tables and views; nothing was written", again.Errors, StringComparison.Ordinal);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Begins <c>foz init</c> with a kind, and queries the proposed table at its end.</summary>
    async Task<PseudoTerminal> InitAsync(string kind)
    {
        var terminal = await PseudoTerminal.StartAsync(
            folder,
            """
            foz init shop && cd shop && foz query "select * from gold.$(basename models/gold/*.sql .sql)" --output csv
            """);
        await terminal.TypeAsync("Number, 1 to 6 [1]: ", $"{kind}\n");
        return terminal;
    }

    /// <summary>Lets the proposed project run, which must load rows and fill a table of gold.</summary>
    static async Task ExpectRunAsync(PseudoTerminal terminal, string loaded, string value)
    {
        await terminal.TypeAsync("(y/n) [y]: ", "\n");
        var picture = await terminal.EndAsync();
        Assert.Contains(loaded, picture, StringComparison.Ordinal);
        Assert.Contains(value, picture, StringComparison.Ordinal);
        Assert.DoesNotContain("error", picture, StringComparison.Ordinal);
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    async Task<PostgreSqlDatabase> CreateChinookAsync()
    {
        var script = await File.ReadAllLinesAsync(
            Path.Combine(Repository.SharedFolder("real"), "Chinook_PostgreSql.sql"),
            TestContext.Current.CancellationToken);
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync(string.Join('\n', script.Where(line =>
            !line.StartsWith("DROP DATABASE", StringComparison.Ordinal)
            && !line.StartsWith("CREATE DATABASE", StringComparison.Ordinal)
            && !line.StartsWith("\\c ", StringComparison.Ordinal))));
        await database.GrantAsync();
        // Autovacuum may do so at any moment, and then the list of tables shows their rows.
        await database.ExecuteAsync("ANALYZE");
        return database;
    }

    /// <summary>An API with two orders.</summary>
    sealed class OrdersServer() : LoopbackServer(seed: null)
    {
        protected override LoopbackAnswer Answer(LoopbackRequest request) => new(
            200,
            """
            [{"id": 1, "created_at": "2026-01-15T10:00:00Z", "total": 1234.5},
             {"id": 2, "created_at": "2026-01-31T10:00:00Z", "total": 19.9}]
            """u8.ToArray(),
            "application/json");

        protected override LoopbackAnswer Fault(int status, string code) => LoopbackAnswer.Of(status, code);
    }
}
