using Foz.Lake.Data;
using Foz.Lake.Tables;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Documentation;

/// <summary>What a check found when it was last made.</summary>
/// <param name="Table">The table's name in the lake.</param>
/// <param name="Title">The check, as <c>unique(id)</c>.</param>
/// <param name="Arguments">What it asks besides; may be empty.</param>
/// <param name="Passed">Whether it held.</param>
/// <param name="Violations">How many rows broke it.</param>
/// <param name="RowsChecked">How many rows there were.</param>
/// <param name="Actual">What was measured, of a check of the table as a whole; null for others.</param>
sealed record CheckState(
    string Table, string Title, string Arguments, bool Passed, long Violations, long RowsChecked, string? Actual);

/// <summary>A table or view of the project, as its page shows it.</summary>
sealed record SiteTable
{
    /// <summary>What it is.</summary>
    public required GraphNode Node { get; init; }

    /// <summary>Its columns, and what they are made from.</summary>
    public required NodeLineage Lineage { get; init; }

    /// <summary>Its newest version; null for a view, or one that was never made.</summary>
    public TableSnapshot? Snapshot { get; init; }

    /// <summary>What the checks that it has now found last.</summary>
    public IReadOnlyList<CheckState> Checks { get; init; } = [];

    /// <summary>Its name in the lake.</summary>
    public TableName Name => Node.Table;

    /// <summary>The model; null for a stream.</summary>
    public Model? Model => (Node as GraphNode.OfModel)?.Model;

    /// <summary>The stream; null for a model.</summary>
    public GraphNode.OfStream? Stream => Node as GraphNode.OfStream;

    /// <summary>The description, for people; null if the project gives none.</summary>
    public string? Description => Model is { } model ? model.Description : Stream?.Stream.Description;

    /// <summary>The owner; null if the project names none.</summary>
    public string? Owner => Model is { } model ? model.Owner : Stream?.Source.Owner;

    /// <summary>Its tags.</summary>
    public IReadOnlyList<string> Tags => Model is { } model ? model.Tags : Stream?.Stream.Tags ?? [];

    /// <summary>What becomes of its rows, in a word.</summary>
    public string Kind => Model is { } model ? model.Materialization.Name : "source";

    /// <summary>Its file in the project.</summary>
    public string File => Model?.File ?? Stream!.Stream.Definition.Place.File;

    /// <summary>The columns: those that it has, or, before it is known, those that the project declares.</summary>
    public IEnumerable<(string Name, string? Type, ColumnDefinition? Stated)> Columns
    {
        get
        {
            var stated = Node.Columns.ToDictionary(column => column.Name, StringComparer.OrdinalIgnoreCase);
            return Lineage.Columns.Count > 0
                ? Lineage.Columns.Select(c =>
                    (c.Field.Name, (string?)c.Field.Type.ToString(), stated.GetValueOrDefault(c.Field.Name)))
                : Node.Columns.Select(c => (c.Name, c.Type, (ColumnDefinition?)c));
        }
    }
}
