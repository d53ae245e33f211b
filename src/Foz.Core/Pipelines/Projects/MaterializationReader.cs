using Foz.Core.Configuration;

namespace Foz.Core.Pipelines.Projects;

/// <summary>Reads what a model's rows become: one word, or a mapping with <c>type</c>.</summary>
/// <param name="errors">Takes what is wrong.</param>
sealed class MaterializationReader(ErrorList errors)
{
    enum Kind
    {
        Table,
        View,
        Incremental,
    }

    enum Strategy
    {
        Append,
        Merge,
    }

    const string NotYet = "is not supported yet";

    static readonly Dictionary<string, Kind> Kinds = new(StringComparer.Ordinal)
    {
        ["table"] = Kind.Table, ["view"] = Kind.View, ["incremental"] = Kind.Incremental,
    };

    static readonly Dictionary<string, string> RefusedKinds = new(StringComparer.Ordinal)
    {
        ["snapshot"] = NotYet, ["seed"] = NotYet, ["ephemeral"] = NotYet,
    };

    static readonly Dictionary<string, Strategy> Strategies = new(StringComparer.Ordinal)
    {
        ["append"] = Strategy.Append, ["merge"] = Strategy.Merge,
    };

    static readonly Dictionary<string, string> RefusedStrategies = new(StringComparer.Ordinal)
    {
        ["delete+insert"] = NotYet, ["insert_overwrite"] = NotYet, ["microbatch"] = NotYet, ["time_interval"] = NotYet,
        ["truncate+insert"] = NotYet, ["create+replace"] = "is what 'type: table' does", ["scd2_by_time"] = NotYet,
        ["scd2_by_column"] = NotYet, ["cdc"] = NotYet,
    };

    static readonly string[] RefusedKeys =
    [
        "cluster_by", "incremental_predicates", "on_schema_change", "full_refresh_restricted", "event_time", "begin",
        "batch_size", "lookback",
    ];

    /// <summary>Reads the node; a table where it is null.</summary>
    public Materialization Read(YamlNode? node)
    {
        if (node is null) return new Materialization.Table();
        var mapping = node as YamlNode.Mapping
            ?? new YamlNode.Mapping([new("materialization", node.Place, node)], node.Place);
        var reader = new MappingReader(mapping, errors);
        var kind = reader.Word(node is YamlNode.Mapping ? "type" : "materialization", Kinds, RefusedKinds);
        var strategy = reader.Word("strategy", Strategies, RefusedStrategies);
        var uniqueKey = reader.Texts("unique_key");
        var updateColumns = reader.Texts("merge_update_columns");
        var partitionBy = reader.Texts("partition_by");
        foreach (var key in RefusedKeys) reader.Refuse(key, NotYet);
        reader.Finish();
        if (node is YamlNode.Mapping && reader.Node("type") is null)
            errors.Add(node.Place, "'type' is missing in 'materialization'", $"known: {string.Join(", ", Kinds.Keys)}");

        var isMerge = strategy is Strategy.Merge || (reader.Node("strategy") is null && uniqueKey.Count > 0);
        if (kind is Kind.Incremental)
        {
            if (isMerge && uniqueKey.Count == 0)
            {
                errors.Add(
                    reader.PlaceOf("strategy"), "'strategy: merge' needs 'unique_key'",
                    "name the columns that identify a row");
            }
            if (strategy is Strategy.Append) Misplaced(reader, "unique_key", "'strategy: merge'");
            if (!isMerge) Misplaced(reader, "merge_update_columns", "'strategy: merge'");
        }
        else if (kind is not null)
        {
            foreach (var key in (string[])["strategy", "unique_key", "merge_update_columns"])
                Misplaced(reader, key, "'type: incremental'");
        }
        if (kind is Kind.View) Misplaced(reader, "partition_by", "a table");
        return kind switch
        {
            Kind.View => new Materialization.View(),
            Kind.Incremental => new Materialization.Incremental(
                isMerge ? new IncrementalStrategy.Merge(uniqueKey) { UpdateColumns = updateColumns }
                    : new IncrementalStrategy.Append())
            {
                PartitionBy = partitionBy,
            },
            _ => new Materialization.Table { PartitionBy = partitionBy },
        };
    }

    void Misplaced(MappingReader reader, string key, string where)
    {
        if (reader.Node(key) is { } node) errors.Add(node.Place, $"'{key}' has a use with {where} only");
    }
}
