using System.Globalization;
using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Serving.Trino;

/// <summary>A property of Trino sessions.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Default">What it is in a session that does not say.</param>
/// <param name="Type">Its type in Trino.</param>
/// <param name="Description">What it is, for people.</param>
public sealed record TrinoProperty(string Name, string Default, string Type, string Description);

/// <summary>
/// The properties of Trino sessions: few do something here; others are taken, so that clients of Trino find them.
/// </summary>
public static class TrinoProperties
{
    /// <summary>The property of the time zone.</summary>
    internal const string TimeZone = "time_zone_id";

    const string NoEffect = "Has no effect";

    // A timer cannot be set to much more; nothing runs so long.
    const int SecondsMax = 2_000_000;

    /// <summary>Properties of Trino's Delta Lake connector; the catalog's name precedes theirs.</summary>
    static readonly TrinoProperty[] OfCatalog =
    [
        .. new (string Name, string Default, string Type)[]
        {
            ("max_split_size", "128MB", "varchar"), ("max_initial_split_size", "64MB", "varchar"),
            ("compression_codec", "ZSTD", "varchar"),
            ("target_max_file_size", "1GB", "varchar"), ("idle_writer_min_file_size", "16MB", "varchar"),
            ("statistics_enabled", "true", "boolean"),
            ("table_statistics_enabled", "true", "boolean"), ("extended_statistics_enabled", "true", "boolean"),
            ("extended_statistics_collect_on_write", "true", "boolean"),
            ("projection_pushdown_enabled", "true", "boolean"),
            ("query_partition_filter_required", "false", "boolean"),
            ("checkpoint_filtering_enabled", "true", "boolean"),
            ("checkpoint_row_statistics_writing_enabled", "true", "boolean"),
            ("dynamic_filtering_wait_timeout", "0.00s", "varchar"),
            ("legacy_create_table_with_existing_location_enabled", "false", "boolean"),
            ("vacuum_min_retention", "7.00d", "varchar"),
            ("parquet_max_read_block_size", "16MB", "varchar"), ("parquet_max_read_block_row_count", "8192", "integer"),
            ("parquet_small_file_threshold", "3MB", "varchar"), ("parquet_use_column_index", "true", "boolean"),
            ("parquet_ignore_statistics", "false", "boolean"),
            ("parquet_vectorized_decoding_enabled", "true", "boolean"),
            ("parquet_native_snappy_decompressor_enabled", "true", "boolean"),
            ("parquet_native_zstd_decompressor_enabled", "true", "boolean"),
            ("parquet_writer_block_size", "128MB", "varchar"), ("parquet_writer_page_size", "1MB", "varchar"),
            ("parquet_writer_batch_size", "10000", "integer"),
        }.Select(property =>
            new TrinoProperty($"{TableName.Catalog}.{property.Name}", property.Default, property.Type, NoEffect)),
    ];

    /// <summary>All properties, by name.</summary>
    public static IReadOnlyDictionary<string, TrinoProperty> All { get; } = ((TrinoProperty[])
    [
        new(TimeZone, "", "varchar", "The time zone of the session"),
        new("query_max_run_time", "100.00d", "varchar", "The longest time of a statement"),
        new("query_max_execution_time", "100.00d", "varchar", "The longest time of a statement"),
        new("query_max_planning_time", "10.00m", "varchar", NoEffect),
        new("query_max_cpu_time", "1000000000.00d", "varchar", NoEffect),
        new("query_max_memory", "", "varchar", NoEffect + ": workloads have their memory"),
        new("query_max_memory_per_node", "", "varchar", NoEffect + ": workloads have their memory"),
        new("query_max_total_memory", "", "varchar", NoEffect + ": workloads have their memory"),
        new("query_priority", "1", "integer", NoEffect),
        new("join_distribution_type", "AUTOMATIC", "varchar", NoEffect),
        new("join_reordering_strategy", "AUTOMATIC", "varchar", NoEffect),
        new("distributed_sort", "true", "boolean", NoEffect),
        new("distributed_joins", "true", "boolean", NoEffect),
        new("spill_enabled", "true", "boolean", NoEffect + ": what does not fit is spilled"),
        new("optimize_hash_generation", "true", "boolean", NoEffect),
        new("redistribute_writes", "true", "boolean", NoEffect),
        new("scale_writers", "true", "boolean", NoEffect),
        new("use_preferred_write_partitioning", "true", "boolean", NoEffect),
        new("writer_count", "1", "integer", NoEffect),
        new("task_concurrency", "1", "integer", NoEffect + ": workloads have their threads"),
        new("retry_policy", "NONE", "varchar", NoEffect),
        new("ignore_stats_calculator_failures", "true", "boolean", NoEffect),
        new("enable_dynamic_filtering", "true", "boolean", NoEffect),
        new("enable_stats_calculator", "true", "boolean", NoEffect),
        new("statistics_enabled", "true", "boolean", NoEffect),
        new("legacy_catalog_roles", "false", "boolean", NoEffect),
        .. OfCatalog,
    ]).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The longest time of a statement by the properties of its session; null for any.</summary>
    public static TimeSpan? TimeMax(IReadOnlyDictionary<string, string> properties)
    {
        TimeSpan? least = null;
        foreach (var name in new[] { "query_max_run_time", "query_max_execution_time" })
            if (properties.TryGetValue(name, out var text) && Duration(text) is { } time && !(least <= time))
                least = time;
        return least;
    }

    /// <summary>Makes sure that a property can have a value.</summary>
    /// <exception cref="FozException">There is none of the name, or it has no such value.</exception>
    internal static void Check(string name, string? value)
    {
        if (!All.TryGetValue(name, out var property))
            throw new FozException(ErrorKind.Usage, $"Session property '{name}' does not exist")
            {
                SqlState = "55P02",
                Hint = Foz.Lake.Configuration.NearestName.Find(name, All.Keys) is { } near
                    ? $"did you mean {near}?"
                    : null,
            };
        if (value is null) return;
        var isRight = (property.Name, property.Type) switch
        {
            ("query_max_run_time" or "query_max_execution_time", _) => Duration(value) is not null,
            (TimeZone, _) => TimeZoneInfo.TryFindSystemTimeZoneById(value, out _),
            (_, "boolean") => bool.TryParse(value, out _),
            (_, "integer") => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
            _ => true,
        };
        if (!isRight)
            throw new FozException(ErrorKind.Usage, $"Session property '{name}' cannot be '{value}'")
            {
                SqlState = "55P02",
            };
    }

    /// <summary>A time as Trino writes it, such as <c>10m</c>; null for something else.</summary>
    static TimeSpan? Duration(string text)
    {
        var value = text.Trim();
        var digits = value.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        if (!double.TryParse(
            value.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return null;
        double? seconds = value[digits..].Trim() switch
        {
            "ms" => number / 1000,
            "s" => number,
            "m" => number * 60,
            "h" => number * 3600,
            "d" => number * 86_400,
            _ => null,
        };
        return seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds.Value, SecondsMax)) : null;
    }
}
