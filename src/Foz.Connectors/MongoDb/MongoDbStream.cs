using Foz.Connectors.Files.Contents;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using MongoDB.Bson;

namespace Foz.Connectors.MongoDb;

/// <summary>What a stream reads: its collection, which documents, and which columns.</summary>
sealed record MongoDbStream
{
    const string JsonType = "json";

    /// <summary>The column of the whole document.</summary>
    public const string DocumentName = "document";

    /// <summary>The column of the id where no other has it.</summary>
    public const string IdName = "_id";

    /// <summary>What a stream can be set to.</summary>
    public static IReadOnlyList<SettingSpec> Specs { get; } =
    [
        new("collection", "the collection or view") { Default = "the stream's name" },
        new("filter", "which documents are read, in MongoDB's words as JSON, such as `'{\"status\": \"open\"}'`")
        {
            Default = "all",
        },
        new("fields",
            "columns with the paths of their values, such as `{city: address.city, sku: items.0.sku}`; a column of "
                + "`columns` that is not among them has its own name as path")
        {
            Default = "`_id` and `document`",
        },
        new(DocumentName, "whether there is a column `document` with the whole document as JSON")
        {
            Values = ["true", "false"], Default = "`true` without other columns than `_id`",
        },
        new("json", "the form of Extended JSON") { Values = ["relaxed", "canonical"], Default = "`relaxed`" },
    ];

    /// <summary>The stream.</summary>
    public required StreamDefinition Definition { get; init; }

    /// <summary>The collection.</summary>
    public required string Collection { get; init; }

    /// <summary>What <c>_cdc_source</c> says, and rejected rows as their file.</summary>
    public required string Source { get; init; }

    /// <summary>Which documents are read; empty for all.</summary>
    public required BsonDocument Filter { get; init; }

    /// <summary>Columns and their paths, not yet typed.</summary>
    public required IReadOnlyList<DocumentColumn> Columns { get; init; }

    /// <summary>Where documents have the cursor; null where there is none.</summary>
    public DocumentPath? Cursor { get; init; }

    /// <summary>Whether JSON is written in the canonical form.</summary>
    public bool IsCanonical { get; init; }

    /// <summary>The column that has the id as its text, which may not tell ids of two types apart.</summary>
    public string? IdColumn =>
        Columns.FirstOrDefault(c => c is { Path.Text: IdName, Form: DocumentForm.Text })?.Name;

    /// <summary>Reads a stream's settings.</summary>
    /// <exception cref="FozException">One is wrong.</exception>
    public static MongoDbStream Read(string source, StreamDefinition stream)
    {
        var settings = stream.Settings;
        var columns = ReadColumns(stream);
        var cursor = stream is { Mode: StreamMode.Incremental, Cursor: { } name }
            ? columns.FirstOrDefault(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Path
                ?? DocumentPath.Parse(name)
            : null;
        if (stream.Mode is StreamMode.Incremental && stream.Cursor is not null && cursor is not { IsPlain: true })
            throw settings.Wrong("cursor", "a column of the stream, or a path of names such as meta.changed_at");
        return new()
        {
            Definition = stream,
            Collection = settings.Text("collection") ?? stream.Name,
            Source = $"{source}.{stream.Name}",
            Filter = ReadFilter(settings),
            Columns = columns,
            Cursor = cursor,
            IsCanonical = settings.Text("json") == "canonical",
        };
    }

    /// <summary>Returns the stream with the types of its columns.</summary>
    /// <exception cref="FozException">A type is not one that values can have.</exception>
    public MongoDbStream WithTypes(EnginePool engine)
    {
        using var session = engine.Open(Workload.Ingestion);
        var typed = Definition.Columns.Where(c => !IsJson(c.Value)).ToDictionary(c => c.Key, c => c.Value);
        var types = new Dictionary<string, DataType>(
            FileColumns.ReadDeclared(Definition with { Columns = typed }, session), StringComparer.OrdinalIgnoreCase);
        return this with
        {
            Columns = [.. Columns.Select(c => types.TryGetValue(c.Name, out var type) ? Typed(c, type) : c)],
        };
    }

    /// <summary>
    /// The fields that the server needs to send; null for whole documents, as some names cannot be asked for.
    /// </summary>
    public BsonDocument? Projection()
    {
        var names = Columns.Select(c => c.Path?.Names[0]).Append(Cursor?.Names[0] ?? IdName).Append(IdName)
            .Distinct(StringComparer.Ordinal).ToList();
        return names.TrueForAll(name => name is not null && new DocumentPath(name, [name]).IsPlain)
            ? new BsonDocument(names.Select(name => new BsonElement(name, 1)))
            : null;
    }

    DocumentColumn Typed(DocumentColumn column, DataType type)
    {
        if (type == DataType.String) return column;
        if (column.Path is not null && DocumentReaders.For(type) is not null)
            return column with { Form = DocumentForm.Typed, Type = type };
        throw new FozException(
            ErrorKind.Configuration,
            $"column '{column.Name}' of stream '{Definition.Name}' is declared as '{Definition.Columns[column.Name]}', "
                + "which no value of a document can be")
        {
            Place = Definition.Place is { File: not null } place ? place : null,
            Hint = "declare varchar, boolean, a number, decimal(p,s), date, timestamp, timestamptz, blob or json; "
                + "documents and arrays as json",
        };
    }

    static List<DocumentColumn> ReadColumns(StreamDefinition stream)
    {
        var (settings, fields) = (stream.Settings, stream.Settings.Map("fields"));
        var names = fields.Keys.Concat(stream.Columns.Keys).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var columns = names.ConvertAll(name => new DocumentColumn(name, PathOf(settings, fields, name))
        {
            Form = stream.Columns.Any(c => c.Key.Equals(name, StringComparison.OrdinalIgnoreCase) && IsJson(c.Value))
                ? DocumentForm.Json
                : DocumentForm.Text,
        });
        if (columns.FirstOrDefault(c => IsOwn(c.Name)) is { } own)
            throw settings.Wrong("fields", $"without '{own.Name}', which is a change column of every table");
        var hasDocument = settings.Flag(DocumentName, columns.TrueForAll(c => c.Path!.Text == IdName));
        if (hasDocument && columns.Exists(c => c.Name.Equals(DocumentName, StringComparison.OrdinalIgnoreCase)))
            throw settings.Wrong(
                DocumentName, "false where a column has that name; or give that another: fields: {name: document}");
        if (columns.Exists(c => c.Name.Equals(IdName, StringComparison.OrdinalIgnoreCase) && c.Path!.Text != IdName))
            throw settings.Wrong("fields", "given with another name for a column that has not the path _id");
        if (!columns.Exists(c => c.Path!.Text == IdName)) columns.Insert(0, new(IdName, DocumentPath.Id));
        if (hasDocument) columns.Add(new(DocumentName, null) { Form = DocumentForm.Json });
        return columns;
    }

    static DocumentPath PathOf(Settings settings, IReadOnlyDictionary<string, string> fields, string name) =>
        fields.FirstOrDefault(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase)) is { Key: not null } field
            ? DocumentPath.Parse(field.Value) ?? throw settings.Wrong(
                "fields", $"given with a path of names for '{name}', such as address.city, not '{field.Value}'")
            // The name of a column is one name, whatever is in it.
            : new DocumentPath(name, [name]);

    static BsonDocument ReadFilter(Settings settings)
    {
        if (settings.Text("filter") is not { } text) return [];
        try
        {
            return BsonDocument.Parse(text);
        }
        catch (Exception e) when (
            e is FormatException or IOException or BsonException or OverflowException or InvalidOperationException)
        {
            throw settings.Wrong("filter",
                $"a JSON object such as '{{\"status\": \"open\"}}' ({e.Message.TrimEnd('.')})");
        }
    }

    static bool IsJson(string type) => type.Trim().Equals(JsonType, StringComparison.OrdinalIgnoreCase);

    static bool IsOwn(string name) =>
        ChangeColumns.Fields.Any(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
