using System.Text.Json;

namespace Foz.Wire.Avro;

/// <summary>The schema of a value (Apache Avro specification, "Schema Declaration").</summary>
public abstract record AvroSchema
{
    const int DepthMax = 128;

    AvroSchema() { }

    /// <summary>What the value means beyond its encoding, such as <c>date</c>; null where nothing is said.</summary>
    public string? LogicalType { get; init; }

    /// <summary>Of a decimal, how many digits it has; otherwise 0.</summary>
    public int Precision { get; init; }

    /// <summary>Of a decimal, how many of them come after the point.</summary>
    public int Scale { get; init; }

    /// <summary>A value without parts: <c>null boolean int long float double bytes string</c>.</summary>
    /// <param name="Name">Its name in the specification.</param>
    public sealed record Primitive(string Name) : AvroSchema;

    /// <summary>Fields in order.</summary>
    /// <param name="Name">Its full name.</param>
    public sealed record Record(string Name) : AvroSchema
    {
        /// <summary>The fields; a field may be of the record itself.</summary>
        public IReadOnlyList<AvroField> Fields { get; internal set; } = [];

        /// <inheritdoc/>
        public bool Equals(Record? other) => ReferenceEquals(this, other);

        /// <inheritdoc/>
        public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
    }

    /// <summary>One of several words.</summary>
    /// <param name="Symbols">The words.</param>
    public sealed record Enum(IReadOnlyList<string> Symbols) : AvroSchema;

    /// <summary>Any number of values of one schema.</summary>
    /// <param name="Items">That of each.</param>
    public sealed record Array(AvroSchema Items) : AvroSchema;

    /// <summary>Values by texts.</summary>
    /// <param name="Values">The schema of each.</param>
    public sealed record Map(AvroSchema Values) : AvroSchema;

    /// <summary>A value of one of several schemas.</summary>
    /// <param name="Branches">They.</param>
    public sealed record Union(IReadOnlyList<AvroSchema> Branches) : AvroSchema;

    /// <summary>So many bytes.</summary>
    /// <param name="Size">How many.</param>
    public sealed record Fixed(int Size) : AvroSchema;

    /// <summary>Reads a schema.</summary>
    /// <param name="json">It, as JSON.</param>
    /// <exception cref="WireException">It is none.</exception>
    public static AvroSchema Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new() { MaxDepth = 2 * DepthMax });
            return new SchemaParser().Read(document.RootElement, space: "", depth: 0);
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw WireException.Malformed($"its schema cannot be read: {e.Message}");
        }
    }

    sealed class SchemaParser
    {
        readonly Dictionary<string, AvroSchema> named = new(StringComparer.Ordinal);

        public AvroSchema Read(JsonElement json, string space, int depth)
        {
            if (depth > DepthMax) throw WireException.Malformed("its schema is nested too deeply");
            return json.ValueKind switch
            {
                JsonValueKind.String => ByName(json.GetString()!, space),
                JsonValueKind.Array =>
                    new Union([.. json.EnumerateArray().Select(branch => Read(branch, space, depth + 1))]),
                JsonValueKind.Object => ReadObject(json, space, depth),
                _ => throw WireException.Malformed("its schema has a part that is none"),
            };
        }

        AvroSchema ReadObject(JsonElement json, string space, int depth)
        {
            var type = json.GetProperty("type");
            if (type.ValueKind != JsonValueKind.String) return Read(type, space, depth + 1);
            AvroSchema schema = type.GetString() switch
            {
                "record" or "error" => ReadRecord(json, space, depth),
                "enum" =>
                    Name(json, space,
                        new Enum([.. json.GetProperty("symbols").EnumerateArray().Select(s => s.GetString()!)])),
                "fixed" => Name(json, space, Logical(json, new Fixed(json.GetProperty("size").GetInt32()))),
                "array" => new Array(Read(json.GetProperty("items"), space, depth + 1)),
                "map" => new Map(Read(json.GetProperty("values"), space, depth + 1)),
                var name => ByName(name!, space),
            };
            return schema is Record or Fixed ? schema : Logical(json, schema);
        }

        Record ReadRecord(JsonElement json, string space, int depth)
        {
            var full = FullName(json, space);
            var record = new Record(full);
            named[full] = record;
            var inner = full.LastIndexOf('.') is > 0 and var dot ? full[..dot] : "";
            record.Fields =
            [
                .. json.GetProperty("fields").EnumerateArray().Select(field => new AvroField(
                    field.GetProperty("name").GetString()!, Read(field.GetProperty("type"), inner, depth + 1))
                {
                    Id = field.TryGetProperty("field-id", out var id) && id.TryGetInt32(out var number) ? number : null,
                }),
            ];
            return record;
        }

        AvroSchema Name(JsonElement json, string space, AvroSchema schema) => named[FullName(json, space)] = schema;

        static string FullName(JsonElement json, string space)
        {
            var name = json.GetProperty("name").GetString()!;
            if (name.Contains('.', StringComparison.Ordinal)) return name;
            var own = json.TryGetProperty("namespace", out var stated) && stated.ValueKind == JsonValueKind.String
                ? stated.GetString()! : space;
            return own.Length == 0 ? name : $"{own}.{name}";
        }

        AvroSchema ByName(string name, string space) => name switch
        {
            "null" or "boolean" or "int" or "long" or "float" or "double" or "bytes" or "string" => new Primitive(name),
            _ => (space.Length > 0 ? named.GetValueOrDefault($"{space}.{name}") : null) ?? named.GetValueOrDefault(name)
                ?? throw WireException.Malformed($"its schema names a type '{name}' that it does not tell"),
        };

        static AvroSchema Logical(JsonElement json, AvroSchema schema) => schema with
        {
            LogicalType = json.TryGetProperty("logicalType", out var type) && type.ValueKind == JsonValueKind.String
                ? type.GetString()
                : null,
            Precision = json.TryGetProperty("precision", out var precision) ? precision.GetInt32() : 0,
            Scale = json.TryGetProperty("scale", out var scale) ? scale.GetInt32() : 0,
        };
    }
}

/// <summary>A field of a record.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Schema">The schema of its values.</param>
public sealed record AvroField(string Name, AvroSchema Schema)
{
    /// <summary>The id that Iceberg gives it; null where there is none.</summary>
    public int? Id { get; init; }
}
