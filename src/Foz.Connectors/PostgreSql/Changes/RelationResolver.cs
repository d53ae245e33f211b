using System.Globalization;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>
/// Asks the server's catalog what its messages do not say of a table: what domains are made of, how types are written,
/// which columns are the primary key. The catalog is that of now: a type that is gone since is text.
/// </summary>
static class RelationResolver
{
    /// <exception cref="PgServerException">The server refuses.</exception>
    public static async Task<ResolvedRelation> ResolveAsync(
        PgConnection connection, RelationMessage relation, PgChangeOptions changes,
        CancellationToken cancellationToken)
    {
        if (relation.Columns.IsEmpty) return new ResolvedRelation(relation, [], []);
        var rows = await connection.QueryAsync(Sql(relation), cancellationToken);
        return new ResolvedRelation(
            relation,
            [.. rows.Select(TypeOf)],
            [
                .. rows.Index().Where(row => row.Item[5] is not null)
                    .OrderBy(row => int.Parse(row.Item[5]!, CultureInfo.InvariantCulture)).Select(row => row.Index),
            ])
        {
            MoreKeys = changes.Keys.GetValueOrDefault(relation.Id) ?? [],
        };
    }

    static string Sql(RelationMessage relation) => $"""
        WITH RECURSIVE base (type, base, modifier) AS (
            SELECT oid, oid, -1 FROM pg_catalog.pg_type WHERE typtype <> 'd'
            UNION ALL
            SELECT d.oid, b.base, CASE WHEN b.modifier <> -1 THEN b.modifier ELSE d.typtypmod END
              FROM pg_catalog.pg_type d JOIN base b ON b.type = d.typbasetype WHERE d.typtype = 'd'
        ), wanted (type, modifier, name, number) AS (
            SELECT * FROM ROWS FROM (unnest({Array(relation.Columns.Select(c => $"{c.TypeOid}"))}::oid[]),
                                      unnest({Array(relation.Columns.Select(c => $"{c.Modifier}"))}::int[]),
                                      unnest({Array(relation.Columns.Select(c => SqlText.Literal(c.Name)))}::text[])) WITH ORDINALITY
        )
        SELECT pg_catalog.format_type(w.type, w.modifier), COALESCE(element.base, column_type.base, 25),
               COALESCE(t.typcategory = 'A' AND element.base IS NOT NULL, false),
               GREATEST(w.modifier, column_type.modifier, element.modifier),
               COALESCE(GREATEST(a.attndims, d.typndims), 0),
               CASE WHEN pg_catalog.array_position(i.indkey::int2[], a.attnum) < i.indnkeyatts
                    THEN pg_catalog.array_position(i.indkey::int2[], a.attnum) END,
               pg_catalog.scale('1'::money::numeric)
          FROM wanted w
          LEFT JOIN pg_catalog.pg_type d ON d.oid = w.type
          LEFT JOIN base column_type ON column_type.type = w.type
          LEFT JOIN pg_catalog.pg_type t ON t.oid = column_type.base
          LEFT JOIN base element ON element.type = t.typelem AND t.typlen = -1 AND t.typcategory = 'A'
                                AND t.oid NOT IN (22, 30)
          LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = {relation.Id} AND a.attname = w.name AND NOT a.attisdropped
          LEFT JOIN pg_catalog.pg_index i ON i.indrelid = {relation.Id} AND i.indisprimary
         ORDER BY w.number
        """;

    static ColumnType TypeOf(string?[] row) => new(
        row[0] ?? "???",
        uint.Parse(row[1]!, CultureInfo.InvariantCulture),
        int.Parse(row[3] ?? "-1", CultureInfo.InvariantCulture))
    {
        IsArray = row[2] == "t",
        Dimensions = int.Parse(row[4]!, CultureInfo.InvariantCulture),
        MoneyScale = int.Parse(row[6]!, CultureInfo.InvariantCulture),
    };

    static string Array(IEnumerable<string> items) => $"ARRAY[{string.Join(", ", items)}]";
}
