using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;

namespace Foz.Wire.PostgreSql;

/// <summary>Writes numbers of a fixed scale as PostgreSQL's <c>numeric</c>, binary and text.</summary>
public static class NumericFormat
{
    /// <summary>The most bytes of a number of 128 bits in binary form.</summary>
    public const int BinaryBytesMax = HeaderBytes + (GroupsMax * sizeof(ushort));

    /// <summary>The most bytes of a number of 128 bits as text.</summary>
    public const int TextBytesMax = 48;

    const int HeaderBytes = 8;
    const int GroupBase = 10_000;
    const int DecimalsPerGroup = 4;
    const int GroupsMax = 22;

    const int GroupBits = 16;
    const uint NegativeSign = 0x4000;

    /// <summary>The groups of 16 bits that 64 bits hold.</summary>
    const int SmallGroups = 4;

    /// <summary>The largest scale for which 64 bits hold all groups after the point.</summary>
    const int SmallScaleMax = SmallGroups * DecimalsPerGroup;

    static readonly ulong[] PowerOfTen = [.. Enumerable.Range(0, 20).Select(n => (ulong)BigInteger.Pow(10, n))];

    /// <summary>By scale, what numbers of four groups are below, when the last group is filled up with zeros.</summary>
    static readonly ulong[] smallMax =
        [
            .. Enumerable.Range(
                0, SmallScaleMax
                    + 1)
                    .Select(scale =>
                        PowerOfTen[SmallScaleMax
                            - ((DecimalsPerGroup - (scale % DecimalsPerGroup)) % DecimalsPerGroup)]),
        ];

    static readonly UInt128[] LargePowerOfTen =
    [
        .. Enumerable.Range(0, 39).Select(n => (UInt128)BigInteger.Pow(10, n)),
    ];

    /// <summary>Writes a number in binary form.</summary>
    /// <param name="unscaled">The number times ten to the power of <paramref name="scale"/>.</param>
    /// <param name="scale">How many decimals it has, 0 to 38.</param>
    /// <param name="destination">Room for <see cref="BinaryBytesMax"/> bytes.</param>
    /// <returns>How many bytes were written.</returns>
    public static int WriteBinary(long unscaled, int scale, Span<byte> destination)
    {
        if (scale > SmallScaleMax) return WriteBinary((Int128)unscaled, scale, destination);
        var magnitude = unscaled < 0 ? (ulong)-unscaled : (ulong)unscaled;
        if (magnitude < smallMax[scale]) return WriteSmall(magnitude, unscaled < 0, scale, destination);
        Span<ushort> groups = stackalloc ushort[GroupsMax];
        var point = GroupsMax / 2;
        var (whole, fraction) = scale == 0 ? (magnitude, 0UL) : Math.DivRem(magnitude, PowerOfTen[scale]);
        var groupsBehind = (scale + DecimalsPerGroup - 1) / DecimalsPerGroup;
        fraction *= PowerOfTen[(groupsBehind * DecimalsPerGroup) - scale];
        var last = point + groupsBehind;
        for (var i = last - 1; i >= point; i--)
        {
            (fraction, var group) = Math.DivRem(fraction, GroupBase);
            groups[i] = (ushort)group;
        }

        var first = point;
        while (whole != 0)
        {
            (whole, var group) = Math.DivRem(whole, GroupBase);
            groups[--first] = (ushort)group;
        }

        return WriteGroups(groups, first, point, last, unscaled < 0, scale, destination);
    }

    /// <inheritdoc cref="WriteBinary(long, int, Span{byte})"/>
    public static int WriteBinary(Int128 unscaled, int scale, Span<byte> destination) =>
        scale <= SmallScaleMax && unscaled >= long.MinValue && unscaled <= long.MaxValue
            ? WriteBinary((long)unscaled, scale, destination)
            : WriteBinary(Magnitude(unscaled), unscaled < 0, scale, destination);

    /// <inheritdoc cref="WriteBinary(long, int, Span{byte})"/>
    public static int WriteBinary(UInt128 whole, Span<byte> destination) =>
        WriteBinary(whole, isNegative: false, scale: 0, destination);

    /// <summary>Writes a number as text.</summary>
    /// <param name="unscaled">The number times ten to the power of <paramref name="scale"/>.</param>
    /// <param name="scale">How many decimals it has, 0 to 38.</param>
    /// <param name="destination">Room for <see cref="TextBytesMax"/> bytes.</param>
    /// <returns>How many bytes were written.</returns>
    public static int WriteText(long unscaled, int scale, Span<byte> destination)
    {
        if (scale == 0)
        {
            Utf8Formatter.TryFormat(unscaled, destination, out var digits);
            return digits;
        }

        if (scale >= PowerOfTen.Length) return WriteText((Int128)unscaled, scale, destination);
        var length = 0;
        if (unscaled < 0) destination[length++] = (byte)'-';
        var magnitude = unscaled < 0 ? (ulong)-unscaled : (ulong)unscaled;
        var (whole, fraction) = Math.DivRem(magnitude, PowerOfTen[scale]);
        Utf8Formatter.TryFormat(whole, destination[length..], out var written);
        length += written;
        destination[length++] = (byte)'.';
        for (var i = length + scale - 1; i >= length; i--)
        {
            (fraction, var digit) = Math.DivRem(fraction, 10UL);
            destination[i] = (byte)('0' + digit);
        }

        return length + scale;
    }

    /// <inheritdoc cref="WriteText(long, int, Span{byte})"/>
    public static int WriteText(Int128 unscaled, int scale, Span<byte> destination)
    {
        if (scale < PowerOfTen.Length && unscaled >= long.MinValue && unscaled <= long.MaxValue)
            return WriteText((long)unscaled, scale, destination);
        var length = 0;
        if (unscaled < 0) destination[length++] = (byte)'-';
        var (whole, fraction) = UInt128.DivRem(Magnitude(unscaled), LargePowerOfTen[scale]);
        whole.TryFormat(destination[length..], out var written, default, null);
        length += written;
        if (scale == 0) return length;
        destination[length++] = (byte)'.';
        for (var i = length + scale - 1; i >= length; i--)
        {
            (fraction, var digit) = UInt128.DivRem(fraction, 10);
            destination[i] = (byte)('0' + (int)digit);
        }

        return length + scale;
    }

    /// <summary>Writes a whole number of any size in binary form.</summary>
    public static byte[] ToBinary(BigInteger number)
    {
        List<ushort> groups = [];
        for (var rest = BigInteger.Abs(number); !rest.IsZero; rest /= GroupBase)
            groups.Add((ushort)(rest % GroupBase));
        groups.Reverse();
        var bytes = new byte[HeaderBytes + (groups.Count * sizeof(ushort))];
        var length = WriteGroups(
            groups.ToArray(), 0, groups.Count, groups.Count, number.Sign < 0, scale: 0, bytes);
        return bytes[..length];
    }

    /// <summary>
    /// Writes a number of at most four groups, those after the point among them: they fit into 64 bits, and zeros at
    /// both ends are shifted out.
    /// </summary>
    static int WriteSmall(ulong magnitude, bool isNegative, int scale, Span<byte> destination)
    {
        var groupsBehind = (scale + DecimalsPerGroup - 1) / DecimalsPerGroup;
        var (high, low) = Math.DivRem(
            magnitude * PowerOfTen[(groupsBehind * DecimalsPerGroup) - scale], (ulong)GroupBase * GroupBase);
        var (first, second) = Math.DivRem((uint)high, GroupBase);
        var (third, fourth) = Math.DivRem((uint)low, GroupBase);
        var groups = ((ulong)first << 48) | ((ulong)second << 32) | ((ulong)third << 16) | fourth;
        var leading = BitOperations.LeadingZeroCount(groups) / GroupBits;
        var count = groups == 0 ? 0 : SmallGroups - leading - (BitOperations.TrailingZeroCount(groups) / GroupBits);
        var weight = groups == 0 ? 0 : (ushort)(SmallGroups - 1 - leading - groupsBehind);
        var sign = isNegative ? NegativeSign : 0u;
        BinaryPrimitives.WriteUInt64BigEndian(
            destination, ((ulong)count << 48) | ((ulong)weight << 32) | ((ulong)sign << 16) | (uint)scale);
        BinaryPrimitives.WriteUInt64BigEndian(destination[HeaderBytes..], groups << (leading * GroupBits));
        return HeaderBytes + (count * sizeof(ushort));
    }

    static int WriteBinary(UInt128 magnitude, bool isNegative, int scale, Span<byte> destination)
    {
        Span<ushort> groups = stackalloc ushort[GroupsMax];
        var point = GroupsMax / 2;
        var (whole, fraction) = UInt128.DivRem(magnitude, LargePowerOfTen[scale]);
        var groupsBehind = (scale + DecimalsPerGroup - 1) / DecimalsPerGroup;
        var last = point + groupsBehind;
        // The last group is filled up with zeros separately: the whole fraction could grow beyond 128 bits.
        var decimals = scale - ((groupsBehind - 1) * DecimalsPerGroup);
        for (var i = last - 1; i >= point; i--)
        {
            var isLast = i == last - 1;
            (fraction, var group) = UInt128.DivRem(fraction, isLast ? (UInt128)PowerOfTen[decimals] : GroupBase);
            groups[i] = (ushort)((ulong)group * (isLast ? PowerOfTen[DecimalsPerGroup - decimals] : 1));
        }

        var first = point;
        while (whole != 0)
        {
            (whole, var group) = UInt128.DivRem(whole, GroupBase);
            groups[--first] = (ushort)group;
        }

        return WriteGroups(groups, first, point, last, isNegative, scale, destination);
    }

    /// <summary>Groups of four decimals, without the zeros at both ends.</summary>
    static int WriteGroups(
        ReadOnlySpan<ushort> groups, int first, int point, int last, bool isNegative, int scale, Span<byte> destination)
    {
        while (first < last && groups[first] == 0) first++;
        while (last > first && groups[last - 1] == 0) last--;
        var count = last - first;
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)count);
        BinaryPrimitives.WriteInt16BigEndian(destination[2..], (short)(count == 0 ? 0 : point - first - 1));
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], (ushort)(isNegative && count > 0 ? NegativeSign : 0));
        BinaryPrimitives.WriteInt16BigEndian(destination[6..], (short)scale);
        var length = HeaderBytes;
        for (var i = first; i < last; i++, length += sizeof(ushort))
            BinaryPrimitives.WriteUInt16BigEndian(destination[length..], groups[i]);
        return length;
    }

    static UInt128 Magnitude(Int128 number) => number < 0 ? (UInt128)(-number) : (UInt128)number;
}
