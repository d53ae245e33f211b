using System.Text;
using Foz.Connectors.Files.Formats;
using Foz.Lake.Data;

namespace Foz.Connectors.Files.Json;

/// <summary>How the values of a place in JSON are held.</summary>
enum JsonHolding
{
    /// <summary>Not known yet: as what they turn out to be.</summary>
    Open,

    /// <summary>As booleans.</summary>
    Boolean,

    /// <summary>As whole numbers of 64 bits.</summary>
    Long,

    /// <summary>As doubles, where those lose nothing.</summary>
    Double,

    /// <summary>As strings.</summary>
    String,

    /// <summary>Numbers, as the text of their digits.</summary>
    Digits,

    /// <summary>Whatever they are, as their JSON.</summary>
    Json,

    /// <summary>As the text that a type which was declared is made of.</summary>
    Text,

    /// <summary>As structs.</summary>
    Struct,

    /// <summary>As lists.</summary>
    List,
}

/// <summary>
/// A place in JSON values, such as a field: the type that the table or the stream states for it, otherwise the types of
/// its values so far.
/// </summary>
sealed class JsonNode
{
    /// <summary>The source type of a column whose values are of several types: their JSON.</summary>
    public const string Mixed = "mixed";

    /// <summary>The source type of numbers with more digits than a double has: their text.</summary>
    public const string WideNumber = "number";

    /// <summary>The name of <see cref="XmlRows.TextField"/> in UTF-8.</summary>
    public static ReadOnlySpan<byte> XmlText => "text"u8;

    readonly List<JsonMember> members = [];
    readonly Dictionary<string, JsonMember> byName = new(StringComparer.OrdinalIgnoreCase);
    long objectsSeen;

    /// <summary>How the values are held.</summary>
    public JsonHolding Holding { get; private set; }

    /// <summary>The type where <see cref="Holding"/> is not open.</summary>
    public DataType? Type { get; private set; }

    /// <summary>
    /// Whether the JSON was XML: a value is then a list of one where others of its name are lists, and a text the field
    /// <see cref="XmlRows.TextField"/> where others have fields.
    /// </summary>
    public bool IsXml { get; init; }

    /// <summary>The kinds of values so far.</summary>
    public JsonKinds Kinds { get; set; }

    /// <summary>The fields of objects in the order in which they were met first.</summary>
    public IReadOnlyList<JsonMember> Members => members;

    /// <summary>The elements of arrays; null where none was met.</summary>
    public JsonNode? Element { get; private set; }

    /// <summary>A place whose values have a type already.</summary>
    /// <param name="type">The type.</param>
    /// <param name="sourceType">The source's type that the table stores: see <see cref="SourceType"/>.</param>
    /// <param name="isXml">See <see cref="IsXml"/>.</param>
    public static JsonNode Of(DataType type, string? sourceType, bool isXml)
    {
        var node = new JsonNode { Type = type, IsXml = isXml };
        switch (type)
        {
            case DataType.Struct s:
                node.Holding = JsonHolding.Struct;
                foreach (var field in s.Fields)
                    node.Add(field.Name, Of(field.Type, field.Metadata.GetValueOrDefault(Field.SourceTypeKey), isXml));
                break;
            case DataType.Array array:
                node.Holding = JsonHolding.List;
                node.Element = Of(array.Element, sourceType is null ? null : Inner(sourceType), isXml);
                break;
            default:
                node.Holding = HoldingOf(type, sourceType);
                break;
        }
        return node;
    }

    /// <summary>A place of objects.</summary>
    /// <param name="isXml">See <see cref="IsXml"/>.</param>
    public static JsonNode OfStruct(bool isXml = false) => new() { Holding = JsonHolding.Struct, IsXml = isXml };

    /// <summary>A place whose values the engine makes of their text.</summary>
    public static JsonNode OfText(DataType type) => new() { Holding = JsonHolding.Text, Type = type };

    /// <summary>An element of arrays.</summary>
    public JsonNode OpenElement() => Element ??= new JsonNode { IsXml = IsXml };

    /// <summary>Starts another object: each field may stand in it once.</summary>
    public long StartObject() => ++objectsSeen;

    /// <summary>The field of a name, made where it is new.</summary>
    /// <param name="name">The name in UTF-8.</param>
    /// <param name="expected">How many fields of the object came before: its likely place.</param>
    public JsonMember Member(ReadOnlySpan<byte> name, int expected)
    {
        if (expected < members.Count && members[expected].Utf8.AsSpan().SequenceEqual(name)) return members[expected];
        var text = Encoding.UTF8.GetString(name);
        return byName.TryGetValue(text, out var member) ? member : Add(text, new JsonNode { IsXml = IsXml });
    }

    /// <summary>Returns the field of a name; null if there is none.</summary>
    public JsonMember? Find(ReadOnlySpan<byte> name, int expected) =>
        expected < members.Count && members[expected].Utf8.AsSpan().SequenceEqual(name)
            ? members[expected]
            : byName.GetValueOrDefault(Encoding.UTF8.GetString(name));

    /// <summary>Adds the kinds of values in another file.</summary>
    public void Merge(JsonNode other)
    {
        Kinds |= other.Kinds;
        foreach (var member in other.members)
            if (byName.TryGetValue(member.Name, out var own)) own.Node.Merge(member.Node);
            else Add(member.Name, member.Node);
        if (other.Element is null) return;
        if (Element is null) Element = other.Element;
        else Element.Merge(other.Element);
    }

    /// <summary>A place like this one in which nothing was met yet.</summary>
    public JsonNode Empty()
    {
        var node = new JsonNode { Holding = Holding, Type = Type, IsXml = IsXml, Element = Element?.Empty() };
        foreach (var member in members) node.Add(member.Name, member.Node.Empty());
        return node;
    }

    /// <summary>
    /// Decides how values are held, by the kinds of values so far; fields with nulls only are left out.
    /// </summary>
    /// <returns>Whether there were any values, or a type was stated before.</returns>
    public bool Resolve()
    {
        if (Holding is JsonHolding.Open && Kinds == JsonKinds.None) return false;
        if (Holding is JsonHolding.Open && IsXml) MakeAlike();
        if (Holding is JsonHolding.Open) Holding = Choose();
        switch (Holding)
        {
            case JsonHolding.Struct:
                members.RemoveAll(m => !m.Node.Resolve());
                var before = (Type as DataType.Struct)?.Fields.ToDictionary(f => f.Name) ?? [];
                Type = new DataType.Struct([.. members.Select(m => m.ToField(before.GetValueOrDefault(m.Name)))]);
                break;
            case JsonHolding.List:
                Element!.Resolve();
                Type = new DataType.Array(Element.Type!);
                break;
            default:
                Type ??= TypeOf(Holding);
                break;
        }
        return true;
    }

    /// <summary>
    /// Returns the source's type to store with the column: <c>json</c>, or <c>json:</c> and where in it texts replace
    /// other values, so that later batches do the same.
    /// </summary>
    public string SourceType() => Deviation() is { } deviation ? $"json:{deviation}" : "json";

    /// <summary>
    /// Gives values of different kinds one kind: a single element is a list of one, and a text a field of its element.
    /// </summary>
    void MakeAlike()
    {
        if ((Kinds & JsonKinds.Array) != JsonKinds.None && Kinds != JsonKinds.Array)
        {
            var single = new JsonNode { IsXml = true, Kinds = Kinds & ~JsonKinds.Array };
            foreach (var member in members) single.Add(member.Name, member.Node);
            OpenElement().Merge(single);
            members.Clear();
            byName.Clear();
            Kinds = JsonKinds.Array;
        }
        if (Kinds != (JsonKinds.Object | JsonKinds.String)) return;
        Member(XmlText, 0).Node.Kinds |= JsonKinds.String;
        Kinds = JsonKinds.Object;
    }

    static string? Inner(string sourceType) =>
        sourceType.StartsWith("json:array<", StringComparison.Ordinal)
            ? $"json:{sourceType["json:array<".Length..^1]}"
            : null;

    string? Deviation() => Holding switch
    {
        JsonHolding.Json => Mixed,
        JsonHolding.Digits => WideNumber,
        JsonHolding.List => Element!.Deviation() is { } inner ? $"array<{inner}>" : null,
        _ => null,
    };

    static JsonHolding HoldingOf(DataType type, string? sourceType) => type switch
    {
        DataType.Primitive { Name: "boolean" } => JsonHolding.Boolean,
        DataType.Primitive { Name: "long" } => JsonHolding.Long,
        DataType.Primitive { Name: "double" } => JsonHolding.Double,
        DataType.Primitive { Name: "string" } => sourceType switch
        {
            $"json:{Mixed}" => JsonHolding.Json,
            $"json:{WideNumber}" => JsonHolding.Digits,
            _ => JsonHolding.String,
        },
        _ => JsonHolding.Text,
    };

    static DataType TypeOf(JsonHolding holding) => holding switch
    {
        JsonHolding.Boolean => DataType.Boolean,
        JsonHolding.Long => DataType.Long,
        JsonHolding.Double => DataType.Double,
        _ => DataType.String,
    };

    JsonHolding Choose()
    {
        var isNumber = (Kinds & JsonKinds.Number) != JsonKinds.None;
        return (Kinds & ~JsonKinds.Number, isNumber) switch
        {
            (JsonKinds.Boolean, false) => JsonHolding.Boolean,
            (JsonKinds.String, false) => JsonHolding.String,
            (JsonKinds.None, true) => ChooseNumber(),
            (JsonKinds.Object, false) => members.Exists(m => m.Node.IsKnown()) ? JsonHolding.Struct : JsonHolding.Json,
            (JsonKinds.Array, false) => Element is not null && Element.IsKnown() ? JsonHolding.List : JsonHolding.Json,
            _ => JsonHolding.Json,
        };
    }

    JsonHolding ChooseNumber() =>
        (Kinds & JsonKinds.Wide) != JsonKinds.None ? JsonHolding.Digits
        : (Kinds & JsonKinds.Double) == JsonKinds.None ? JsonHolding.Long
        : (Kinds & JsonKinds.LargeInteger) == JsonKinds.None ? JsonHolding.Double
        : JsonHolding.Digits;

    bool IsKnown() => Holding is not JsonHolding.Open || Kinds != JsonKinds.None;

    /// <summary>Adds a field.</summary>
    public JsonMember Add(string name, JsonNode node)
    {
        var member = new JsonMember(name, node);
        members.Add(member);
        byName.Add(name, member);
        return member;
    }
}

/// <summary>A field of objects.</summary>
/// <param name="name">Its name in its first spelling; the same name in another case is the same field.</param>
/// <param name="node">Its values.</param>
sealed class JsonMember(string name, JsonNode node)
{
    /// <summary>The name.</summary>
    public string Name { get; } = name;

    /// <summary>The name in UTF-8.</summary>
    public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(name);

    /// <summary>Its values.</summary>
    public JsonNode Node { get; } = node;

    /// <summary>The last object that had it.</summary>
    public long SeenIn { get; set; }

    /// <summary>The field of a struct that holds it.</summary>
    /// <param name="before">The field as the table has it; null where it has none.</param>
    public Field ToField(Field? before)
    {
        if (before is not null) return before with { Type = Node.Type! };
        var field = new Field(Name, Node.Type!);
        return Node.SourceType() is "json" ? field : field.WithSourceType(Node.SourceType());
    }
}
