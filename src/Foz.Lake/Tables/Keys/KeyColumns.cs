using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Foz.Delta.Schema;
using Foz.DuckDB;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Keys;

/// <summary>
/// The columns of a key in the form that an index keeps them: whole numbers, or bytes. Two keys are equal if and only
/// if their forms are, whatever names and types the columns had when a file was written.
/// </summary>
public sealed class KeyColumns
{
    readonly KeyPart[] parts;

    KeyColumns(KeyPart[] parts) => this.parts = parts;

    /// <summary>How many columns the key has.</summary>
    public int Count => parts.Length;

    /// <summary>Whether the key is one whole number, of which another has another hash.</summary>
    public bool IsExact => parts is [{ IsNumber: true }];

    /// <summary>The key of some columns; null where the values of one cannot be indexed.</summary>
    public static KeyColumns? Of(TableSchema schema, IReadOnlyList<StructField> keys)
    {
        // Values of partition columns are in the log; floating-point numbers are equal in more than one form.
        if (keys.Count == 0 || keys.Any(key => schema.PartitionColumns.Any(column => column.Name == key.Name)
            || schema.Columns.Find(key.Name)?.Type != key.Type))
            return null;
        var found = keys.Select(key => PartOf(key, key.PhysicalName(schema.Mapping))).ToArray();
        return found.Any(part => part is null) ? null : new([.. found.Select(part => part!.Value)]);
    }

    /// <summary>Returns what distinguishes the key's form from any other, for the names of files.</summary>
    public string Identity(string table) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', parts.Select(part => $"{part.PhysicalName}\t{part.Form}").Prepend(table)))))[..32];

    /// <summary>The key's columns as SELECT lists them, each NULL where the key is not indexed.</summary>
    /// <param name="nameOf">The column's name in the relation.</param>
    public string Sql(Func<StructField, string> nameOf) => string.Join(
        ", ", parts.Select(part => string.Format(
            System.Globalization.CultureInfo.InvariantCulture, part.Expression,
            SqlText.Identifier(nameOf(part.Field)))));

    /// <summary>Reads the keys of a chunk.</summary>
    /// <param name="chunk">Rows whose columns from <paramref name="first"/> on are those of <see cref="Sql"/>.</param>
    /// <param name="first">The first of them.</param>
    /// <param name="keys">Gets the keys, in the order of the rows; those with a NULL are left out.</param>
    /// <param name="rowOf">What is noted of the key of a row.</param>
    public void Read(DataChunk chunk, int first, KeyList keys, Func<int, uint> rowOf)
    {
        if (IsExact)
        {
            ReadNumbers(chunk[first], chunk.RowCount, keys, rowOf);
            return;
        }
        Span<byte> number = stackalloc byte[sizeof(long)];
        for (var row = 0; row < chunk.RowCount; row++)
        {
            var isNull = false;
            for (var i = 0; i < parts.Length && !isNull; i++) isNull = chunk[first + i].IsNull(row);
            if (isNull) continue;
            keys.Begin();
            for (var i = 0; i < parts.Length; i++)
            {
                if (parts[i].IsNumber)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(number, chunk[first + i].Values<long>()[row]);
                    keys.Append(number);
                    continue;
                }
                var bytes = chunk[first + i].Bytes(row);
                BinaryPrimitives.WriteInt64LittleEndian(number, bytes.Length);
                keys.Append(number);
                keys.Append(bytes);
            }
            keys.End(rowOf(row));
        }
    }

    static void ReadNumbers(Vector vector, int count, KeyList keys, Func<int, uint> rowOf)
    {
        var values = vector.Values<long>();
        for (var row = 0; row < count; row++)
            if (!vector.IsNull(row)) keys.Add(KeyHash.Of(values[row]), rowOf(row));
    }

    static KeyPart? PartOf(StructField field, string physicalName)
    {
        (string Form, bool IsNumber, string Expression)? form = field.Type switch
        {
            PrimitiveType
            {
                Kind: PrimitiveKind.Byte or PrimitiveKind.Short or PrimitiveKind.Integer
                or PrimitiveKind.Long or PrimitiveKind.Boolean
            } => ("number", true, "CAST({0} AS BIGINT)"),
            PrimitiveType { Kind: PrimitiveKind.Date } =>
                ("days", true, Finite("CAST({0} - DATE '1970-01-01' AS BIGINT)")),
            PrimitiveType { Kind: PrimitiveKind.Timestamp or PrimitiveKind.TimestampNtz } =>
                ("microseconds", true, Finite("epoch_us({0})")),
            PrimitiveType { Kind: PrimitiveKind.String or PrimitiveKind.Binary } => ("bytes", false, "{0}"),
            DecimalType d => ($"decimal {d.Scale}", false, "CAST({0} AS VARCHAR)"),
            _ => null,
        };
        return form is { } known ? new(field, physicalName, known.Form, known.IsNumber, known.Expression) : null;
    }

    static string Finite(string expression) =>
        "CASE WHEN {0} IS NULL THEN NULL WHEN isfinite({0}) THEN " + expression
        + $" WHEN CAST({{0}} AS VARCHAR) = 'infinity' THEN {long.MaxValue} ELSE -{long.MaxValue} END";

    readonly record struct KeyPart(
        StructField Field, string PhysicalName, string Form, bool IsNumber, string Expression);
}
