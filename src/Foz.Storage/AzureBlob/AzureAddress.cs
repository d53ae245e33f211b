namespace Foz.Storage.AzureBlob;

/// <summary>
/// Reads where a container is from an address, the settings of a lake, and the variables of Azure's tools.
/// </summary>
static class AzureAddress
{
    const string DataLakeHost = ".dfs.";
    const string BlobHost = ".blob.";
    const string HostDefault = ".blob.core.windows.net";

    /// <summary>The container of an address.</summary>
    /// <param name="address">
    /// <c>abfss://container@account.dfs.core.windows.net/…</c> or <c>az://container/…</c>.
    /// </param>
    /// <param name="setting">A setting; null if it is not set.</param>
    /// <param name="variable">A variable of the environment; null if it is not set.</param>
    /// <exception cref="StorageException">The account is unknown, or a setting has no meaning.</exception>
    public static AzureOptions Read(Uri address, Func<string, string?> setting, Func<string, string?> variable)
    {
        var stated = setting("account_key") is not null || setting("sas_token") is not null;
        var connection = Parse(setting("connection_string")
            ?? (stated ? null : variable("AZURE_STORAGE_CONNECTION_STRING")));
        var host = address.UserInfo.Length > 0 ? address.Host : null;
        var account = host?.Split('.')[0] ?? setting("account") ?? connection.GetValueOrDefault("AccountName")
            ?? variable("AZURE_STORAGE_ACCOUNT") ?? throw Invalid(
                $"{address.Scheme}://{address.Authority} names no storage account; write "
                + "abfss://container@account.dfs.core.windows.net/…, or set account");
        var container = host is null ? address.Host : address.UserInfo;
        var endpoint = setting("endpoint") ?? connection.GetValueOrDefault("BlobEndpoint");
        var key = setting("account_key") ?? connection.GetValueOrDefault("AccountKey")
            ?? (setting("sas_token") is null ? variable("AZURE_STORAGE_KEY") : null);
        var sas = setting("sas_token") ?? connection.GetValueOrDefault("SharedAccessSignature")
            ?? variable("AZURE_STORAGE_SAS_TOKEN");
        return new()
        {
            Account = account,
            Container = container,
            Root = $"{address.Scheme}"
                + $"://{address.GetComponents(UriComponents.UserInfo | UriComponents.Host, UriFormat.Unescaped)}",
            Endpoint = EndpointOf(endpoint, host, account, connection),
            AccountKey = key is null ? null : KeyOf(key),
            SasToken = sas?.TrimStart('?'),
        };
    }

    static Uri EndpointOf(string? stated, string? host, string account, Dictionary<string, string> connection)
    {
        if (stated is not null)
            return Uri.TryCreate(stated, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https"
                ? new Uri(stated)
                : throw Invalid("'endpoint' must be an address such as https://account.blob.core.windows.net");
        if (host is not null) return new($"https://{host.Replace(DataLakeHost, BlobHost, StringComparison.Ordinal)}");
        var suffix = connection.GetValueOrDefault("EndpointSuffix");
        return new($"https://{account}{(suffix is null ? HostDefault : $"{BlobHost}{suffix}")}");
    }

    /// <summary>The parts of a connection string.</summary>
    static Dictionary<string, string> Parse(string? text)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw Invalid("'connection_string' has a part without '='");
            parts[part[..equals].Trim()] = part[(equals + 1)..].Trim();
        }
        return parts;
    }

    static byte[] KeyOf(string key)
    {
        var bytes = new byte[key.Length];
        return Convert.TryFromBase64String(key, bytes, out var length)
            ? bytes[..length]
            : throw Invalid("the account's key is not base64; copy it as the portal shows it");
    }

    static StorageException Invalid(string message) => new(StorageErrorKind.InvalidArgument, message);
}
