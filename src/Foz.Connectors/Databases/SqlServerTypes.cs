using System.Data.Common;
using Foz.Lake.Data;

namespace Foz.Connectors.Databases;

/// <summary>How columns of SQL Server are read that .NET's type does not say enough of.</summary>
static class SqlServerTypes
{
    static readonly string[] UserTypes = ["geography", "geometry", "hierarchyid"];

    /// <summary>Returns how a column is read; null where its type of .NET says it.</summary>
    /// <param name="column">The provider's description of it.</param>
    /// <param name="name">Its name in SQL.</param>
    public static ColumnReading? Of(DbColumn column, string name)
    {
        var type = (column.DataTypeName ?? "").ToLowerInvariant();
        return type switch
        {
            // As text, the server rounds them to two places.
            "money" => new(new DataType.Decimal(19, 4), name, ValueForm.Object),
            "smallmoney" => new(new DataType.Decimal(10, 4), name, ValueForm.Object),
            // Parameters are `datetime2`, whose values lie between those of `datetime`.
            "datetime" or "smalldatetime" => new(DataType.TimestampNtz, name, ValueForm.Object) { CursorCast = type },
            // The server knows the code pages of all collations, the provider without cultures few of them.
            "char" or "varchar" or "text" =>
                new(DataType.String, $"CAST({name} AS NVARCHAR(MAX))", ValueForm.Object),
            // Their classes are in assemblies that Foz does not have; the name may have a database before it.
            _ when UserTypes.Contains(type.Split('.')[^1]) =>
                new(DataType.String, $"CAST({name} AS NVARCHAR(MAX))", ValueForm.Object),
            _ => null,
        };
    }
}
