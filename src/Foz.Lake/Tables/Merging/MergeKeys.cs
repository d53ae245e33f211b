using System.Text.Json;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Merging;

/// <summary>A column of the target that equals one of the source where a merge's condition holds.</summary>
/// <param name="Target">The target's column.</param>
/// <param name="Source">The name of the source's.</param>
public readonly record struct MergeKey(StructField Target, string Source);

/// <summary>The equalities in the condition of a merge.</summary>
public sealed class MergeKeys
{
    // As many literals cost less to compare with each file's bounds than the files cost that they leave out.
    const int LiteralsMax = 10_000;

    static readonly string[] Integers = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT"];

    MergeKeys(IReadOnlyList<MergeKey> keys, bool isAll) => (Keys, IsAll) = (keys, isAll);

    /// <summary>The columns that are equal; none where the condition has no equality that must hold.</summary>
    public IReadOnlyList<MergeKey> Keys { get; }

    /// <summary>Whether the condition is these equalities and nothing else.</summary>
    public bool IsAll { get; }

    /// <summary>Keys that have one name on both sides.</summary>
    public static MergeKeys Of(IEnumerable<MergeKey> keys) => new([.. keys], isAll: true);

    /// <summary>Reads a merge's condition.</summary>
    public static MergeKeys Read(
        EngineSession session, MergeDefinition merge, TableSchema target, IReadOnlyList<EngineColumn> source,
        CancellationToken cancellationToken)
    {
        var json = session.QueryScalar<string>(
            "SELECT json_serialize_sql($1::VARCHAR)::VARCHAR", cancellationToken, $"SELECT ({merge.On}\n)");
        using var document = JsonDocument.Parse(json, new() { MaxDepth = 16_384 });
        if (document.RootElement.GetProperty("error").GetBoolean()) return new([], isAll: false);
        var condition = document.RootElement.GetProperty("statements")[0].GetProperty("node")
            .GetProperty("select_list")[0];
        var terms = Terms(condition).ToList();
        var keys = terms.Select(term => KeyOf(term, merge, target, source)).OfType<MergeKey>().ToList();
        return new(keys, keys.Count == terms.Count);
    }

    /// <summary>
    /// What rows of the target fulfil whose keys can be those of a table's rows, by the files' statistics.
    /// </summary>
    /// <param name="session">The session that has the table.</param>
    /// <param name="source">The table.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="rows">How many rows it has at most; null if that is not known.</param>
    public Predicate Range(
        EngineSession session, string source, CancellationToken cancellationToken, long? rows = null)
    {
        var range = Predicate.True;
        if (Keys.Count == 0) return range;
        if (rows <= LiteralsMax)
            return Keys.Aggregate(range, (all, key) => all & new Predicate.In(
                ColumnPath.Of(key.Target.Name), Literals(session, source, key, cancellationToken)));
        return RangeOfMany(session, source, cancellationToken);
    }

    Predicate RangeOfMany(EngineSession session, string source, CancellationToken cancellationToken)
    {
        var range = Predicate.True;
        var bounds = string.Join(", ", Keys.Select(key => SqlText.Identifier(key.Source)).Select(
            key => $"CAST(min({key}) AS VARCHAR), CAST(max({key}) AS VARCHAR)"));
        using var rows = session.Query($"SELECT count(*), {bounds} FROM {source}", cancellationToken);
        var row = rows.Rows(cancellationToken).First();
        for (var i = 0; i < Keys.Count; i++)
        {
            if (row[2 * i + 1] is not string least || row[2 * i + 2] is not string greatest) continue;
            var column = ColumnPath.Of(Keys[i].Target.Name);
            range &= (long)row[0]! <= LiteralsMax
                ? new Predicate.In(column, Literals(session, source, Keys[i], cancellationToken))
                : new Predicate.Compare(column, Comparison.GreaterOrEqual, least)
                    & new Predicate.Compare(column, Comparison.LessOrEqual, greatest);
        }
        return range;
    }

    static List<string?> Literals(
        EngineSession session, string source, MergeKey key, CancellationToken cancellationToken)
    {
        var column = SqlText.Identifier(key.Source);
        using var rows = session.Query(
            $"SELECT CAST({column} AS VARCHAR) FROM {source} WHERE {column} IS NOT NULL", cancellationToken);
        return [.. rows.Rows(cancellationToken).Select(row => (string?)row[0]).Distinct()];
    }

    static IEnumerable<JsonElement> Terms(JsonElement expression) =>
        expression.GetProperty("class").ValueEquals("CONJUNCTION")
        && expression.GetProperty("type").ValueEquals("CONJUNCTION_AND")
            ? expression.GetProperty("children").EnumerateArray().SelectMany(Terms)
            : [expression];

    static MergeKey? KeyOf(
        JsonElement term, MergeDefinition merge, TableSchema target, IReadOnlyList<EngineColumn> source)
    {
        if (!term.GetProperty("class").ValueEquals("COMPARISON")
            || !term.GetProperty("type").ValueEquals("COMPARE_EQUAL"))
            return null;
        var (left, right) = (PartsOf(term.GetProperty("left")), PartsOf(term.GetProperty("right")));
        return Pair(left, right) ?? Pair(right, left);

        MergeKey? Pair(string[]? targets, string[]? sources) =>
            NameIn(targets, merge.TargetAlias, name => SourceOf(name) is null) is { } name
            && target.Columns.Find(name) is { } field
            && NameIn(sources, merge.SourceAlias, other => target.Columns.Find(other) is null) is { } key
            && SourceOf(key) is { } column && IsComparable(field, column) ? new(field, column.Name) : null;

        EngineColumn? SourceOf(string name) =>
            source.FirstOrDefault(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The column that a reference names with an alias, or alone where only one side has it.</summary>
    static string? NameIn(string[]? parts, string alias, Func<string, bool> isOnlyHere) => parts switch
    {
        [var table, var name] when string.Equals(table, alias, StringComparison.OrdinalIgnoreCase) => name,
        [var name] when isOnlyHere(name) => name,
        _ => null,
    };

    // Values of other types are cast to compare them, and their order can be another.
    static bool IsComparable(StructField target, EngineColumn source) =>
        PhysicalColumns.LogicalTypeName(target.Type) is var type
        && (type == source.TypeName || (Integers.Contains(type) && Integers.Contains(source.TypeName)));

    static string[]? PartsOf(JsonElement expression) =>
        expression.GetProperty("class").ValueEquals("COLUMN_REF")
            ? [.. expression.GetProperty("column_names").EnumerateArray().Select(part => part.GetString()!)]
            : null;
}
