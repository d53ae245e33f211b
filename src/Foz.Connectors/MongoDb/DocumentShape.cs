using System.Globalization;
using System.Text;
using Foz.Wire.Bson;

namespace Foz.Connectors.MongoDb;

/// <summary>A value that was found in a document: its type, and where its bytes are.</summary>
readonly record struct FoundValue(BsonType Type, int Start, int Length)
{
    /// <summary>The value's bytes.</summary>
    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> document) => document.Slice(Start, Length);
}

/// <summary>
/// Finds the values of some paths in documents, in one pass over each. A document in which a path could mean two values
/// is not read, and neither is one where a path goes on in something that is no document.
/// </summary>
sealed class DocumentShape
{
    readonly Node root = new([]);
    readonly FoundValue?[] found;
    long document;

    /// <summary>Prepares to find paths.</summary>
    public DocumentShape(IReadOnlyList<DocumentPath> paths)
    {
        found = new FoundValue?[paths.Count];
        for (var i = 0; i < paths.Count; i++)
        {
            var node = root;
            foreach (var name in paths[i].Names) node = node.Child(Encoding.UTF8.GetBytes(name));
            node.Values.Add(i);
        }
    }

    /// <summary>The values of the last document, in the order of the paths; null where it has none.</summary>
    public IReadOnlyList<FoundValue?> Found => found;

    /// <summary>Finds the values of a document.</summary>
    /// <returns>Why it cannot be read; null where it can.</returns>
    /// <exception cref="Foz.Wire.WireException">It is not BSON.</exception>
    public string? Find(ReadOnlySpan<byte> bytes)
    {
        document++;
        Array.Clear(found);
        return Visit(root, bytes, bytes, isArray: false);
    }

    string? Visit(Node node, ReadOnlySpan<byte> whole, ReadOnlySpan<byte> value, bool isArray)
    {
        var elements = new BsonElements(value);
        while (elements.Read())
        {
            if (node.Find(elements.Name) is not { } child) continue;
            if (child.SeenIn == document) return $"the field '{Encoding.UTF8.GetString(elements.Name)}' comes twice";
            child.SeenIn = document;
            if (Take(child, whole, elements) is { } fault) return fault;
        }
        return isArray && node.NameOfField is { } name
            ? $"'{name}' is asked of an array: name an element by its position, or take the array as json"
            : null;
    }

    string? Take(Node node, ReadOnlySpan<byte> whole, BsonElements element)
    {
        if (!whole.Overlaps(element.Value, out var start)) start = 0;
        foreach (var index in node.Values) found[index] = new(element.Type, start, element.Value.Length);
        if (!node.HasChildren) return null;
        return element.Type switch
        {
            BsonType.Document => Visit(node, whole, element.Value, isArray: false),
            BsonType.Array => Visit(node, whole, element.Value, isArray: true),
            BsonType.Null or BsonType.Undefined => null,
            _ => $"'{Encoding.UTF8.GetString(element.Name)}' is of the type {element.Type}, and has no fields",
        };
    }

    /// <summary>A name on the way to values.</summary>
    sealed class Node(byte[] name)
    {
        readonly List<Node> children = [];

        /// <summary>The paths that end here.</summary>
        public List<int> Values { get; } = [];

        /// <summary>The last document that had it.</summary>
        public long SeenIn { get; set; }

        /// <summary>Whether paths go on from here.</summary>
        public bool HasChildren => children.Count > 0;

        /// <summary>A name below it that is no position in an array; null where there is none.</summary>
        public string? NameOfField => children
            .Select(child => Encoding.UTF8.GetString(child.Name))
            .FirstOrDefault(text => !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _));

        byte[] Name { get; } = name;

        /// <summary>The node of a name below it, made where it is new.</summary>
        public Node Child(byte[] name)
        {
            if (Find(name) is { } known) return known;
            var child = new Node(name);
            children.Add(child);
            return child;
        }

        /// <summary>The node of a name below it; null where there is none.</summary>
        public Node? Find(ReadOnlySpan<byte> name)
        {
            foreach (var child in children)
                if (name.SequenceEqual(child.Name)) return child;
            return null;
        }
    }
}
