using System.Text.RegularExpressions;
using Foz.Lake.Configuration;
using Foz.Pipelines.Intervals;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// Reads what a model's rows become: one word, or a mapping with <c>type</c>. Words of dbt, SQLMesh and Bruin for the
/// same thing are taken here, and nowhere else.
/// </summary>
/// <param name="errors">Takes what is wrong.</param>
sealed partial class MaterializationReader(ErrorList errors)
{
    enum Kind
    {
        Table,
        View,
        Incremental,
        Snapshot,
        Ephemeral,
    }

    enum Strategy
    {
        Append,
        Merge,
        DeleteInsert,
        InsertOverwrite,
        Microbatch,
        TruncateInsert,
        CreateReplace,
        Scd2ByTime,
        Scd2ByColumn,
        Cdc,
    }

    const string IsDeletedName = "is_deleted";

    static readonly Dictionary<string, Kind> Kinds = new(StringComparer.Ordinal)
    {
        ["table"] = Kind.Table, ["view"] = Kind.View, ["incremental"] = Kind.Incremental, ["snapshot"] = Kind.Snapshot,
        ["ephemeral"] = Kind.Ephemeral,
    };

    static readonly Dictionary<string, string> RefusedKinds = new(StringComparer.Ordinal)
    {
        ["seed"] = $"is a CSV file in {SeedReader.Folder}/",
    };

    static readonly Dictionary<string, Strategy> Strategies = new(StringComparer.Ordinal)
    {
        ["append"] = Strategy.Append, ["merge"] = Strategy.Merge, ["delete+insert"] = Strategy.DeleteInsert,
        ["insert_overwrite"] = Strategy.InsertOverwrite, ["microbatch"] = Strategy.Microbatch,
        ["time_interval"] = Strategy.Microbatch, ["truncate+insert"] = Strategy.TruncateInsert,
        ["create+replace"] = Strategy.CreateReplace, ["scd2_by_time"] = Strategy.Scd2ByTime,
        ["scd2_by_column"] = Strategy.Scd2ByColumn, ["cdc"] = Strategy.Cdc,
    };

    static readonly Dictionary<string, Strategy> SnapshotStrategies = new(StringComparer.Ordinal)
    {
        ["scd2_by_time"] = Strategy.Scd2ByTime, ["scd2_by_column"] = Strategy.Scd2ByColumn,
        ["timestamp"] = Strategy.Scd2ByTime, ["check"] = Strategy.Scd2ByColumn,
    };

    static readonly Dictionary<string, OnSchemaChange> SchemaWords = new(StringComparer.Ordinal)
    {
        ["append"] = OnSchemaChange.Append, ["append_new_columns"] = OnSchemaChange.Append,
        ["sync"] = OnSchemaChange.Sync,
        ["sync_all_columns"] = OnSchemaChange.Sync, ["fail"] = OnSchemaChange.Fail, ["ignore"] = OnSchemaChange.Ignore,
    };

    static readonly Dictionary<string, HardDeletes> DeletionWords = new(StringComparer.Ordinal)
    {
        ["ignore"] = HardDeletes.Ignore, ["invalidate"] = HardDeletes.Invalidate,
        ["new_record"] = HardDeletes.NewRecord,
    };

    static readonly Dictionary<string, NullKeys> NullKeyWords = new(StringComparer.Ordinal)
    {
        ["quarantine"] = NullKeys.Quarantine, ["fail"] = NullKeys.Fail,
    };

    static readonly Dictionary<string, BatchSize> BatchSizeWords = new(StringComparer.Ordinal)
    {
        ["hour"] = BatchSize.Hour, ["day"] = BatchSize.Day, ["month"] = BatchSize.Month, ["year"] = BatchSize.Year,
    };

    static readonly Strategy[] Scd2 = [Strategy.Scd2ByTime, Strategy.Scd2ByColumn];

    /// <summary>The keys that only some strategies have a use for.</summary>
    static readonly KeyUse[] KeyUses =
    [
        new("unique_key", [Strategy.Merge, Strategy.DeleteInsert, Strategy.Cdc, .. Scd2]),
        new("incremental_key", Strategy.DeleteInsert, Strategy.Microbatch, Strategy.Scd2ByTime),
        new("merge_update_columns", Strategy.Merge), new("merge_exclude_columns", Strategy.Merge),
        new("sequence_by", Strategy.Merge, Strategy.Cdc),
        new("null_keys", Strategy.Merge),
        new("incremental_predicates", Strategy.Merge, Strategy.DeleteInsert),
        new("updated_at", Strategy.Scd2ByTime), new("check_cols", Strategy.Scd2ByColumn),
        new("hard_deletes", Scd2),
        new("valid_from", Scd2), new("valid_to", Scd2), new("is_current", Scd2), new("is_deleted", Scd2),
        new("valid_to_current", Scd2),
        new("version_id", Scd2), new("version_at", Scd2),
        new("event_time", Strategy.Microbatch), new("begin", Strategy.Microbatch),
        new("batch_size", Strategy.Microbatch),
        new("lookback", Strategy.Microbatch),
        .. CdcKeys.Select(key => new KeyUse(key, Strategy.Cdc)),
    ];

    /// <summary>A key that only some strategies have a use for.</summary>
    /// <param name="Key">The key.</param>
    /// <param name="Strategies">The strategies.</param>
    sealed record KeyUse(string Key, params Strategy[] Strategies);

    /// <summary>What other tools call a key.</summary>
    static readonly Dictionary<string, Alias> Aliases = new(StringComparer.Ordinal)
    {
        ["incremental_predicate"] = new("incremental_predicates"), ["predicates"] = new("incremental_predicates"),
        ["valid_from_name"] = new("valid_from"), ["valid_to_name"] = new("valid_to"),
        ["refresh_restricted"] = new("full_refresh_restricted"),
        ["apply_as_deletes"] = new("apply_as_delete_when"), ["apply_as_truncates"] = new("apply_as_truncate_when"),
        ["column_list"] = new("columns"), ["except_column_list"] = new("except_columns"),
        ["track_history_column_list"] = new("track_history_columns"),
        ["track_history_except_column_list"] = new("track_history_except_columns"),
        ["full_refresh"] = new("full_refresh_restricted", ("true", "false"), ("false", "true")),
        ["invalidate_hard_deletes"] = new("hard_deletes", ("true", "invalidate"), ("false", "ignore")),
    };

    /// <summary>Another word for a key.</summary>
    /// <param name="Key">The key.</param>
    /// <param name="Values">What is meant by a value, where that is another.</param>
    sealed record Alias(string Key, params (string From, string To)[] Values);

    /// <summary>What is read of the mapping before it is known what it is for.</summary>
    readonly record struct Options(MappingReader Reader, IReadOnlyList<string> UniqueKey, string? IncrementalKey)
    {
        public IReadOnlyList<string> Predicates { get; init; } = [];
    }

    /// <summary>Reads the node; a table where it is null.</summary>
    /// <param name="node">The node.</param>
    /// <param name="isSnapshot">Whether it is one of a file in the folder of snapshots, which need not say so.</param>
    public Materialization Read(YamlNode? node, bool isSnapshot = false)
    {
        if (node is null && !isSnapshot) return new Materialization.Table();
        var place = node?.Place ?? default;
        var mapping = node switch
        {
            YamlNode.Mapping own =>
                new YamlNode.Mapping([.. own.Entries.Select(entry => Rename(entry, own))], own.Place),
            null => new YamlNode.Mapping([], place),
            _ => new YamlNode.Mapping([new("materialization", place, node)], place),
        };
        // Of a word alone the key is that of the model.
        var reader = new MappingReader(mapping, node is YamlNode.Mapping ? MaterializationKeys.All : null, errors);
        var kind = reader.Word(node is YamlNode.Mapping ? "type" : "materialization", Kinds, RefusedKinds);
        if (node is YamlNode.Mapping && reader.Node("type") is null && !isSnapshot)
            errors.Add(node.Place, "'type' is missing in 'materialization'", $"known: {string.Join(", ", Kinds.Keys)}");
        if (isSnapshot && kind is null && reader.Node("type") is null) kind = Kind.Snapshot;
        var materialization = Read(reader, kind);
        reader.Finish();
        return materialization;
    }

    static YamlEntry Rename(YamlEntry entry, YamlNode.Mapping mapping)
    {
        if (!Aliases.TryGetValue(entry.Key, out var known) || mapping[known.Key] is not null) return entry;
        var value = entry.Value is YamlNode.Scalar scalar
            && known.Values.FirstOrDefault(value => value.From == scalar.Text) is { To: { } to }
                ? new YamlNode.Scalar(to, isQuoted: false, scalar.Place)
                : entry.Value;
        return entry with { Key = known.Key, Value = value };
    }

    Materialization Read(MappingReader reader, Kind? kind)
    {
        var options = new Options(reader, reader.Texts("unique_key"), reader.Text("incremental_key"))
        {
            Predicates = ReadPredicates(reader),
        };
        var stated = reader.Word(
            "strategy", kind is Kind.Snapshot ? SnapshotStrategies : Strategies);
        var strategy = stated ?? (reader.Node("strategy") is not null ? null : kind switch
        {
            Kind.Incremental => options.UniqueKey.Count > 0 ? Strategy.Merge : Strategy.Append,
            Kind.Snapshot => reader.Node("check_cols") is null ? Strategy.Scd2ByTime : Strategy.Scd2ByColumn,
            _ => null,
        });
        // Bruin calls each table that keeps its rows a table with a strategy.
        if (kind is Kind.Table && strategy is not (null or Strategy.CreateReplace)) kind = Kind.Incremental;
        if (kind is Kind.Incremental && strategy is Strategy.CreateReplace) kind = Kind.Table;
        RefuseMisplaced(reader, kind, strategy);
        return (kind switch
        {
            Kind.View => (Materialization)new Materialization.View(),
            Kind.Ephemeral => new Materialization.Ephemeral(),
            Kind.Incremental => new Materialization.Incremental(ReadStrategy(options, strategy)),
            Kind.Snapshot => new Materialization.Snapshot(
                ReadStrategy(options, strategy) as IncrementalStrategy.Scd2
                ?? new IncrementalStrategy.Scd2ByColumn([]) { UniqueKey = [] }),
            _ => new Materialization.Table(),
        }) with
        {
            PartitionBy = reader.Texts("partition_by"),
            ClusterBy = reader.Texts("cluster_by"),
            OnSchemaChange = reader.Word("on_schema_change", SchemaWords) ?? OnSchemaChange.Append,
            IsFullRefreshRestricted = kind is Kind.Snapshot
                || (reader.Flag("full_refresh_restricted") ?? false),
        };
    }

    IncrementalStrategy ReadStrategy(Options options, Strategy? strategy) => strategy switch
    {
        Strategy.Merge => ReadMerge(options),
        Strategy.DeleteInsert => new IncrementalStrategy.DeleteInsert(Key(options, "delete+insert"))
        {
            Predicates = options.Predicates,
        },
        Strategy.InsertOverwrite => InsertOverwrite(options.Reader),
        Strategy.TruncateInsert => new IncrementalStrategy.TruncateInsert(),
        Strategy.Microbatch => ReadMicrobatch(options),
        Strategy.Cdc => ReadCdc(options),
        Strategy.Scd2ByTime => new IncrementalStrategy.Scd2ByTime(Needed(
            options.Reader, options.Reader.Text("updated_at") ?? options.IncrementalKey, "scd2_by_time", "updated_at",
            "name the column that tells when a row became what it is"))
        {
            UniqueKey = Key(options, "scd2_by_time"),
            Columns = ReadHistoryColumns(options.Reader),
            HardDeletes = ReadHardDeletes(options.Reader),
            ValidToCurrent = options.Reader.Text("valid_to_current"),
        },
        Strategy.Scd2ByColumn => new IncrementalStrategy.Scd2ByColumn(
            options.Reader.Texts("check_cols") is var columns && columns is ["all" or "*"] ? [] : columns)
        {
            UniqueKey = Key(options, "scd2_by_column"),
            Columns = ReadHistoryColumns(options.Reader),
            HardDeletes = ReadHardDeletes(options.Reader),
            ValidToCurrent = options.Reader.Text("valid_to_current"),
        },
        _ => new IncrementalStrategy.Append(),
    };

    IncrementalStrategy.Merge ReadMerge(Options options)
    {
        var merge = new IncrementalStrategy.Merge(Key(options, "merge"))
        {
            UpdateColumns = options.Reader.Texts("merge_update_columns"),
            ExcludeColumns = options.Reader.Texts("merge_exclude_columns"),
            Predicates = options.Predicates,
            SequenceBy = options.Reader.Text("sequence_by"),
            NullKeys = options.Reader.Word("null_keys", NullKeyWords) ?? NullKeys.Quarantine,
        };
        if (merge is { UpdateColumns.Count: > 0, ExcludeColumns.Count: > 0 })
            errors.Add(
                options.Reader.PlaceOf("merge_exclude_columns"),
                "'merge_exclude_columns' stands beside 'merge_update_columns'",
                "state those that change, or those that do not");
        if (merge.SequenceBy is { } kept && merge.ExcludeColumns.Contains(kept, StringComparer.OrdinalIgnoreCase))
            errors.Add(
                options.Reader.PlaceOf("merge_exclude_columns"),
                $"'merge_exclude_columns' has '{kept}', by which newer rows are found",
                "take it out of them");
        if (merge is { SequenceBy: { } sequence, UpdateColumns.Count: > 0 }
            && !merge.UpdateColumns.Contains(sequence, StringComparer.OrdinalIgnoreCase))
        {
            errors.Add(
                options.Reader.PlaceOf("sequence_by"),
                $"'merge_update_columns' leaves out '{sequence}', by which newer rows are found",
                "add it to them");
        }
        return merge;
    }

    IncrementalStrategy.InsertOverwrite InsertOverwrite(MappingReader reader)
    {
        if (reader.Node("partition_by") is null)
        {
            errors.Add(
                reader.PlaceOf("strategy"), "'strategy: insert_overwrite' needs 'partition_by'",
                "it replaces the partitions that its rows are in; 'truncate+insert' replaces all rows");
        }
        return new();
    }

    IncrementalStrategy.Microbatch ReadMicrobatch(Options options)
    {
        const string Name = "microbatch";
        var reader = options.Reader;
        var eventTime = Needed(
            reader, reader.Text("event_time") ?? options.IncrementalKey, Name, "event_time",
            "name the column that tells when a row's event was");
        var begin = Needed(reader, reader.Text("begin"), Name, "begin", "write the first day, such as '2026-01-01'");
        var size = reader.Word("batch_size", BatchSizeWords) ?? BatchSize.Day;
        DateTimeOffset start = default;
        if (begin.Length > 0 && !Instant.TryParse(begin, out start))
            errors.Add(
                reader.PlaceOf("begin"), $"'begin' must be an instant, not '{begin}'", $"write {Instant.Examples}");
        return new(eventTime, size.Floor(start), size)
        {
            Lookback = (int)(reader.Integer("lookback", min: 0, max: 100_000)
                ?? IncrementalStrategy.Microbatch.LookbackDefault),
        };
    }

    HistoryColumns ReadHistoryColumns(MappingReader reader)
    {
        var usual = new HistoryColumns();
        var columns = new HistoryColumns
        {
            ValidFrom = reader.Text("valid_from") ?? usual.ValidFrom,
            ValidTo = reader.Text("valid_to") ?? usual.ValidTo,
            IsCurrent = reader.Text("is_current") ?? usual.IsCurrent,
            VersionId = reader.Text("version_id"),
            VersionAt = reader.Text("version_at"),
            IsDeleted = reader.Text("is_deleted")
                ?? (ReadHardDeletes(reader) is HardDeletes.NewRecord ? IsDeletedName : null),
        };
        if (columns.Names.Distinct(StringComparer.OrdinalIgnoreCase).Count() < columns.Names.Count)
            errors.Add(
                reader.Place,
                "'valid_from', 'valid_to', 'is_current', 'is_deleted', 'version_id' and "
                    + "'version_at' are to have different names");
        if (columns.IsDeleted is not null && ReadHardDeletes(reader) is not HardDeletes.NewRecord)
            errors.Add(reader.PlaceOf("is_deleted"), "'is_deleted' has a use with 'hard_deletes: new_record' only");
        return columns;
    }

    static HardDeletes ReadHardDeletes(MappingReader reader) =>
        reader.Word("hard_deletes", DeletionWords) ?? HardDeletes.Ignore;

    /// <summary>SQL over the table's rows; what dbt calls the table is taken for <c>target</c>.</summary>
    List<string> ReadPredicates(MappingReader reader)
    {
        var predicates = new List<string>();
        foreach (var predicate in reader.Scalars("incremental_predicates"))
        {
            if (SourceAlias.Match(predicate.Text) is { Success: true } alias)
            {
                errors.Add(
                    predicate.Place, $"'incremental_predicates' cannot name '{alias.Value}'",
                    "it says which rows of the table can be replaced, over the table's columns only");
            }
            predicates.Add(TargetAlias.Replace(predicate.Text, "target"));
        }
        return predicates;
    }

    IReadOnlyList<string> Key(Options options, string strategy)
    {
        if (options.UniqueKey.Count > 0) return options.UniqueKey;
        if (options.IncrementalKey is { } key && strategy == "delete+insert") return [key];
        errors.Add(
            options.Reader.PlaceOf("strategy"), $"'strategy: {strategy}' needs 'unique_key'",
            "name the columns that identify a row");
        return [];
    }

    string Needed(MappingReader reader, string? value, string strategy, string key, string hint)
    {
        if (value is { Length: > 0 }) return value;
        errors.Add(reader.PlaceOf("strategy"), $"'strategy: {strategy}' needs '{key}'", hint);
        return "";
    }

    void RefuseMisplaced(MappingReader reader, Kind? kind, Strategy? strategy)
    {
        foreach (var (key, uses) in KeyUses)
        {
            if (reader.Node(key) is not { } node || (strategy is { } own ? uses.Contains(own) : kind is null)) continue;
            if (reader.Node("strategy") is not null && strategy is null) continue;
            var words = Strategies.Where(word => uses.Contains(word.Value)).Select(word => word.Key);
            errors.Add(node.Place, kind is Kind.Incremental or Kind.Snapshot
                ? $"'{key}' has a use with 'strategy: {string.Join("', '", words)}' only"
                : $"'{key}' has a use with 'type: incremental' only");
        }
        if (kind is Kind.View or Kind.Ephemeral)
        {
            foreach (var key in (string[])["strategy"]) Misplaced(key, "'type: incremental'");
            foreach (var key in (string[])["partition_by", "cluster_by"]) Misplaced(key, "a table");
        }
        if (kind is Kind.View or Kind.Ephemeral or Kind.Table)
        {
            foreach (var key in (string[])["on_schema_change", "full_refresh_restricted"])
                Misplaced(key, "'type: incremental'");
        }
        if (reader.Node("partition_by") is not null) Misplaced("cluster_by", "a table without 'partition_by'");

        void Misplaced(string key, string where)
        {
            if (reader.Node(key) is { } node) errors.Add(node.Place, $"'{key}' has a use with {where} only");
        }
    }

    [GeneratedRegex(@"\bDBT_INTERNAL_DEST\b", RegexOptions.IgnoreCase)]
    private static partial Regex TargetAlias { get; }

    [GeneratedRegex(
        @"\b(DBT_INTERNAL_SOURCE|source)\b(?=\s*\.)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex SourceAlias { get; }
}
