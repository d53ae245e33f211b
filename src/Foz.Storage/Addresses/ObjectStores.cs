using System.Globalization;
using Foz.Storage.AzureBlob;
using Foz.Storage.Caching;
using Foz.Storage.GoogleCloud;
using Foz.Storage.Remote;
using Foz.Storage.S3;

namespace Foz.Storage.Addresses;

/// <summary>How a store is opened.</summary>
public sealed record ObjectStoreOptions
{
    /// <summary>Settings by the names of <see cref="ObjectStores.Settings"/>; what is absent is found the way the
    /// cloud's own tools find it.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Where engines find a remote store's objects; null where none reads it.</summary>
    public FileCache? Cache { get; init; }

    /// <summary>The time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>How often a failed request is made again.</summary>
    public RetryOptions Retries { get; init; } = new();

    /// <summary>The environment's variables.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Makes what sends requests; null for the usual.</summary>
    internal Func<HttpMessageHandler>? Handler { get; init; }
}

/// <summary>A setting of an object store.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does: a phrase of Markdown.</param>
/// <param name="IsSecret">Whether it must not be shown.</param>
public sealed record ObjectStoreSetting(string Name, string Description, bool IsSecret = false);

/// <summary>Opens stores by their addresses.</summary>
public static class ObjectStores
{
    const int ConnectionsMax = 64;

    /// <summary>Lets a lake be in a service that ignores the conditions of writes.</summary>
    public static ObjectStoreSetting SingleWriter { get; } = new(
        "unsafe_single_writer",
        "`true` where the store ignores conditional writes, and one process at a time writes to "
            + "the lake: two would lose commits");

    /// <summary>All settings, of all kinds of stores.</summary>
    public static IReadOnlyList<ObjectStoreSetting> Settings { get; } =
    [
        new("endpoint", "the service's address where it is not the cloud's own, such as `http://minio:9000`"),
        new("region", "S3: the bucket's region; found out where it is not set"),
        new("path_style", "S3: `true` where the bucket stands in the path, as it does by default with an `endpoint`"),
        new("profile", "S3: the profile of the AWS tools whose credentials count"),
        new("access_key_id", "S3: the key's name, with `secret_access_key`"),
        new("secret_access_key", "S3: the key", IsSecret: true),
        new("session_token", "S3: the token of temporary keys", IsSecret: true),
        new("credentials_file", "Google Cloud Storage: the file of a service account or user"),
        new("account", "Azure: the storage account, where the address does not name it"),
        new("account_key", "Azure: the account's key", IsSecret: true),
        new("sas_token", "Azure: a shared access signature", IsSecret: true),
        new("connection_string", "Azure: a connection string, as the portal and Azurite show it", IsSecret: true),
        new("anonymous", "`true` where requests carry no credentials: public buckets and emulators"),
    ];

    /// <summary>Whether a location is the address of an object store, and not a path.</summary>
    public static bool IsUrl(string location) => location.Contains("://", StringComparison.Ordinal)
        && !location.StartsWith("file:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens the store at an address: <c>s3://bucket/prefix</c>, <c>gs://bucket/prefix</c>,
    /// <c>abfss://container@account.dfs.core.windows.net/prefix</c> or <c>az://container/prefix</c>. Nothing is asked
    /// of the service yet.</summary>
    /// <exception cref="StorageException">The address or a setting has no meaning
    /// (<see cref="StorageErrorKind.InvalidArgument"/>).</exception>
    public static IObjectStore Open(string url, ObjectStoreOptions options)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Authority.Length == 0
            || address.Query.Length > 0)
            throw Invalid(url, "is no address of an object store; write s3://bucket/prefix");
        var prefix = Uri.UnescapeDataString(address.AbsolutePath).Trim('/');
        StorePath.CheckFolder(prefix);
        ObjectService service = address.Scheme switch
        {
            "s3" or "s3a" => OpenS3(address, options),
            "gs" or "gcs" => OpenGcs(address, options),
            "abfss" or "abfs" or "az" or "azure" => OpenAzure(address, options),
            var scheme => throw Invalid(url, $"has the scheme '{scheme}'; known: s3, gs, abfss, az, file"),
        };
        prefix = prefix.Length == 0 ? "" : prefix + "/";
        var store = new RemoteObjectStore(service, prefix, options.Cache);
        if (Flag(options, SingleWriter.Name) ?? false) return new SingleWriterStore(store);
        if (options.Cache is not { } cache) return store;
        // The same address may be another service's tomorrow.
        var note = cache.PrivateFolder($"{EndpointOf(options, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")} {url}");
        return new RemoteObjectStore(
            service, prefix, cache,
            new ConditionalWrites(store, Path.Combine(note, "conditional-writes"), options.Clock));
    }

    static S3Service OpenS3(Uri address, ObjectStoreOptions options)
    {
        var endpoint = EndpointOf(options, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
        var profile = Setting(options, "profile") ?? Variable(options, "AWS_PROFILE");
        return new(new()
        {
            Bucket = address.Host,
            Endpoint = endpoint,
            Region = Setting(options, "region") ?? Variable(options, "AWS_REGION")
                ?? Variable(options, "AWS_DEFAULT_REGION")
                ?? (profile is null ? null : S3Credentials.RegionOf(profile)),
            UsesPathStyle = Flag(options, "path_style") ?? endpoint is not null,
            IsAnonymous = Flag(options, "anonymous") ?? false,
            Profile = Setting(options, "profile"),
            Keys = KeysOf(options),
        }, Handler(options), RetriesOf(options), options.Clock);
    }

    static S3Keys? KeysOf(ObjectStoreOptions options)
    {
        if (Setting(options, "access_key_id") is { } id)
            return new(id, Setting(options, "secret_access_key")
                ?? throw Invalid("secret_access_key", "is missing beside access_key_id"),
                Setting(options, "session_token"));
        return Setting(options, "profile") is null && Variable(options, "AWS_ACCESS_KEY_ID") is { } named
            && Variable(options, "AWS_SECRET_ACCESS_KEY") is { } secret
                ? new(named, secret, Variable(options, "AWS_SESSION_TOKEN"))
                : null;
    }

    static GcsService OpenGcs(Uri address, ObjectStoreOptions options)
    {
        var emulator = Variable(options, "STORAGE_EMULATOR_HOST");
        if (emulator?.Contains("://", StringComparison.Ordinal) is false) emulator = "http://" + emulator;
        var endpoint = EndpointOf(options) ?? (emulator is null ? null : new Uri(emulator));
        return new(new()
        {
            Bucket = address.Host,
            Endpoint = endpoint,
            IsAnonymous = Flag(options, "anonymous") ?? (emulator is not null && Setting(options, "endpoint") is null),
            CredentialsFile = Setting(options, "credentials_file")
                ?? Variable(options, "GOOGLE_APPLICATION_CREDENTIALS"),
        }, Handler(options), RetriesOf(options));
    }

    static AzureService OpenAzure(Uri address, ObjectStoreOptions options) => new(
        AzureAddress.Read(address, name => Setting(options, name), name => Variable(options, name))
            with
        { IsAnonymous = Flag(options, "anonymous") ?? false },
        Handler(options), RetriesOf(options), options.Clock);

    static Retries RetriesOf(ObjectStoreOptions options) => new(options.Retries, options.Clock);

    static HttpMessageHandler Handler(ObjectStoreOptions options) => options.Handler?.Invoke() ?? new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        MaxConnectionsPerServer = ConnectionsMax,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        UseCookies = false,
    };

    static Uri? EndpointOf(ObjectStoreOptions options, params ReadOnlySpan<string> variables)
    {
        var text = Setting(options, "endpoint");
        foreach (var name in variables) text ??= Variable(options, name);
        if (text is null) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https"
            ? new Uri(text)
            : throw Invalid("endpoint", "must be an address such as https://minio.example.com:9000");
    }

    static bool? Flag(ObjectStoreOptions options, string name) => Setting(options, name) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        _ => throw Invalid(name, "must be true or false"),
    };

    static string? Setting(ObjectStoreOptions options, string name) =>
        options.Settings.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    static string? Variable(ObjectStoreOptions options, string name) =>
        options.Variable(name) is { Length: > 0 } value ? value : null;

    static StorageException Invalid(string what, string fault) =>
        new(StorageErrorKind.InvalidArgument, string.Create(CultureInfo.InvariantCulture, $"'{what}' {fault}"));
}
