using System.Numerics;
using System.Text.Json;
using Foz.Lake.Data;

namespace Foz.Connectors.Files.Json;

/// <summary>Collects the values of one place in JSON as a column.</summary>
abstract class JsonColumn
{
    ulong[]? validity;

    /// <summary>How many values there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many bytes of text there are, about.</summary>
    public virtual long TextBytes => 0;

    /// <summary>A column for what a place holds.</summary>
    public static JsonColumn For(JsonNode node) => node.Holding switch
    {
        JsonHolding.Boolean => new JsonFixedColumn<byte>(static (ref r) => r.GetBoolean() ? (byte)1 : (byte)0),
        JsonHolding.Long => new JsonFixedColumn<long>(static (ref r) => r.GetInt64()),
        JsonHolding.Double => new JsonFixedColumn<double>(static (ref r) => r.GetDouble()),
        JsonHolding.Struct => new JsonStructColumn(node, node.Members),
        JsonHolding.List => new JsonListColumn(node),
        _ => new JsonTextColumn(node.Holding),
    };

    /// <summary>Adds the value that the reader stands on, and goes to its end.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="row">The bytes that it reads.</param>
    public void Add(ref Utf8JsonReader reader, ReadOnlySpan<byte> row)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            AddNull();
            return;
        }
        AddValue(ref reader, row);
        if (validity is not null) Grow(Count)[Count >> 6] |= 1UL << (Count & 63);
        Count++;
    }

    /// <summary>Adds a null.</summary>
    public void AddNull()
    {
        AddDefault();
        if (validity is null)
        {
            validity = new ulong[(Count >> 6) + 1];
            for (var row = 0; row < Count; row++) validity[row >> 6] |= 1UL << (row & 63);
        }
        Grow(Count);
        Count++;
    }

    /// <summary>The column.</summary>
    public Column Build() => Build(validity);

    /// <summary>Adds a value that is not null.</summary>
    protected abstract void AddValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> row);

    /// <summary>Adds what stands where the row is null.</summary>
    protected abstract void AddDefault();

    /// <summary>The column.</summary>
    protected abstract Column Build(ulong[]? validity);

    ulong[] Grow(int row)
    {
        if (row >> 6 >= validity!.Length) Array.Resize(ref validity, validity.Length * 2);
        return validity;
    }
}

/// <summary>Reads the value that a reader stands on.</summary>
delegate T JsonValue<T>(ref Utf8JsonReader reader);

/// <summary>Values of one size.</summary>
sealed class JsonFixedColumn<T>(JsonValue<T> read) : JsonColumn
    where T : unmanaged
{
    T[] values = new T[1024];

    /// <inheritdoc/>
    protected override void AddValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> row) => Put(read(ref reader));

    /// <inheritdoc/>
    protected override void AddDefault() => Put(default);

    /// <inheritdoc/>
    protected override Column Build(ulong[]? validity) => new FixedColumn<T>(values, validity);

    void Put(T value)
    {
        if (Count == values.Length) Array.Resize(ref values, values.Length * 2);
        values[Count] = value;
    }
}

/// <summary>A column of texts: strings, or any other value as its own text.</summary>
sealed class JsonTextColumn(JsonHolding holding) : JsonColumn
{
    byte[] bytes = new byte[1024];
    int[] offsets = new int[1025];
    int length;

    /// <inheritdoc/>
    public override long TextBytes => length;

    /// <inheritdoc/>
    protected override void AddValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> row)
    {
        if (holding != JsonHolding.Json && reader.TokenType == JsonTokenType.String)
        {
            Reserve(reader.ValueSpan.Length);
            length += reader.CopyString(bytes.AsSpan(length));
        }
        else
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var text = row[start..(int)reader.BytesConsumed];
            Reserve(text.Length);
            text.CopyTo(bytes.AsSpan(length));
            length += text.Length;
        }
        End();
    }

    /// <inheritdoc/>
    protected override void AddDefault() => End();

    /// <inheritdoc/>
    protected override Column Build(ulong[]? validity) => new BytesColumn(bytes, offsets, validity);

    void Reserve(int count)
    {
        if (bytes.Length - length < count)
            Array.Resize(
                ref bytes, (int)Math.Max(BitOperations.RoundUpToPowerOf2((uint)(length + count)), bytes.Length * 2));
    }

    void End()
    {
        if (Count + 1 == offsets.Length) Array.Resize(ref offsets, offsets.Length * 2);
        offsets[Count + 1] = length;
    }
}

/// <summary>Lists.</summary>
sealed class JsonListColumn(JsonNode node) : JsonColumn
{
    readonly JsonColumn elements = For(node.Element!);
    int[] offsets = new int[1025];

    /// <inheritdoc/>
    public override long TextBytes => elements.TextBytes;

    /// <inheritdoc/>
    protected override void AddValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> row)
    {
        if (reader.TokenType != JsonTokenType.StartArray) elements.Add(ref reader, row);
        else while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) elements.Add(ref reader, row);
        End();
    }

    /// <inheritdoc/>
    protected override void AddDefault() => End();

    /// <inheritdoc/>
    protected override Column Build(ulong[]? validity) => new ListColumn(elements.Build(), offsets, validity);

    void End()
    {
        if (Count + 1 == offsets.Length) Array.Resize(ref offsets, offsets.Length * 2);
        offsets[Count + 1] = elements.Count;
    }
}

/// <summary>Structs; also the rows themselves.</summary>
/// <param name="node">The object.</param>
/// <param name="members">The fields of it that are wanted.</param>
sealed class JsonStructColumn(JsonNode node, IReadOnlyList<JsonMember> members) : JsonColumn
{
    readonly JsonColumn[] fields = [.. members.Select(m => For(m.Node))];
    readonly Dictionary<JsonMember, int> positions = members.Select((m, i) => (m, i)).ToDictionary(p => p.m, p => p.i);
    byte[] scratch = new byte[256];

    /// <inheritdoc/>
    public override long TextBytes => fields.Sum(f => f.TextBytes);

    /// <inheritdoc/>
    protected override void AddValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> row)
    {
        if (reader.TokenType != JsonTokenType.StartObject) AddMember(node.Find(JsonNode.XmlText, 0), ref reader, row);
        else for (var position = 0; reader.Read() && reader.TokenType != JsonTokenType.EndObject; position++)
        {
            var member = node.Find(Name(ref reader), position);
            reader.Read();
            AddMember(member, ref reader, row);
        }
        // A field that the object does not have is null.
        foreach (var field in fields)
            if (field.Count == Count) field.AddNull();
    }

    /// <inheritdoc/>
    protected override void AddDefault()
    {
        foreach (var field in fields) field.AddNull();
    }

    /// <inheritdoc/>
    protected override Column Build(ulong[]? validity) => new StructColumn([.. BuildFields()], validity);

    /// <summary>The columns of the fields.</summary>
    public IEnumerable<Column> BuildFields() => fields.Select(f => f.Build());

    void AddMember(JsonMember? member, ref Utf8JsonReader reader, ReadOnlySpan<byte> row)
    {
        if (member is not null && positions.TryGetValue(member, out var field)) fields[field].Add(ref reader, row);
        else reader.Skip();
    }

    ReadOnlySpan<byte> Name(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan;
        if (scratch.Length < reader.ValueSpan.Length) scratch = new byte[reader.ValueSpan.Length];
        return scratch.AsSpan(0, reader.CopyString(scratch));
    }
}
