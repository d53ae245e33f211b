using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// The view of a stream's changes as Debezium's events, which <c>envelope: debezium</c> of a source defines: what reads
/// those from Kafka reads the same words from the lake.
/// </summary>
static class EnvelopeModel
{
    /// <summary>What its name has after that of the stream's table.</summary>
    public const string Suffix = "__envelope";

    /// <summary>The column of values that no other one can hold, which the source does not have.</summary>
    const string Rescued = "_rescued_data";

    const string Row = "foz_row", Old = "foz_before";

    /// <summary>Returns the model of a stream of mode <c>cdc</c>.</summary>
    /// <param name="source">Its source.</param>
    /// <param name="stream">The stream.</param>
    public static Model Of(ProjectSource source, ProjectStream stream) => new()
    {
        Name = stream.Name with { Name = stream.Name.Name + Suffix },
        Table = stream.Table with { Name = stream.Table.Name + Suffix },
        Materialization = new Materialization.View(),
        Body = new(
            SqlOf(source, stream), new(source.File, stream.Definition.Place.Line, stream.Definition.Place.Column)),
        Description = $"The changes of {stream.Name} as events of Debezium",
        Owner = source.Owner,
        Tags = stream.Tags,
        File = source.File,
        IsImplicit = true,
    };

    static string SqlOf(ProjectSource source, ProjectStream stream)
    {
        var table = $"{SqlText.Identifier(stream.Name.Schema)}.{SqlText.Identifier(stream.Name.Name)}";
        var own = string.Join(", ", ChangeColumns.Names.Append(Rescued).Select(SqlText.Literal));
        // A table whose source never sent a row before an update has no column for it.
        return $"""
            SELECT
                CASE {ChangeColumns.Op} WHEN 'd' THEN {Row} WHEN 'u' THEN {Old} END AS before,
                CASE WHEN {ChangeColumns.Op} NOT IN ('d', 't') THEN {Row} END AS after,
                {SourceOf(source, stream)} AS source,
                CASE WHEN {ChangeColumns.Seq} IS NOT NULL THEN struct_pack(
                    id := concat_ws(':', {ChangeColumns.Tx}, {ChangeColumns.Lsn}), total_order := {ChangeColumns.Seq})
                END AS transaction,
                {ChangeColumns.Op} AS op,
                {Times(ChangeColumns.SyncedAt, (name, sql) => $"{sql} AS {name}")},
                {ChangeColumns.Unchanged} AS unchanged
            FROM (
                SELECT *, {ChangeColumns.Before} AS {Old},
                    struct_pack(*COLUMNS(lambda c: c NOT IN ({own}))) AS {Row}
                FROM (SELECT * FROM {table} UNION ALL BY NAME SELECT NULL AS {ChangeColumns.Before} WHERE false)
            )
            """;
    }

    /// <summary>An instant in the units that an event has it in.</summary>
    static string Times(string column, Func<string, string, string> named) => string.Join(
        ", ", named("ts_ms", $"epoch_ms({column})"), named("ts_us", $"epoch_us({column})"),
        named("ts_ns", $"epoch_us({column}) * 1000"));

    /// <summary>Where a change comes from, as far as the lake knows it.</summary>
    static string SourceOf(ProjectSource source, ProjectStream stream)
    {
        var name = (stream.Definition.Settings.Text("table") ?? stream.Definition.Name)
            .Split('.', 2, StringSplitOptions.TrimEntries).Select(part => part.Trim('"', '`')).ToList();
        var (schema, table) = name is [var first, var second]
            ? (SqlText.Literal(first), second)
            : ("CAST(NULL AS VARCHAR)", name[0]);
        var (container, rest) = source.Definition.Connection.Type is "mysql" or "mariadb"
            ? ("db", "")
            : ("schema", $", \"txId\" := {ChangeColumns.Tx}, commit_lsn := {ChangeColumns.Lsn}");
        return $"""
            struct_pack(connector := {SqlText.Literal(source.Definition.Connection.Type)},
                    name := {SqlText.Literal(source.Name)},
                    {Times(ChangeColumns.CommitTs, (name, sql) => $"{name} := {sql}")},
                    snapshot := CASE {ChangeColumns.Op} WHEN 'r' THEN 'true' ELSE 'false' END,
                    {container} := {schema}, "table" := {SqlText.Literal(table)}{rest})
            """;
    }
}
