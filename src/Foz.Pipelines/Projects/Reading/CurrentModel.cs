using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>The model of a stream's current rows that <c>silver: current</c> of a source defines.</summary>
static class CurrentModel
{
    /// <summary>The schema of these models.</summary>
    public const string Schema = "silver";

    /// <summary>
    /// Whether a stream's current rows cannot be identified: it has rows that come again, or changes, and no keys.
    /// </summary>
    public static bool LacksKeys(StreamDefinition stream) =>
        stream is { Mode: StreamMode.Incremental or StreamMode.Changes, Keys.Count: 0 };

    /// <summary>Returns the error of a stream whose current rows cannot be identified.</summary>
    public static FozException WithoutKeys(StreamDefinition stream) => new(
        ErrorKind.Configuration,
        $"'silver: current' needs 'keys' of the stream '{stream.Name}': "
            + (stream.Mode is StreamMode.Changes
                ? "its changes find their rows by them"
                : "the rows of an incremental stream come again when they change"))
    {
        Place = stream.Place,
        Hint = $"name the columns that identify a row: keys: [id]; or say in models/{Schema}/{stream.Name}.sql what "
            + $"{Schema}.{stream.Name} is",
    };

    /// <summary>Returns the errors of keys whose masks give different rows one key.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="keys">Its keys.</param>
    public static IEnumerable<FozException> MaskedKeys(ProjectStream stream, IReadOnlyList<string> keys) =>
        from column in stream.Columns
        where column.Mask is not null and not ColumnMask.Hash
            && keys.Contains(column.Name, StringComparer.OrdinalIgnoreCase)
        select new FozException(
            ErrorKind.Configuration,
            $"the mask of '{column.Name}', a key of the stream '{stream.Definition.Name}', gives different rows one "
                + "key")
        {
            Place = column.Place, Hint = "mask: hash keeps different keys different",
        };

    /// <summary>The model of a stream.</summary>
    /// <param name="source">Its source.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="schemaPrefix">What the names of schemas get in the lake.</param>
    public static Model Of(ProjectSource source, ProjectStream stream, string schemaPrefix) => new()
    {
        Name = new(Schema, stream.Definition.Name),
        Table = new(schemaPrefix + Schema, stream.Definition.Name),
        Materialization = stream.Definition.Mode is StreamMode.Changes
            ? new Materialization.Incremental(new IncrementalStrategy.Cdc
            {
                Keys = stream.Definition.Keys, FindsKeys = true,
            })
            : new Materialization.Table(),
        Body = new(
            SqlOf(source, stream), new(source.File, stream.Definition.Place.Line, stream.Definition.Place.Column)),
        Description = stream.Description,
        Owner = source.Owner,
        Tags = stream.Tags,
        Columns = [.. stream.Columns.Select(c => c with { Type = null, Checks = [], Clean = [] })],
        File = source.File,
        IsImplicit = true,
    };

    /// <summary>
    /// The changes of a stream that reads a log, which the strategy of the model applies. All rows of a snapshot, and
    /// of a stream whose source is still to be asked for its keys. Otherwise the last row
    /// of each key. Of a database that is the one that arrived last, as each batch reads rows as they are: the lake may
    /// order a cursor differently than the database, and a row can lose its cursor. Of other sources it is the one with
    /// the largest cursor, then the one read last: of one batch the files in the order in which they were modified, of
    /// a file the rows as they follow each other. A key that was deleted has none, and rows without a key are all kept,
    /// for a check to find.
    /// </summary>
    static string SqlOf(ProjectSource source, ProjectStream stream)
    {
        var definition = stream.Definition;
        var table = $"{SqlText.Identifier(stream.Name.Schema)}.{SqlText.Identifier(stream.Name.Name)}";
        if (definition.Mode is StreamMode.Changes) return $"SELECT *\nFROM STREAM({table})";
        var columns = $"* EXCLUDE ({string.Join(", ", ChangeColumns.Fields.Select(f => f.Name))})";
        if (definition.Mode is StreamMode.Snapshot || definition.Keys.Count == 0)
            return $"SELECT {columns}\nFROM {table}";
        var keys = definition.Keys.Select(SqlText.Identifier).ToList();
        IEnumerable<string> order =
        [
            ChangeColumns.SyncedAt, ChangeColumns.Lsn, ChangeColumns.CommitTs, ChangeColumns.Source, ChangeColumns.Seq,
        ];
        order = source.ReadsCurrentRows ? order.Concat(Cursor(definition)) : Cursor(definition).Concat(order);
        return $"""
            SELECT {columns}
            FROM (
                SELECT *
                FROM {table}
                QUALIFY {string.Join(" OR ", keys.Select(k => $"{k} IS NULL"))}
                    OR row_number() OVER (
                        PARTITION BY {string.Join(", ", keys)}
                        ORDER BY {string.Join(", ", order.Select(o => $"{o} DESC NULLS LAST"))}
                    ) = 1
            )
            WHERE {ChangeColumns.Op} <> 'd'
            """;
    }

    static IEnumerable<string> Cursor(StreamDefinition definition) =>
        definition.Cursor is { } cursor ? [SqlText.Identifier(cursor)] : [];
}
