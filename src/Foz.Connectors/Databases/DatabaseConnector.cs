using Foz.Lake.Configuration;

namespace Foz.Connectors.Databases;

/// <summary>
/// Any database that has an ADO.NET provider: its assemblies lie in the project's folder <c>providers/</c>, which
/// <c>foz provider add</c> fills.
/// </summary>
sealed class DatabaseConnector : IConnector
{
    /// <inheritdoc/>
    public string Type => "database";

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> ConnectionSettings { get; } =
    [
        new("provider", "the provider: the name of its package, such as `Microsoft.Data.SqlClient`")
        {
            IsRequired = true,
        },
        new("connection_string", "how the provider reaches the database, in its own words; passwords as `${NAME}`")
        {
            IsRequired = true,
        },
        new("dialect", "the SQL that the database speaks")
        {
            Values = [.. Dialect.All.Select(d => d.Name)], Default = "as the provider says",
        },
        new("factory", "the provider's `DbProviderFactory`, where it has several"),
        new("connections_max", "how many connections read one table") { Default = "4" },
        new("statement_timeout", "how long a statement may take to answer") { Default = "1h" },
        DatabaseOptions.ReadTimeoutSetting,
    ];

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> StreamSettings { get; } =
    [
        new("table", "the table or view, as `schema.name`") { Default = "the table that the stream is named after" },
        new("query", "a SELECT to read instead of a table"),
        new("split_by", "the column whose ranges are read at the same time: a whole number")
        {
            Default = "the first of `keys`, if it is one; none for a `query`",
        },
    ];

    /// <inheritdoc/>
    public bool TellsKeys => true;

    /// <inheritdoc/>
    public bool ReadsCurrentRows => true;

    /// <inheritdoc/>
    public StreamMode DefaultMode => StreamMode.Snapshot;

    /// <inheritdoc/>
    public void Validate(SourceDefinition source, StreamDefinition stream) => CursorPlan.Check(stream);

    /// <inheritdoc/>
    public ISource Open(SourceDefinition source, string projectFolder) =>
        new DatabaseSource(source, DatabaseOptions.Read(source.Connection.Settings, projectFolder));
}
