using System.Text.Json.Serialization;
using Foz.Lake.Data;

namespace Foz.Lake.Catalog;

/// <summary>What a name of the catalog refers to.</summary>
public enum DefinitionKind
{
    /// <summary>A Delta table.</summary>
    Table,

    /// <summary>A stored SELECT.</summary>
    View,
}

/// <summary>
/// What the lake knows of one name: a small JSON object at <c>_foz/catalog/&lt;schema&gt;/&lt;name&gt;.json</c>.
/// </summary>
public sealed record Definition
{
    /// <summary>The schema.</summary>
    public required string Schema { get; init; }

    /// <summary>The name inside the schema.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is a table or a view.</summary>
    public required DefinitionKind Kind { get; init; }

    /// <summary>The table's folder below the lake; null for a view.</summary>
    public string? Location { get; init; }

    /// <summary>The view's SELECT; null for a table.</summary>
    public string? Sql { get; init; }

    /// <summary>What it holds, for people; null where it is not described.</summary>
    public string? Description { get; init; }

    /// <summary>Its owner; null where none is named.</summary>
    public string? Owner { get; init; }

    /// <summary>
    /// The batch of the step that wrote a view, as a table's <c>txn</c> has it; null for tables and for views that
    /// no step wrote.
    /// </summary>
    public long? Batch { get; init; }

    /// <summary>Schema and name together.</summary>
    [JsonIgnore]
    public TableName TableName => new(Schema, Name);
}

[JsonSerializable(typeof(Definition))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
sealed partial class DefinitionJson : JsonSerializerContext;
