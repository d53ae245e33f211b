using System.Globalization;

namespace Foz.Serving.Settings;

/// <summary>A setting of sessions, as PostgreSQL names it.</summary>
/// <param name="Name">Its name, as SHOW writes it.</param>
/// <param name="Default">What it is in a session that does not say.</param>
/// <param name="Description">What it is, for people.</param>
sealed record SessionSetting(string Name, string Default, string Description)
{
    /// <summary>Whether each change is reported to clients.</summary>
    public bool IsReported { get; init; }

    /// <summary>Whether no session changes it.</summary>
    public bool IsFixed { get; init; }

    /// <summary>The value as the setting keeps it; null where it is none.</summary>
    public Func<string, string?> Read { get; init; } = static value => value;

    static readonly string[] planner =
    [
        "enable_seqscan", "enable_indexscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin",
        "enable_nestloop",
        "enable_sort", "enable_material",
    ];

    /// <summary>All settings, by name in any case.</summary>
    public static readonly IReadOnlyDictionary<string, SessionSetting> All = List().ToDictionary(
        setting => setting.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The version of PostgreSQL whose catalogs and SQL clients find here.</summary>
    public const string ServerVersion = "15.8";

    static IEnumerable<SessionSetting> List() =>
    [
        .. Fixed(), .. Reported(), .. Timeouts(), .. Planner(),
        new("search_path", "\"$user\", public", "Schemas of names that are written without one"),
        new("bytea_output", "hex", "How bytes are written") { Read = OneOf("hex") },
        new("extra_float_digits", "1", "How floating-point numbers are written") { Read = Integer(1, 3) },
        new("client_min_messages", "notice", "The least message that clients are sent"),
        new("default_transaction_isolation", "read committed", "The isolation of transactions"),
        new("default_transaction_read_only", "off", "Whether transactions only read") { Read = Switch },
        new("transaction_isolation", "read committed",
            "The isolation of the transaction; each reads one version of a table"),
        new("transaction_read_only", "off", "Whether the transaction only reads") { Read = Switch },
        new("transaction_deferrable", "off", "Has no effect") { Read = Switch },
        new("synchronous_commit", "on", "Commits are always on disk"),
        new("row_security", "on", "Row filters always hold") { IsFixed = true },
        new("session_replication_role", "origin", "Has no effect"),
        new("password_encryption", "scram-sha-256", "How passwords are kept") { IsFixed = true },
        new("lc_messages", "C", "The language of messages"),
        new("lc_monetary", "C", "How money is written"),
        new("lc_numeric", "C", "How numbers are written"),
        new("lc_time", "C", "How dates are written"),
        new("xmloption", "content", "Has no effect"),
        new("check_function_bodies", "on", "Has no effect"),
        new("default_tablespace", "", "Has no effect"),
        new("default_table_access_method", "delta", "How tables are kept") { IsFixed = true },
        new("geqo", "on", "Has no effect"),
        new("work_mem", "4MB", "Has no effect: workloads have their memory"),
        new("log_statement", "none", "Has no effect"),
    ];

    static IEnumerable<SessionSetting> Fixed() =>
    [
        new("server_version", ServerVersion, "The version of PostgreSQL that this looks like")
        {
            IsFixed = true, IsReported = true,
        },
        new("server_version_num", "150008", "The same as a number") { IsFixed = true },
        new("server_encoding", "UTF8", "The encoding of texts") { IsFixed = true, IsReported = true },
        new("integer_datetimes", "on", "How times are kept") { IsFixed = true, IsReported = true },
        new("in_hot_standby", "off", "Whether this only copies another server") { IsFixed = true, IsReported = true },
        new("is_superuser", "off", "Whether everything is granted") { IsFixed = true, IsReported = true },
        new("session_authorization", "", "The user") { IsFixed = true, IsReported = true },
        new("max_identifier_length", "63", "Longer names are fine too") { IsFixed = true },
        new("max_index_keys", "32", "Tables have no index") { IsFixed = true },
        new("block_size", "8192", "Has no meaning") { IsFixed = true },
        new("wal_level", "logical", "Has no meaning") { IsFixed = true },
        new("ssl", "off", "Has no meaning") { IsFixed = true },
        new("data_checksums", "on", "Whether files are checked") { IsFixed = true },
        new("lc_collate", "C", "The order of texts") { IsFixed = true },
        new("lc_ctype", "C.UTF-8", "What letters are") { IsFixed = true },
        new("port", "5432", "Has no meaning") { IsFixed = true },
    ];

    static IEnumerable<SessionSetting> Reported() =>
    [
        new("application_name", "", "What the client calls itself") { IsReported = true },
        new("client_encoding", "UTF8", "The encoding of texts to the client") { IsReported = true, Read = Encoding },
        new("DateStyle", "ISO, MDY", "How dates are written") { IsReported = true, Read = DateStyle },
        new("IntervalStyle", "postgres", "How intervals are written")
        {
            IsReported = true, Read = OneOf("postgres"),
        },
        new("TimeZone", "UTC", "The zone of instants") { IsReported = true, Read = Zone },
        new("standard_conforming_strings", "on", "Whether a backslash is a character like others")
        {
            IsReported = true, Read = OneOf("on"),
        },
    ];

    static IEnumerable<SessionSetting> Timeouts() =>
    [
        new("statement_timeout", "0", "The longest time of a statement; 0 for any") { Read = Time },
        new("lock_timeout", "0", "Has no effect: nothing is locked") { Read = Time },
        new("idle_in_transaction_session_timeout", "0", "The longest pause in a transaction; 0 for any")
        {
            Read = Time,
        },
        new("idle_session_timeout", "0", "The longest pause; 0 for any") { Read = Time },
    ];

    static IEnumerable<SessionSetting> Planner() =>
    [
        .. planner.Select(name => new SessionSetting(name, "on", "Has no effect") { Read = Switch }),
        new("jit", "off", "Has no effect") { Read = Switch },
        new("escape_string_warning", "on", "Has no effect") { Read = Switch },
        new("array_nulls", "on", "Has no effect") { Read = Switch },
        new("backslash_quote", "safe_encoding", "Has no effect"),
    ];

    static Func<string, string?> OneOf(params string[] values) =>
        value => Array.Find(values, v => v.Equals(value, StringComparison.OrdinalIgnoreCase));

    static Func<string, string?> Integer(int min, int max) => value =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && number >= min && number <= max
            ? number.ToString(CultureInfo.InvariantCulture)
            : null;

    static string? Switch(string value) => value.ToLowerInvariant() switch
    {
        "on" or "true" or "yes" or "1" or "t" => "on",
        "off" or "false" or "no" or "0" or "f" => "off",
        _ => null,
    };

    static string? Encoding(string value) =>
        value.ToLowerInvariant().Replace("-", "", StringComparison.Ordinal) is "utf8" or "unicode" ? "UTF8" : null;

    /// <summary>Dates are always written as ISO has them; only the order of what is read can be said.</summary>
    static string? DateStyle(string value)
    {
        var order = "MDY";
        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            switch (part.ToUpperInvariant())
            {
                case "ISO":
                    break;
                case "MDY" or "US" or "NONEURO" or "NONEUROPEAN":
                    order = "MDY";
                    break;
                case "DMY" or "EURO" or "EUROPEAN":
                    order = "DMY";
                    break;
                case "YMD":
                    order = "YMD";
                    break;
                default:
                    return null;
            }
        }
        return $"ISO, {order}";
    }

    static string? Zone(string value)
    {
        if (value.Equals("UTC", StringComparison.OrdinalIgnoreCase)
            || value.Equals("GMT", StringComparison.OrdinalIgnoreCase))
            return value.ToUpperInvariant();
        // The zones of the database that are so many hours from UTC: they count to the west.
        if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var hours))
            value = hours == 0
                ? "UTC"
                : string.Create(CultureInfo.InvariantCulture, $"Etc/GMT{(hours > 0 ? '-' : '+')}{Math.Abs(hours)}");
        return TimeZoneInfo.TryFindSystemTimeZoneById(value, out var zone) ? zone.Id : null;
    }

    /// <summary>Milliseconds, or a number with a unit, kept as milliseconds.</summary>
    static string? Time(string value)
    {
        var text = value.Trim();
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        if (!long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        long? factor = text[digits..].Trim() switch
        {
            "" or "ms" => 1,
            "s" => 1000,
            "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => null,
        };
        return factor is { } f && number <= int.MaxValue / f
            ? (number * f).ToString(CultureInfo.InvariantCulture)
            : null;
    }
}
