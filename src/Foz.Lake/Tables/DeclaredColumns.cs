using Foz.Delta.Schema;
using Foz.DuckDB;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Field = Foz.Lake.Data.Field;

namespace Foz.Lake.Tables;

/// <summary>
/// Columns of a <see cref="DeclaredType"/>: what is assigned to them is checked and written in one form, and statements
/// see values of that type.
/// </summary>
public static class DeclaredColumns
{
    /// <summary>How many digits after the point <see cref="NumericType"/> has.</summary>
    public const int NumericScale = 11;

    /// <summary>
    /// The engine's type of <c>numeric</c> without digits in columns: no other type of numbers has as many after the
    /// point.
    /// </summary>
    public static LogicalType NumericType { get; } = LogicalType.Decimal(38, NumericScale);

    /// <summary>The engine's type of a column's values as statements see them.</summary>
    public static LogicalType TypeOf(Field field) => field.Metadata.GetValueOrDefault(DeclaredType.Key) switch
    {
        DeclaredType.Uuid => With(field.Type, LogicalType.Uuid),
        DeclaredType.Jsonb => With(field.Type, LogicalType.Json),
        DeclaredType.Numeric => With(field.Type, NumericType),
        _ => ColumnTypes.ToLogicalType(field.Type),
    };

    /// <summary>Whether a column has a declared type.</summary>
    public static bool IsDeclared(Field field) => field.Metadata.ContainsKey(DeclaredType.Key);

    /// <summary>Whether a column is declared to be <c>jsonb</c>.</summary>
    public static bool IsJsonb(Field field) => field.Metadata.GetValueOrDefault(DeclaredType.Key) is DeclaredType.Jsonb;

    /// <summary>
    /// A relation whose columns have the types that they were declared with; the same where none was.
    /// </summary>
    /// <param name="fields">Columns of the relation.</param>
    /// <param name="relation">The relation, as written after FROM.</param>
    public static string Shown(IEnumerable<Field> fields, string relation)
    {
        var shown = fields.Where(IsDeclared)
            .Select(field =>
                $"CAST({SqlText.Identifier(field.Name)} AS {TypeOf(field)}) AS {SqlText.Identifier(field.Name)}")
                .ToList();
        return shown.Count == 0
            ? relation
            : $"(SELECT * REPLACE ({string.Join(", ", shown)}) FROM {relation} AS foz_declared)";
    }

    /// <summary>
    /// Declares the columns of a table that is made of a statement's rows: those that are <c>uuid</c> there.
    /// </summary>
    /// <param name="schema">The table's columns, those of the statement in order.</param>
    /// <param name="columns">The statement's columns.</param>
    public static StructType Declare(StructType schema, IReadOnlyList<EngineColumn> columns) => new(
    [
        .. schema.Fields.Zip(columns, (field, column) => column.Type.Id is TypeId.Uuid
            ? field with { Metadata = field.Metadata.With(DeclaredType.Key, DeclaredType.Uuid) }
            : field),
    ]);

    /// <summary>
    /// Refuses to compare values of <c>jsonb</c>, whose order and equality are not those of their texts.
    /// </summary>
    /// <param name="statement">The statement.</param>
    /// <param name="fields">The columns of the tables that it reads.</param>
    /// <exception cref="FozException">It compares, sorts, groups or joins such values.</exception>
    public static void CheckCompared(SqlAnalysis statement, IEnumerable<Field> fields)
    {
        if (statement.Comparisons.FindJsonb(fields.Where(IsJsonb).Select(field => field.Name)) is { } compared)
            throw new FozException(
                ErrorKind.Sql, $"comparing, sorting, grouping or joining values of jsonb ({compared}) is not supported")
            {
                SqlState = "0A000",
                Hint = "write a::jsonb = b::jsonb or a::jsonb || b::jsonb, or compare texts: a::text, a->>'name'",
            };
    }

    /// <summary>
    /// Refuses what PostgreSQL computes in double precision and the engine in single, columns of real with other
    /// numbers, and joins of texts with numbers whose texts are others.
    /// </summary>
    /// <param name="statement">The statement.</param>
    /// <param name="fields">The columns of the tables that it reads.</param>
    /// <exception cref="FozException">It has such numbers.</exception>
    public static void CheckNumbers(SqlAnalysis statement, IReadOnlyCollection<Field> fields)
    {
        var reals = NamesOf(fields, field => field.Type == DataType.Float);
        if (reals.Count > 0
            && statement.Numbers.FindMixed(
                reals,
                NamesOf(fields, field => field.Type is DataType.Decimal || wholes.Contains(field.Type))) is { } real)
            throw new FozException(ErrorKind.Sql, $"real ({real}) with other numbers is not supported")
            {
                SqlState = "0A000", Hint = $"cast it: {real}::double precision, or {real}::numeric for its digits",
            };
        if (statement.Numbers.FindJoined(
            NamesOf(
                fields,
                field =>
                    field.Type == DataType.Float || field.Type == DataType.Double || IsNumeric(field))) is { } number)
            throw new FozException(
                ErrorKind.Sql, $"a text joined with a number of this type ({number}) is not supported")
            {
                SqlState = "0A000", Hint = "cast the number: x::text || y",
            };
    }

    static bool IsNumeric(Field field) => field.Metadata.GetValueOrDefault(DeclaredType.Key) is DeclaredType.Numeric;

    static HashSet<string> NamesOf(IEnumerable<Field> fields, Func<Field, bool> isOf) =>
        fields.Where(isOf).Select(field => field.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);

    static readonly DataType[] wholes = [DataType.Byte, DataType.Short, DataType.Integer, DataType.Long];

    /// <summary>
    /// What a table keeps of a value that a column is given; null where the column has no declared type.
    /// </summary>
    /// <param name="field">The column.</param>
    /// <param name="value">The value, as SQL.</param>
    public static string? Stored(StructField field, string value) => DeclaredType.Of(field) switch
    {
        DeclaredType.Uuid or DeclaredType.Numeric => Stored(field.Type, value, depth: 0),
        DeclaredType.Jsonb => $"{DeclaredTexts.Jsonb}(CAST(CAST({value} AS JSON) AS VARCHAR))",
        _ => null,
    };

    static string Stored(DeltaType type, string value, int depth) => type is ArrayType array
        ? $"list_transform(CAST({value} AS {With(DeltaTypes.ToDataType(type), LogicalType.Varchar)}), lambda "
            + $"foz_e{depth}: {Stored(array.Element, $"foz_e{depth}", depth + 1)})"
        : type == DeltaType.String ? $"{DeclaredTexts.Uuid}(CAST({value} AS VARCHAR))"
        : $"{DeclaredTexts.Numeric}(CAST({value} AS VARCHAR), typeof({value}))";

    static LogicalType With(DataType type, LogicalType element) =>
        type is DataType.Array array ? LogicalType.List(With(array.Element, element)) : element;
}
