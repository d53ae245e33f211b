namespace Foz.Cli.Commands.Starting;

/// <summary>What a user may have to begin with.</summary>
/// <param name="Name">The word of <c>--template</c> and <c>foz source add</c>.</param>
/// <param name="Title">What the user is asked by.</param>
/// <param name="Type">The type of its connections; empty for none.</param>
/// <param name="Question">Asks for the address.</param>
/// <param name="Example">An address, for errors.</param>
sealed record SourceKind(string Name, string Title, string Type, string Question, string Example)
{
    public static readonly SourceKind Postgres = new(
        "postgres", "PostgreSQL", "postgresql",
        "Address, without the password", "postgres://user@localhost:5432/shop");

    public static readonly SourceKind MySql = new(
        "mysql", "MySQL or MariaDB", "database",
        "Address, without the password", "mysql://user@localhost:3306/shop");

    public static readonly SourceKind SqlServer = new(
        "sqlserver", "SQL Server", "database",
        "Address, without the password", "sqlserver://user@localhost:1433/shop");

    public static readonly SourceKind Files = new(
        "files", "A folder of files: CSV, JSON, Parquet, Avro, Excel or XML", "files", "Folder", "data");

    public static readonly SourceKind Api = new(
        "api", "An HTTP API that answers with JSON, CSV or XML", "http",
        "Address of the API", "https://api.example.com/v1");

    public static readonly SourceKind Empty = new("empty", "Nothing yet: a few rows to begin with", "", "", "");

    /// <summary>Gets all of them, in the order of the question.</summary>
    public static IReadOnlyList<SourceKind> All { get; } = [Postgres, MySql, SqlServer, Files, Api, Empty];

    /// <summary>Gets those that can be added to a project.</summary>
    public static IEnumerable<SourceKind> Sources => All.Where(kind => kind != Empty);

    /// <summary>Whether it is a database, which has tables and a password.</summary>
    public bool IsDatabase => this == Postgres || this == MySql || this == SqlServer;

    /// <summary>Returns the one of a name.</summary>
    public static SourceKind Of(string name) => All.First(kind => kind.Name == name);
}
