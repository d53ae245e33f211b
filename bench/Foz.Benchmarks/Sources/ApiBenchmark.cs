using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Foz.Benchmarks.Sources;

/// <summary>
/// An API of pages on the loopback address into a bronze table, against a program that only asks for the pages and
/// throws them away. The server takes as long for a page as quick ones do.
/// </summary>
sealed class ApiBenchmark : IBenchmark
{
    const int Rounds = 5, Pages = 150, RowsPerPage = 1_000, PageMs = 30;

    public string Name => "http-api";

    public async Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder)
    {
        using var listener = new HttpListener();
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        probe.Stop();
        listener.Prefixes.Add($"{url}/");
        listener.Start();
        _ = ServeAsync(listener);
        using var project = new RunProject(folder.Sub("api"))
            .Write("foz.yml", $"name: bench\nlake: lake\nconnections:\n  api: {{type: http, url: '{url}'}}\n")
            .Write("sources/api.yml", "connection: api\nstreams:\n  rows: {paging: {type: page}}\n");
        using var client = new HttpClient();
        var (ours, theirs, ratio) = await Pair.RunAsync(
            Rounds, () => project.RunAsync(),
            async () =>
            {
                for (var page = 1; page <= Pages + 1; page++) await client.GetByteArrayAsync($"{url}/rows?page={page}");
            });
        return
        [
            new($"HTTP API, {Pages} pages of {RowsPerPage:N0} rows, {PageMs} ms each → bronze Delta",
                "a client that throws the pages away",
                Pair.Ms(ours), Pair.Ms(theirs), Pair.Text($"{1 / ratio:0.00} of its rate"), "≥ 0.9"),
        ];
    }

    static async Task ServeAsync(HttpListener listener)
    {
        var pages = Enumerable.Range(0, Pages).Select(Page).ToList();
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            var page = int.Parse(
                context.Request.QueryString["page"]!, System.Globalization.CultureInfo.InvariantCulture);
            await Task.Delay(TimeSpan.FromMilliseconds(PageMs), TimeProvider.System);
            var body = page <= Pages ? pages[page - 1] : "[]"u8.ToArray();
            context.Response.ContentType = "application/json";
            context.Response.ContentLength64 = body.Length;
            await context.Response.OutputStream.WriteAsync(body);
            context.Response.Close();
        }
    }

    static byte[] Page(int page) =>
        Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(page * RowsPerPage, RowsPerPage).Select(id =>
            Pair.Text($"{{\"id\":{id},\"customer\":\"c{id % 977}\",\"status\":\"paid\",\"price\":{id % 100}.5,\"at\":\"2026-01-01T00:00:00Z\",\"items\":[{{\"sku\":\"s{id % 13}\",\"n\":1}}]}}")))}]");
}
