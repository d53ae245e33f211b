using Foz.Lake.Configuration;

namespace Foz.Connectors.MySql.Streams;

/// <summary>
/// MySQL 8 and MariaDB 10.5 and later: their tables and views, and the changes of tables by the binary log. Types
/// arrive as <see cref="Databases.MySqlTypes"/> says; a date that no calendar has (<c>0000-00-00</c>) is in the column
/// <c>_rescued_data</c>.
/// </summary>
/// <param name="type">Which of both it is.</param>
sealed class MySqlDatabaseConnector(string type) : IConnector
{
    /// <inheritdoc/>
    public string Type => type;

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> ConnectionSettings => MySqlSettings.Specs;

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> StreamSettings { get; } =
    [
        new("table", "the table or view, as `database.name`") { Default = "the table that the stream is named after" },
        new("split_by", "the column whose ranges are read at the same time by mode snapshot")
        {
            Default = "the first of `keys`",
        },
    ];

    /// <inheritdoc/>
    public bool TellsKeys => true;

    /// <inheritdoc/>
    public bool ReadsCurrentRows => true;

    /// <inheritdoc/>
    public bool ReadsChanges => true;

    /// <inheritdoc/>
    public StreamMode DefaultMode => StreamMode.Snapshot;

    /// <inheritdoc/>
    public void Validate(SourceDefinition source, StreamDefinition stream) => CursorPlan.Check(stream);

    /// <inheritdoc/>
    public ISource Open(SourceDefinition source, string projectFolder) =>
        new MySqlSource(source, MySqlSettings.Read(type, source.Connection.Settings, projectFolder));
}
