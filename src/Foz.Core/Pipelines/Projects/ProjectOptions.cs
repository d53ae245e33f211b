using Foz.Core.Connectors;
using Foz.Core.Data;

namespace Foz.Core.Pipelines.Projects;

/// <summary>How a project is read.</summary>
public sealed record ProjectOptions
{
    /// <summary>The environment (<c>--target</c>); null for the project's default.</summary>
    public string? Target { get; init; }

    /// <summary>The environment variables; null for those of the process.</summary>
    public IReadOnlyDictionary<string, string>? EnvironmentVariables { get; init; }

    /// <summary>The connectors that there are.</summary>
    public IReadOnlyList<IConnector> Connectors { get; init; } = ConnectorRegistry.Connectors;

    /// <summary>
    /// Whether the lake has a table that the project does not make, by its name in the lake; none without a lake at
    /// hand.
    /// </summary>
    public Func<TableName, bool> ExistsInLake { get; init; } = static _ => false;

    /// <summary>Finds the tables that a SELECT names.</summary>
    public SqlTableFinder FindTables { get; init; } = static _ => [];
}

/// <summary>Finds the tables that a SELECT names, common table expressions left out.</summary>
/// <param name="sql">The SELECT.</param>
/// <exception cref="FozException">
/// It is no SELECT that can be read; the place's line and column count from the first character of the text.
/// </exception>
public delegate IReadOnlyList<SqlTableUse> SqlTableFinder(string sql);

/// <summary>A table that a SELECT names.</summary>
/// <param name="Parts">The parts of its name, without quotes: one to three.</param>
/// <param name="Index">Where it stands in the text, as the index of a character.</param>
/// <param name="IsStream">Whether it is written <c>STREAM(name)</c>.</param>
public sealed record SqlTableUse(IReadOnlyList<string> Parts, int Index, bool IsStream);
