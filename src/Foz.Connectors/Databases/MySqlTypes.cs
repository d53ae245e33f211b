using System.Data.Common;
using Foz.Lake.Data;

namespace Foz.Connectors.Databases;

/// <summary>
/// How columns of MySQL and MariaDB are read, so that each value arrives as the database has it: text and decimals as
/// the bytes of their text, whatever their character set, and the types that .NET lacks as the server writes them.
/// </summary>
static class MySqlTypes
{
    const int DigitsMax = 38;
    const int BitsOfLong = 63;
    const int DigitsOfServer = 65, ScaleOfServer = 30;

    static readonly Dictionary<Type, DataType> Direct = new()
    {
        [typeof(bool)] = DataType.Boolean, [typeof(sbyte)] = DataType.Byte, [typeof(byte)] = DataType.Short,
        [typeof(short)] = DataType.Short, [typeof(ushort)] = DataType.Integer, [typeof(int)] = DataType.Integer,
        [typeof(uint)] = DataType.Long, [typeof(long)] = DataType.Long, [typeof(ulong)] = new DataType.Decimal(20, 0),
        [typeof(float)] = DataType.Float, [typeof(double)] = DataType.Double, [typeof(byte[])] = DataType.Binary,
    };

    /// <summary>Returns how a column is read.</summary>
    /// <param name="column">The provider's description of it.</param>
    /// <param name="name">Its name in SQL.</param>
    public static ColumnReading Of(DbColumn column, string name) => KindOf(column) switch
    {
        "DECIMAL" or "NEWDECIMAL" => DecimalOf(column, name),
        "DATE" => new(DataType.Date, name, ValueForm.Direct) { CursorType = typeof(string) },
        "DATETIME" => new(DataType.TimestampNtz, name, ValueForm.Direct) { CursorType = typeof(string) },
        "TIMESTAMP" => new(DataType.Timestamp, name, ValueForm.Direct) { CursorType = typeof(string) },
        "TIME" => new(DataType.String, $"CAST(CAST({name} AS CHAR) AS BINARY)", ValueForm.Utf8)
        {
            CursorType = typeof(string),
        },
        "BIT" => new(
            column.ColumnSize is > 0 and <= BitsOfLong ? DataType.Long : new DataType.Decimal(20, 0),
            $"CAST({name} AS UNSIGNED)", ValueForm.Direct)
        {
            CursorSql = $"CAST({name} AS UNSIGNED)",
        },
        // The server compares a float with a number as a double, which is another one.
        "FLOAT" => new(DataType.Float, name, ValueForm.Direct)
        {
            CursorSql = $"({name} + 0e0)", CursorType = typeof(double),
        },
        "GEOMETRY" => new(
            DataType.String,
            $"CAST(CONCAT(IF(ST_SRID({name}) = 0, '', CONCAT('SRID=', ST_SRID({name}), ';')), ST_AsText({name})) "
                + "AS BINARY)", ValueForm.Utf8),
        _ when Direct.GetValueOrDefault(column.DataType ?? typeof(object)) is { } type =>
            new(type, name, ValueForm.Direct),
        _ => new(DataType.String, $"CAST(CONVERT({name} USING utf8mb4) AS BINARY)", ValueForm.Utf8),
    };

    static ColumnReading DecimalOf(DbColumn column, string name)
    {
        var (precision, scale) = (column.NumericPrecision ?? 0, column.NumericScale ?? 0);
        DataType type = precision is > 0 and <= DigitsMax && scale <= precision
            ? new DataType.Decimal(precision, scale)
            : DataType.String;
        return new(type, $"CAST({name} AS BINARY)", ValueForm.Utf8)
        {
            // .NET's decimal has fewer digits, and the server compares a text with a number as doubles.
            CursorType = typeof(string), CursorCast = $"DECIMAL({DigitsOfServer},{Math.Min(scale, ScaleOfServer)})",
        };
    }

    static string KindOf(DbColumn column) => (column.DataTypeName ?? "").Split('(', ' ')[0].ToUpperInvariant();
}
