using Azure.Core;
using Azure.Identity;
using Foz.Storage.Remote;

namespace Foz.Storage.AzureBlob;

/// <summary>
/// Entra tokens the way Azure's tools find them: environment, workload and managed identity, <c>az login</c>. The only
/// user of Azure's library, which is loaded where it is first asked.
/// </summary>
sealed class AzureCredentials : IDisposable
{
    static readonly string[] scopes = ["https://storage.azure.com/.default"];
    static readonly TimeSpan renewsBefore = TimeSpan.FromMinutes(5);

    readonly Lazy<TokenCredential> credential = new(() => new DefaultAzureCredential());
    readonly SemaphoreSlim gate = new(1);
    AccessToken? token;

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    /// <summary>A token that is valid now.</summary>
    /// <exception cref="ServiceFault">There are no credentials.</exception>
    public async ValueTask<string> GetAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (token is not { } valid || valid.ExpiresOn - now < renewsBefore)
                token = valid = await credential.Value.GetTokenAsync(new(scopes), cancellationToken);
            return valid.Token;
        }
        catch (Exception error) when (error is AuthenticationFailedException or global::Azure.RequestFailedException)
        {
            var said = error.Message.ReplaceLineEndings("\n").Split('\n')[0];
            throw new ServiceFault(
                $"no Azure credentials were found ({said}); run az login, or set AZURE_STORAGE_KEY, "
                + "AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING", error);
        }
        finally
        {
            gate.Release();
        }
    }
}
