using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake.Configuration;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Expressions;

namespace Foz.Lake.Tables.Alterations;

/// <summary>
/// What alterations of properties, constraints and clustering make of a table, and what its history says of them.
/// </summary>
static class PropertyAlterations
{
    public const string ClusteringDomain = "delta.clustering";

    const string FeaturePrefix = "delta.feature.";
    const string ReaderVersion = "delta.minReaderVersion";
    const string WriterVersion = "delta.minWriterVersion";
    const int ClusteringColumnsMax = 4;

    public static TableOperation Apply(TableBuilder draft, TableAlteration.SetProperties change)
    {
        var described = new JsonObject();
        foreach (var (given, value) in change.Properties)
        {
            if (given.StartsWith(FeaturePrefix, StringComparison.OrdinalIgnoreCase))
            {
                AddFeature(draft, given[FeaturePrefix.Length..], value);
                described[given] = value;
                continue;
            }
            var property = PropertyRules.NameOf(given);
            PropertyRules.Check(property, value);
            described[property] = value;
            if (property is ReaderVersion or WriterVersion) AddVersion(draft, property, value);
            else if (property == ColumnMapping.ModeProperty) SetMapping(draft, value.ToLowerInvariant());
            else Set(draft, property, value);
        }
        // Readers of Iceberg need ids of what lies in arrays and maps too.
        if (IcebergCompat.IsRequired(draft.Properties)) draft.AssignIds();
        return TableOperation.Of("SET TBLPROPERTIES", ("properties", TableBuilder.Json(described)));
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.UnsetProperties change)
    {
        foreach (var given in change.Properties)
        {
            var property = PropertyRules.NameOf(given);
            if (property == ColumnMapping.ModeProperty && draft.Mapping != ColumnMappingMode.None)
                throw Unmapped(draft);
            if (!change.IfExists && draft.Properties.Find(property) is null)
                throw new FozException(ErrorKind.NotFound, $"the property {property} of {draft.Name} is not set")
                {
                    Hint = NearestName.Find(property, draft.Properties.Keys) is { } near
                        ? $"did you mean {near}?"
                        : null,
                };
            draft.Properties = draft.Properties.Without(property);
        }
        return TableOperation.Of(
            "UNSET TBLPROPERTIES", ("properties", TableBuilder.Json(change.Properties)),
            ("ifExists", change.IfExists ? "true" : "false"));
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.AddConstraint change)
    {
        var name = change.Name.ToLowerInvariant();
        if (!ColumnPath.Of(name).ToString().Equals(name, StringComparison.Ordinal))
            throw new FozException(
                ErrorKind.Usage, $"'{change.Name}' cannot name a constraint: take letters, digits and _");
        if (draft.Properties.Find(RowRules.ConstraintPrefix + name) is { } present)
            throw new FozException(ErrorKind.Data, $"{draft.Name} has a constraint {name} already: {present}");
        var expression = SparkExpression.Translate(change.Expression, draft.Schema, Column);
        if (expression.VolatileFunction is { } function)
            throw new FozException(
                ErrorKind.Sql, $"the constraint {name} cannot call {function}, which gives another value each time");
        if (expression.Value.Type is { } type && type != DeltaType.Boolean)
            throw new FozException(
                ErrorKind.Sql, $"the constraint {name} is no condition: {change.Expression} is {type}");
        draft.Demand = RowRules.Constraint(draft.Name, name, change.Expression, draft.Schema, Column);
        draft.Properties = draft.Properties.With(RowRules.ConstraintPrefix + name, change.Expression);
        return TableOperation.Of("ADD CONSTRAINT", ("name", name), ("expr", change.Expression));
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.DropConstraint change)
    {
        var key = RowRules.ConstraintPrefix + change.Name.ToLowerInvariant();
        var name = key[RowRules.ConstraintPrefix.Length..];
        if (draft.Properties.Find(key) is not { } expression)
        {
            var names = draft.Properties.Keys.Where(k =>
                k.StartsWith(RowRules.ConstraintPrefix, StringComparison.Ordinal))
                .Select(k => k[RowRules.ConstraintPrefix.Length..]).ToList();
            if (change.IfExists) return TableOperation.Of("DROP CONSTRAINT", ("name", name), ("existed", "false"));
            throw new FozException(ErrorKind.NotFound, $"{draft.Name} has no constraint {name}")
            {
                Hint = NearestName.Find(name, names) is { } near ? $"did you mean {near}?"
                    : names.Count > 0 ? $"it has {string.Join(", ", names)}" : null,
            };
        }
        draft.Properties = draft.Properties.Without(key);
        return TableOperation.Of("DROP CONSTRAINT", ("name", name), ("expr", expression), ("existed", "true"));
    }

    public static TableOperation Apply(TableBuilder draft, TableAlteration.ClusterBy change)
    {
        if (draft.PartitionColumns.Count > 0)
            throw new FozException(ErrorKind.Data, $"{draft.Name} is partitioned: it cannot be clustered too");
        if (change.Columns.Count > ClusteringColumnsMax)
            throw new FozException(ErrorKind.Usage, $"a table is clustered by {ClusteringColumnsMax} columns at most");
        var paths = change.Columns.Select(TableBuilder.PathOf).ToList();
        var columns = new JsonArray();
        foreach (var path in paths)
        {
            if (!DeltaTypes.CanCluster(draft.Find(path).Type))
                throw new FozException(
                    ErrorKind.Data, $"a table cannot be clustered by {path}: files keep no bounds of it");
            var physical = ColumnMapping.PhysicalPath(draft.Schema, path, draft.Mapping)
                ?? throw new FozException(
                    ErrorKind.Data, $"a table cannot be clustered by {path}, inside an array or map");
            columns.Add((JsonNode)new JsonArray([.. physical.Names.Select(name => (JsonNode)name)]));
        }
        var old = ClusteringColumns(draft.Snapshot) ?? [];
        draft.AddedFeatures.AddRange([TableFeature.DomainMetadata, TableFeature.Clustering]);
        draft.Domains[ClusteringDomain] = TableBuilder.Json(
            new JsonObject { ["clusteringColumns"] = columns, ["domainName"] = ClusteringDomain });
        return TableOperation.Of(
            "CLUSTER BY", ("oldClusteringColumns", string.Join(",", old.Select(path => Logical(draft, path)))),
            ("newClusteringColumns", string.Join(",", paths)));
    }

    /// <summary>The physical paths of the columns that a table is clustered by; null where it is not.</summary>
    /// <exception cref="FozException">The table's log says it in a way that cannot be read.</exception>
    public static IReadOnlyList<IReadOnlyList<string>>? ClusteringColumns(TableSnapshot table)
    {
        if (table.State.Domains.GetValueOrDefault(ClusteringDomain) is not { } domain) return null;
        try
        {
            using var document = JsonDocument.Parse(domain.Configuration);
            return [.. document.RootElement.GetProperty("clusteringColumns").EnumerateArray().Select(
                IReadOnlyList<string> (path) => [.. path.EnumerateArray().Select(name => name.GetString()!)])];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FozException(
                ErrorKind.Table,
                $"{table.State.Table} has clustering columns that cannot be read: {domain.Configuration}", e);
        }
    }

    static string Column(StructField field) => $"r.{SqlText.Identifier(field.Name)}";

    static string Logical(TableBuilder draft, IReadOnlyList<string> physical)
    {
        var (parent, path) = (draft.Schema, ColumnPath.Root);
        foreach (var name in physical)
        {
            var field = parent?.Fields.FirstOrDefault(f => f.PhysicalName(draft.Mapping) == name);
            path = path.Then(field?.Name ?? name);
            parent = field?.Type as StructType;
        }
        return path.ToString();
    }

    static void Set(TableBuilder draft, string property, string value)
    {
        draft.Properties = draft.Properties.With(property, value);
        if (IsTrue(RowTracking.Property) && IsTrue(RowTracking.SuspendedProperty))
            throw new FozException(
                ErrorKind.Data, $"the rows of {draft.Name} cannot keep their ids while row tracking is suspended")
            {
                Hint = $"only one of {RowTracking.Property} and {RowTracking.SuspendedProperty} can be true",
            };

        bool IsTrue(string name) => "true".Equals(draft.Properties.Find(name), StringComparison.OrdinalIgnoreCase);
    }

    static void SetMapping(TableBuilder draft, string mode)
    {
        var before = draft.Mapping;
        var wanted = mode switch
        {
            "name" => ColumnMappingMode.Name,
            "id" => ColumnMappingMode.Id,
            _ =>
            ColumnMappingMode.None
        };
        if (wanted == before) return;
        if (wanted == ColumnMappingMode.None) throw Unmapped(draft);
        if (wanted == ColumnMappingMode.Id || before != ColumnMappingMode.None)
            throw new FozException(
                ErrorKind.Data, $"{draft.Name} cannot come to find columns by id: its files have none, or other ones")
            {
                Hint = "set it to name, or create the table again",
            };
        draft.Properties = draft.Properties.With(ColumnMapping.ModeProperty, mode);
        // Files by display name are there already.
        draft.AssignIds(keepNames: true);
    }

    static FozException Unmapped(TableBuilder draft) => new(
        ErrorKind.Data, $"{draft.Name} cannot stop mapping its columns: its files hold them by other names")
    {
        Hint = "create the table again",
    };

    static void AddFeature(TableBuilder draft, string name, string value)
    {
        if (value.ToLowerInvariant() is not ("supported" or "enabled"))
            throw new FozException(ErrorKind.Usage, $"{FeaturePrefix}{name} is supported, not '{value}'");
        var feature = TableFeature.All.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new FozException(ErrorKind.Usage, $"there is no table feature {name}")
            {
                Hint = NearestName.Find(name, TableFeature.All.Select(f => f.Name)) is { } near
                    ? $"did you mean {near}?"
                    : null,
            };
        draft.AddedFeatures.Add(feature.Name);
        if (feature.Name is "rowTracking" or TableFeature.Clustering)
            draft.AddedFeatures.Add(TableFeature.DomainMetadata);
    }

    static void AddVersion(TableBuilder draft, string property, string value)
    {
        var version = int.Parse(value, CultureInfo.InvariantCulture);
        var present = draft.Snapshot.State.Protocol;
        var isReader = property == ReaderVersion;
        if (version <= (isReader ? present.MinReaderVersion : present.MinWriterVersion)) return;
        if (version >= (isReader ? Protocol.ReaderVersionWithFeatures : Protocol.WriterVersionWithFeatures))
            throw new FozException(ErrorKind.Usage, $"{property} {version} says nothing but that features are named")
            {
                Hint = $"name them: {FeaturePrefix}deletionVectors=supported",
            };
        var wanted = new Protocol
        {
            MinReaderVersion = isReader ? version : present.MinReaderVersion,
            MinWriterVersion = isReader ? present.MinWriterVersion : version,
        };
        draft.AddedFeatures.AddRange(wanted.AllReaderFeatures.Union(wanted.AllWriterFeatures));
    }
}
