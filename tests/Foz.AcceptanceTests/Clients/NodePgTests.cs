using System.Diagnostics;
using Foz.AcceptanceTests.PostgreSql;
using Foz.Tests;

namespace Foz.AcceptanceTests.Clients;

/// <summary>node-postgres, which programs in JavaScript use, against PostgreSQL and Foz.</summary>
public sealed class NodePgTests(ServedProject project, PostgreSqlServer server)
{
    const int Steps = 20;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_step_is_answered_as_by_PostgreSQL()
    {
        await project.StartAsync();
        var database = await server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE SCHEMA silver; CREATE ROLE node_pg SUPERUSER LOGIN PASSWORD 'a secret'");
        var expected = await RunAsync("127.0.0.1", server.Port, "node_pg", "a secret", database.Name);

        var actual = await RunAsync("127.0.0.1", project.Port, ServedProject.User, ServedProject.Password, "lake");

        Assert.Equal(Steps, expected.Length);
        Assert.Equal(expected, actual);
    }

    static async Task<string[]> RunAsync(string host, int port, string user, string password, string database)
    {
        var client = Path.Combine(Repository.Root, "tests", "Foz.AcceptanceTests", "Clients", "Node");
        const string remedy = "node-postgres is not installed: run .ci/install-test-tools";
        var isAbsent = !Directory.Exists(Path.Combine(client, "node_modules", "pg"));
        if (Environment.GetEnvironmentVariable("CI") is not "true") Assert.SkipWhen(isAbsent, remedy);
        Assert.False(isAbsent, remedy);
        using var node = Process.Start(
            new ProcessStartInfo(
                "node", [Path.Combine(client, "pg.js"), host, $"{port}", user, password, database, "silver"])
            {
                UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
        var errors = node.StandardError.ReadToEndAsync(Cancel);
        var output = await node.StandardOutput.ReadToEndAsync(Cancel);
        await node.WaitForExitAsync(Cancel);
        Assert.True(node.ExitCode == 0, output + await errors);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
