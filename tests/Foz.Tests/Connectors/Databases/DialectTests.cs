using System.Data.Common;
using Foz.Connectors.Databases;
using Foz.Lake.Data;

namespace Foz.Tests.Connectors.Databases;

public sealed class DialectTests
{
    [Theory]
    [InlineData("Microsoft.Data.SqlClient", "sqlserver", "[a]]b]", "@p1", "[sales].[Order.Items]")]
    [InlineData("Oracle.ManagedDataAccess.Core", "oracle", "\"a]b\"", ":p1", "\"sales\".\"Order.Items\"")]
    [InlineData("MySqlConnector", "mysql", "`a]b`", "@p1", "`sales`.`Order.Items`")]
    [InlineData("MySql.Data", "mysql", "`a]b`", "@p1", "`sales`.`Order.Items`")]
    [InlineData("Net.IBM.Data.Db2-lnx", "db2", "\"a]b\"", "@p1", "\"sales\".\"Order.Items\"")]
    [InlineData("Snowflake.Data", "snowflake", "\"a]b\"", ":1", "\"sales\".\"Order.Items\"")]
    [InlineData("Microsoft.Data.Sqlite", "sqlite", "\"a]b\"", "@p1", "\"sales\".\"Order.Items\"")]
    [InlineData("Npgsql", "postgresql", "\"a]b\"", "@p1", "\"sales\".\"Order.Items\"")]
    [InlineData("System.Data.Odbc", "odbc", "\"a]b\"", "?", "\"sales\".\"Order.Items\"")]
    [InlineData("Acme.Database", "generic", "\"a]b\"", "@p1", "\"sales\".\"Order.Items\"")]
    public void A_provider_says_how_names_and_parameters_are_written(
        string provider, string dialect, string name, string parameter, string table)
    {
        var found = Dialect.OfProvider(provider);
        Assert.Equal((dialect, name, parameter), (found.Name, found.Quote("a]b"), found.Parameter(1)));
        Assert.Equal(table, found.Table("sales.\"Order.Items\""));
    }

    [Theory]
    [InlineData(1, 1, 16, "")]
    [InlineData(1, 10, 2, "(k < 6 OR k IS NULL)|k >= 6")]
    [InlineData(-5, 3, 3, "(k < -2 OR k IS NULL)|k >= -2 AND k < 1|k >= 1")]
    [InlineData(long.MinValue, long.MaxValue, 2, "(k < 0 OR k IS NULL)|k >= 0")]
    public void Ranges_hold_every_row_once(long min, long max, int count, string expected) =>
        Assert.Equal(expected, string.Join('|', KeyRanges.Divide("k", min, max, count).Select(r => r.Sql)));

    [Theory]
    [InlineData(typeof(decimal), "numeric", 10, 2, "decimal(10,2)", "\"c\"")]
    [InlineData(typeof(decimal), "numeric", 38, 10, "decimal(38,10)", "CAST(\"c\" AS VARCHAR(4000)) AS \"c\"")]
    [InlineData(typeof(decimal), "numeric", null, null, "string", "CAST(\"c\" AS VARCHAR(4000)) AS \"c\"")]
    [InlineData(typeof(DateTime), "date", null, null, "date", "\"c\"")]
    [InlineData(typeof(DateTime), "datetime2", null, null, "timestamp_ntz", "\"c\"")]
    [InlineData(typeof(DateTimeOffset), "datetimeoffset", null, null, "timestamp", "\"c\"")]
    [InlineData(typeof(ulong), "bigint unsigned", null, null, "decimal(20,0)", "\"c\"")]
    [InlineData(typeof(byte), "tinyint", null, null, "short", "\"c\"")]
    [InlineData(typeof(Guid), "uniqueidentifier", null, null, "string", "\"c\"")]
    [InlineData(typeof(object), "sql_variant", null, null, "string", "\"c\"")]
    public void Types_of_a_provider_become_types_of_a_table(
        Type type, string name, int? precision, int? scale, string expected, string sql)
    {
        var column = Assert.Single(
            DatabaseColumns.Of([new Column("c", type, name, precision, scale)], Dialect.OfProvider("Acme")));
        Assert.Equal((expected, sql), (column.Field.Type.ToString(), column.Sql));
        Assert.StartsWith(name, column.Field.Metadata[Field.SourceTypeKey], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(decimal), "money", 19, 255, "decimal(19,4)", "[c]")]
    [InlineData(typeof(DateTime), "datetime", 23, 3, "timestamp_ntz", "[c]")]
    [InlineData(typeof(DateTime), "datetime2", 27, 7, "timestamp_ntz", "[c]")]
    [InlineData(typeof(decimal), "smallmoney", 10, 255, "decimal(10,4)", "[c]")]
    [InlineData(typeof(decimal), "decimal", 38, 10, "decimal(38,10)", "CAST([c] AS NVARCHAR(MAX)) AS [c]")]
    [InlineData(typeof(object), "erp.sys.geography", null, null, "string", "CAST([c] AS NVARCHAR(MAX)) AS [c]")]
    [InlineData(typeof(string), "varchar", null, null, "string", "CAST([c] AS NVARCHAR(MAX)) AS [c]")]
    [InlineData(typeof(string), "nvarchar", null, null, "string", "[c]")]
    [InlineData(typeof(object), "hierarchyid", null, null, "string", "CAST([c] AS NVARCHAR(MAX)) AS [c]")]
    [InlineData(typeof(DateTime), "datetime2", null, null, "timestamp_ntz", "[c]")]
    [InlineData(typeof(DateTimeOffset), "datetimeoffset", null, null, "timestamp", "[c]")]
    [InlineData(typeof(byte[]), "timestamp", null, null, "binary", "[c]")]
    [InlineData(typeof(Guid), "uniqueidentifier", null, null, "string", "[c]")]
    public void Types_of_SQL_Server_become_types_of_a_table(
        Type type, string name, int? precision, int? scale, string expected, string sql)
    {
        var dialect = Dialect.OfProvider("Microsoft.Data.SqlClient");
        var column = Assert.Single(DatabaseColumns.Of([new Column("c", type, name, precision, scale)], dialect));
        Assert.Equal((expected, sql), (column.Field.Type.ToString(), column.Sql));
    }

    [Theory]
    [InlineData(typeof(uint), "INT", 10, 0, "long", "`c`", "`c`")]
    [InlineData(typeof(decimal), "DECIMAL", 12, 2, "decimal(12,2)", "CAST(`c` AS BINARY) AS `c`", "`c`")]
    [InlineData(typeof(decimal), "DECIMAL", 65, 30, "string", "CAST(`c` AS BINARY) AS `c`", "`c`")]
    [InlineData(typeof(float), "FLOAT", null, 31, "float", "`c`", "(`c` + 0e0)")]
    [InlineData(typeof(string), "CHAR(36)", null, null, "string", "CAST(CONVERT(`c` USING utf8mb4) AS BINARY) AS `c`",
        "`c`")]
    [InlineData(typeof(DateTime), "TIMESTAMP", null, null, "timestamp", "`c`", "`c`")]
    [InlineData(typeof(DateTime), "DATETIME", null, null, "timestamp_ntz", "`c`", "`c`")]
    [InlineData(typeof(ulong), "BIT", null, null, "decimal(20,0)", "CAST(`c` AS UNSIGNED) AS `c`",
        "CAST(`c` AS UNSIGNED)")]
    public void Types_of_MySQL_become_types_of_a_table(
        Type type, string name, int? precision, int? scale, string expected, string sql, string cursor)
    {
        var dialect = Dialect.OfProvider("MySqlConnector");
        var column = Assert.Single(DatabaseColumns.Of([new Column("c", type, name, precision, scale)], dialect));
        Assert.Equal((expected, sql, cursor), (column.Field.Type.ToString(), column.Sql, column.CursorSql));
    }

    [Fact]
    public void Texts_that_a_collation_holds_equal_are_compared_as_bytes()
    {
        Assert.Equal(
            "CAST(CAST([k] AS NVARCHAR(MAX)) AS VARBINARY(MAX))",
            Dialect.OfProvider("Microsoft.Data.SqlClient").Exactly!("[k]"));
        Assert.Equal(
            "CAST(CONVERT(`k` USING utf8mb4) AS BINARY)", Dialect.OfProvider("MySqlConnector").Exactly!("`k`"));
        Assert.Null(Dialect.OfProvider("Npgsql").Exactly);
    }

    [Fact]
    public void Ranges_between_ends_hold_every_row_once()
    {
        Assert.Equal([""], KeyRanges.Between("k", [], n => $"@p{n}").Select(r => r.Sql));
        Assert.Equal(
            ["(k < @p1 OR k IS NULL) a", "k >= @p1 AND k < @p2 a,b", "k >= @p1 b"],
            KeyRanges.Between("k", ["a", "b"], n => $"@p{n}").Select(r => $"{r.Sql} {string.Join(',', r.Values)}"));
    }

    [Theory]
    [InlineData("MySqlConnector")]
    [InlineData("Microsoft.Data.SqlClient")]
    public void Providers_that_come_with_Foz_need_no_folder(string provider)
    {
        var factory = ProviderFolder.Load("no such folder", provider, null, null);
        Assert.Equal(provider, factory.GetType().Assembly.GetName().Name);
        Assert.NotNull(factory.CreateConnection());
        var near = Assert.Throws<Foz.Lake.FozException>(() =>
            ProviderFolder.Load("no such folder", provider.ToLowerInvariant(), null, null));
        Assert.Equal($"did you mean '{provider}'?", near.Hint);
    }

    sealed class Column : DbColumn
    {
        public Column(string name, Type type, string typeName, int? precision, int? scale) =>
            (ColumnName, DataType, DataTypeName, NumericPrecision, NumericScale) =
                (name, type, typeName, precision, scale);
    }
}
