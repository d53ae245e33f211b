using Foz.AcceptanceTests.Stores;
using Foz.Storage.AzureBlob;

[assembly: AssemblyFixture(typeof(AzuriteServer))]

namespace Foz.AcceptanceTests.Stores;

/// <summary>Azurite, which starts when a test first asks for a container of it.</summary>
public sealed class AzuriteServer : IAsyncDisposable
{
    const string Account = "foztest";
    static readonly string key = Convert.ToBase64String(new byte[32]);

    /// <summary>The accounts, as Azurite takes them.</summary>
    public static string Accounts => $"{Account}:{key}";

    readonly SemaphoreSlim starting = new(1);
    NodeServer? server;

    /// <summary>What reaches it, in the form of its own documentation.</summary>
    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName="
            + $"{Account};AccountKey={key};BlobEndpoint=http://127.0.0.1:{server!.Port}/{Account};";

    /// <summary>Makes a new container.</summary>
    /// <returns>Its name.</returns>
    public async Task<string> CreateContainerAsync()
    {
        var cancel = TestContext.Current.CancellationToken;
        await starting.WaitAsync(cancel);
        try
        {
            server ??= await NodeServer.StartAsync(
                "azurite/dist/src/blob/main.js",
                static (folder, port) =>
                    ["--location", folder, "--blobPort", $"{port}", "--silent", "--skipApiVersionCheck"]);
        }
        finally
        {
            starting.Release();
        }
        var name = $"lake{Guid.NewGuid():N}"[..20];
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(
            HttpMethod.Put, $"http://127.0.0.1:{server.Port}/{Account}/{name}?restype=container");
        request.Headers.TryAddWithoutValidation("x-ms-version", "2021-12-02");
        request.Headers.TryAddWithoutValidation("x-ms-date", TimeProvider.System.GetUtcNow().ToString("R"));
        request.Headers.TryAddWithoutValidation(
            "Authorization", SharedKey.Sign(request, 0, Account, Convert.FromBase64String(key)));
        request.Content = new ByteArrayContent([]) { Headers = { ContentLength = 0 } };
        using var response = await http.SendAsync(request, cancel);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancel));
        return name;
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
        starting.Dispose();
    }
}
