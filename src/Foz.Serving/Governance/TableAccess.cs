using System.Diagnostics;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Serving.Governance;

/// <summary>What several grants together let a user read of a table.</summary>
/// <param name="grants">The grants: one or more.</param>
/// <param name="hashes">What <c>hash</c> masks show of it.</param>
public sealed class TableAccess(IReadOnlyList<AccessGrant> grants, TableHashes hashes)
{
    /// <summary>The function of the engine that makes of a text, and a family, what a <c>hash</c> mask shows.</summary>
    public static string HashFunction { get; } = OwnNames.Of("masked");

    /// <summary>Whether everything of a table is read as it is, whatever its columns.</summary>
    public bool IsFull => grants.Any(grant => grant is { Columns: null, Where: null, Masks.Count: 0 });

    /// <summary>Whether some rows are not shown.</summary>
    public bool HidesRows => grants.All(grant => grant.Where is not null);

    /// <summary>Whether everything of a table with these columns is read as it is.</summary>
    public bool IsFullOf(IReadOnlyList<Field> fields) => grants.Any(
        grant => grant.Where is null && fields.All(field => Gives(grant, field) && MaskOf(grant, field) is null));

    /// <summary>
    /// What a view that is granted so lets read of the tables that it reads: everything, but for protected columns
    /// without a rule, and for the rows that grants of a table itself hide.
    /// </summary>
    /// <param name="own">What is granted of the table itself; null for nothing.</param>
    /// <param name="hashesOfTable">What <c>hash</c> masks show of the table.</param>
    internal TableAccess Through(TableAccess? own, TableHashes hashesOfTable)
    {
        var whole = grants.Where(grant => grant is { Columns: null, Where: null, Masks.Count: 0 });
        return new(
            [.. own is { HidesRows: true } ? whole.Select(grant => grant with { Where = own.Rows }) : whole],
            hashesOfTable);
    }

    /// <summary>Which rows are shown, as a condition.</summary>
    string Rows => string.Join(" OR ", grants.Select(grant => $"({grant.Where}\n)"));

    /// <summary>Whether a column is shown, as it is or masked.</summary>
    public bool Shows(Field column) => grants.Any(grant => Gives(grant, column));

    /// <summary>Whether some of a column's values may be shown by a mask only.</summary>
    public bool Masks(Field column) => grants.Any(grant => Gives(grant, column) && MaskOf(grant, column) is not null);

    /// <summary>
    /// A SELECT of what may be read of a relation. Each value passes through its own condition: an expression of who
    /// reads meets only values that are shown, in whatever order the engine works.
    /// </summary>
    /// <param name="fields">The columns of the relation.</param>
    /// <param name="relation">The relation.</param>
    /// <param name="condition">Makes a grant's condition one of DuckDB's.</param>
    /// <exception cref="FozException">No column is shown.</exception>
    public string Select(IReadOnlyList<Field> fields, string relation, Func<string, string> condition)
    {
        var shown = fields.Where(Shows).Select(field => Value(field, condition)).ToList();
        if (shown.Count == 0) throw NoneShown();
        var where = HidesRows ? $" WHERE {Any(grants, condition)}" : "";
        return $"(SELECT {string.Join(", ", shown)} FROM {relation} AS foz_granted{where})";
    }

    /// <summary>
    /// A SELECT of the columns of which something may be read, with all that they have: for relations without rows.
    /// </summary>
    /// <exception cref="FozException">No column is shown.</exception>
    public string SelectColumns(IReadOnlyList<Field> fields, string relation)
    {
        var shown = fields.Where(Shows).Select(field => SqlText.Identifier(field.Name)).ToList();
        return shown.Count > 0
            ? $"(SELECT {string.Join(", ", shown)} FROM {relation} AS foz_granted)"
            : throw NoneShown();
    }

    static FozException NoneShown() => new(ErrorKind.Denied, "no column of the table is granted");

    /// <summary>
    /// A column that is named is given; else one without protected tags is, and one with them where the grant says of
    /// each how.
    /// </summary>
    static bool Gives(AccessGrant grant, Field column)
    {
        if (grant.Columns is not null) return grant.Columns.Contains(column.Name);
        return grant.Masks.ContainsKey(column.Name)
            || ColumnTag.ProtectedOf(column).All(tag => grant.RuleOf(tag) is not null);
    }

    /// <summary>
    /// What is shown in the place of a column's values: of several tags the strictest says it; null for nothing.
    /// </summary>
    static ColumnMask? MaskOf(AccessGrant grant, Field column)
    {
        if (grant.Masks.TryGetValue(column.Name, out var own)) return own;
        var rules = (column.Metadata.IsEmpty ? [] : ColumnTag.Of(column)).Select(grant.RuleOf).OfType<TagRule>()
            .ToList();
        return rules.Count == 0 ? null : rules.Min() switch
        {
            TagRule.Null => ColumnMask.Null,
            TagRule.Redact => ColumnMask.Redact,
            TagRule.Hash => ColumnMask.Hash,
            TagRule.LastFour => ColumnMask.LastFour,
            _ => null,
        };
    }

    string Value(Field field, Func<string, string> condition)
    {
        var column = SqlText.Identifier(field.Name);
        var giving = grants.Where(grant => Gives(grant, field)).ToList();
        var plain = giving.Where(grant => MaskOf(grant, field) is null).ToList();
        if (plain.Any(grant => grant.Where is null)) return column;
        var cases = plain.Count > 0 ? $" WHEN {Any(plain, condition)} THEN {column}" : "";
        foreach (var grant in giving.Except(plain))
            cases += $" WHEN {Of(grant, condition)} THEN {Masked(column, field, MaskOf(grant, field)!.Value)}";
        return $"CASE{cases} END AS {column}";
    }

    static string Any(IEnumerable<AccessGrant> grants, Func<string, string> condition) =>
        $"({string.Join(" OR ", grants.Select(grant => Of(grant, condition)))})";

    static string Of(AccessGrant grant, Func<string, string> condition) =>
        grant.Where is null ? "true" : $"({condition(grant.Where)}\n)";

    /// <summary>Only texts have something to show of a value; masked values of other types are NULL.</summary>
    string Masked(string column, Field field, ColumnMask mask) => field.Type != DataType.String ? "NULL" : mask switch
    {
        ColumnMask.Null => "NULL",
        ColumnMask.Hash when hashes.FamilyOf(field) is { } family =>
            $"{HashFunction}({column}, {SqlText.Literal(family)})",
        ColumnMask.Redact or ColumnMask.Hash => $"CASE WHEN {column} IS NOT NULL THEN '****' END",
        ColumnMask.LastFour =>
            $"CASE WHEN length({column}) > 4 THEN '****' || right({column}, 4) WHEN "
                + $"{column} IS NOT NULL THEN '****' END",
        _ => throw new UnreachableException($"a mask {mask}"),
    };
}
