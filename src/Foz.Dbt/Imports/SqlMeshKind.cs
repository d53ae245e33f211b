using System.Globalization;
using Foz.Lake.Configuration;
using static Foz.Dbt.Imports.ImportedModel;

namespace Foz.Dbt.Imports;

/// <summary>A kind of model of SQLMesh.</summary>
/// <param name="Name">Its name, in capitals.</param>
/// <param name="Said">What stands in its parentheses.</param>
sealed record SqlMeshKind(string Name, SqlMeshText Said)
{
    public static SqlMeshKind Of(string text)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        return new(
            (open < 0 ? text : text[..open]).Trim().ToUpperInvariant(),
            new(open < 0 ? "" : SqlMeshText.Inside(text[open..])));
    }

    /// <summary>What its parentheses can say that is taken over.</summary>
    public static readonly string[] Known =
    [
        "path", "unique_key", "time_column", "lookback", "updated_at_name", "columns", "invalidate_hard_deletes",
        "valid_from_name", "valid_to_name",
    ];

    /// <summary>Whether its table is filled interval by interval.</summary>
    public bool IsOfIntervals => Name == "INCREMENTAL_BY_TIME_RANGE";

    /// <summary>What Foz calls it; null where it has nothing like it.</summary>
    /// <param name="start">When its intervals begin; null where the model does not say.</param>
    /// <param name="schedule">How often it is run, which says how long its intervals are; null for each day.</param>
    public YamlNode.Mapping? Materialization(string? start, string? schedule)
    {
        var keys = Said.List("unique_key") is { Count: > 0 } unique ? List(unique) : null;
        return Name switch
        {
            "VIEW" => As("view"),
            "FULL" => As("table"),
            "EMBEDDED" => As("ephemeral"),
            "INCREMENTAL_UNMANAGED" => As("incremental", "append"),
            "INCREMENTAL_BY_PARTITION" => As("incremental", "insert_overwrite"),
            "INCREMENTAL_BY_UNIQUE_KEY" => As("incremental", "merge", ("unique_key", keys)),
            "INCREMENTAL_BY_TIME_RANGE" => As(
                "incremental", "microbatch",
                ("event_time", Said.List("time_column") is [var column, ..] ? Text(column) : null),
                ("begin", new YamlNode.Scalar(start ?? "2020-01-01", isQuoted: true, default)),
                ("batch_size", BatchSizeOf(schedule)),
                ("lookback",
                    long.TryParse(Said["lookback"], NumberStyles.None, CultureInfo.InvariantCulture, out var lookback)
                        ? Number(lookback)
                        : null)),
            "SCD_TYPE_2" or "SCD_TYPE_2_BY_TIME" => As(
                "snapshot", "scd2_by_time",
                [("unique_key", keys), ("updated_at", Text(Said["updated_at_name"] ?? "updated_at")), .. Versions]),
            "SCD_TYPE_2_BY_COLUMN" => As(
                "snapshot", "scd2_by_column",
                [
                    ("unique_key", keys),
                    ("check_cols", Said.List("columns") is { Count: > 0 } columns && columns is not ["*"]
                        ? List(columns)
                        : null), .. Versions,
                ]),
            _ => null,
        };
    }

    (string, YamlNode?)[] Versions =>
    [
        ("valid_from", Said["valid_from_name"] is { } from ? Text(from) : null),
        ("valid_to", Said["valid_to_name"] is { } to ? Text(to) : null),
        ("hard_deletes", string.Equals(Said["invalidate_hard_deletes"], "true", StringComparison.OrdinalIgnoreCase)
            ? Text("invalidate")
            : null),
    ];

    static YamlNode.Scalar? BatchSizeOf(string? schedule) => schedule?.ToLowerInvariant() switch
    {
        "@hourly" => Text("hour"),
        "@monthly" => Text("month"),
        "@yearly" => Text("year"),
        _ => null,
    };

    static YamlNode.Mapping As(string type, string? strategy = null, params (string, YamlNode?)[] others) =>
        Map([("type", Text(type)), ("strategy", strategy is null ? null : Text(strategy)), .. others]);
}
