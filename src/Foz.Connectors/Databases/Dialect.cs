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
        new()
        {
            Name = "mysql", Quotes = ('`', '`'), ToText = static column => $"CAST({column} AS CHAR)",
            Tables = $"{InformationSchema} AND table_schema = DATABASE()", Providers = ["MySql"],
            Instants = ["timestamp"],
        },
        new()
        {
            Name = "mariadb", Quotes = ('`', '`'), ToText = static column => $"CAST({column} AS CHAR)",
            Tables = $"{InformationSchema} AND table_schema = DATABASE()", Providers = ["MariaDb"],
            Instants = ["timestamp"],
        },
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

    /// <summary>A name as SQL writes it.</summary>
    public string Quote(string name)
    {
        var inside = name.Replace(Quotes.Close.ToString(), $"{Quotes.Close}{Quotes.Close}", StringComparison.Ordinal);
        return $"{Quotes.Open}{inside}{Quotes.Close}";
    }

    /// <summary>Returns a table as SQL writes it: parts between dots, those in SQL quotes unchanged.</summary>
    public string Table(string text) => string.Join('.', Parts(text).Select(Quote));

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
