using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Connectors.PostgreSql;

/// <summary>Finds what a stream means in the database: its table, columns, keys and cursor.</summary>
static class StreamResolver
{
    public const string TableSetting = "table";
    const string PublicSchema = "public";

    /// <summary>
    /// Returns the name of each relation's stream: its own in the schema <c>public</c>, otherwise <c>schema_name</c>;
    /// characters that are no letters, digits or <c>_</c> become <c>_</c>, and a name that is taken gets a number.
    /// </summary>
    public static IReadOnlyDictionary<string, Relation> StreamNames(IEnumerable<Relation> relations)
    {
        var streams = new Dictionary<string, Relation>(StringComparer.OrdinalIgnoreCase);
        foreach (var relation in relations.OrderBy(r => r.Schema != PublicSchema))
        {
            var name = Clean(
                relation.Schema == PublicSchema ? relation.Name : $"{relation.Schema}_{relation.Name}");
            var unique = name;
            for (var number = 2; !streams.TryAdd(unique, relation); number++) unique = $"{name}_{number}";
        }

        return streams;
    }

    /// <summary>The relation that a stream reads.</summary>
    /// <exception cref="FozException">There is none, or the user may not read it.</exception>
    public static async Task<Relation> FindRelationAsync(
        StreamDefinition stream, PgCatalog catalog, CancellationToken cancellationToken)
    {
        var table = stream.Settings.Text(TableSetting);
        var name = table is null
            ? new RelationName(PublicSchema, stream.Name, IsQuoted: true)
            : RelationName.Parse(table)
                ?? throw stream.Settings.Wrong(
                    TableSetting, $"schema.name, each maybe in double quotes, not '{table}'");
        var schema = name.Schema ?? PublicSchema;
        var relation = await catalog.FindAsync(schema, name.Name, cancellationToken);
        if (relation is null && !name.IsQuoted)
            relation = await catalog.FindAsync(
                schema.ToLowerInvariant(), name.Name.ToLowerInvariant(), cancellationToken);
        if (relation is null)
        {
            var relations = await catalog.ListAsync(cancellationToken);
            var streams = StreamNames(relations);
            if (table is null) relation = streams.GetValueOrDefault(stream.Name);
            if (relation is null)
                throw new FozException(
                    ErrorKind.NotFound, $"stream '{stream.Name}': there is no table {table ?? stream.Name}")
                {
                    Place = PlaceOf(stream, TableSetting),
                    Hint = NearestName.Hint(
                        table ?? stream.Name, table is null ? streams.Keys : relations.Select(r => $"{r}")),
                };
        }

        return relation.Access != RelationAccess.None
            ? relation
            : throw new FozException(ErrorKind.Denied, $"stream '{stream.Name}': permission denied for {relation}")
            {
                Place = PlaceOf(stream, TableSetting),
                Hint = "grant the connection's user SELECT on it, and USAGE on its schema",
            };
    }

    /// <summary>Returns the columns to read from a relation.</summary>
    /// <exception cref="FozException">Thrown when a column that the stream names does not exist.</exception>
    public static IReadOnlyList<ReadColumn> ReadColumns(
        StreamDefinition stream, IEnumerable<RelationColumn> columns, bool hasUncheckedText)
    {
        var readable = columns.Where(c => c.IsReadable).ToList();
        var declared = stream.Columns.ToDictionary(
            d => FindColumn(stream, "columns", d.Key, readable).Number,
            d => TypeMapping.OfDeclared(d.Value, hasUncheckedText) ?? throw new FozException(
                ErrorKind.Configuration,
                $"stream '{stream.Name}': the type '{d.Value}' of column '{d.Key}' is not known")
            {
                Place = PlaceOf(stream, "columns"),
                Hint = "known: string, boolean, smallint, integer, bigint, real, double, "
                    + "decimal(p,s), date, timestamp, "
                    + "timestamptz, binary",
            });
        return
        [
            .. readable.Select(column =>
            {
                var mapping = declared.GetValueOrDefault(column.Number)
                    ?? TypeMapping.Of(column.Type, hasUncheckedText);
                var field = new Field(column.FieldName, mapping.Type).WithSourceType(column.Type.Name);
                if (column.Comment is { } comment)
                    field = field with { Metadata = field.Metadata.SetItem(Field.CommentKey, comment) };
                return new ReadColumn(column, field, mapping);
            }),
        ];
    }

    /// <summary>The fields that arrive in bronze.</summary>
    public static IReadOnlyList<Field> Fields(IReadOnlyList<ReadColumn> columns)
    {
        var fields = columns.Select(c => c.Field);
        return columns.Any(c => c.Mapping.MayRescue) ? [.. fields, RescuedColumn.Field] : [.. fields];
    }

    /// <summary>The column that a stream names in a setting.</summary>
    /// <exception cref="FozException">There is none, or the user may not read it.</exception>
    public static RelationColumn FindColumn(
        StreamDefinition stream, string setting, string name, IReadOnlyList<RelationColumn> columns) =>
        columns.FirstOrDefault(c => c.FieldName == name)
        ?? columns.FirstOrDefault(c => string.Equals(c.FieldName, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new FozException(
            ErrorKind.NotFound, $"stream '{stream.Name}': {setting} names the column '{name}', which does not exist")
        {
            Place = PlaceOf(stream, setting),
            Hint = NearestName.Hint(name, columns.Select(c => c.FieldName)),
        };

    static Place? PlaceOf(StreamDefinition stream, string setting) =>
        stream.Settings.PlaceOf(setting) is { File: not null } place ? place
        : stream.Place is { File: not null } whole ? whole
        : null;

    static string Clean(string name) =>
        string.Concat(name.Select(c => char.IsLetterOrDigit(c) || c == '_' ? c : '_'));
}
