using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Pipelines.Projects;

/// <summary>What templates of a project can ask the lake.</summary>
public interface IProjectLake
{
    /// <summary>
    /// Returns the kind of a name in the lake, <c>table</c> or <c>view</c>; null if it does not exist.
    /// </summary>
    string? KindOf(TableName table);

    /// <summary>The columns of a table or view, with their types in SQL; empty where it is not there.</summary>
    IReadOnlyList<(string Name, string Type)> ColumnsOf(TableName table, CancellationToken cancellationToken);

    /// <summary>The rows of a SELECT.</summary>
    /// <exception cref="FozException">It does not parse, names what does not exist, or fails.</exception>
    (IReadOnlyList<string> Columns, IReadOnlyList<object?[]> Rows) Query(
        string sql, CancellationToken cancellationToken);

    /// <summary>The names of the tables and views of a schema.</summary>
    IReadOnlyList<TableName> TablesOf(string schema, CancellationToken cancellationToken);
}

/// <summary>SQL that a template renders again for each run.</summary>
/// <param name="render">
/// Renders it from: whether the model's table exists and gets new rows only; and the lake, null if none is available.
/// </param>
public sealed class ModelTemplate(Func<bool, IProjectLake?, CancellationToken, SqlBody> render)
{
    /// <summary>The SQL for a run.</summary>
    /// <param name="isIncremental">Whether the model's table is there and gets new rows only.</param>
    /// <param name="lake">The lake; null where none is at hand.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The template is wrong, or a query of it is.</exception>
    public SqlBody Render(bool isIncremental, IProjectLake? lake, CancellationToken cancellationToken) =>
        render(isIncremental, lake, cancellationToken);
}
