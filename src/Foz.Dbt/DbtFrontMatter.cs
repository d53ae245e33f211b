using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt;

/// <summary>Translates the configuration of a dbt resource to the front matter of a model of Foz.</summary>
/// <param name="texts">Renders templates in YAML.</param>
/// <param name="errors">Collects errors.</param>
sealed class DbtFrontMatter(DbtTexts texts, ErrorList errors)
{
    /// <summary>Keys of <c>config</c> that say how rows come into a table, and are the same here.</summary>
    static readonly string[] Same =
    [
        "unique_key", "merge_update_columns", "merge_exclude_columns", "null_keys", "incremental_predicates",
        "event_time", "begin", "batch_size", "lookback",
        "partition_by", "cluster_by", "full_refresh", "updated_at", "hard_deletes", "invalidate_hard_deletes",
        "dbt_valid_to_current",
    ];

    /// <summary>Keys that only models which keep their rows use, and that dbt ignores in others.</summary>
    static readonly HashSet<string> OfIncremental = new(StringComparer.Ordinal)
    {
        "unique_key", "merge_update_columns", "merge_exclude_columns", "null_keys", "incremental_predicates",
        "event_time", "begin", "batch_size", "lookback",
        "full_refresh", "updated_at", "hard_deletes", "invalidate_hard_deletes", "dbt_valid_to_current",
    };

    static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["sql_header"] =
            "a model is one SELECT, which is read for its columns and their lineage too, "
                + "where no other statement was run: "
                + "write a function as a Jinja macro in macros/, and what a setting does as part of "
                + "the SELECT, such as AT TIME ZONE",
    };

    /// <summary>The columns that dbt's snapshots have, by what they are called here.</summary>
    static readonly (string Key, string Column)[] HistoryColumns =
    [
        ("valid_from", "dbt_valid_from"), ("valid_to", "dbt_valid_to"), ("version_id", "dbt_scd_id"),
        ("version_at", "dbt_updated_at"),
        ("is_deleted", "dbt_is_deleted"),
    ];

    /// <summary>The front matter of a model or snapshot.</summary>
    /// <param name="resource">The resource, its configuration complete.</param>
    /// <param name="checks">
    /// The checks of its columns by their names in lower case, those of the table by an empty text.
    /// </param>
    public YamlNode.Mapping Of(DbtResource resource, IReadOnlyDictionary<string, IReadOnlyList<YamlNode>> checks)
    {
        var entries = new List<YamlEntry>();
        Common(resource, checks, entries);
        Add(entries, "materialization", Materialization(resource), resource.Place);
        if (resource.Config["contract"] is JinjaDict contract && contract.TryGet("enforced", out var enforced)
            && enforced is true)
            Add(entries, "contract", new YamlNode.Scalar("enforced", isQuoted: false, resource.Place), resource.Place);
        return new(entries, resource.Place);
    }

    /// <summary>Returns the front matter of a seed.</summary>
    /// <inheritdoc cref="Of"/>
    public YamlNode.Mapping OfSeed(DbtResource resource, IReadOnlyDictionary<string, IReadOnlyList<YamlNode>> checks)
    {
        var entries = new List<YamlEntry>();
        Common(resource, checks, entries);
        if (resource.Config.Text("delimiter") is { } delimiter)
            Add(entries, "delimiter", Text(delimiter, resource.Place), resource.Place);
        return new(entries, resource.Place);
    }

    void Common(
        DbtResource resource, IReadOnlyDictionary<string, IReadOnlyList<YamlNode>> checks, List<YamlEntry> entries)
    {
        var place = resource.Place;
        Add(entries, "name", Text(resource.Table.ToString(), place), place);
        if (texts.Text(resource.Said?["description"]) is { Length: > 0 } description)
            Add(entries, "description", Text(description.Trim(), place), place);
        if (resource.Config.Tags.Count > 0)
            Add(entries, "tags", DbtValues.ToNode(new JinjaList(resource.Config.Tags), place), place);
        if (resource.Config.Text("group") is { } group) Add(entries, "group", Text(group, place), place);
        if (resource.Kind != "seed" && resource.Config.Meta.Count > 0)
            Add(entries, "meta", DbtValues.ToNode(resource.Config.Meta, place), place);
        Add(entries, "columns", new YamlNode.Sequence([.. Columns(resource, checks)], place), place);
        if (checks.TryGetValue("", out var ofTable))
            Add(entries, "checks", new YamlNode.Sequence(ofTable, place), place);
    }

    IEnumerable<YamlNode> Columns(DbtResource resource, IReadOnlyDictionary<string, IReadOnlyList<YamlNode>> checks)
    {
        var types = (resource.Config["column_types"] as JinjaDict)?.Entries.ToDictionary(
            entry => JinjaValue.ToText(entry.Key), entry => JinjaValue.ToText(entry.Value),
            StringComparer.OrdinalIgnoreCase) ?? [];
        foreach (var column in (resource.Said?["columns"] as YamlNode.Sequence)?.Items.OfType<YamlNode.Mapping>() ?? [])
        {
            if (column["name"] is not YamlNode.Scalar name)
            {
                errors.Add(column.Place, "a column needs a name", "write '- name: …'");
                continue;
            }
            var entries = new List<YamlEntry>();
            Add(entries, "name", name, name.Place);
            if (types.Remove(name.Text, out var ofSeed)) Add(entries, "type", Text(ofSeed, name.Place), name.Place);
            else if (column["data_type"] is { IsNull: false } type && resource.Kind != "seed")
                Add(entries, "type", type, type.Place);
            if (texts.Text(column["description"]) is { Length: > 0 } description)
                Add(entries, "description", Text(description.Trim(), column["description"]!.Place), name.Place);
            if ((column["tags"] ?? (column["config"] as YamlNode.Mapping)?["tags"]) is { } tags)
                Add(entries, "tags", tags, tags.Place);
            if (IsConstrained(column, "not_null"))
                Add(entries, "nullable", new YamlNode.Scalar("false", isQuoted: false, name.Place), name.Place);
            if (checks.TryGetValue(name.Text.ToLowerInvariant(), out var own))
                Add(entries, "checks", new YamlNode.Sequence(own, name.Place), name.Place);
            yield return new YamlNode.Mapping(entries, column.Place);
        }
        foreach (var (name, type) in types)
            yield return DbtValues.ToNode(JinjaDict.Of(("name", name), ("type", type)), resource.Place);
    }

    static bool IsConstrained(YamlNode.Mapping column, string type) =>
        (column["constraints"] as YamlNode.Sequence)?.Items.OfType<YamlNode.Mapping>()
            .Any(constraint => constraint["type"] is YamlNode.Scalar stated && stated.Text == type) ?? false;

    YamlNode.Mapping Materialization(DbtResource resource)
    {
        var (config, place) = (resource.Config, resource.Place);
        foreach (var (key, hint) in Refused)
            if (config[key] is not null) errors.Add(place, $"'{key}' of dbt is not supported", hint);
        var entries = new List<YamlEntry>();
        var materialized = resource.Materialized;
        Add(entries, "type", Text(materialized, place), place);
        var keeps = materialized is "incremental" or "snapshot";
        var isTable = keeps || materialized == "table";
        foreach (var key in Same.Where(key => OfIncremental.Contains(key) ? keeps : isTable))
            if (config[key] is { } value && !IsOfOthers(key, value))
                Add(entries, key == "dbt_valid_to_current"
                    ? "valid_to_current"
                    : key, DbtValues.ToNode(value, place), place);
        if (materialized == "incremental") Incremental(config, place, entries);
        if (materialized == "snapshot") Snapshot(config, place, entries);
        return new YamlNode.Mapping(entries, place);
    }

    /// <summary>
    /// Whether a key has the meaning of another warehouse: BigQuery's <c>partition_by</c> is a mapping.
    /// </summary>
    static bool IsOfOthers(string key, object value) => key is "partition_by" or "cluster_by" && value is JinjaDict;

    static void Incremental(DbtConfig config, Place place, List<YamlEntry> entries)
    {
        // Unless a strategy is set, dbt-duckdb deletes and inserts, or appends if there is no key.
        var strategy = config.Text("incremental_strategy")
            ?? (config["unique_key"] is null ? "append" : "delete+insert");
        // Without a key dbt only adds.
        if (strategy is "merge" or "delete+insert" && config["unique_key"] is null) strategy = "append";
        Add(entries, "strategy", Text(strategy, place), place);
        Add(entries, "on_schema_change", Text(config.Text("on_schema_change") ?? "ignore", place), place);
        if (strategy is "append" or "insert_overwrite" or "microbatch")
            entries.RemoveAll(entry => entry.Key is "unique_key" or "incremental_predicates");
        if (strategy != "merge")
            entries.RemoveAll(entry => entry.Key is "merge_update_columns" or "merge_exclude_columns");
        entries.RemoveAll(entry =>
            entry.Key is "updated_at" or "hard_deletes" or "invalidate_hard_deletes" or "valid_to_current");
        if (strategy != "microbatch")
            entries.RemoveAll(entry => entry.Key is "event_time" or "begin" or "batch_size" or "lookback");
    }

    static void Snapshot(DbtConfig config, Place place, List<YamlEntry> entries)
    {
        var strategy = config.Text("strategy") ?? (config["check_cols"] is null ? "timestamp" : "check");
        Add(entries, "strategy", Text(strategy, place), place);
        if (strategy == "check" && config["check_cols"] is { } columns)
            Add(entries, "check_cols", DbtValues.ToNode(columns, place), place);
        if (strategy == "check") entries.RemoveAll(entry => entry.Key == "updated_at");
        var names = config["snapshot_meta_column_names"] as JinjaDict ?? new();
        foreach (var (key, column) in HistoryColumns.Where(column =>
            column.Key != "is_deleted" || config.Text("hard_deletes") == "new_record"))
            Add(entries, key,
                Text(names.TryGet(column, out var name) && name is not null ? JinjaValue.ToText(name) : column, place),
                place);
        Add(entries, "is_current", Text("dbt_is_current", place), place);
        entries.RemoveAll(entry =>
            entry.Key is "event_time" or "begin" or "batch_size" or "lookback" or "full_refresh"
                or "merge_update_columns"
                or "merge_exclude_columns" or "incremental_predicates");
    }

    static void Add(List<YamlEntry> entries, string key, YamlNode value, Place place) =>
        entries.Add(new(key, place, value));

    static YamlNode.Scalar Text(string text, Place place) => new(text, isQuoted: false, place);
}
