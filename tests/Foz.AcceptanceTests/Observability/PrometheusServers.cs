using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Foz.Tests;

namespace Foz.AcceptanceTests.Observability;

/// <summary>Debian's Prometheus, Alertmanager and promtool, on ports of their own.</summary>
sealed class PrometheusServers : IDisposable
{
    const string Prometheus = "/usr/bin/prometheus", Alertmanager = "/usr/bin/prometheus-alertmanager";

    static readonly HttpClient http = new();

    readonly List<Process> processes = [];
    readonly string folder;
    readonly int port = FreePort();
    readonly int alertPort = FreePort();

    PrometheusServers(string folder) => this.folder = folder;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Why the tests cannot run here; null where they can. In CI they must.</summary>
    public static string? ReasonToSkip =>
        File.Exists(Prometheus) && File.Exists(Alertmanager) || Environment.GetEnvironmentVariable("CI") is "true"
            ? null
            : "prometheus and prometheus-alertmanager of Debian are not installed";

    /// <summary>Starts both, with the rules of a file.</summary>
    public static async Task<PrometheusServers> StartAsync(string folder, string target, string token, string rules)
    {
        var servers = new PrometheusServers(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "metrics_token"), token, Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "foz.rules.yml"), rules, Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "prometheus.yml"), servers.Config(target), Cancel);
        File.Copy(
            Path.Combine(Repository.Root, "deploy/prometheus/alertmanager.yml"),
            Path.Combine(folder, "alertmanager.yml"));
        servers.Start(
            Alertmanager, "--config.file=alertmanager.yml", "--storage.path=alerts", "--cluster.listen-address=",
            $"--web.listen-address=127.0.0.1:{servers.alertPort}");
        servers.Start(
            Prometheus, "--config.file=prometheus.yml", "--storage.tsdb.path=series",
            $"--web.listen-address=127.0.0.1:{servers.port}");
        return servers;
    }

    /// <summary>Runs promtool to its end.</summary>
    /// <returns>Its exit code, and what it wrote.</returns>
    public static async Task<(int ExitCode, string Output)> PromtoolAsync(string? input, params string[] arguments)
    {
        var start = Command("/usr/bin/promtool", Path.Combine(Repository.Root, "deploy/prometheus"), arguments);
        start.RedirectStandardInput = true;
        using var tool = Process.Start(start)!;
        await tool.StandardInput.WriteAsync(input);
        tool.StandardInput.Close();
        var output = await tool.StandardOutput.ReadToEndAsync(Cancel) + await tool.StandardError.ReadToEndAsync(Cancel);
        await tool.WaitForExitAsync(Cancel);
        return (tool.ExitCode, output);
    }

    /// <summary>Asks for the value of an expression now.</summary>
    /// <returns>The error, null for none, and the values.</returns>
    public async Task<(string? Error, IReadOnlyList<double> Values)> QueryAsync(string expression)
    {
        using var answer = await GetAsync(port, "/api/v1/query?query=" + Uri.EscapeDataString(expression));
        var root = answer.RootElement;
        if (root.GetProperty("status").GetString() != "success") return ($"{root.GetProperty("error")}", []);
        var data = root.GetProperty("data");
        return (null,
        [
            .. data.GetProperty("result").EnumerateArray()
                .Select(row => double.Parse($"{row.GetProperty("value")[1]}".Replace("+Inf", "Infinity"))),
        ]);
    }

    /// <summary>Returns the names of the alerts that Alertmanager has.</summary>
    public async Task<IReadOnlyList<string>> AlertsAsync()
    {
        using var answer = await GetAsync(alertPort, "/api/v2/alerts");
        return
        [
            .. answer.RootElement.EnumerateArray()
                .Select(alert => $"{alert.GetProperty("labels").GetProperty("alertname")}"),
        ];
    }

    public void Dispose()
    {
        foreach (var process in processes)
            using (process)
            {
                process.Kill();
                process.WaitForExit();
            }
    }

    string Config(string target) => File.ReadAllText(Path.Combine(Repository.Root, "deploy/prometheus/prometheus.yml"))
        .Replace("localhost:8080", target, StringComparison.Ordinal)
        .Replace("localhost:9093", $"127.0.0.1:{alertPort}", StringComparison.Ordinal)
        .Replace("15s", "1s", StringComparison.Ordinal);

    void Start(string program, params string[] arguments)
    {
        var process = Process.Start(Command(program, folder, arguments))!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        processes.Add(process);
    }

    static ProcessStartInfo Command(string program, string folder, string[] arguments) => new(program, arguments)
    {
        UseShellExecute = false, WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
    };

    static async Task<JsonDocument> GetAsync(int port, string path)
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{port}{path}"), Cancel);
                return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
            }
            catch (Exception e) when (e is HttpRequestException or JsonException && attempt < 120)
            {
                // It is starting.
                await Task.Delay(500, Cancel);
            }
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
