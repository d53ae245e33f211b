using System.Collections.Immutable;
using System.Globalization;

namespace Foz.Delta.Schema;

/// <summary>
/// Types as Spark's SQL writes them, for example <c>decimal(10,2)</c>, <c>array&lt;int&gt;</c>,
/// <c>struct&lt;a: int, b: string NOT NULL&gt;</c>, <c>varchar(20)</c>.
/// </summary>
public static class TypeText
{
    const int DepthMax = 100;

    static readonly Dictionary<string, DeltaType> primitives = new(StringComparer.OrdinalIgnoreCase)
    {
        ["boolean"] = DeltaType.Boolean, ["bool"] = DeltaType.Boolean,
        ["tinyint"] = DeltaType.Byte, ["byte"] = DeltaType.Byte,
        ["smallint"] = DeltaType.Short, ["short"] = DeltaType.Short,
        ["int"] = DeltaType.Integer, ["integer"] = DeltaType.Integer,
        ["bigint"] = DeltaType.Long, ["long"] = DeltaType.Long,
        ["float"] = DeltaType.Float, ["real"] = DeltaType.Float,
        ["double"] = DeltaType.Double,
        ["string"] = DeltaType.String, ["text"] = DeltaType.String,
        ["binary"] = DeltaType.Binary, ["date"] = DeltaType.Date,
        ["timestamp"] = DeltaType.Timestamp, ["timestamp_ltz"] = DeltaType.Timestamp,
        ["timestamptz"] = DeltaType.Timestamp,
        ["timestamp_ntz"] = DeltaType.TimestampNtz,
        ["variant"] = DeltaType.Variant, ["void"] = DeltaType.Void,
        ["decimal"] = new DecimalType(10, 0), ["dec"] = new DecimalType(10, 0), ["numeric"] = new DecimalType(10, 0),
    };

    /// <summary>The names of the types without parameters.</summary>
    public static IEnumerable<string> Names => primitives.Keys;

    /// <summary>The type of a text; <c>char(n)</c> and <c>varchar(n)</c> are strings.</summary>
    /// <exception cref="DeltaException"><see cref="DeltaErrorKind.InvalidSchema"/>: the text is no type.</exception>
    public static DeltaType Parse(string text)
    {
        var reader = new Reader(text);
        var type = reader.Type(depth: 0);
        return reader.IsAtEnd ? type : throw reader.Fault("nothing may follow the type");
    }

    /// <summary>
    /// As <see cref="Parse"/>, with <c>char(n)</c> and <c>varchar(n)</c> as <see cref="SizedTextType"/>.
    /// </summary>
    /// <exception cref="DeltaException"><see cref="DeltaErrorKind.InvalidSchema"/>: the text is no type.</exception>
    internal static DeltaType ParseSized(string text)
    {
        var reader = new Reader(text, keepsLengths: true);
        var type = reader.Type(depth: 0);
        return reader.IsAtEnd ? type : throw reader.Fault("nothing may follow the type");
    }

    /// <summary>
    /// A nullable column of the type of a text; it notes the length of a char or varchar, and a
    /// <see cref="DeclaredType"/>.
    /// </summary>
    /// <exception cref="DeltaException"><see cref="DeltaErrorKind.InvalidSchema"/>: the text is no type.</exception>
    public static StructField ParseColumn(string name, string text)
    {
        if (DeclaredType.In(text) is { } written)
        {
            var declared = written == DeclaredType.NumericText ? DeclaredType.Numeric : written;
            var plain = text.Replace(written, DeclaredType.Kept(declared), StringComparison.OrdinalIgnoreCase);
            return new(name, Parse(plain), metadata: FieldMetadata.Empty.With(DeclaredType.Key, declared));
        }
        var type = Parse(text);
        return TextLength.Parse(text) is { } length
            ? new(name, type, metadata: FieldMetadata.Empty.With(TextLength.TypeKey, length.ToString()))
            : new(name, type);
    }

    ref struct Reader(string text, bool keepsLengths = false)
    {
        int at;

        public bool IsAtEnd
        {
            get
            {
                SkipSpace();
                return at == text.Length;
            }
        }

        public readonly DeltaException Fault(string fault) =>
            new(DeltaErrorKind.InvalidSchema, $"'{text}' is not a type: {fault}");

        public DeltaType Type(int depth)
        {
            if (depth > DepthMax) throw Fault("it is nested too deep");
            var word = Name();
            switch (word.ToUpperInvariant())
            {
                case "ARRAY":
                    Expect('<');
                    var element = Type(depth + 1);
                    Expect('>');
                    return new ArrayType(element, ContainsNull: true);
                case "MAP":
                    Expect('<');
                    var key = Type(depth + 1);
                    Expect(',');
                    var value = Type(depth + 1);
                    Expect('>');
                    return new MapType(key, value, ValueContainsNull: true);
                case "STRUCT":
                    return Struct(depth + 1);
            }
            var parameters = Parameters();
            if (parameters.Length > 0) return WithParameters(word, parameters);
            return primitives.TryGetValue(word, out var primitive)
                ? primitive
                : throw Fault($"there is no type {word}");
        }

        readonly DeltaType WithParameters(string word, ImmutableArray<int> parameters) =>
            (word.ToUpperInvariant(), parameters) switch
            {
                ("DECIMAL" or "DEC" or "NUMERIC", [var precision]) => new DecimalType(precision, 0),
                ("DECIMAL" or "DEC" or "NUMERIC", [var precision, var scale]) => new DecimalType(precision, scale),
                ("CHAR" or "CHARACTER" or "VARCHAR", [> 0 and var length]) => keepsLengths
                    ? new SizedTextType(
                        new(length, IsPadded: !word.Equals("VARCHAR", StringComparison.OrdinalIgnoreCase)))
                    : DeltaType.String,
                _ => throw Fault($"{word} takes no such numbers"),
            };

        StructType Struct(int depth)
        {
            Expect('<');
            var fields = ImmutableArray.CreateBuilder<StructField>();
            while (!Take('>'))
            {
                if (fields.Count > 0) Expect(',');
                var name = Name();
                Take(':');
                var field = new StructField(name, Type(depth));
                if (TakeWord("NOT"))
                {
                    if (!TakeWord("NULL")) throw Fault("NULL is missing after NOT");
                    field = field with { Nullable = false };
                }
                if (TakeWord("COMMENT"))
                    field = field with { Metadata = field.Metadata.With(FieldMetadata.CommentKey, Quoted()) };
                fields.Add(field);
            }
            var type = new StructType(fields.ToImmutable());
            type.Validate();
            return type;
        }

        ImmutableArray<int> Parameters()
        {
            if (!Take('(')) return [];
            var parameters = ImmutableArray.CreateBuilder<int>();
            do
            {
                SkipSpace();
                var start = at;
                while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
                parameters.Add(
                    int.TryParse(
                        text.AsSpan(start..at), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                        ? number
                        : throw Fault("a number is missing"));
            }
            while (Take(','));
            Expect(')');
            return parameters.ToImmutable();
        }

        string Name()
        {
            SkipSpace();
            if (at < text.Length && text[at] == '`') return Quoted();
            var start = at;
            while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] == '_')) at++;
            return at > start ? text[start..at] : throw Fault("a name is missing");
        }

        string Quoted()
        {
            SkipSpace();
            var quote = at < text.Length && text[at] is '`' or '\'' or '"'
                ? text[at]
                : throw Fault("a quote is missing");
            var end = text.IndexOf(quote, at + 1);
            if (end < 0) throw Fault("a quote is not closed");
            var value = text[(at + 1)..end];
            at = end + 1;
            return value;
        }

        bool TakeWord(string word)
        {
            SkipSpace();
            if (string.Compare(text, at, word, 0, word.Length, StringComparison.OrdinalIgnoreCase) != 0) return false;
            at += word.Length;
            return true;
        }

        bool Take(char c)
        {
            SkipSpace();
            if (at == text.Length || text[at] != c) return false;
            at++;
            return true;
        }

        void Expect(char c)
        {
            if (!Take(c)) throw Fault($"{c} is missing");
        }

        void SkipSpace()
        {
            while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
        }
    }
}
