using System.Diagnostics;
using System.Text.Json;

namespace Foz.AcceptanceTests.Crash;

/// <summary>
/// A host with alerts to the terminal: runs that a shell makes are noticed, told of, and closed; also where the host is
/// killed between two of its writes.
/// </summary>
public sealed class AlertServeTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-alerts-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_failed_run_is_told_of_acknowledged_and_resolved()
    {
        await WriteAsync();
        using var host = Serve(failpoint: null);
        for (var i = 0; i < 3; i++) Assert.NotNull(await host.ReadLineAsync());
        await FozProcess.RunAsync(folder, "run", "--here");
        var id = await WaitForAsync("open");
        // Of what a user acknowledges within the first second no message is sent.
        for (var i = 0; i < 100 && !await IsSentAsync(); i++) await Task.Delay(200, Cancel);
        Assert.Contains(id, (await FozProcess.RunAsync(folder, "status")).Expect(0).Output);
        (await FozProcess.RunAsync(folder, "incidents", "ack", id)).Expect(0);
        await File.WriteAllTextAsync(Path.Combine(folder, "models", "silver", "a.sql"), "select 1 as n", Cancel);
        (await FozProcess.RunAsync(folder, "run", "--here")).Expect(0);
        Assert.Equal(id, await WaitForAsync("resolved"));
        await Task.Delay(2000, Cancel);
        host.Kill();
        var told = (await host.WaitAsync()).Errors;
        Assert.Contains("alerts: Crítico: silver.a: models/silver/a.sql:1:8: Could not convert string 'x'", told);
        Assert.Contains("Bloqueia: gold.b", told);
        Assert.Contains("alerts: Em atendimento: silver.a", told);
        Assert.Contains("alerts: Resolvido: silver.a", told);
        var history = await FozProcess.RunAsync(
            folder, "query", "select event from foz.incidents order by change", "--output", "csv");
        Assert.Equal(
            ["event", "opened", "acknowledged", "resolved"],
            Lines(history));
    }

    [Theory]
    [InlineData("alerts.decided")]
    [InlineData("alerts.sent")]
    [InlineData("incidents.journaled")]
    public async Task A_message_survives_the_host_that_was_to_send_it(string failpoint)
    {
        await WriteAsync();
        await FozProcess.RunAsync(folder, "run", "--here");
        using (var first = Serve(failpoint))
            Assert.Equal(FozProcess.KilledExitCode, (await first.WaitAsync()).ExitCode);
        using var second = Serve(failpoint: null);
        var id = await WaitForAsync("open");
        var watch = Stopwatch.StartNew();
        while (!await IsSentAsync() && watch.Elapsed < TimeSpan.FromMinutes(1)) await Task.Delay(200, Cancel);
        second.Kill();
        var told = (await second.WaitAsync()).Errors;
        // What was sent before the message was noted as sent comes again; what was noted does not.
        if (failpoint != "incidents.journaled") Assert.Contains($"({id})", told);
        Assert.Equal("no message waits", await WaitingAsync());
        var history = await FozProcess.RunAsync(
            folder, "query", "select distinct event, change from foz.incidents", "--output", "csv");
        Assert.Equal(
            ["event,change", "opened,1"],
            Lines(history));
    }

    static string[] Lines(FozResult result) => result.Expect(0).Output.Split(
        '\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    async Task<string> WaitingAsync()
    {
        var listed = (await FozProcess.RunAsync(folder, "alerts", "ls", "--output", "csv")).Expect(0).Output;
        return listed.Contains(" wait", StringComparison.Ordinal) ? listed : "no message waits";
    }

    /// <summary>Whether a message was written for an incident, and none is to be sent any more.</summary>
    async Task<bool> IsSentAsync()
    {
        var state = await File.ReadAllTextAsync(
            Path.Combine(folder, "lake", "_foz", "incidents", "s.default.json"), Cancel);
        using var json = JsonDocument.Parse(state);
        return state.Contains("\"firstAt\"", StringComparison.Ordinal)
            && (!json.RootElement.TryGetProperty("outbox", out var outbox) || outbox.GetArrayLength() == 0);
    }

    /// <summary>Waits until there is an incident in a state.</summary>
    /// <returns>Its id.</returns>
    async Task<string> WaitForAsync(string state)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromMinutes(1))
        {
            var listed = await FozProcess.RunAsync(folder, "incidents", "ls", "--all", "--output", "csv");
            if (listed.Output.Split('\n').FirstOrDefault(
                line => line.TrimEnd().EndsWith(state, StringComparison.Ordinal))
                is { } found && found.Contains("silver.a", StringComparison.Ordinal))
                return found.Split(',')[0];
            await Task.Delay(200, Cancel);
        }
        throw new TimeoutException($"no incident is {state}");
    }

    async Task WriteAsync()
    {
        foreach (var name in (string[])["models/silver", "models/gold", "alerts"])
            Directory.CreateDirectory(Path.Combine(folder, name));
        await File.WriteAllTextAsync(Path.Combine(folder, "foz.yml"), "name: s\nlake: lake\n", Cancel);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "models", "silver", "a.sql"), "select cast('x' as integer) as n", Cancel);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "models", "gold", "b.sql"), "select * from silver.a", Cancel);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "alerts", "team.yml"),
            "channels:\n  console: {type: terminal, language: pt}\nroutes:\n  - {to: console}\n", Cancel);
    }

    FozProcess Serve(string? failpoint) => FozProcess.Start(
        folder, failpoint, "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0", "--http-port", "0");
}
