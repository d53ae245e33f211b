using System.Globalization;
using System.Net;

namespace Foz.Lake.Configuration;

/// <summary>How <c>foz serve</c> serves a project.</summary>
public sealed record ServeOptions
{
    /// <summary>The file that states it.</summary>
    public const string File = "foz.yml";

    /// <summary>Its key there.</summary>
    public const string Key = "serve";

    /// <summary>PostgreSQL's own port.</summary>
    public const int PgPortDefault = 5432;

    /// <summary>The port of Trino's protocol.</summary>
    public const int TrinoPortDefault = 8090;

    /// <summary>The port of HTTP.</summary>
    public const int HttpPortDefault = 8080;

    /// <summary>The settings.</summary>
    public static IReadOnlyList<SettingSpec> Settings { get; } =
    [
        new("address", "the address to listen on; `0.0.0.0` is every one of the machine") { Default = "`127.0.0.1`" },
        new("pg_port", "the port of PostgreSQL's protocol") { Default = "5432" },
        new("trino_port", "the port of Trino's protocol") { Default = "8090" },
        new("http_port", "the port of HTTP: `/healthz`, `/readyz`") { Default = "8080" },
        new("sessions_max", "the most sessions at the same time") { Default = "500" },
        new("sessions_of_owners", "how many of them are kept for owners; fewer than `sessions_max`")
        {
            Default = "3, or a quarter of `sessions_max` where that is less",
        },
        new("starting_max",
            "the most connections of one address that have not logged in yet; four times as many in all")
            {
                Default = "100",
            },
        new("result_cache",
            "the most memory for results of small queries, which are given again while their "
                + "tables are the same; `0` for none")
        {
            Default = "64MB",
        },
        new("drain", "how long statements may go on when the server stops") { Default = "30s" },
        new(WorkloadOptions.Key, "name → [class of statements](#workloads), in the order in which they are looked at")
        {
            Default = "one for all",
        },
        new("price_per_tb",
            "the price of reading 10^12 bytes, by which `foz.queries` tells what each statement costs")
            {
                Default = "none: no cost is computed",
            },
        new("price_bytes_min", "bytes for which a statement that reads is charged at least") { Default = "10MB" },
        new("mask_key", "the key of `hash` masks in [policies](#policies)")
        {
            IsSecret = true, Default = "one that is drawn at each start",
        },
        new("tls", "the certificate that clients see; without one, connections are not encrypted")
        {
            Keys =
            [
                new("certificate", "a file in PEM format: the certificate, then those that lead to its root"),
                new("key", "a file in PEM format with the certificate's key") { Default = "the file of `certificate`" },
                new("required", "whether clients on other machines must use it") { Default = "true" },
            ],
        },
    ];

    /// <summary>The address to listen on.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port of PostgreSQL's protocol; 0 for any that is free.</summary>
    public int PgPort { get; init; } = PgPortDefault;

    /// <summary>The port of Trino's protocol; 0 for any that is free.</summary>
    public int TrinoPort { get; init; } = TrinoPortDefault;

    /// <summary>The port of HTTP; 0 for any that is free.</summary>
    public int HttpPort { get; init; } = HttpPortDefault;

    /// <summary>The most sessions at the same time.</summary>
    public int SessionsMax { get; init; } = 500;

    /// <summary>How many of them are kept for owners.</summary>
    public int SessionsOfOwners { get; init; } = 3;

    /// <summary>The most connections of one address that have not logged in yet.</summary>
    public int StartingMax { get; init; } = 100;

    /// <summary>The most bytes of results of small queries that are kept; 0 for none.</summary>
    public long ResultCacheBytes { get; init; } = 64_000_000;

    /// <summary>How long statements may continue when the server stops.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The classes of statements, in the order of the file.</summary>
    public IReadOnlyList<WorkloadOptions> Workloads { get; init; } = [];

    /// <summary>What reading costs; null where it is not set.</summary>
    public QueryPrice? Price { get; init; }

    /// <summary>The key of <c>hash</c> masks; null for one that is drawn at each start.</summary>
    public string? MaskKey { get; init; }

    /// <summary>The file of the certificate, as a full path; null for no TLS.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The file of the certificate's key, as a full path; null where it is in the same file.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Whether clients on other machines must use TLS, where there is a certificate.</summary>
    public bool RequiresTls { get; init; } = true;
}

/// <summary>Reads <c>serve:</c> of <c>foz.yml</c>.</summary>
/// <param name="folder">The project's folder.</param>
/// <param name="variables">What texts are filled in from.</param>
/// <param name="secrets">Takes the key of masks.</param>
/// <param name="errors">Receives the errors.</param>
public sealed class ServeReader(string folder, Variables variables, Secrets secrets, ErrorList errors)
{
    const int PortMax = 65_535;
    const int SessionsMaxMax = 100_000;
    const int StartingMaxMax = 10_000;
    const decimal PriceMax = 1_000_000;

    /// <summary>How the project is served.</summary>
    public ServeOptions Read(MappingReader file)
    {
        var defaults = new ServeOptions();
        if (file.Node(ServeOptions.Key) is not { } node) return defaults;
        if (node is not YamlNode.Mapping mapping)
        {
            file.Wrong<object>(node, ServeOptions.Key, "a mapping");
            return defaults;
        }
        var reader = new SettingsReader(ServeOptions.Settings, errors);
        reader.Check(mapping, [WorkloadOptions.Key], $"'{ServeOptions.Key}'");
        var expanded = (YamlNode.Mapping)VariableText.Expand(mapping, variables, errors);
        reader.NoteSecrets(mapping, expanded, secrets);
        var settings = reader.Read(expanded, [WorkloadOptions.Key]);
        var workloads = new WorkloadReader(errors).Read(expanded[WorkloadOptions.Key]);
        try
        {
            var sessionsMax = settings.Integer("sessions_max", 1, SessionsMaxMax, defaults.SessionsMax);
            var tls = settings.Section("tls") ?? Foz.Lake.Configuration.Settings.Empty;
            return defaults with
            {
                Address = AddressOf(settings),
                PgPort = settings.Integer("pg_port", 0, PortMax, defaults.PgPort),
                TrinoPort = settings.Integer("trino_port", 0, PortMax, defaults.TrinoPort),
                HttpPort = settings.Integer("http_port", 0, PortMax, defaults.HttpPort),
                SessionsMax = sessionsMax,
                SessionsOfOwners = settings.Integer(
                    "sessions_of_owners", 0, sessionsMax - 1, Math.Min(defaults.SessionsOfOwners, sessionsMax / 4)),
                StartingMax = settings.Integer("starting_max", 1, StartingMaxMax, defaults.StartingMax),
                ResultCacheBytes = BytesOf(settings, "result_cache", defaults.ResultCacheBytes),
                Drain = settings.Duration("drain", defaults.Drain),
                Workloads = workloads,
                Price = PriceOf(settings),
                MaskKey = KeyOf(settings),
                CertificateFile = PathOf(tls.Text("certificate")),
                KeyFile = PathOf(tls.Text("key")),
                RequiresTls = tls.Flag("required", otherwise: true),
            };
        }
        catch (FozException e)
        {
            errors.Add(e);
            return defaults;
        }
    }

    static string? KeyOf(Settings settings) => settings.Text("mask_key") is { Length: 0 }
        ? throw settings.Wrong("mask_key", "a key, which is not empty")
        : settings.Text("mask_key");

    static long BytesOf(Settings settings, string name, long otherwise) => settings.Text(name) switch
    {
        null => otherwise,
        "0" => 0,
        var text when MemorySize.TryParse(text, out var size) => size.Bytes,
        var text => throw settings.Wrong(name, $"a size such as 64MB, or 0, not '{text}'"),
    };

    static IPAddress AddressOf(Settings settings) => settings.Text("address") switch
    {
        null or "localhost" => IPAddress.Loopback,
        var text when IPAddress.TryParse(text, out var address) => address,
        var text => throw settings.Wrong("address", $"an IP address, not '{text}'"),
    };

    static QueryPrice? PriceOf(Settings settings)
    {
        var min = WorkloadReader.SizeOf(settings, "price_bytes_min") ?? QueryPrice.BytesMinDefault;
        if (settings.Text("price_per_tb") is not { } text) return null;
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price)
            && price <= PriceMax
            ? new(price) { BytesMin = min }
            : throw settings.Wrong("price_per_tb", $"a price such as 5 or 4.50, not '{text}'");
    }

    string? PathOf(string? path) => path is null ? null : Path.GetFullPath(path, folder);
}
