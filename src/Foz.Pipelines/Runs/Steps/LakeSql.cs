using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Steps;

/// <summary>
/// SQL of a project with the names that tables have in the lake of an environment, and ephemeral models in their
/// places.
/// </summary>
public static class LakeSql
{
    /// <summary>Puts the names of the lake in the place of those that the project has.</summary>
    /// <param name="session">A session of any workload.</param>
    /// <param name="sql">A SELECT.</param>
    /// <param name="references">What it refers to.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static string Of(
        EngineSession session, string sql, IReadOnlyList<Reference> references, CancellationToken cancellationToken) =>
        session.Analyze(sql, cancellationToken).Rewrite(table =>
            table.Schema is not { } schema
            || references.FirstOrDefault(r => r.Name == new TableName(schema, table.Name)) is not { } known ? null
            : known.Inlined is { } inlined ? $"({Of(session, inlined.Text, references, cancellationToken)}\n)"
            : known.Table == known.Name ? null
            : $"{SqlText.Identifier(known.Table.Schema)}.{SqlText.Identifier(known.Table.Name)}").Text;
}
