using Foz.Lake.Data;
using Foz.Wire.PostgreSql;

namespace Foz.Connectors.PostgreSql.Changes;

/// <summary>
/// Builds the column that <see cref="TypeMapping"/> maps a type to from values that the server writes as text. What is
/// text in bronze stays as the server writes it.
/// </summary>
static class TextMapping
{
    const uint BoxOid = 603;

    /// <summary>Creates the builder of a type's column.</summary>
    public static ColumnBuilder NewBuilder(ColumnType type, TypeMapping mapping) => mapping.Type is DataType.Array array
        ? new TextListBuilder(
            Scalar(type.Oid, array.Element, type.MoneyScale), type.Oid == BoxOid ? (byte)';' : (byte)',')
        : Scalar(type.IsArray ? TypeOids.Text : type.Oid, mapping.Type, type.MoneyScale);

    static ColumnBuilder Scalar(uint oid, DataType type, int moneyScale) => (oid, type) switch
    {
        (TypeOids.Bool, _) => new FixedBuilder<byte, TextBooleanReader>(default),
        (TypeOids.Int2, _) => new FixedBuilder<short, TextInt16Reader>(default),
        (TypeOids.Int4, _) => new FixedBuilder<int, TextInt32Reader>(default),
        (TypeOids.Int8 or TypeOids.Oid, _) => new FixedBuilder<long, TextInt64Reader>(default),
        (TypeOids.Float4, _) => new FixedBuilder<float, TextSingleReader>(default),
        (TypeOids.Float8, _) => new FixedBuilder<double, TextDoubleReader>(default),
        (TypeOids.Numeric, DataType.Decimal number) =>
            new FixedBuilder<Int128, TextDecimalReader>(new(number.Precision, number.Scale)),
        (TypeOids.Date, _) => new FixedBuilder<int, TextDateReader>(default),
        (TypeOids.Timestamp, _) => new FixedBuilder<long, TextTimestampReader>(new(hasZone: false)),
        (TypeOids.Timestamptz, _) => new FixedBuilder<long, TextTimestampReader>(new(hasZone: true)),
        (TypeOids.Money, _) => new BytesBuilder<TextMoneyReader>(new(moneyScale)),
        (TypeOids.Bytea, _) => new BytesBuilder<TextByteaReader>(default),
        _ => new BytesBuilder<UncheckedTextReader>(default),
    };
}
