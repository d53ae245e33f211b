using System.Text;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Wire;
using Foz.Wire.Bson;
using MongoDB.Bson;
using MongoDB.Driver;
using BsonType = Foz.Wire.Bson.BsonType;

namespace Foz.Connectors.MongoDb;

/// <summary>Proposes columns for a collection, by a sample of its documents.</summary>
sealed class DocumentProposal
{
    const int SampleSize = 100, ColumnsMax = 200, DepthMax = 3, PrecisionMax = 38;
    readonly Dictionary<string, Look> looks = new(StringComparer.Ordinal);
    bool isCut;

    /// <summary>What was seen of one path.</summary>
    sealed class Look(string path)
    {
        /// <summary>The path.</summary>
        public string Path { get; } = path;

        /// <summary>The types of its values.</summary>
        public HashSet<BsonType> Types { get; } = [];

        /// <summary>The most places of its decimals.</summary>
        public int Scale { get; set; }

        /// <summary>The most digits of its decimals.</summary>
        public int Digits { get; set; }
    }

    /// <summary>The proposal for a collection.</summary>
    /// <exception cref="FozException">The server fails.</exception>
    public static StreamProposal Of(MongoDbSession session, string collection, CancellationToken cancellationToken)
    {
        var proposal = new DocumentProposal();
        try
        {
            PipelineDefinition<RawBsonDocument, RawBsonDocument> pipeline =
                new BsonDocument[] { new("$sample", new BsonDocument("size", SampleSize)) };
            using var cursor = session.Collection(collection).Aggregate(pipeline, cancellationToken: cancellationToken);
            while (cursor.MoveNext(cancellationToken))
                foreach (var document in cursor.Current)
                    using (document) proposal.Add(RawDocuments.BytesOf(document).Span);
        }
        catch (Exception e) when (MongoDbFault.IsOfSource(e))
        {
            throw session.Fault(e, $"reading a sample of {collection}");
        }
        return proposal.ToProposal();
    }

    void Add(ReadOnlySpan<byte> document)
    {
        try
        {
            Add("", document, 1);
        }
        catch (WireException)
        {
            // A run rejects the document with the reason.
        }
    }

    void Add(string prefix, ReadOnlySpan<byte> document, int depth)
    {
        var elements = new BsonElements(document);
        while (elements.Read())
        {
            var name = Encoding.UTF8.GetString(elements.Name);
            var isPlain = name.Length > 0 && !name.AsSpan().ContainsAny('.', '"', '\'');
            var path = prefix + (isPlain ? name : $"\"{name}\"");
            if (name.Contains('"', StringComparison.Ordinal)) continue;
            if (elements.Type is BsonType.Document && depth < DepthMax)
            {
                Add($"{path}.", elements.Value, depth + 1);
                continue;
            }
            if (!looks.TryGetValue(path, out var look))
            {
                if (looks.Count == ColumnsMax)
                {
                    isCut = true;
                    continue;
                }
                looks[path] = look = new(path);
            }
            Note(look, elements);
        }
    }

    static void Note(Look look, BsonElements element)
    {
        look.Types.Add(element.Type);
        if (element.Type is not BsonType.Decimal128) return;
        var number = BsonDecimal.Read(element.Value);
        look.Scale = Math.Max(look.Scale, -number.Exponent);
        look.Digits = Math.Max(look.Digits, $"{number.Coefficient}".Length + Math.Max(number.Exponent, 0));
    }

    StreamProposal ToProposal()
    {
        var columns = new List<(string Name, string Path, string Type)>();
        var notes = new List<string>();
        var names = new HashSet<string>(ChangeColumns.Fields.Select(f => f.Name), StringComparer.OrdinalIgnoreCase);
        // A document in some documents and something else in others is taken whole.
        var mixed = looks.Keys.Where(path => looks.Keys.Any(
            other => other.StartsWith($"{path}.", StringComparison.Ordinal))).ToHashSet(StringComparer.Ordinal);
        foreach (var look in looks.Values.Where(look => !mixed.Any(
            path => look.Path.StartsWith($"{path}.", StringComparison.Ordinal))))
        {
            var name = string.Concat(look.Path.Replace("\"", "", StringComparison.Ordinal)
                .Select(c => char.IsLetterOrDigit(c) || c == '_' ? c : '_'));
            var unique = name.Length == 0 ? "column" : name;
            for (var number = 2; !names.Add(unique); number++) unique = $"{name}_{number}";
            var types = look.Types.Where(t => t is not (BsonType.Null or BsonType.Undefined)).Order().ToList();
            var type = mixed.Contains(look.Path) ? "json" : TypeOf(look, types);
            if (types.Count > 1 && type == "json")
                notes.Add($"{look.Path} is of several types: {string.Join(", ", types)}");
            columns.Add((unique, look.Path, type));
        }
        if (isCut) notes.Add($"only the first {ColumnsMax} paths are shown");
        if (columns.Count == 0) return new([], [], notes);
        return new(
            [
                ("fields", $"{{{string.Join(", ", columns.Select(c => $"{c.Name}: {Quoted(c.Path)}"))}}}"),
                ("columns", $"{{{string.Join(", ", columns.Select(c => $"{c.Name}: {Quoted(c.Type)}"))}}}"),
            ],
            [.. columns.Select(c => new Field(c.Name, DataType.String).WithSourceType(c.Type))], notes);
    }

    static string TypeOf(Look look, List<BsonType> types) => types switch
    {
        [] => "varchar",
        [BsonType.Document or BsonType.Array] => "json",
        [BsonType.Boolean] => "boolean",
        [BsonType.Date] => "timestamptz",
        [BsonType.String or BsonType.ObjectId or BsonType.Symbol] => "varchar",
        [BsonType.Int32] or [BsonType.Int64] or [BsonType.Int32, BsonType.Int64] => "bigint",
        [BsonType.Decimal128] when look.Digits + look.Scale <= PrecisionMax =>
            $"decimal({PrecisionMax},{Math.Max(look.Scale, 0)})",
        [_] => look.Types.Contains(BsonType.Double) ? "double" : "varchar",
        _ when types.TrueForAll(t => t is BsonType.Int32 or BsonType.Int64 or BsonType.Double) => "double",
        _ => "json",
    };

    /// <summary>A text as YAML writes it within braces.</summary>
    static string Quoted(string text) => text.All(c => char.IsLetterOrDigit(c) || c is '_' or '.')
        ? text
        : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
