namespace Foz.Lake.Data;

/// <summary>
/// The type of a column as it passes between connectors, engine and tables: what a Delta table can hold, by Delta's
/// names (PROTOCOL.md, "Schema Serialization Format").
/// </summary>
public abstract record DataType
{
    DataType() { }

    /// <summary>True or false.</summary>
    public static readonly DataType Boolean = new Primitive("boolean");

    /// <summary>Signed 8-bit integer.</summary>
    public static readonly DataType Byte = new Primitive("byte");

    /// <summary>Signed 16-bit integer.</summary>
    public static readonly DataType Short = new Primitive("short");

    /// <summary>Signed 32-bit integer.</summary>
    public static readonly DataType Integer = new Primitive("integer");

    /// <summary>Signed 64-bit integer.</summary>
    public static readonly DataType Long = new Primitive("long");

    /// <summary>32-bit IEEE 754 number.</summary>
    public static readonly DataType Float = new Primitive("float");

    /// <summary>64-bit IEEE 754 number.</summary>
    public static readonly DataType Double = new Primitive("double");

    /// <summary>UTF-8 text.</summary>
    public static readonly DataType String = new Primitive("string");

    /// <summary>Bytes.</summary>
    public static readonly DataType Binary = new Primitive("binary");

    /// <summary>A day of the proleptic Gregorian calendar.</summary>
    public static readonly DataType Date = new Primitive("date");

    /// <summary>An instant, to the microsecond, kept in UTC.</summary>
    public static readonly DataType Timestamp = new Primitive("timestamp");

    /// <summary>A local date and time without zone, to the microsecond.</summary>
    public static readonly DataType TimestampNtz = new Primitive("timestamp_ntz");

    /// <summary>A semi-structured value.</summary>
    public static readonly DataType Variant = new Primitive("variant");

    /// <summary>Only null: the type of a column of which nothing else is known.</summary>
    public static readonly DataType Void = new Primitive("void");

    /// <summary>A type with nothing but a name.</summary>
    /// <param name="Name">Delta's name of it.</param>
    public sealed record Primitive(string Name) : DataType
    {
        /// <inheritdoc/>
        public override string ToString() => Name;
    }

    /// <summary>An exact number of at most 38 digits.</summary>
    /// <param name="Precision">Digits in all, 1 to 38.</param>
    /// <param name="Scale">Digits after the point, 0 to <paramref name="Precision"/>.</param>
    public sealed record Decimal(int Precision, int Scale) : DataType
    {
        /// <inheritdoc/>
        public override string ToString() => $"decimal({Precision},{Scale})";
    }

    /// <summary>An ordered list of values of one type.</summary>
    /// <param name="Element">Type of the elements; they may be null.</param>
    public sealed record Array(DataType Element) : DataType
    {
        /// <inheritdoc/>
        public override string ToString() => $"array<{Element}>";
    }

    /// <summary>Keys with values.</summary>
    /// <param name="Key">Type of the keys, never null.</param>
    /// <param name="Value">Type of the values; they may be null.</param>
    public sealed record Map(DataType Key, DataType Value) : DataType
    {
        /// <inheritdoc/>
        public override string ToString() => $"map<{Key},{Value}>";
    }

    /// <summary>Named fields.</summary>
    /// <param name="Fields">The fields in order.</param>
    public sealed record Struct(IReadOnlyList<Field> Fields) : DataType
    {
        /// <inheritdoc/>
        public bool Equals(Struct? other) => other is not null && Fields.SequenceEqual(other.Fields);

        /// <inheritdoc/>
        public override int GetHashCode() => Fields.Aggregate(0, HashCode.Combine);

        /// <inheritdoc/>
        public override string ToString() =>
            $"struct<{string.Join(',', Fields.Select(f => $"{f.Name}:{f.Type}"))}>";
    }
}
