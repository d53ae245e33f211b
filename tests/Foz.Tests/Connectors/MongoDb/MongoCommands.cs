using System.Buffers.Binary;
using System.Text;
using MongoDB.Bson;

namespace Foz.Tests.Connectors.MongoDb;

/// <summary>The collections of a test's server, and its answers to commands.</summary>
sealed class MongoCommands
{
    const int FirstBatch = 101, AnswerBytesMax = 16 << 20, CursorNotFound = 43;
    readonly Lock gate = new();
    readonly Dictionary<string, List<byte[]>> collections = new(StringComparer.Ordinal);
    readonly Dictionary<long, (string Collection, Queue<byte[]> Left)> cursors = [];
    readonly Random random = new(1);
    long cursorId;

    public HashSet<string> Views { get; } = [];

    /// <summary>How many cursors were neither read to their end nor closed.</summary>
    public int OpenCursors
    {
        get
        {
            lock (gate) return cursors.Count;
        }
    }

    public MongoCommands Add(string collection, params IEnumerable<string> documents) =>
        Add(collection, documents.Select(json => BsonDocument.Parse(json).ToBson()));

    public MongoCommands Add(string collection, params IEnumerable<byte[]> documents)
    {
        lock (gate)
        {
            if (!collections.TryGetValue(collection, out var list)) collections[collection] = list = [];
            list.AddRange(documents);
        }
        return this;
    }

    public void Drop(string collection)
    {
        lock (gate) collections.Remove(collection);
    }

    /// <summary>Deletes the documents that a filter leaves.</summary>
    public void Delete(string collection, string filter)
    {
        lock (gate)
            collections[collection].RemoveAll(
                document => MongoQuery.Matches(new RawBsonDocument(document), BsonDocument.Parse(filter)));
    }

    public byte[] Answer(BsonDocument command)
    {
        lock (gate)
            return command.GetElement(0).Name switch
            {
                "ping" or "endSessions" => new BsonDocument("ok", 1.0).ToBson(),
                "buildInfo" => new BsonDocument { ["version"] = "7.0.99", ["ok"] = 1.0 }.ToBson(),
                "listCollections" => Open("$cmd.listCollections", List(), int.MaxValue),
                "find" => Find(command),
                "aggregate" => Aggregate(command),
                "count" => new BsonDocument
                {
                    ["n"] = Documents(command["count"].AsString).Count, ["ok"] = 1.0,
                }.ToBson(),
                "getMore" => More(command),
                "killCursors" => Kill(command),
                var name => throw new MongoServerError(59, "CommandNotFound", $"no such command: '{name}'"),
            };
    }

    List<byte[]> Documents(string collection) => collections.GetValueOrDefault(collection, []);

    IEnumerable<byte[]> List() => collections.Keys.Select(name => new BsonDocument
    {
        ["name"] = name, ["type"] = Views.Contains(name) ? "view" : "collection",
    }.ToBson());

    byte[] Find(BsonDocument command)
    {
        var name = command["find"].AsString;
        var filter = command.GetValue("filter", new BsonDocument()).AsBsonDocument;
        IEnumerable<byte[]> found = Documents(name);
        if (filter.ElementCount > 0) found = found.Where(d => MongoQuery.Matches(new RawBsonDocument(d), filter));
        if (command.Contains("min") || command.Contains("max")) found = Within(command, found);
        if (command.TryGetValue("sort", out var sort)) found = Sorted(found, sort.AsBsonDocument);
        if (command.TryGetValue("limit", out var limit)) found = found.Take(limit.ToInt32());
        if (command.TryGetValue("projection", out var projection))
            found = found.Select(d => Project(d, projection.AsBsonDocument));
        return Open(
            name, found, command.GetValue("batchSize", FirstBatch).ToInt32(),
            isSingle: command.GetValue("singleBatch", false).ToBoolean() || command.GetValue("limit", 0) == 1);
    }

    /// <summary>Bounds of an index: by the order of all types, the least one taken, the largest one not.</summary>
    static IEnumerable<byte[]> Within(BsonDocument command, IEnumerable<byte[]> documents)
    {
        if (command.GetValue("hint", BsonNull.Value) is not BsonDocument { ElementCount: 1 } hint
            || !hint.Contains("_id"))
            throw new MongoServerError(51173, "Location51173",
                "When using min()/max() a hint of which index to use must be provided");
        var (min, max) = (command.GetValue("min", BsonNull.Value), command.GetValue("max", BsonNull.Value));
        return documents.Where(d =>
        {
            var id = Id(d);
            return (min is not BsonDocument least || MongoOrder.Compare(id, least["_id"]) >= 0)
                && (max is not BsonDocument most || MongoOrder.Compare(id, most["_id"]) < 0);
        });
    }

    static IEnumerable<byte[]> Sorted(IEnumerable<byte[]> documents, BsonDocument sort)
    {
        if (sort.ElementCount == 1 && sort.Contains("_id"))
        {
            var ids = documents.Select(d => (Id: Id(d), Document: d)).ToList();
            var direction = Math.Sign(sort["_id"].ToInt32());
            ids.Sort((a, b) => MongoOrder.Compare(a.Id, b.Id) * direction);
            return ids.Select(pair => pair.Document);
        }
        return documents.Select(d => new RawBsonDocument(d))
            .Order(Comparer<RawBsonDocument>.Create((a, b) => MongoQuery.Compare(a, b, sort)))
            .Select(d => BytesOf(d));
    }

    static byte[] BytesOf(RawBsonDocument document)
    {
        var bytes = new byte[document.Slice.Length];
        document.Slice.GetBytes(0, bytes, 0, bytes.Length);
        return bytes;
    }

    static BsonValue Id(byte[] document) =>
        new RawBsonDocument(document).TryGetValue("_id", out var id) ? id : BsonNull.Value;

    static byte[] Project(byte[] document, BsonDocument projection)
    {
        var names = projection.Names.Select(n => n.Split('.')[0]).Append("_id").ToHashSet(StringComparer.Ordinal);
        return Document(writer =>
        {
            var elements = new Foz.Wire.Bson.BsonElements(document);
            while (elements.Read())
            {
                var name = Encoding.UTF8.GetString(elements.Name);
                if (!names.Contains(name)) continue;
                Head(writer, (BsonType)elements.Type, name);
                writer.Write(elements.Value);
            }
        });
    }

    byte[] Aggregate(BsonDocument command)
    {
        var name = command["aggregate"].AsString;
        IEnumerable<byte[]> documents = Documents(name);
        foreach (var stage in command["pipeline"].AsBsonArray.Select(s => s.AsBsonDocument))
        {
            var value = stage[0];
            var before = documents.ToList();
            documents = stage.GetElement(0).Name switch
            {
                "$match" => before.Where(d => MongoQuery.Matches(new RawBsonDocument(d), value.AsBsonDocument)),
                // With repetition: a sample may have a document twice.
                "$sample" => before.Count == 0
                    ? []
                    : Enumerable.Range(0, Math.Min(value["size"].ToInt32(), 2 * before.Count))
                        .Select(_ => before[random.Next(before.Count)]),
                "$project" => before.Select(d => Project(d, value.AsBsonDocument)),
                "$sort" => Sorted(before, value.AsBsonDocument),
                "$group" => before.Count == 0 ? [] : [new BsonDocument { ["_id"] = 1, ["n"] = before.Count }.ToBson()],
                var other => throw new MongoServerError(40324, "Location40324",
                    $"Unrecognized pipeline stage name: '{other}'"),
            };
        }
        return Open(name, documents, int.MaxValue);
    }

    byte[] Open(string collection, IEnumerable<byte[]> documents, int batchSize, bool isSingle = false)
    {
        var rest = new Queue<byte[]>(documents);
        var batch = Batch(rest, batchSize);
        var id = rest.Count == 0 || isSingle ? 0 : ++cursorId;
        if (id != 0) cursors[id] = (collection, rest);
        return CursorAnswer("firstBatch", batch, id, collection);
    }

    byte[] More(BsonDocument command)
    {
        var id = command["getMore"].ToInt64();
        if (!cursors.TryGetValue(id, out var cursor))
            throw new MongoServerError(CursorNotFound, "CursorNotFound", $"cursor id {id} not found");
        var batch = Batch(cursor.Left, command.GetValue("batchSize", int.MaxValue).ToInt32());
        if (cursor.Left.Count == 0) cursors.Remove(id);
        return CursorAnswer("nextBatch", batch, cursor.Left.Count == 0 ? 0 : id, cursor.Collection);
    }

    byte[] Kill(BsonDocument command)
    {
        foreach (var id in command["cursors"].AsBsonArray) cursors.Remove(id.ToInt64());
        return new BsonDocument { ["cursorsKilled"] = command["cursors"], ["ok"] = 1.0 }.ToBson();
    }

    static List<byte[]> Batch(Queue<byte[]> rest, int count)
    {
        var batch = new List<byte[]>();
        for (var bytes = 0L; batch.Count < count && rest.Count > 0;)
        {
            bytes += rest.Peek().Length;
            if (batch.Count > 0 && bytes > AnswerBytesMax) break;
            batch.Add(rest.Dequeue());
        }
        return batch;
    }

    /// <summary>An answer with documents, byte by byte: some of them are not what the driver would write.</summary>
    static byte[] CursorAnswer(string name, List<byte[]> batch, long id, string collection)
    {
        var array = Document(writer =>
        {
            for (var i = 0; i < batch.Count; i++)
            {
                Head(writer, BsonType.Document, $"{i}");
                writer.Write(batch[i]);
            }
        });
        var cursor = Document(writer =>
        {
            Head(writer, BsonType.Array, name);
            writer.Write(array);
            Head(writer, BsonType.Int64, "id");
            writer.Write(id);
            Head(writer, BsonType.String, "ns");
            writer.Write(collection.Length + 6);
            writer.Write(Encoding.UTF8.GetBytes($"shop.{collection}\0"));
        });
        return Document(writer =>
        {
            Head(writer, BsonType.Document, "cursor");
            writer.Write(cursor);
            Head(writer, BsonType.Double, "ok");
            writer.Write(1.0);
        });
    }

    static void Head(BinaryWriter writer, BsonType type, string name)
    {
        writer.Write((byte)type);
        writer.Write(Encoding.UTF8.GetBytes($"{name}\0"));
    }

    /// <summary>A document of elements that are written as bytes.</summary>
    public static byte[] Document(Action<BinaryWriter> elements)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(0);
        elements(writer);
        writer.Write((byte)0);
        var document = bytes.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(document, document.Length);
        return document;
    }
}
