using System.Globalization;
using System.Text.RegularExpressions;
using Foz.Delta.Readers;
using Foz.Lake.Configuration;
using Foz.Lake.Tables.Expressions;

namespace Foz.Lake.Tables.Alterations;

/// <summary>
/// The properties of Delta tables that begin with <c>delta.</c>: what there is, and what their values are.
/// </summary>
static partial class PropertyRules
{
    const string Prefix = "delta.";

    static readonly Dictionary<string, PropertyRule> known = new(StringComparer.OrdinalIgnoreCase);

    static readonly PropertyRule flag = new("true or false", text => text.ToLowerInvariant() is "true" or "false");
    static readonly PropertyRule interval = new(
        "an interval such as 'interval 7 days'", text => IntervalText.IsMatch(text));
    static readonly PropertyRule count = new("a number from 1 on", text => Number(text) is > 0);
    static readonly PropertyRule bytes = new("a size such as 128mb", text => SizeText.IsMatch(text));
    static readonly PropertyRule text = new("a text", text => text.Length > 0);

    static PropertyRules()
    {
        Add(
            flag, "appendOnly", "enableChangeDataFeed", "enableDeletionVectors", "enableTypeWidening",
            "enableRowTracking",
            "rowTrackingSuspended", "enableInCommitTimestamps", "enableExpiredLogCleanup", "randomizeFilePrefixes",
            "tuneFileSizesForRewrites", "enableIcebergCompatV2", "enableVariantShredding",
            "compatibility.symlinkFormatManifest.enabled", "writePartitionColumnsToParquet", "autoOptimize",
            "autoOptimize.optimizeWrite");
        Add(OneOf("true", "false", "auto", "legacy"), "autoOptimize.autoCompact");
        Add(interval, "deletedFileRetentionDuration", "logRetentionDuration", "setTransactionRetentionDuration");
        Add(count, "checkpointInterval", "randomPrefixLength", "minReaderVersion", "minWriterVersion");
        Add(new("a number from -1 on", text => Number(text) is >= -1), "dataSkippingNumIndexedCols");
        Add(bytes, "targetFileSize");
        Add(text, "dataSkippingStatsColumns", "parquet.compression.codec", "parquet.format.version");
        Add(OneOf("none", "name", "id"), "columnMapping.mode");
        Add(OneOf("classic", "v2"), "checkpointPolicy");
        // Checkpoints hold statistics as JSON only, and every version in the log can be restored.
        Add(OneOf("true"), "checkpoint.writeStatsAsJson", "enableFullRetentionRollback");
        Add(OneOf("false"), "checkpoint.writeStatsAsStruct");
        Add(OneOf("Serializable", "WriteSerializable", "SnapshotIsolation"), "isolationLevel");
        Add(new("iceberg, or '' for none", text => text.ToLowerInvariant() is "iceberg" or ""),
            "universalFormat.enabledFormats");
        Add(new("false: new tables are kept readable by delta.enableIcebergCompatV2", text =>
            text.Equals("false", StringComparison.OrdinalIgnoreCase)), "enableIcebergCompatV1");
    }

    /// <summary>Properties that only the protocol itself sets.</summary>
    static readonly HashSet<string> kept = new(StringComparer.OrdinalIgnoreCase)
    {
        "delta.columnMapping.maxColumnId", "delta.inCommitTimestampEnablementVersion",
        "delta.inCommitTimestampEnablementTimestamp", "delta.requireCheckpointProtectionBeforeVersion",
        "delta.rowTracking.materializedRowIdColumnName", "delta.rowTracking.materializedRowCommitVersionColumnName",
    };

    /// <summary>Properties that leave it to each engine how it writes files.</summary>
    static readonly HashSet<string> forOthers = new(StringComparer.OrdinalIgnoreCase)
    {
        "delta.autoOptimize", "delta.autoOptimize.autoCompact", "delta.autoOptimize.optimizeWrite",
        "delta.parquet.compression.codec", "delta.parquet.format.version", "delta.randomizeFilePrefixes",
        "delta.randomPrefixLength", "delta.tuneFileSizesForRewrites",
    };

    /// <summary>
    /// Says so where one of some properties is kept for other engines only; null where Foz follows all.
    /// </summary>
    public static Warning? WarningOf(IEnumerable<string> properties) =>
        properties.FirstOrDefault(forOthers.Contains) is { } other
            ? new($"{other} is kept for other engines: Foz does not follow it")
            : null;

    /// <summary>The names of all known properties.</summary>
    public static IEnumerable<string> Names => known.Keys.Order(StringComparer.Ordinal);

    /// <summary>A property's name as Delta writes it.</summary>
    /// <exception cref="FozException">
    /// It begins with <c>delta.</c> but is not known, or it is not for people to set.
    /// </exception>
    public static string NameOf(string property)
    {
        if (property.Equals(HeldReaders.Property, StringComparison.OrdinalIgnoreCase)) return HeldReaders.Property;
        if (!property.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) return property;
        if (kept.Contains(property))
            throw new FozException(ErrorKind.Usage, $"the property {property} is the protocol's own: it cannot be set");
        if (property.StartsWith(RowRules.ConstraintPrefix, StringComparison.OrdinalIgnoreCase))
            throw new FozException(ErrorKind.Usage, $"the property {property} is a constraint")
            {
                Hint = "add-constraint and drop-constraint change it",
            };
        if (known.TryGetValue(property, out _))
            return known.Keys.First(k => k.Equals(property, StringComparison.OrdinalIgnoreCase));
        throw new FozException(ErrorKind.Usage, $"there is no property {property}")
        {
            Hint = NearestName.Find(property, known.Keys) is { } near
                ? $"did you mean {near}?"
                : "properties of your own must not begin with delta.",
        };
    }

    /// <summary>Refuses a value that a property cannot have.</summary>
    public static void Check(string property, string value)
    {
        if (property == HeldReaders.Property
            && HeldReaders.Names(value).FirstOrDefault(name => TableReader.Find(name) is null) is { } unknown)
            throw new FozException(ErrorKind.Usage, $"unknown reader '{unknown}'")
            {
                Hint = NearestName.Hint(unknown, TableReader.Names),
            };
        if (known.TryGetValue(property, out var rule) && !rule.Allows(value))
            throw new FozException(ErrorKind.Usage, $"the property {property} is {rule.Values}, not '{value}'");
    }

    static long? Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    static PropertyRule OneOf(params string[] values) => new(
        string.Join(" or ", values.Where(value => value.Length > 0)),
        text => values.Contains(text, StringComparer.OrdinalIgnoreCase));

    static void Add(PropertyRule rule, params IEnumerable<string> names)
    {
        foreach (var name in names) known.Add(Prefix + name, rule);
    }

    [GeneratedRegex(
        @"^\s*(interval\s+)?(\d+\s+(microsecond|millisecond|second|minute|hour|day|week)s?\s*)+$",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    static partial Regex IntervalText { get; }

    [GeneratedRegex(
        @"^\d+\s*[kmgt]?b?$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    static partial Regex SizeText { get; }

    sealed record PropertyRule(string Values, Func<string, bool> Allows);
}
