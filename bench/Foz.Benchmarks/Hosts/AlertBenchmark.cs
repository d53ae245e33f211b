using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Foz.Benchmarks.Serving;

namespace Foz.Benchmarks.Hosts;

/// <summary>
/// Runs of schedules that fail one after the other: how long after a step failed a webhook of this machine has the
/// message about it.
/// </summary>
sealed class AlertBenchmark : IBenchmark
{
    const int Failures = 100;

    static readonly TimeSpan ahead = TimeSpan.FromSeconds(15), lengthMax = TimeSpan.FromMinutes(6);

    public string Name => "alerts";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        var foz = await PublishedFoz.PathAsync();
        var project = folder.Sub("alerts-host");
        using var webhook = new Webhook();
        var first = TimeProvider.System.GetUtcNow() + ahead;
        var settings = new StringBuilder("lake: lake\nschedules:\n");
        for (var i = 0; i < Failures; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"m{i:D3}");
            Write(project, $"models/gold/{name}.sql", $"select cast('{name}' as integer) as n");
            // Not all at the same place between two looks of the host.
            var due = first.AddMilliseconds(i * 1700);
            settings.Append(
                CultureInfo.InvariantCulture,
                $"  {name}: {{every: 1d, start: '{due:yyyy-MM-dd HH:mm:ss.fff}', select: gold.{name}}}\n");
        }
        Write(project, "alerts/team.yml", $$"""
            channels:
              hook: {type: webhook, url: 'http://127.0.0.1:{{webhook.Port}}/', per_minute: 1000}
            routes:
              - {to: hook, resolved: false}
            """);
        using var host = ServeProcess.Start(project, settings.ToString(), foz);
        var until = TimeProvider.System.GetUtcNow() + lengthMax;
        while (webhook.Messages.Count < Failures && TimeProvider.System.GetUtcNow() < until) await Task.Delay(200);
        var times = webhook.Messages.Values.Order().ToList();
        if (times.Count < Failures) throw new InvalidOperationException($"{times.Count} of {Failures} messages came");
        return
        [
            new($"failure of a step → message at a webhook of this machine, {Failures} failures", "the limit",
                Pair.Text($"median {Pair.Median(times):0.00} s"), Pair.Text($"worst {times[^1]:0.00} s"),
                Pair.Text($"p99 {times[(int)Math.Ceiling(times.Count * 0.99) - 1]:0.0} s"), "≤ 5 s"),
        ];
    }

    static void Write(string folder, string path, string text)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    /// <summary>Takes messages, and notes when the first one about each table came.</summary>
    sealed class Webhook : IDisposable
    {
        readonly HttpListener listener = new();

        public Webhook()
        {
            using (var free = new TcpListener(IPAddress.Loopback, 0))
            {
                free.Start();
                Port = ((IPEndPoint)free.LocalEndpoint).Port;
            }
            listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
            listener.Start();
            _ = Task.Run(TakeAsync);
        }

        public int Port { get; }

        /// <summary>The seconds from the failure of each table's step to the message about it.</summary>
        public ConcurrentDictionary<string, double> Messages { get; } = new(StringComparer.Ordinal);

        public void Dispose() => listener.Close();

        async Task TakeAsync()
        {
            while (listener.IsListening)
                try
                {
                    var context = await listener.GetContextAsync();
                    var now = TimeProvider.System.GetUtcNow();
                    using var message = await JsonDocument.ParseAsync(context.Request.InputStream);
                    context.Response.Close();
                    var failedAt = message.RootElement.GetProperty("timestamp").GetDateTimeOffset();
                    Messages.TryAdd(
                        message.RootElement.GetProperty("data").GetProperty("incident").GetString()!,
                        (now - failedAt).TotalSeconds);
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
        }
    }
}
