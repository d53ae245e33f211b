namespace Foz.Connectors.Databases;

/// <summary>How a database writes names, parameters and types, and where it lists its tables.</summary>
sealed record Dialect
{
    const string InformationSchema =
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'";

    /// <summary>Its name in YAML.</summary>
    public required string Name { get; init; }

    /// <summary>The characters before and after a quoted name.</summary>
    public (char Open, char Close) Quotes { get; init; } = ('"', '"');

    /// <summary>The parameter of a position, from 1, as a statement names it.</summary>
    public Func<int, string> Parameter { get; init; } = static n => $"@p{n}";

    /// <summary>What makes text of a column that no type of .NET holds.</summary>
    public Func<string, string> ToText { get; init; } = static column => $"CAST({column} AS VARCHAR(4000))";

    /// <summary>Lists schemas and names of tables; null where only the provider's own list is known.</summary>
    public string? Tables { get; init; }

    /// <summary>The schema whose tables need no prefix in the names of streams; null where there is none.</summary>
    public string? DefaultSchema { get; init; }

    /// <summary>
    /// Lists the columns of a table's primary key in its order, by parameters for its schema (or null) and its name;
    /// null where the provider's own description is right.
    /// </summary>
    public string? Keys { get; init; }

    /// <summary>
    /// Lists all columns of a table, those that <c>SELECT *</c> leaves out among them, by parameters for its schema (or
    /// null) and its name; null where there is no log of changes that has them.
    /// </summary>
    public string? Columns { get; init; }

    /// <summary>How a column is read; null for what .NET's type says.</summary>
    public Func<System.Data.Common.DbColumn, string, ColumnReading?>? Reading { get; init; }

    /// <summary>What each connection begins with; null for nothing.</summary>
    public string? SessionSql { get; init; }

    /// <summary>What each connection of an export begins with; null for nothing more.</summary>
    public string? ExportSql { get; init; }

    /// <summary>Whether statements that read are prepared: their rows are then binary.</summary>
    public bool IsPrepared { get; init; }

    /// <summary>Whether a table can be divided by a column of any type: LIMIT and OFFSET are known.</summary>
    public bool CanSplitTexts { get; init; }

    /// <summary>
    /// What makes bytes of a text, so that it equals no other in any collation; null where texts are compared so.
    /// </summary>
    public Func<string, string>? Exactly { get; init; }

    /// <summary>
    /// Names the engine of a table that knows no transactions, by parameters for its schema (or null) and its name;
    /// null where all do.
    /// </summary>
    public string? EngineSql { get; init; }

    /// <summary>How many rows one statement inserts at most, and how many parameters it has.</summary>
    public (int Rows, int Parameters) InsertMax { get; init; } = (100, 900);

    /// <summary>How many rows one command finds, updates or deletes by keys at most.</summary>
    public int KeyRowsMax { get; init; } = 1;

    /// <summary>The type of names that are a key, which tells all of them apart.</summary>
    public string NameType { get; init; } = "VARCHAR(700)";

    /// <summary>What follows the definition of a table that takes part in transactions.</summary>
    public string TableOptions { get; init; } = "";

    /// <summary>Parts of the names of providers that speak it.</summary>
    public IReadOnlyList<string> Providers { get; init; } = [];

    /// <summary>Names of its types that are a day, without a time.</summary>
    public IReadOnlyList<string> Dates { get; init; } = ["date"];

    /// <summary>Names of its types that are an instant, kept in UTC.</summary>
    public IReadOnlyList<string> Instants { get; init; } =
    [
        "timestamp with time zone", "timestamptz", "datetimeoffset",
    ];

    /// <summary>All of them; the last is for any other database.</summary>
    public static IReadOnlyList<Dialect> All { get; } =
    [
        new()
        {
            Name = "sqlserver", Quotes = ('[', ']'), ToText = static column => $"CAST({column} AS NVARCHAR(MAX))",
            Tables = InformationSchema, DefaultSchema = "dbo", Providers = ["SqlClient"],
            Reading = SqlServerTypes.Of,
            Exactly = static text => $"CAST(CAST({text} AS NVARCHAR(MAX)) AS VARBINARY(MAX))",
        },
        new()
        {
            Name = "oracle", Parameter = static n => $":p{n}", ToText = static column => $"TO_CHAR({column})",
            Tables =
                "SELECT owner, table_name FROM all_tables WHERE owner NOT IN ('SYS', 'SYSTEM', "
                    + "'XDB', 'CTXSYS', 'MDSYS', 'OUTLN')",
            Providers = ["Oracle"],
            // A DATE of Oracle has a time.
            Dates = [],
            Instants = ["timestamptz", "timestampltz", "timestamp with time zone", "timestamp with local time zone"],
        },
        OfMySql("mysql", "MySql"),
        OfMySql("mariadb", "MariaDb"),
        new()
        {
            Name = "db2",
            Tables = "SELECT tabschema, tabname FROM syscat.tables WHERE type = 'T' AND tabschema NOT LIKE 'SYS%'",
            Providers = ["Db2", "IBM"],
        },
        new()
        {
            Name = "snowflake", Parameter = static n => $":{n}", ToText = static column => $"TO_VARCHAR({column})",
            Tables = InformationSchema, DefaultSchema = "PUBLIC", Providers = ["Snowflake"],
            Instants = ["timestamp_tz", "timestamp_ltz"],
        },
        new()
        {
            Name = "sqlite", ToText = static column => $"CAST({column} AS TEXT)",
            Tables = "SELECT '', name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            DefaultSchema = "",
            Providers = ["Sqlite"],
        },
        new()
        {
            Name = "postgresql", ToText = static column => $"CAST({column} AS TEXT)",
            Tables = $"{InformationSchema} AND table_schema NOT IN ('pg_catalog', 'information_schema')",
            DefaultSchema = "public",
            Providers = ["Npgsql"],
        },
        new() { Name = "odbc", Parameter = static _ => "?", Providers = ["Odbc", "OleDb"] },
        new() { Name = "generic" },
    ];

    /// <summary>Returns the SQL of a provider's database, as far as its name shows.</summary>
    public static Dialect OfProvider(string provider) =>
        All.FirstOrDefault(d => d.Providers.Any(p => provider.Contains(p, StringComparison.OrdinalIgnoreCase)))
            ?? All[^1];

    /// <summary>
    /// The dialect of MySQL and MariaDB. Instants are read in UTC, whatever the server's zone; a server that waits for
    /// a slow reader does not hang up, and no limit of rows that it is set to applies.
    /// </summary>
    static Dialect OfMySql(string name, string provider) => new()
    {
        Name = name, Quotes = ('`', '`'), ToText = static column => $"CAST({column} AS CHAR)",
        Tables = "SELECT IF(table_schema = DATABASE(), '', table_schema), table_name FROM information_schema.tables "
            + "WHERE table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND (table_schema = DATABASE() OR DATABASE() IS "
            + "NULL AND table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys'))",
        Keys = "SELECT k.column_name FROM information_schema.key_column_usage k JOIN information_schema.columns c "
            + "USING (table_schema, table_name, column_name) WHERE k.constraint_name = 'PRIMARY' "
            + "AND k.table_schema = COALESCE(@p1, DATABASE()) AND k.table_name = @p2 "
            // Of tables with versions, which have one row of each key now.
            + "AND COALESCE(c.generation_expression, '') <> 'ROW END' ORDER BY k.ordinal_position",
        Columns = "SELECT column_name FROM information_schema.columns WHERE table_schema = COALESCE(@p1, DATABASE()) "
            + "AND table_name = @p2 ORDER BY ordinal_position",
        DefaultSchema = "", Providers = [provider], Instants = ["timestamp"], Reading = MySqlTypes.Of,
        IsPrepared = true, CanSplitTexts = true,
        SessionSql = "SET time_zone = '+00:00', net_write_timeout = 3600, sql_select_limit = 18446744073709551615",
        ExportSql = "SET sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO')",
        Exactly = static text => $"CAST(CONVERT({text} USING utf8mb4) AS BINARY)",
        EngineSql = "SELECT t.engine FROM information_schema.tables t JOIN information_schema.engines e "
            + "ON e.engine = t.engine WHERE t.table_schema = COALESCE(@p1, DATABASE()) AND t.table_name = @p2 "
            + "AND e.transactions = 'NO'",
        InsertMax = (2_000, 20_000), KeyRowsMax = 200, TableOptions = " ENGINE = InnoDB",
        NameType = "VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    };

    /// <summary>A name as SQL writes it.</summary>
    public string Quote(string name)
    {
        var inside = name.Replace(Quotes.Close.ToString(), $"{Quotes.Close}{Quotes.Close}", StringComparison.Ordinal);
        return $"{Quotes.Open}{inside}{Quotes.Close}";
    }

    /// <summary>Returns a table as SQL writes it: parts between dots, those in SQL quotes unchanged.</summary>
    public string Table(string text) => string.Join('.', Parts(text).Select(Quote));

    /// <summary>The values of parameters for a table's schema, null where it has none, and its name.</summary>
    public static IReadOnlyList<object> Address(string table) =>
        Parts(table) is [.., var schema, var name] ? [schema, name] : [DBNull.Value, Parts(table)[^1]];

    /// <summary>A part of a name in SQL quotes, as <see cref="Parts"/> reads it.</summary>
    public static string Part(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The parts of a name: <c>sales."Order.Items"</c> has two.</summary>
    public static IReadOnlyList<string> Parts(string text)
    {
        var (parts, part, quoted) = (new List<string>(), new System.Text.StringBuilder(), false);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"' && quoted && i + 1 < text.Length && text[i + 1] == '"') part.Append(text[++i]);
            else if (text[i] == '"') quoted = !quoted;
            else if (text[i] == '.' && !quoted)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else part.Append(text[i]);
        }
        return [.. parts, part.ToString()];
    }
}
