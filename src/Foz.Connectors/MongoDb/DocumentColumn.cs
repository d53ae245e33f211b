using Foz.Lake.Data;

namespace Foz.Connectors.MongoDb;

/// <summary>How a column holds values.</summary>
enum DocumentForm
{
    /// <summary>As their text.</summary>
    Text,

    /// <summary>As Extended JSON.</summary>
    Json,

    /// <summary>As values of the column's type.</summary>
    Typed,
}

/// <summary>A column of a stream.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Path">Where documents have it; null for the whole document.</param>
sealed record DocumentColumn(string Name, DocumentPath? Path)
{
    /// <summary>How it holds values.</summary>
    public DocumentForm Form { get; init; }

    /// <summary>Its type in bronze.</summary>
    public DataType Type { get; init; } = DataType.String;

    /// <summary>The field in bronze.</summary>
    public Field Field => new Field(Name, Type).WithSourceType(Form is DocumentForm.Json ? "bson:json" : "bson");
}
