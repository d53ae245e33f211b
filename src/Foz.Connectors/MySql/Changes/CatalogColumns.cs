using Foz.Wire.MySql.Binlog;

namespace Foz.Connectors.MySql.Changes;

/// <summary>The types of columns in the log, by those of the catalog.</summary>
static class CatalogColumns
{
    const int LengthBytes = 4;

    /// <summary>Returns the type of a column whose values are not read.</summary>
    /// <param name="type">Its type in the catalog.</param>
    /// <param name="precision">Its digits, or bits.</param>
    /// <param name="scale">The digits after the point.</param>
    public static BinlogColumn Of(string type, int precision, int scale) => type switch
    {
        "tinyint" => new(BinlogColumnType.Tiny, 0, 0),
        "smallint" => new(BinlogColumnType.Short, 0, 0),
        "mediumint" => new(BinlogColumnType.Int24, 0, 0),
        "int" => new(BinlogColumnType.Long, 0, 0),
        "bigint" => new(BinlogColumnType.LongLong, 0, 0),
        "float" => new(BinlogColumnType.Float, 0, 0),
        "double" => new(BinlogColumnType.Double, 0, 0),
        "decimal" => new(BinlogColumnType.Decimal, precision, scale),
        "bit" => new(BinlogColumnType.Bit, precision, 0),
        "date" => new(BinlogColumnType.Date, 0, 0),
        "datetime" => new(BinlogColumnType.DateTime, 0, 0),
        "timestamp" => new(BinlogColumnType.Timestamp, 0, 0),
        "time" => new(BinlogColumnType.Time, 0, 0),
        "year" => new(BinlogColumnType.Year, 0, 0),
        "json" => new(BinlogColumnType.Json, LengthBytes, 0),
        "enum" => new(BinlogColumnType.Enum, 1, 0),
        "set" => new(BinlogColumnType.Set, 1, 0),
        "geometry" or "point" or "linestring" or "polygon" or "multipoint" or "multilinestring" or "multipolygon"
            or "geometrycollection" or "geomcollection" => new(BinlogColumnType.Geometry, LengthBytes, 0),
        _ => new(BinlogColumnType.Blob, LengthBytes, 0),
    };
}
