using Foz.Lake.Configuration;

namespace Foz.Connectors.PostgreSql.Streams;

/// <summary>
/// PostgreSQL 12 and later: tables, partitioned tables, views, materialized views and foreign tables. Mode
/// <c>snapshot</c> reads a table as it was at one moment, through several connections at once; mode <c>incremental</c>
/// reads rows whose cursor grew. Types arrive as <see cref="TypeMapping"/> says; a value that its type in bronze cannot
/// hold (<c>infinity</c>, a date before year 1, NaN in a numeric of stated precision) is in the column
/// <c>_rescued_data</c>.
/// </summary>
sealed class PostgreSqlConnector : IConnector
{
    /// <inheritdoc/>
    public string Type => "postgresql";

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> ConnectionSettings => PgOptions.Specs;

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> StreamSettings { get; } =
    [
        new(StreamResolver.TableSetting, "the table or view, as `schema.name`")
        {
            Default = "the table that the stream is named after",
        },
    ];

    /// <inheritdoc/>
    public bool TellsKeys => true;

    /// <inheritdoc/>
    public bool ReadsCurrentRows => true;

    /// <inheritdoc/>
    public bool ReadsChanges => true;

    /// <inheritdoc/>
    public bool KeepsLog => true;

    /// <inheritdoc/>
    public StreamMode DefaultMode => StreamMode.Snapshot;

    /// <inheritdoc/>
    public void Validate(SourceDefinition source, StreamDefinition stream) => CursorPlan.Check(stream);

    /// <inheritdoc/>
    public ISource Open(SourceDefinition source, string projectFolder) =>
        new PostgreSqlSource(source, PgOptionsReader.Read(source.Connection.Settings, projectFolder));
}
