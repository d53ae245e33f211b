using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Pipelines.Projects;

/// <summary>What a name in SQL or YAML refers to.</summary>
public enum ReferenceKind
{
    /// <summary>A model of the project.</summary>
    Model,

    /// <summary>A stream of a source of the project.</summary>
    Stream,

    /// <summary>The model's own table, as it was before the run.</summary>
    Self,

    /// <summary>A table that only the lake knows.</summary>
    Lake,

    /// <summary>Perhaps a stream of a source that takes all streams: known once they are discovered.</summary>
    Undiscovered,
}

/// <summary>A table that a model, check or test refers to.</summary>
/// <param name="Name">The name as the project has it.</param>
/// <param name="Table">
/// The name in the lake, with the environment's schema prefix if it is a table of the project.
/// </param>
/// <param name="Kind">What it refers to.</param>
/// <param name="Place">Where it stands first.</param>
public sealed record Reference(TableName Name, TableName Table, ReferenceKind Kind, Place Place)
{
    /// <summary>Whether only rows that are new since the last run are read: <c>STREAM(bronze.orders)</c>.</summary>
    public bool IsStream { get; init; }

    /// <summary>Whether another program is to make the table, which is not there yet.</summary>
    public bool IsLater { get; init; }

    /// <summary>The SELECT that stands in its place, of an ephemeral model; null of others.</summary>
    public SqlBody? Inlined { get; init; }

    /// <summary>
    /// Whether no SQL of the model reads it: it is stated in <c>depends</c>, a check needs it, or it is inlined.
    /// </summary>
    public bool IsOrderOnly { get; init; }
}
