using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Foz.AcceptanceTests.Browser;

/// <summary>A page of Chromium without a window, which a test steers over the DevTools protocol.</summary>
sealed class ChromiumPage : IAsyncDisposable
{
    static readonly string[] Programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    // A browser that says nothing for so long hangs.
    static readonly TimeSpan SilenceMax = TimeSpan.FromMinutes(2);

    readonly Process process;
    readonly string profile;
    readonly ClientWebSocket socket;
    readonly List<string> faults = [];
    string session = "";
    int lastId;

    ChromiumPage(Process process, string profile, ClientWebSocket socket) =>
        (this.process, this.profile, this.socket) = (process, profile, socket);

    /// <summary>What went wrong in scripts of the pages.</summary>
    public IReadOnlyList<string> Faults => faults;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Opens an empty page; the test is skipped where there is no Chromium.</summary>
    public static async Task<ChromiumPage> OpenAsync()
    {
        var program = Programs.FirstOrDefault(File.Exists);
        if (program is null)
            Assert.Skip("Chromium is not installed: apt-get install chromium, or .ci/install-test-tools");
        var folder = Directory.CreateTempSubdirectory("foz-chromium-").FullName;
        var browser = Process.Start(new ProcessStartInfo(
            program,
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-extensions",
                "--disable-background-networking", "--window-size=1400,900", "--remote-debugging-port=0",
                $"--user-data-dir={folder}", "about:blank",
            ])
        { RedirectStandardError = true, UseShellExecute = false })!;
        var page = new ChromiumPage(browser, folder, new());
        try
        {
            await page.ConnectAsync();
            return page;
        }
        catch
        {
            await page.DisposeAsync();
            throw;
        }
    }

    async Task ConnectAsync()
    {
        const string Listening = "DevTools listening on ";
        string? line;
        while ((line = await process.StandardError.ReadLineAsync(Cancel)) is not null
            && !line.StartsWith(Listening, StringComparison.Ordinal)) { }
        Assert.NotNull(line);
        // The process must not block on a pipe that is not read.
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await socket.ConnectAsync(new(line[Listening.Length..]), Cancel);
        var target = await CallAsync("Target.createTarget", new() { ["url"] = "about:blank" });
        session = (string)(await CallAsync(
            "Target.attachToTarget",
            new() { ["targetId"] = (string)target["targetId"]!, ["flatten"] = true }))["sessionId"]!;
        await CallAsync("Page.enable", []);
        await CallAsync("Runtime.enable", []);
    }

    /// <summary>Goes to an address, and waits until the page is there with all that it loads.</summary>
    public async Task GoAsync(string url)
    {
        var isLoaded = false;
        await CallAsync("Page.navigate", new() { ["url"] = url }, OnEvent);
        while (!isLoaded) OnEvent(await ReadAsync());

        void OnEvent(JsonObject message) => isLoaded |= (string?)message["method"] == "Page.loadEventFired";
    }

    /// <summary>Does something that leaves the page, and waits until the next one is there.</summary>
    public async Task FollowAsync(string script)
    {
        var isLoaded = false;
        await CallAsync("Runtime.evaluate", new() { ["expression"] = script }, OnEvent);
        while (!isLoaded) OnEvent(await ReadAsync());

        void OnEvent(JsonObject message) => isLoaded |= (string?)message["method"] == "Page.loadEventFired";
    }

    /// <summary>What an expression of JavaScript comes to; a promise is waited for.</summary>
    public async Task<JsonNode?> EvaluateAsync(string script)
    {
        var answer = await CallAsync(
            "Runtime.evaluate", new() { ["expression"] = script, ["returnByValue"] = true, ["awaitPromise"] = true });
        Assert.True(answer["exceptionDetails"] is null, $"{script}: {answer["exceptionDetails"]}");
        return answer["result"]!["value"]?.DeepClone();
    }

    /// <summary>The texts of what a selector finds.</summary>
    public async Task<List<string>> TextsAsync(string selector) =>
        [.. (await EvaluateAsync(
            $"[...document.querySelectorAll({JsonSerializer.Serialize(selector)})].map(e => e.textContent.trim())"))!
            .AsArray().Select(text => (string)text!)];

    public async ValueTask DisposeAsync()
    {
        socket.Dispose();
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
        try
        {
            Directory.Delete(profile, recursive: true);
        }
        catch (IOException)
        {
            // A child of the browser may write its last words still.
        }
    }

    async Task<JsonObject> CallAsync(string method, JsonObject parameters, Action<JsonObject>? onEvent = null)
    {
        var id = ++lastId;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session.Length > 0) message["sessionId"] = session;
        await socket.SendAsync(
            Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, Cancel);
        while (true)
        {
            var answer = await ReadAsync();
            if ((int?)answer["id"] != id)
            {
                onEvent?.Invoke(answer);
                continue;
            }
            Assert.True(answer["error"] is null, $"{method}: {answer["error"]}");
            return answer["result"]!.AsObject();
        }
    }

    async Task<JsonObject> ReadAsync()
    {
        using var text = new MemoryStream();
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        silence.CancelAfter(SilenceMax);
        var buffer = new byte[1 << 16];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), silence.Token);
            text.Write(buffer, 0, part.Count);
            if (part.EndOfMessage) break;
        }
        var message = JsonNode.Parse(text.ToArray())!.AsObject();
        if ((string?)message["method"] == "Runtime.exceptionThrown") faults.Add($"{message["params"]}");
        return message;
    }
}
