using System.Globalization;
using Foz.Connectors;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Pipelines.Projects;

namespace Foz.Streams.Tables;

/// <summary>SQL of the rows of a bronze table: what the source gave, masked, with all change columns.</summary>
/// <param name="source">The source.</param>
/// <param name="stream">The stream.</param>
sealed class BronzeRows(ProjectSource source, ProjectStream stream)
{
    /// <summary>The column of values that no other one can hold.</summary>
    public const string RescuedName = "_rescued_data";

    /// <summary>Gets the masks of the stream's columns.</summary>
    public StreamMasks Masks { get; } = StreamMasks.Of(stream, source.MaskKey);

    /// <summary>Returns the columns of changes; a later one wins.</summary>
    public static List<Field> FieldsOf(ChangeSelect changes) =>
        [.. changes.Tables.Reverse().SelectMany(known => known.Fields).DistinctBy(field => field.Name)];

    /// <summary>Returns a SELECT of changes.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="fields">Their columns.</param>
    /// <param name="syncedAt">When they are read.</param>
    /// <param name="from">The position, as a number, of the copy that has what was committed before.</param>
    /// <param name="leftOut">Names of columns that must not be in the lake.</param>
    public string OfChanges(
        ChangeSelect changes, IReadOnlyList<Field> fields, DateTimeOffset syncedAt, long? from,
        IReadOnlyCollection<string> leftOut) =>
        Masked(
            changes.FirstPosition < from ? After(changes.Sql, from.Value) : changes.Sql,
            [.. fields.Where(field => !leftOut.Contains(field.Name))], syncedAt,
            changes.Tables.Any(known => known.HasBefore), leftOut.Count > 0);

    /// <summary>Returns a SELECT of a copy.</summary>
    /// <param name="sql">SQL of the rows.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="number">The position of the copy, as a number.</param>
    /// <param name="syncedAt">When it is made.</param>
    /// <param name="truncatedAt">The position, as a number, before which rows are none of it; null for none.</param>
    public string OfCopy(
        string sql, StreamRows.Streamed rows, long number, DateTimeOffset syncedAt, long? truncatedAt)
    {
        var own = string.Concat(rows.Fields.Select(field => $"s.{SqlText.Identifier(field.Name)}, "));
        var select = Masked(
            $"SELECT {own}{Marks("r", number, rows.CommittedAt)} FROM {sql} AS s", rows.Fields, syncedAt);
        return truncatedAt is { } before
            ? $"{select}\nUNION ALL BY NAME SELECT {Marks("t", before, rows.CommittedAt)}, {Constants(syncedAt)}"
            : select;
    }

    /// <summary>Returns a SELECT of rows of the source as the table would have them, without change columns.</summary>
    /// <param name="sql">SQL of the rows.</param>
    /// <param name="fields">Their columns.</param>
    public string Masked(string sql, IEnumerable<Field> fields) =>
        $"SELECT {string.Join(", ", fields.Select(field => Masked(field, SqlText.Identifier(field.Name))))} FROM {sql}";

    /// <summary>Whether values of a column are masked.</summary>
    public bool IsMasked(Field field) => MaskOf(field) is not null;

    /// <summary>
    /// Finds whether rows may have values in plain text that are to be masked: those of a masked column that the
    /// source's table has no more, as it may have another name there.
    /// </summary>
    /// <param name="fields">The columns of the source's table.</param>
    /// <param name="known">The columns of the bronze table; empty where there is none.</param>
    /// <returns>
    /// A masked column that is missing, and the columns of the source that neither the bronze table nor the project
    /// knows; null where each masked column is there, or was dropped and no other came.
    /// </returns>
    public (string Missing, IReadOnlyList<string> Unknown)? FindUnmasked(
        IReadOnlyList<Field> fields, IReadOnlyList<Field> known)
    {
        foreach (var masked in stream.Columns.Where(column => column.Mask is not null && !Has(fields, column.Name)))
        {
            IReadOnlyList<string> unknown =
            [
                .. fields.Select(field => field.Name)
                    .Where(name => name != RescuedName && !Has(known, name) && ColumnOf(name) is null),
            ];
            if (unknown.Count > 0 || !Has(known, masked.Name)) return (masked.Name, unknown);
        }
        return null;

        static bool Has(IEnumerable<Field> fields, string name) =>
            fields.Any(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Returns the type that a column has in the table, if nothing else changed it.</summary>
    public DataType TypeOf(Field field) => MaskOf(field)?.TypeOf(field.Type) ?? field.Type;

    /// <summary>Returns a SELECT of those changes that a copy does not have.</summary>
    public static string After(string changes, long copy) =>
        $"SELECT * FROM ({changes}) WHERE {ChangeColumns.Lsn} >= {Number(copy)}";

    /// <summary>How rows of some columns are written.</summary>
    public WriteOptions OptionsOf(IEnumerable<Field> fields) => new()
    {
        Fields = [.. fields.Select(Describe)],
        Description = stream.Description,
        Readers = stream.Readers,
        WidensTypes = stream.Drift is DriftPolicy.Evolve,
    };

    Field Describe(Field field) =>
        ColumnOf(field.Name) is { Description: { } description }
            ? field with { Metadata = field.Metadata.SetItem(Field.CommentKey, description) }
            : field;

    ColumnDefinition? ColumnOf(string name) =>
        stream.Columns.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The change columns of rows that no log has.</summary>
    static string Marks(string operation, long number, DateTimeOffset? committedAt) =>
        $"'{operation}' AS {ChangeColumns.Op}, CAST({Number(number)} AS BIGINT) AS {ChangeColumns.Lsn}, "
        + $"CAST(NULL AS BIGINT) AS {ChangeColumns.Seq}, CAST(NULL AS BIGINT) AS {ChangeColumns.Tx}, "
        + $"{(committedAt is { } at ? Instant(at) : "CAST(NULL AS TIMESTAMPTZ)")} AS {ChangeColumns.CommitTs}, "
        + $"CAST(NULL AS VARCHAR[]) AS {ChangeColumns.Unchanged}";

    /// <summary>The change columns that are the same for all rows of a batch.</summary>
    string Constants(DateTimeOffset syncedAt) =>
        $"{Instant(syncedAt)} AS {ChangeColumns.SyncedAt}, "
        + $"{SqlText.Literal($"{source.Name}.{stream.Definition.Name}")} AS {ChangeColumns.Source}";

    /// <summary>Rows with masked columns, and with all change columns in their order.</summary>
    string Masked(
        string select, IReadOnlyList<Field> fields, DateTimeOffset syncedAt, bool hasBefore = false,
        bool isPartial = false)
    {
        var own = fields.Select(field => Masked(field, SqlText.Identifier(field.Name)));
        IEnumerable<string> change =
        [
            ChangeColumns.Op, ChangeColumns.Lsn, ChangeColumns.Seq, ChangeColumns.Tx, ChangeColumns.CommitTs,
            Constants(syncedAt), ChangeColumns.Unchanged,
        ];
        if (hasBefore) change = change.Append(Before(fields, isPartial));
        return $"SELECT {string.Join(", ", own.Concat(change))} FROM ({select}\n)";
    }

    string Masked(Field field, string value) => MaskOf(field) is { } mask
        ? $"{mask.Sql(value, field.Type, source.MaskKey)} AS {SqlText.Identifier(field.Name)}"
        : value;

    /// <summary>The mask of a column; values that no column can hold are masked where any column is.</summary>
    ColumnMask? MaskOf(Field field) =>
        field.Name == RescuedName && stream.Columns.Any(column => column.Mask is not null)
            ? ColumnMask.Redact
            : ColumnOf(field.Name)?.Mask;

    string Before(IReadOnlyList<Field> fields, bool isPartial)
    {
        if (!isPartial && fields.All(field => MaskOf(field) is null)) return ChangeColumns.Before;
        var packed = fields.Select(field =>
        {
            var name = SqlText.Identifier(field.Name);
            var value = $"{ChangeColumns.Before}.{name}";
            return $"{name} := {(MaskOf(field) is { } mask ? mask.Sql(value, field.Type, source.MaskKey) : value)}";
        });
        return $"CASE WHEN {ChangeColumns.Before} IS NOT NULL THEN struct_pack({string.Join(", ", packed)}) END AS "
            + ChangeColumns.Before;
    }

    /// <summary>SQL of a number.</summary>
    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    static string Instant(DateTimeOffset instant) => string.Create(
        CultureInfo.InvariantCulture, $"TIMESTAMPTZ '{instant.ToUniversalTime():yyyy-MM-dd HH:mm:ss.ffffff}+00'");
}
