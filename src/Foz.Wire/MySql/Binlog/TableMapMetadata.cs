using System.Collections.Immutable;

namespace Foz.Wire.MySql.Binlog;

/// <summary>
/// What the description of a table says of its columns beyond their types. Lists have an element for each column, or
/// none where the server does not say.
/// </summary>
public sealed record TableMapMetadata
{
    const byte Signedness = 1, DefaultCharset = 2, ColumnCharset = 3, ColumnName = 4, SetValues = 5, EnumValues = 6;
    const byte SimpleKey = 8, PrefixKey = 9, EnumSetDefaultCharset = 10, EnumSetColumnCharset = 11;
    const int BitsPerByte = 8;

    /// <summary>Gets the names.</summary>
    public ImmutableArray<string> Names { get; private init; } = [];

    /// <summary>Gets which are unsigned; false for those that are no numbers.</summary>
    public ImmutableArray<bool> IsUnsigned { get; private init; } = [];

    /// <summary>Gets the numbers of the collations; 0 for those that have none.</summary>
    public ImmutableArray<uint> Collations { get; private init; } = [];

    /// <summary>Gets the values of ENUM and SET, as bytes of their character set; empty for other columns.</summary>
    public ImmutableArray<ImmutableArray<byte[]>> Values { get; private init; } = [];

    /// <summary>Gets which columns are the primary key, counted from 0, in its order.</summary>
    public ImmutableArray<int> PrimaryKey { get; private init; } = [];

    /// <inheritdoc/>
    public bool Equals(TableMapMetadata? other) =>
        other is not null && Names.AsSpan().SequenceEqual(other.Names.AsSpan())
        && IsUnsigned.AsSpan().SequenceEqual(other.IsUnsigned.AsSpan())
        && Collations.AsSpan().SequenceEqual(other.Collations.AsSpan())
        && PrimaryKey.AsSpan().SequenceEqual(other.PrimaryKey.AsSpan())
        && Values.Length == other.Values.Length
        && Values.Zip(other.Values).All(pair => pair.First.Length == pair.Second.Length
            && pair.First.Zip(pair.Second).All(v => v.First.AsSpan().SequenceEqual(v.Second)));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Names.Length, PrimaryKey.Length);

    internal static TableMapMetadata Read(
        ref ByteReader fields, ImmutableArray<BinlogColumn> columns, bool isMariaDb)
    {
        var metadata = new TableMapMetadata();
        Func<BinlogColumn, bool> isText = isMariaDb ? IsTextOfMariaDb : static column => column.IsText;
        while (fields.BytesLeft > 0)
        {
            var kind = fields.ReadByte();
            var reader = new ByteReader(fields.ReadSized(), "TableMap");
            metadata = kind switch
            {
                Signedness => metadata with { IsUnsigned = ReadSigns(ref reader, columns) },
                DefaultCharset => metadata.WithDefaultCollations(ref reader, columns, isText),
                ColumnCharset => metadata.WithCollations(ref reader, columns, isText),
                EnumSetDefaultCharset => metadata.WithDefaultCollations(ref reader, columns, IsEnumOrSet),
                EnumSetColumnCharset => metadata.WithCollations(ref reader, columns, IsEnumOrSet),
                ColumnName => metadata with { Names = ReadNames(ref reader, columns.Length) },
                SetValues => metadata.WithValues(ref reader, columns, BinlogColumnType.Set),
                EnumValues => metadata.WithValues(ref reader, columns, BinlogColumnType.Enum),
                SimpleKey or PrefixKey =>
                    metadata with { PrimaryKey = ReadKey(ref reader, kind == PrefixKey, columns.Length) },
                _ => metadata,
            };
        }

        return metadata;
    }

    /// <summary>MariaDB takes geometries for bytes, which have a collation.</summary>
    static bool IsTextOfMariaDb(BinlogColumn column) =>
        column.IsText || column.Type == BinlogColumnType.Geometry;

    static bool IsEnumOrSet(BinlogColumn column) =>
        column.Type is BinlogColumnType.Enum or BinlogColumnType.Set;

    static ImmutableArray<bool> ReadSigns(ref ByteReader reader, ImmutableArray<BinlogColumn> columns)
    {
        var bits = reader.ReadRest();
        var signs = new bool[columns.Length];
        var number = 0;
        for (var i = 0; i < columns.Length; i++)
        {
            if (!columns[i].HasSign) continue;
            if (number / BitsPerByte >= bits.Length) throw reader.Fault("lacks the sign of a column");
            signs[i] = (bits[number / BitsPerByte] >> BitsPerByte - 1 - number % BitsPerByte & 1) != 0;
            number++;
        }

        return [.. signs];
    }

    static ImmutableArray<string> ReadNames(ref ByteReader reader, int count)
    {
        var names = ImmutableArray.CreateBuilder<string>(count);
        for (var i = 0; i < count; i++) names.Add(reader.Text(reader.ReadSized()));
        return names.MoveToImmutable();
    }

    static ImmutableArray<int> ReadKey(ref ByteReader reader, bool hasPrefixes, int columnCount)
    {
        var key = ImmutableArray.CreateBuilder<int>();
        while (reader.BytesLeft > 0)
        {
            var column = reader.ReadLengthEncoded();
            if (hasPrefixes) reader.ReadLengthEncoded();
            if (column >= (ulong)columnCount) throw reader.Fault($"has a key of the column {column}");
            key.Add((int)column);
        }

        return key.ToImmutable();
    }

    TableMapMetadata WithDefaultCollations(
        ref ByteReader reader, ImmutableArray<BinlogColumn> columns, Func<BinlogColumn, bool> has)
    {
        var all = ReadCollation(ref reader);
        var others = new Dictionary<ulong, uint>();
        while (reader.BytesLeft > 0) others[reader.ReadLengthEncoded()] = ReadCollation(ref reader);
        ulong number = 0;
        return this with
        {
            Collations =
            [
                .. columns.Select((c, i) => !has(c) ? CollationOf(i) : others.GetValueOrDefault(number++, all)),
            ],
        };
    }

    TableMapMetadata WithCollations(
        ref ByteReader reader, ImmutableArray<BinlogColumn> columns, Func<BinlogColumn, bool> has)
    {
        var collations = ImmutableArray.CreateBuilder<uint>(columns.Length);
        for (var i = 0; i < columns.Length; i++)
            collations.Add(has(columns[i]) ? ReadCollation(ref reader) : CollationOf(i));
        return this with { Collations = collations.MoveToImmutable() };
    }

    static uint ReadCollation(ref ByteReader reader) =>
        reader.ReadLengthEncoded() is <= uint.MaxValue and var collation
            ? (uint)collation
            : throw reader.Fault("has a collation that is too large");

    uint CollationOf(int column) => Collations.IsEmpty ? 0 : Collations[column];

    TableMapMetadata WithValues(ref ByteReader reader, ImmutableArray<BinlogColumn> columns, BinlogColumnType type)
    {
        var all = ImmutableArray.CreateBuilder<ImmutableArray<byte[]>>(columns.Length);
        for (var i = 0; i < columns.Length; i++)
            all.Add(columns[i].Type == type ? ReadValues(ref reader) : Values.IsEmpty ? [] : Values[i]);
        return this with { Values = all.MoveToImmutable() };
    }

    static ImmutableArray<byte[]> ReadValues(ref ByteReader reader)
    {
        var count = reader.ReadCount();
        var values = ImmutableArray.CreateBuilder<byte[]>(count);
        for (var i = 0; i < count; i++) values.Add(reader.ReadSized().ToArray());
        return values.MoveToImmutable();
    }
}
