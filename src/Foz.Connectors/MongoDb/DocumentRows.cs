using Foz.Connectors.Files.Csv;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine.Functions;
using Foz.Wire;
using Foz.Wire.Bson;

namespace Foz.Connectors.MongoDb;

/// <summary>Makes rows of documents. One that cannot be read whole goes to the rejected rows with the reason.</summary>
sealed class DocumentRows : IDisposable
{
    const int RowsMax = 8_192;
    const long DocumentBytesMax = 8 << 20;
    const int ShownMax = 200;

    readonly IReadOnlyList<DocumentColumn> columns;
    readonly RejectedRows rejected;
    readonly string source;
    readonly ExtendedJson json;
    readonly DocumentShape shape;
    readonly int[] places;
    readonly string? cursor;
    DocumentValues[] values = [];
    int count;
    long bytes;

    /// <summary>Prepares to make rows.</summary>
    /// <param name="stream">What is read.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="rejected">Takes what cannot be read.</param>
    public DocumentRows(MongoDbStream stream, IReadOnlyList<DocumentColumn> columns, RejectedRows rejected)
    {
        (this.columns, this.rejected, source) = (columns, rejected, stream.Source);
        json = new(stream.IsCanonical);
        var paths = columns.Select(c => c.Path).OfType<DocumentPath>().ToList();
        places = [.. columns.Select(c => c.Path is null ? -1 : paths.IndexOf(c.Path))];
        if (stream.Cursor is { } path)
        {
            cursor = path.Text;
            paths.Add(path);
        }
        shape = new(paths);
    }

    /// <summary>Whether the rows so far should be handed over before more are read.</summary>
    public bool IsFull => count >= RowsMax || bytes >= DocumentBytesMax;

    /// <summary>Adds a document.</summary>
    /// <exception cref="FozException">Its cursor is an array.</exception>
    public void Add(ReadOnlySpan<byte> document)
    {
        if (values.Length == 0) values = [.. columns.Select(Values)];
        string? fault;
        try
        {
            fault = shape.Find(document) ?? Stage(document);
        }
        catch (WireException e)
        {
            fault = $"the document has {e.Message}";
        }
        if (fault is not null)
        {
            rejected.Add(source, 0, json.WriteAny(document, RejectedRows.TextBytesMax), fault);
            return;
        }
        foreach (var column in values) column.Commit();
        count++;
        bytes += document.Length;
    }

    /// <summary>The rows since the last call; null where there are none.</summary>
    public ColumnBatch? Take()
    {
        if (count == 0) return null;
        var batch = new ColumnBatch(count, [.. values.Select(v => v.Build())]);
        (values, count, bytes) = ([], 0, 0);
        return batch;
    }

    /// <inheritdoc/>
    public void Dispose() => json.Dispose();

    string? Stage(ReadOnlySpan<byte> document)
    {
        if (cursor is not null && shape.Found[^1] is { Type: BsonType.Array })
            throw DocumentCursor.NotOrdered(cursor, "an array", source);
        for (var i = 0; i < values.Length; i++)
        {
            var found = places[i] < 0 ? new FoundValue(BsonType.Document, 0, document.Length) : shape.Found[places[i]];
            // Only JSON has a null that is not the database's.
            if (found is not { } value
                || value.Type is BsonType.Null or BsonType.Undefined && columns[i].Form is not DocumentForm.Json)
                values[i].StageNull();
            else if (Stage(i, value, document) is { } fault)
                return fault;
        }
        return null;
    }

    string? Stage(int index, FoundValue value, ReadOnlySpan<byte> document)
    {
        var column = columns[index];
        try
        {
            return values[index].Stage(value.Type, value.In(document))
                ? null
                : $"{column.Name}: {Shown(value, document)} does not fit {ColumnTypes.NameOf(column.Type)}";
        }
        catch (WireException e) when (column.Path is not null)
        {
            return $"{column.Name}: {e.Message}";
        }
    }

    string Shown(FoundValue value, ReadOnlySpan<byte> document)
    {
        var text = System.Text.Encoding.UTF8.GetString(json.Write(value.Type, value.In(document)));
        return $"{value.Type} {(text.Length > ShownMax ? $"{text[..ShownMax]}…" : text)}";
    }

    DocumentValues Values(DocumentColumn column) => column.Form switch
    {
        DocumentForm.Json => new BytesValues((type, value, target) =>
        {
            target.Write(json.Write(type, value));
            return true;
        }),
        DocumentForm.Text => new BytesValues((type, value, target) => DocumentText.Write(json, type, value, target)),
        _ => DocumentReaders.For(column.Type)!,
    };
}
