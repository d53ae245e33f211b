using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Lake.Tables.Expressions;

namespace Foz.Lake.Tables.Alterations;

/// <summary>What a table is to become: starts as the present table, and is changed step by step.</summary>
/// <param name="name">The table, for messages.</param>
/// <param name="snapshot">The present table.</param>
sealed class TableBuilder(string name, TableSnapshot snapshot)
{
    static readonly JsonSerializerOptions readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The table, for messages.</summary>
    public string Name => name;

    /// <summary>The present table.</summary>
    public TableSnapshot Snapshot => snapshot;

    /// <summary>The columns.</summary>
    public StructType Schema { get; set; } = snapshot.Schema.Columns;

    /// <summary>The properties.</summary>
    public StringMap Properties { get; set; } = snapshot.State.Metadata.Configuration;

    /// <summary>The names of the partition columns.</summary>
    public IReadOnlyList<string> PartitionColumns { get; set; } = snapshot.PartitionColumns;

    /// <summary>What the table holds, for people; null for nothing.</summary>
    public string? Description { get; set; } = snapshot.Description;

    /// <summary>Features that clients must support from now on.</summary>
    public List<string> AddedFeatures { get; } = [];

    /// <summary>The feature that they need not support any more; null for none.</summary>
    public string? DroppedFeature { get; set; }

    /// <summary>The configuration of domains that change; null removes one.</summary>
    public Dictionary<string, string?> Domains { get; } = new(StringComparer.Ordinal);

    /// <summary>What the rows that are there must fulfil; null for nothing.</summary>
    public RowRule? Demand { get; set; }

    /// <summary>How the table maps its columns.</summary>
    public ColumnMappingMode Mapping => ColumnMapping.ModeOf(Properties);

    /// <summary>The column of a path.</summary>
    /// <exception cref="FozException">There is none.</exception>
    public StructField Find(ColumnPath path) => SchemaEdit.Find(Schema, path) ?? throw new FozException(
        ErrorKind.NotFound, $"{name} has no column {path}")
    {
        Hint = Foz.Lake.Configuration.NearestName.Find(
            path.ToString(), Schema.Leaves().Select(leaf => leaf.Path.ToString())) is { } near
            ? $"did you mean {near}?"
            : $"its columns are {string.Join(", ", Schema.Fields.Select(field => field.Name))}",
    };

    /// <summary>Reads a path.</summary>
    /// <exception cref="FozException">It is malformed.</exception>
    public static ColumnPath PathOf(string text)
    {
        try
        {
            return ColumnPath.Parse(text);
        }
        catch (FormatException e)
        {
            throw new FozException(ErrorKind.Usage, e.Message, e);
        }
    }

    /// <summary>Gives columns that have none an id and a physical name, where the table maps its columns.</summary>
    public void AssignIds(bool keepNames = false)
    {
        if (Mapping == ColumnMappingMode.None) return;
        (Schema, var max) = ColumnMapping.Assign(Schema, Properties, keepNames);
        Properties = Properties.With(ColumnMapping.MaxColumnIdProperty, max.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// Returns what prevents changes of a column, for people: a constraint, a generated column, partitioning; null if
    /// nothing does.
    /// </summary>
    /// <param name="path">The column.</param>
    /// <param name="withPartitioning">Whether partitioning by it counts.</param>
    public string? UserOf(ColumnPath path, bool withPartitioning)
    {
        foreach (var (key, expression) in Properties)
            if (key.StartsWith(RowRules.ConstraintPrefix, StringComparison.OrdinalIgnoreCase) && Uses(expression, path))
                return $"the constraint {key[RowRules.ConstraintPrefix.Length..]} ({expression})";
        foreach (var field in Schema.Fields)
        {
            var generation = field.Metadata.GetString(FieldMetadata.GenerationExpressionKey);
            if (Uses(generation, path)) return $"the generated column {field.Name} ({generation})";
            if (field.Metadata[FieldMetadata.InvariantsKey] is not null && Uses(RowRules.InvariantOf(field), path))
                return $"the invariant of column {field.Name}";
        }
        if (withPartitioning && path.Names.Length == 1
            && PartitionColumns.Contains(path.Names[0], StringComparer.OrdinalIgnoreCase))
            return "the table's partitioning";
        return null;
    }

    /// <summary>A column as the parameters of operations in the history have it.</summary>
    public static JsonObject Describe(ColumnPath path, StructField field) => new()
    {
        ["name"] = path.ToString(),
        ["type"] = field.Type switch
        {
            StructType => "struct",
            ArrayType => "array",
            MapType => "map",
            var type => type.ToString().Trim('"'),
        },
        ["nullable"] = field.Nullable,
        ["metadata"] = new JsonObject(field.Metadata.Entries.Select(
            entry => KeyValuePair.Create(entry.Key, JsonNode.Parse(entry.Value.GetRawText())))),
    };

    /// <summary>JSON as the history has it.</summary>
    public static string Json(JsonNode node) => node.ToJsonString(readable);

    /// <summary>A list of texts as the history has it.</summary>
    public static string Json(IEnumerable<string> texts) =>
        Json(new JsonArray([.. texts.Select(text => (JsonNode)text)]));

    // What cannot be translated may use any column that its text names.
    bool Uses(string? expression, ColumnPath path)
    {
        if (expression is null) return false;
        try
        {
            return SparkExpression.Translate(expression, Schema, field => field.Name).Columns
                .Any(column => path.IsPrefixOf(column) || column.IsPrefixOf(path));
        }
        catch (FozException)
        {
            return expression.Contains(path.Names[0], StringComparison.OrdinalIgnoreCase);
        }
    }
}
