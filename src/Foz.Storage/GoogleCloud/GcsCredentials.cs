using System.Text.Json;
using Foz.Storage.Remote;
using Google.Apis.Auth.OAuth2;

namespace Foz.Storage.GoogleCloud;

/// <summary>
/// Tokens by Google's application default credentials: <c>GOOGLE_APPLICATION_CREDENTIALS</c>, the gcloud tool's login,
/// the metadata server. The only user of Google's library, which is loaded where it is first asked.
/// </summary>
sealed class GcsCredentials(string? file) : IDisposable
{
    const string Scope = "https://www.googleapis.com/auth/devstorage.read_write";

    readonly SemaphoreSlim gate = new(1);
    ITokenAccess? access;

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    /// <summary>A token that is valid now.</summary>
    /// <exception cref="ServiceFault">There are no credentials.</exception>
    public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            access ??= await FindAsync(cancellationToken);
            return await access.GetAccessTokenForRequestAsync(cancellationToken: cancellationToken);
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or JsonException
            or Google.Apis.Auth.OAuth2.Responses.TokenResponseException)
        {
            throw new ServiceFault(
                $"no Google credentials were found ({error.Message}); run gcloud auth "
                    + "application-default login, or set "
                + "GOOGLE_APPLICATION_CREDENTIALS", error);
        }
        finally
        {
            gate.Release();
        }
    }

    async Task<ITokenAccess> FindAsync(CancellationToken cancellationToken)
    {
        var found = file is null
            ? await GoogleCredential.GetApplicationDefaultAsync(cancellationToken)
            : await CredentialFactory.FromFileAsync(
                file, await TypeOfAsync(file, cancellationToken), cancellationToken);
        return found.CreateScoped(Scope);
    }

    static async Task<string> TypeOfAsync(string file, CancellationToken cancellationToken)
    {
        await using var content = File.OpenRead(file);
        using var json = await JsonDocument.ParseAsync(content, cancellationToken: cancellationToken);
        return json.RootElement.TryGetProperty("type", out var type) && type.GetString() is { } text
            ? text
            : throw new InvalidOperationException($"{file} names no type of credential");
    }
}
