using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Foz.AcceptanceTests.Clients;
using Foz.Tests;
using Npgsql;

namespace Foz.AcceptanceTests.Heavy;

/// <summary>
/// Statements that would take a server where nothing bounds them, four at a time, by both protocols. With
/// <c>FOZ_SOAK=1</c> all of <c>statements.sql</c> run, a third of them canceled by their clients, and the server's
/// memory and times are asserted.
/// </summary>
public sealed class HeavyStatementTests(ITestOutputHelper output)
{
    const int AtATime = 4;
    const long MemoryBytes = 1_000_000_000;

    static readonly TimeSpan timeout = TimeSpan.FromSeconds(3);
    static readonly TimeSpan canceledAfter = TimeSpan.FromSeconds(1);
    static readonly TimeSpan over = TimeSpan.FromSeconds(2);

    // It is done, stopped, refused or too large.
    static readonly IReadOnlyList<string> outcomes =
        ["00000", "57014", "54000", "54001", "53200", "53100", "0A000", "42883", "22003", "21000", "42601", "42P13"];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_server_outlives_them_and_answers_others()
    {
        await using var project = new ServedProject(
            "serve:\n  workloads:\n    default:\n      statement_timeout: 3s\n");
        await using var other = await project.ConnectAsync();
        await RunAsync(other, "create schema if not exists silver");
        await RunAsync(other, "create table silver.heavy (i bigint, s varchar)");
        await RunAsync(
            other, "insert into silver.heavy select i, repeat('x', 1000) from generate_series(1, 5000) t(i)");
        var waiting = new ConcurrentQueue<(int Number, HeavyStatement Statement)>(
            HeavyStatement.All.Where(s => Soak.Is || s.IsOrdinary).Select((s, i) => (i, s)));
        var ended = new ConcurrentBag<Ending>();
        using var allEnded = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var asking = AskAsync(other, allEnded.Token);

        await Task.WhenAll(Enumerable.Range(0, AtATime).Select(_ => WorkAsync()));
        await allEnded.CancelAsync();
        var answers = await asking;

        var peak = project.PeakBytes;
        answers.Sort();
        foreach (var ending in ended.OrderByDescending(e => e.Late)) output.WriteLine($"{ending}");
        output.WriteLine(FormattableString.Invariant(
            $"{ended.Count} statements; peak {peak / 1e6:F0} MB of {MemoryBytes / 1e6:F0} MB; select 1: {answers.Count} times, p50 {answers[answers.Count / 2]:F1} ms, p95 {answers[answers.Count * 95 / 100]:F1} ms, most {answers[^1]:F0} ms"));
        Assert.All(ended, ending => Assert.Contains(ending.State, outcomes));
        Assert.Equal(1, await new NpgsqlCommand("select 1", other).ExecuteScalarAsync(Token));
        if (!Soak.Is) return;
        Assert.All(ended, ending => Assert.True(ending.Late <= over, $"{ending}"));
        Assert.True(peak <= MemoryBytes * 1.5, $"the server took {peak} bytes");
        Assert.True(answers[answers.Count * 95 / 100] <= 50, "others waited for select 1");

        async Task WorkAsync()
        {
            while (waiting.TryDequeue(out var next))
            {
                var canceled = next.Number % 3 == 2 ? canceledAfter : (TimeSpan?)null;
                var clock = Stopwatch.StartNew();
                var (state, message) = next.Statement.IsTrino
                    ? await RunTrinoAsync(project, next.Statement.Sql, canceled)
                    : await RunPostgreSqlAsync(project, next.Statement.Sql, canceled);
                var late = clock.Elapsed - (canceled ?? timeout);
                ended.Add(
                    new(next.Statement.Name, state, late < TimeSpan.Zero
                        ? TimeSpan.Zero
                        : late, clock.Elapsed, message));
            }
        }
    }

    static async Task<List<double>> AskAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        while (!cancellationToken.IsCancellationRequested)
        {
            var clock = Stopwatch.StartNew();
            await RunAsync(connection, "select 1");
            times.Add(clock.Elapsed.TotalMilliseconds);
            await Task.Delay(TimeSpan.FromMilliseconds(20), Token);
        }
        return times;
    }

    static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    static async Task<(string State, string Message)> RunPostgreSqlAsync(
        ServedProject project, string sql, TimeSpan? canceled)
    {
        await using var connection = await project.ConnectAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        using var timer = canceled is { } after
            ? new Timer(_ => command.Cancel(), null, after, Timeout.InfiniteTimeSpan)
            : null;
        try
        {
            await using var reader = await command.ExecuteReaderAsync(
                System.Data.CommandBehavior.SequentialAccess, Token);
            while (await reader.ReadAsync(Token))
            {
            }
            return ("00000", "");
        }
        catch (PostgresException e)
        {
            return (e.SqlState, e.MessageText);
        }
        catch (OperationCanceledException e) when (e.InnerException is PostgresException inner)
        {
            return (inner.SqlState, inner.MessageText);
        }
    }

    static async Task<(string State, string Message)> RunTrinoAsync(
        ServedProject project, string sql, TimeSpan? canceled)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("X-Trino-User", ServedProject.User);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ServedProject.User}:{ServedProject.Password}")));
        var clock = Stopwatch.StartNew();
        var response = await http.PostAsync(new Uri(project.Trino + "/v1/statement"), new StringContent(sql), Token);
        while (true)
        {
            using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
            if (answer.RootElement.TryGetProperty("error", out var error))
                return (StateOf(error.GetProperty("errorName").GetString()!),
                    error.GetProperty("message").GetString()!);
            if (!answer.RootElement.TryGetProperty("nextUri", out var next)) return ("00000", "");
            if (clock.Elapsed > canceled)
            {
                await http.DeleteAsync(new Uri(next.GetString()!), Token);
                return ("57014", "canceled");
            }
            response = await http.GetAsync(new Uri(next.GetString()!), Token);
        }
    }

    static string StateOf(string name) => name switch
    {
        "EXCEEDED_TIME_LIMIT" or "USER_CANCELED" => "57014",
        "NOT_SUPPORTED" => "0A000",
        "FUNCTION_NOT_FOUND" => "42883",
        "STACK_OVERFLOW" => "54001",
        "INVALID_FUNCTION_ARGUMENT" => "54000",
        _ => name.StartsWith("EXCEEDED", StringComparison.Ordinal)
            || name.EndsWith("RESOURCES", StringComparison.Ordinal) || name.EndsWith("LIMIT", StringComparison.Ordinal)
            ? "53200"
            : name,
    };

    /// <summary>How a statement ended.</summary>
    /// <param name="Name">What it does.</param>
    /// <param name="State">The SQLSTATE; 00000 where it is done.</param>
    /// <param name="Late">How long after its time-out, or after it was canceled.</param>
    /// <param name="Lasted">How long it lasted.</param>
    /// <param name="Message">The message that the client got.</param>
    sealed record Ending(string Name, string State, TimeSpan Late, TimeSpan Lasted, string Message)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{State} late {Late.TotalSeconds:F1} s of {Lasted.TotalSeconds:F1} s: {Name}: "
                + $"{Message[..Math.Min(Message.Length, 140)]}");
    }
}
