using Foz.Connectors.Files.Contents;
using Foz.Connectors.Files.Csv;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;

namespace Foz.Connectors.Files.Json;

/// <summary>
/// Reads a batch of JSON files in two passes of Foz's own, because the engine's reader drops digits of numbers and
/// turns what it does not understand into nulls: one finds the rows that cannot be read and the fields and types of all
/// others, and one makes columns of them.
/// </summary>
sealed class JsonBatch : IDisposable
{
    static readonly Field FileField = new("foz.file", DataType.Long);
    static readonly Field RowField = new("foz.row", DataType.Long);
    readonly ReadContext context;
    readonly IReadOnlyList<JsonFile> files;
    readonly JsonNode root;
    readonly RejectedRows rejected;
    readonly List<StreamRelation> relations = [];
    IReadOnlyList<Field> fields = [];
    IReadOnlyList<Warning> warnings = [];

    JsonBatch(IReadOnlyList<JsonFile> files, JsonNode root, ReadContext context)
    {
        (this.files, this.root, this.context) = (files, root, context);
        rejected = new RejectedRows(Path.Combine(context.WorkFolder, "rejected.csv"));
    }

    /// <summary>Starts reading.</summary>
    /// <param name="sources">The files of the batch.</param>
    /// <param name="stream">Their stream.</param>
    /// <param name="format">JSON or JSON lines.</param>
    /// <param name="columns">The columns of the table, and those that the stream declares.</param>
    /// <param name="context">What reading needs of the platform.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="warnings">Earlier warnings for the user; null for none.</param>
    /// <param name="isXml">Whether they were XML.</param>
    public static StreamRows Read(
        IReadOnlyList<SourceFile> sources, StreamDefinition stream, FileFormat format, FileColumns columns,
        ReadContext context, CancellationToken cancellationToken, IReadOnlyList<Warning>? warnings = null,
        bool isXml = false)
    {
        var encoding = CsvDialect.ReadEncoding(stream.Settings);
        var batch = new JsonBatch(
            [.. sources.Select((source, i) => new JsonFile(i, source, encoding, format == FileFormat.JsonLines))],
            Root(columns, isXml), context)
        {
            warnings = warnings ?? [],
        };
        try
        {
            batch.Scan(columns, cancellationToken);
            return batch.Select(canRecover: true);
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var relation in relations) relation.Dispose();
        rejected.Dispose();
    }

    /// <summary>Returns the object of a row, as far as the table and the stream state its types.</summary>
    static JsonNode Root(FileColumns columns, bool isXml)
    {
        var row = JsonNode.OfStruct(isXml);
        foreach (var field in columns.Fields)
            row.Add(FileColumns.FieldName(field.Name), columns.Declared.TryGetValue(field.Name, out var declared)
                ? OfDeclared(declared)
                : JsonNode.Of(field.Type, field.Metadata.GetValueOrDefault(Field.SourceTypeKey), isXml));
        foreach (var (name, type) in columns.Declared)
            if (columns.Find(name) is null) row.Add(name, OfDeclared(type));
        return row;

        // A list of texts takes what occurs once, too.
        JsonNode OfDeclared(DataType type) =>
            isXml && type is DataType.Array { Element: var element } && element == DataType.String
                ? JsonNode.Of(type, sourceType: null, isXml)
                : JsonNode.OfText(type);
    }

    /// <summary>The first pass.</summary>
    void Scan(FileColumns columns, CancellationToken cancellationToken)
    {
        var roots = files.Select(_ => root.Empty()).ToList();
        FileWork.ForEach(
            files, context, file => file.Scan(roots[file.Index], rejected, cancellationToken), cancellationToken);
        foreach (var member in roots.SelectMany(other => other.Members).Where(member => member.SeenIn > 0))
            columns.Bring(FileColumns.ColumnName(member.Name));
        foreach (var other in roots) root.Merge(other);
        root.Resolve();
        fields =
        [
            .. root.Members.Select(m => columns.Find(FileColumns.ColumnName(m.Name)) is { } field
                ? field with { Type = m.Node.Type! }
                : new Field(FileColumns.ColumnName(m.Name), m.Node.Type!).WithSourceType(m.Node.SourceType())),
        ];
    }

    StreamRows.Selected Select(bool canRecover)
    {
        var origins = FileOrigin.Fields(context.NumbersRows);
        var before = RowsBefore();
        var relation = Register(
            origins, root.Members, file => file.Origin(context.NumbersRows ? before[file.Index] : null));
        var values = root.Members.Select(m => m.Node.Holding == JsonHolding.Text
            ? $"{TypedText.Cast(Column(m), m.Node.Type!)} AS {Column(m)}"
            : Column(m));
        var guard = TypedText.Guard(Texts().Select(m => LosslessText.Test(Column(m), m.Node.Type!)));
        return new(
            $"SELECT {string.Join(", ", [.. values, .. origins.Select(f => f.Name)])}\nFROM {relation.Sql}{guard}")
        {
            Fields = fields,
            TellsPlaces = context.NumbersRows,
            RejectedSql = rejected.Select(),
            Warnings = warnings,
            RowsRead = files.Sum(file => file.RowCount),
            BytesRead = files.Sum(file => file.Source.Input.SizeBytes),
            Recover = canRecover ? (error, ct) => Task.Run(() => Recover(error, ct), ct) : null,
            OnDispose = () =>
            {
                Dispose();
                return ValueTask.CompletedTask;
            },
        };
    }

    /// <summary>
    /// How many rows of a file lie in those of its name that come before it, as fetched rows do that are kept in
    /// several.
    /// </summary>
    long[] RowsBefore()
    {
        var before = new long[files.Count];
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var path = file.Source.Input.Path;
            before[file.Index] = counts.GetValueOrDefault(path);
            counts[path] = before[file.Index] + file.RowCount;
        }
        return before;
    }

    /// <summary>Sets rows aside with values that do not fit the types that were declared.</summary>
    StreamRows.Selected? Recover(FozException error, CancellationToken cancellationToken)
    {
        var texts = Texts().ToList();
        if (error.Kind is not ErrorKind.Data || texts.Count == 0) return null;
        var tests = texts.Select(m => (Fits: TypedText.Fits(Column(m), m.Node.Type!),
            Reason: TypedText.Reason(m.Name, Column(m), m.Node.Type!))).ToList();
        var relation = Register([FileField, RowField], texts, file => file.Places());
        var (fileName, rowName) = (SqlText.Identifier(FileField.Name), SqlText.Identifier(RowField.Name));
        using var session = context.Engine.Open(Workload.Ingestion);
        using var rows = session.Query(
            $"""
            SELECT {fileName}, {rowName}, CASE {string.Join(' ', tests.Select(t => $"WHEN NOT {t.Fits} THEN {t.Reason}"))} END
            FROM {relation.Sql}
            WHERE NOT ({string.Join(" AND ", tests.Select(t => t.Fits))})
            ORDER BY {fileName}, {rowName}
            """, cancellationToken);
        var misfits = rows.Rows(cancellationToken)
            .Select(r => (File: (long)r[0]!, Row: (long)r[1]!, Reason: (string)r[2]!));
        foreach (var ofFile in misfits.GroupBy(m => m.File))
            files[(int)ofFile.Key].SetAside(
                ofFile.ToDictionary(m => m.Row, m => m.Reason), rejected, cancellationToken);
        return Select(canRecover: false);
    }

    static string Column(JsonMember member) => SqlText.Identifier(FileColumns.ColumnName(member.Name));

    IEnumerable<JsonMember> Texts() => root.Members.Where(m => m.Node.Holding == JsonHolding.Text);

    /// <summary>Makes columns of the rows readable in SQL.</summary>
    /// <param name="extra">Columns that say where a row is from.</param>
    /// <param name="members">The fields of a row that are wanted.</param>
    /// <param name="start">Starts the values of the extra columns in a file.</param>
    StreamRelation Register(
        IReadOnlyList<Field> extra, IReadOnlyList<JsonMember> members, Func<JsonFile, IJsonOrigin> start)
    {
        var schema = members.Select(m => new Field(
            FileColumns.ColumnName(m.Name), m.Node.Holding == JsonHolding.Text ? DataType.String : m.Node.Type!));
        // The largest first, so that no thread is left with one at the end.
        var partitions = files.OrderByDescending(f => f.Source.Input.SizeBytes)
            .Select(file => file.Read(root, members, () => start(file)).ToAsyncEnumerable());
        using var session = context.Engine.Open(Workload.Ingestion);
        var relation = session.Register(new ColumnStream([.. schema, .. extra], [.. partitions])
        {
            RowCountEstimate = files.Sum(f => f.RowCount),
        });
        relations.Add(relation);
        return relation;
    }
}
