using Foz.DuckDB;

namespace Foz.Lake.Engine;

/// <summary>
/// Finds out what a statement gives as NULL and nothing else. DuckDB has a type of its own for that, but says INTEGER
/// of the columns of a whole statement.
/// </summary>
public static class UntypedNulls
{
    /// <summary>Whether a type holds an INTEGER, which may be none.</summary>
    public static bool MayBeIn(LogicalType type) => type.Id switch
    {
        TypeId.Integer => true,
        TypeId.List => MayBeIn(type.Element!),
        TypeId.Map => MayBeIn(type.MapKey) || MayBeIn(type.MapValue),
        TypeId.Struct => type.Fields.All(f => f.Name.Length > 0) && type.Fields.Any(f => MayBeIn(f.Type)),
        _ => false,
    };

    /// <summary>A statement's columns, with the type of NULL where that is what they are.</summary>
    /// <param name="session">A session that can bind the statement.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="columns">Its columns, as <see cref="EngineSession.Describe"/> gives them.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static IReadOnlyList<EngineColumn> Find(
        EngineSession session, string sql, IReadOnlyList<EngineColumn> columns, CancellationToken cancellationToken)
    {
        var asked = Enumerable.Range(0, columns.Count).Where(i => MayBeIn(columns[i].Type)).ToList();
        if (asked.Count == 0) return columns;
        // Beside a TINYINT an INTEGER stays one, and NULL becomes a TINYINT.
        var values = asked.Select(i => $"COALESCE(c{i}, CAST(NULL AS {Beside(columns[i].Type)}))");
        var names = Enumerable.Range(0, columns.Count).Select(i => $"c{i}");
        var answers = session.Describe(
            $"SELECT {string.Join(", ", values)} FROM ({sql}\n) AS s ({string.Join(", ", names)})", cancellationToken);
        EngineColumn[] found = [.. columns];
        foreach (var (i, answer) in asked.Zip(answers))
            found[i] = columns[i] with { Type = Merge(columns[i].Type, answer.Type) };
        return found;
    }

    static LogicalType Beside(LogicalType type) => Change(type, type, (described, _) =>
        described.Id is TypeId.Integer ? LogicalType.TinyInt : described);

    static LogicalType Merge(LogicalType described, LogicalType answer) =>
        Change(described, answer, (described, answer) =>
            described.Id is TypeId.Integer && answer.Id is TypeId.TinyInt ? LogicalType.Of(TypeId.SqlNull) : described);

    static LogicalType Change(
        LogicalType described, LogicalType answer,
        Func<LogicalType, LogicalType, LogicalType> leaf) => described.Id switch
        {
            TypeId.List => LogicalType.List(Change(described.Element!, answer.Element!, leaf)),
            TypeId.Map => LogicalType.Map(
                Change(described.MapKey, answer.MapKey, leaf), Change(described.MapValue, answer.MapValue, leaf)),
            TypeId.Struct => LogicalType.Struct(
                [.. described.Fields.Zip(answer.Fields, (t, a) => t with { Type = Change(t.Type, a.Type, leaf) })]),
            _ => leaf(described, answer),
        };
}
