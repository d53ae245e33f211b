using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Foz.Tests.Server.PgWire;

namespace Foz.Tests.Server.Trino;

/// <summary>All that a client of Trino's protocol gets of a statement.</summary>
/// <param name="Pages">Each answer, in order.</param>
/// <param name="Headers">The headers of the answers by which the session changes, as <c>name=value</c>.</param>
sealed record TrinoResult(IReadOnlyList<JsonElement> Pages, IReadOnlyList<string> Headers)
{
    /// <summary>Each row as JSON without the brackets.</summary>
    public IReadOnlyList<string> Rows =>
    [
        .. Pages.Where(p => p.TryGetProperty("data", out _)).SelectMany(p => p.GetProperty("data").EnumerateArray())
            .Select(row => row.GetRawText()[1..^1]),
    ];

    /// <summary>The columns: name and type, with a space between.</summary>
    public IReadOnlyList<string> Columns =>
        Pages.FirstOrDefault(p => p.TryGetProperty("columns", out _)) is { ValueKind: JsonValueKind.Object } page
            ? [
                .. page.GetProperty("columns").EnumerateArray()
                    .Select(c => $"{c.GetProperty("name")} {c.GetProperty("type")}"),
            ]
            : [];

    /// <summary>The error's name and message; null for none.</summary>
    public string? Error => Pages[^1].TryGetProperty("error", out var error)
        ? $"{error.GetProperty("errorName")}: {error.GetProperty("message")}"
        : null;
}

/// <summary>A client of Trino's protocol that sees each request and answer.</summary>
sealed class TrinoTestClient : IDisposable
{
    readonly HttpClient http = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });

    public TrinoTestClient(PgTestServer server, string user = "ana", string? password = PgTestServer.Password)
    {
        http.BaseAddress = server.Server.TrinoAddress;
        Headers["X-Trino-User"] = user;
        Headers["X-Trino-Client-Capabilities"] = "PARAMETRIC_DATETIME";
        if (password is not null)
            http.DefaultRequestHeaders.Authorization = new(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
    }

    /// <summary>What is sent with each statement.</summary>
    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public AuthenticationHeaderValue? Authorization
    {
        set => http.DefaultRequestHeaders.Authorization = value;
    }

    /// <summary>Sends a statement, and takes all its pages.</summary>
    public async Task<TrinoResult> RunAsync(string sql)
    {
        var pages = new List<JsonElement> { await JsonAsync(await BeginAsync(sql)) };
        var headers = new List<string>();
        while (pages[^1].TryGetProperty("nextUri", out var next))
        {
            using var answer = await SendAsync(HttpMethod.Get, next.GetString()!);
            headers.AddRange(
                answer.Headers.Where(h =>
                    h.Key.StartsWith("X-", StringComparison.Ordinal)
                        && !h.Key.StartsWith("X-Content", StringComparison.Ordinal))
                    .SelectMany(h => h.Value.Select(value => $"{h.Key}={value}")));
            pages.Add(await JsonAsync(answer));
        }
        return new(pages, headers);
    }

    /// <summary>Runs a statement that must not fail; its rows.</summary>
    public async Task<IReadOnlyList<string>> RowsAsync(string sql)
    {
        var result = await RunAsync(sql);
        Assert.Null(result.Error);
        return result.Rows;
    }

    /// <summary>Sends a statement; the first answer.</summary>
    public Task<HttpResponseMessage> BeginAsync(string sql) => SendAsync(HttpMethod.Post, "/v1/statement", sql);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, string? body = null)
    {
        using var request = new HttpRequestMessage(method, address);
        if (body is not null) request.Content = new StringContent(body);
        foreach (var (name, value) in Headers) request.Headers.TryAddWithoutValidation(name, value);
        return await http.SendAsync(request, Cancel);
    }

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync(Cancel));
    }

    public void Dispose() => http.Dispose();
}
