using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;

namespace Foz.Storage.S3;

/// <summary>
/// Finds keys the way the AWS tools do: environment, profiles, web identity, container and instance roles. The only
/// user of the AWS SDK, which is loaded where it is first asked.
/// </summary>
sealed class S3Credentials(string? profile)
{
    readonly Lazy<AWSCredentials> credentials = new(() => Find(profile));

    /// <summary>Keys that are valid now.</summary>
    /// <exception cref="Remote.ServiceFault">There are none.</exception>
    public async ValueTask<S3Keys> GetAsync(CancellationToken cancellationToken)
    {
        try
        {
            var keys = await credentials.Value.GetCredentialsAsync().WaitAsync(cancellationToken);
            return new(keys.AccessKey, keys.SecretKey, string.IsNullOrEmpty(keys.Token) ? null : keys.Token);
        }
        catch (AmazonClientException error)
        {
            throw new Remote.ServiceFault(
                $"no AWS credentials were found ({error.Message}); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a "
                + "profile, or access_key_id and secret_access_key of the lake", error);
        }
    }

    /// <summary>The region of the profile; null if it has none.</summary>
    public static string? RegionOf(string? profile)
    {
        var chain = new CredentialProfileStoreChain();
        return chain.TryGetProfile(profile ?? "default", out var found) ? found.Region?.SystemName : null;
    }

    static AWSCredentials Find(string? profile)
    {
        if (profile is null) return DefaultAWSCredentialsIdentityResolver.GetCredentials();
        return new CredentialProfileStoreChain().TryGetAWSCredentials(profile, out var found)
            ? found
            : throw new AmazonClientException($"there is no profile '{profile}'");
    }
}
