using System.Data.Common;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Connectors.Databases;

/// <summary>Finds the columns of what a stream reads.</summary>
static class DatabaseColumns
{
    const int DecimalDigitsMax = 28;
    const int PrecisionMax = 38;

    /// <summary>Returns the columns of a SELECT of no rows.</summary>
    /// <param name="schema">The provider's description of them.</param>
    /// <param name="dialect">The SQL that the database speaks.</param>
    public static IReadOnlyList<DatabaseColumn> Of(IReadOnlyList<DbColumn> schema, Dialect dialect)
    {
        return
        [
            .. schema.Zip(UniqueNames(schema.Select(c => c.ColumnName)), (column, unique) =>
            {
                var quoted = dialect.Quote(column.ColumnName);
                var reading = dialect.Reading?.Invoke(column, quoted) ?? ReadingOf(column, quoted, dialect);
                var type = column.DataType ?? typeof(object);
                return new DatabaseColumn(
                    new Field(unique, reading.Type).WithSourceType(SourceTypeOf(column)),
                    reading.Sql == quoted ? quoted : $"{reading.Sql} AS {quoted}", type, column.ColumnName)
                {
                    Form = reading.Form, ValueSql = reading.Sql, CursorSql = reading.CursorSql ?? quoted,
                    CursorType = reading.CursorType ?? type, CursorCast = reading.CursorCast,
                    IsNullable = column.AllowDBNull != false,
                };
            }),
        ];
    }

    /// <summary>
    /// Returns the names of fields in bronze, which are unique regardless of case, also among those of changes.
    /// </summary>
    public static IEnumerable<string> UniqueNames(IEnumerable<string> columns)
    {
        var names = new HashSet<string>(
            ChangeColumns.Fields.Select(f => f.Name).Append(RescuedData.Name), StringComparer.OrdinalIgnoreCase);
        foreach (var (i, column) in columns.Index())
        {
            var name = column.Length == 0 ? $"column_{i + 1}" : column;
            var unique = name;
            for (var number = 1; !names.Add(unique); number++) unique = $"{name}_{number}";
            yield return unique;
        }
    }

    static ColumnReading ReadingOf(DbColumn column, string quoted, Dialect dialect)
    {
        var (type, isText) = TypeOf(column, dialect);
        return new(type, isText ? dialect.ToText(quoted) : quoted, ValueForm.Object);
    }

    /// <summary>The type in bronze, and whether the database must write the value as text first.</summary>
    static (DataType Type, bool IsText) TypeOf(DbColumn column, Dialect dialect)
    {
        var type = column.DataType ?? typeof(object);
        var name = column.DataTypeName?.ToLowerInvariant() ?? "";
        if (type == typeof(decimal)) return DecimalOf(column);
        if (type == typeof(DateTime))
            return (dialect.Dates.Contains(name)
                ? DataType.Date
                : dialect.Instants.Contains(name) ? DataType.Timestamp : DataType.TimestampNtz, false);
        return (Types.GetValueOrDefault(type, DataType.String), false);
    }

    /// <summary>.NET's decimal holds 28 digits: others come as text, which says the same.</summary>
    static (DataType Type, bool IsText) DecimalOf(DbColumn column) =>
        (column.NumericPrecision,
            column.NumericScale) is ({ } precision and > 0 and <= PrecisionMax, { } scale and >= 0)
            && scale <= precision
            ? (new DataType.Decimal(precision, scale), precision > DecimalDigitsMax)
            : (DataType.String, true);

    static readonly Dictionary<Type, DataType> Types = new()
    {
        [typeof(bool)] = DataType.Boolean, [typeof(sbyte)] = DataType.Byte, [typeof(byte)] = DataType.Short,
        [typeof(short)] = DataType.Short, [typeof(ushort)] = DataType.Integer, [typeof(int)] = DataType.Integer,
        [typeof(uint)] = DataType.Long, [typeof(long)] = DataType.Long, [typeof(ulong)] = new DataType.Decimal(20, 0),
        [typeof(float)] = DataType.Float, [typeof(double)] = DataType.Double, [typeof(byte[])] = DataType.Binary,
        [typeof(DateOnly)] = DataType.Date, [typeof(DateTimeOffset)] = DataType.Timestamp,
    };

    static string SourceTypeOf(DbColumn column) =>
        column.DataTypeName is not { Length: > 0 } name ? column.DataType?.Name ?? "unknown"
        : column.DataType == typeof(decimal) && column is { NumericPrecision: { } p and > 0, NumericScale: { } s }
            && !name.Contains('(', StringComparison.Ordinal)
            ? $"{name}({p},{s})"
            : name;

    /// <summary>Returns the column that a stream names in a setting.</summary>
    /// <exception cref="FozException">Thrown when there is none.</exception>
    public static DatabaseColumn Find(
        StreamDefinition stream, string setting, string name, IReadOnlyList<DatabaseColumn> columns) =>
        columns.FirstOrDefault(c => c.Field.Name == name)
        ?? columns.FirstOrDefault(c => string.Equals(c.Field.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new FozException(
            ErrorKind.NotFound, $"stream '{stream.Name}': {setting} names the column '{name}', which does not exist")
        {
            Place = stream.Place is { File: not null } place ? place : null,
            Hint = NearestName.Hint(name, columns.Select(c => c.Field.Name)),
        };
}
