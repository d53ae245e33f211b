using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Foz.Lake.Configuration;
using Foz.Operations.Channels;

namespace Foz.AcceptanceTests.Alerts;

public sealed class AlertmanagerTests
{
    const string Program = "/usr/bin/prometheus-alertmanager";

    [Fact]
    public async Task A_real_Alertmanager_takes_alerts_and_ends_them()
    {
        if (Environment.GetEnvironmentVariable("CI") is not "true")
            Assert.SkipUnless(File.Exists(Program), "no Alertmanager in /usr/bin: .ci/install-test-tools");
        var folder = Directory.CreateTempSubdirectory("foz-alertmanager-").FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "a.yml"), "route: {receiver: none}\nreceivers: [{name: none}]\n",
            TestContext.Current.CancellationToken);
        var port = FreePort();
        using var process = Process.Start(new ProcessStartInfo(
            Program,
            [
                $"--config.file={folder}/a.yml", $"--storage.path={folder}/data",
                $"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
            ])
        {
            UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true,
        })!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        try
        {
            await TalkAsync(new Uri($"http://127.0.0.1:{port}"));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task TalkAsync(Uri address)
    {
        using var http = new HttpClient { BaseAddress = address };
        await WaitAsync(http);
        var errors = new ErrorList();
        var file = (YamlNode.Mapping)YamlReader.Read(
            $"ops: {{type: alertmanager, url: '{address}', labels: {{team: data}}}}", "alerts/a.yml", errors)!;
        using var channel = new ChannelReader("/", Variables.Empty, new Secrets(), TimeProvider.System, errors)
            .Read(file.Entries[0]);
        errors.ThrowIfAny();

        Assert.IsType<Delivery.Sent>(await SendAsync(channel!, MessageKind.Opened));
        Assert.IsType<Delivery.Sent>(await SendAsync(channel!, MessageKind.Repeated));
        var alert = Assert.Single(await AlertsAsync(http));
        var labels = alert.GetProperty("labels");
        Assert.Equal("inc-7", labels.GetProperty("incident").GetString());
        Assert.Equal("critical", labels.GetProperty("severity").GetString());
        Assert.Equal("data", labels.GetProperty("team").GetString());
        Assert.Contains(
            "Zażółć & <b> 😀", alert.GetProperty("annotations").GetProperty("summary").GetString(),
            StringComparison.Ordinal);
        Assert.Equal("https://foz.example.org/ack?a=1&b=2", alert.GetProperty("generatorURL").GetString());

        Assert.IsType<Delivery.Sent>(await SendAsync(channel!, MessageKind.Resolved));
        Assert.Empty(await AlertsAsync(http));
    }

    static Task<Delivery> SendAsync(IAlertChannel channel, MessageKind kind) => channel.SendAsync(
        new()
        {
            IncidentId = "inc-7", Kind = kind, Severity = AlertSeverity.Critical, Key = $"inc-7/{kind}",
            Title = "Zażółć & <b> 😀", Text = "one\ntwo\0", Since = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero),
            Links = [new("Acknowledge", new Uri("https://foz.example.org/ack?a=1&b=2"))],
        }, TestContext.Current.CancellationToken);

    static async Task<List<JsonElement>> AlertsAsync(HttpClient http) =>
        (await http.GetFromJsonAsync<List<JsonElement>>(
            "/api/v2/alerts?active=true", TestContext.Current.CancellationToken))!;

    static async Task WaitAsync(HttpClient http)
    {
        for (var turn = 0; turn < 200; turn++)
            try
            {
                if ((await http.GetAsync(new Uri("/-/ready", UriKind.Relative), TestContext.Current.CancellationToken))
                    .IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        Assert.Fail("Alertmanager does not answer within 10 s");
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
