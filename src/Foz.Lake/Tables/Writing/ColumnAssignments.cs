using Foz.Delta.Schema;
using Foz.Lake.Configuration;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Writing;

/// <summary>
/// What a statement assigns to the columns of a table, and to fields of those that are structs, as SQL.
/// </summary>
public sealed class ColumnAssignments
{
    readonly IReadOnlyDictionary<string, string> assignments;

    /// <summary>Assignments to columns of a table.</summary>
    /// <param name="table">The table's name, for errors.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="assignments">
    /// SQL expressions by column; a field of a struct is written with dots, as <see cref="WithoutAlias"/> gives it.
    /// </param>
    /// <exception cref="FozException">A column is unknown, or both it and a field of it are assigned.</exception>
    public ColumnAssignments(string table, StructType columns, IReadOnlyDictionary<string, string> assignments)
    {
        this.assignments = assignments;
        foreach (var name in assignments.Keys)
        {
            if (!Exists(columns, name))
                throw new FozException(ErrorKind.NotFound, $"{table} has no column '{name}'")
                {
                    Hint = NearestName.Hint(name, Paths(columns, prefix: "")),
                };
            if (columns.Find(name) is null
                && assignments.Keys.FirstOrDefault(other => IsInside(name, other)) is { } outer)
                throw new FozException(ErrorKind.Sql, $"both {outer} and its field {name} are given a value");
        }
        Columns =
        [
            .. assignments.Keys.Select(name => columns.Find(name)?.Name ?? TopOf(columns, name))
                .Distinct(StringComparer.OrdinalIgnoreCase),
        ];
    }

    /// <summary>The columns that get another value, or fields of which do.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Assignments by columns without the alias of the table before them, as in <c>SET t.a = 1</c>.</summary>
    /// <param name="assignments">SQL expressions by what is assigned, with or without alias.</param>
    /// <param name="alias">What the statement calls the table.</param>
    /// <param name="columns">Its columns: those of a name mean what SQL means by it, the alias first.</param>
    /// <exception cref="FozException">A column is assigned twice.</exception>
    public static Dictionary<string, string> WithoutAlias(
        IReadOnlyDictionary<string, string> assignments, string alias, StructType columns)
    {
        var named = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in assignments)
            if (!named.TryAdd(IsMeant(name) ? name[(alias.Length + 1)..] : name, value))
                throw new FozException(ErrorKind.Sql, $"there is a second value for {name}");
        return named;

        bool IsMeant(string name) => IsInside(name, alias)
            && (columns.Find(alias) is null || Exists(columns, name[(alias.Length + 1)..]));
    }

    /// <summary>What a column becomes, of its own type; null where nothing is assigned to it.</summary>
    /// <param name="field">The column.</param>
    /// <param name="old">Its value as it was, as SQL.</param>
    public string? ValueOf(StructField field, string old)
    {
        var value = Assign(assignments, field, old);
        return value is null ? null : AssignedValue.Cast(value, field, AssignedValue.IsText(value.Trim('(', ')')));
    }

    static string? Assign(IEnumerable<KeyValuePair<string, string>> assignments, StructField field, string old)
    {
        if (assignments.FirstOrDefault(a => IsName(a.Key, field.Name)) is { Key: not null } own)
            return $"({own.Value})";
        var inner = assignments.Where(a => IsInside(a.Key, field.Name))
            .Select(a => KeyValuePair.Create(a.Key[(field.Name.Length + 1)..], a.Value)).ToList();
        if (inner.Count == 0 || field.Type is not StructType parent) return null;
        // A struct that is NULL becomes one whose other fields are.
        var fields = parent.Fields.Select(part =>
        {
            var before = $"({old}).{SqlText.Identifier(part.Name)}";
            return $"{SqlText.Identifier(part.Name)} := {Assign(inner, part, before) ?? before}";
        });
        return $"struct_pack({string.Join(", ", fields)})";
    }

    static bool Exists(StructType type, string path)
    {
        if (type.Find(path) is not null) return true;
        return type.Fields.Any(field => IsInside(path, field.Name)
            && field.Type is StructType inner && Exists(inner, path[(field.Name.Length + 1)..]));
    }

    static IEnumerable<string> Paths(StructType type, string prefix) => type.Fields.SelectMany(field =>
        field.Type is StructType inner
            ? Paths(inner, prefix + field.Name + ".").Prepend(prefix + field.Name)
            : [prefix + field.Name]);

    /// <summary>The column that has a field; its name may have dots too.</summary>
    static string TopOf(StructType columns, string name) => columns.Fields.First(
        field =>
            IsInside(name, field.Name) && field.Type is StructType inner
                && Exists(inner, name[(field.Name.Length + 1)..])).Name;

    static bool IsName(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    static bool IsInside(string name, string outer) => name.Length > outer.Length && name[outer.Length] == '.'
        && name.StartsWith(outer, StringComparison.OrdinalIgnoreCase);
}
