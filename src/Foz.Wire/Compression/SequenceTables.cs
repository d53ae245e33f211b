namespace Foz.Wire.Compression;

/// <summary>
/// The tables that literal lengths, offsets and match lengths of a Zstandard block's sequences are decoded with, and
/// the states of decoding (RFC 8878 §3.1.1.3.2).
/// </summary>
sealed class SequenceTables
{
    static readonly Kind LiteralLengths = new(
        9, 35, new FseTable(
            [
                4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1,
                -1, -1,
            ], 6));

    static readonly Kind Offsets = new(
        8, 31, new FseTable(
            [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1], 5));

    static readonly Kind MatchLengths = new(
        9, 52, new FseTable(
            [1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                1, 1,
                1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1], 6));

    static ReadOnlySpan<int> LiteralBaselines =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512,
        1024,
        2048, 4096, 8192, 16384, 32768, 65536,
    ];

    static ReadOnlySpan<byte> LiteralBits =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        16,
    ];

    static ReadOnlySpan<int> MatchBaselines =>
    [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
        33,
        34, 35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539,
    ];

    static ReadOnlySpan<byte> MatchBits =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2,
        2, 3,
        3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    ];

    FseTable? literals;
    FseTable? offsets;
    FseTable? matches;
    int literalState;
    int offsetState;
    int matchState;

    /// <summary>What may be said of one of the three.</summary>
    /// <param name="AccuracyLogMax">The largest table.</param>
    /// <param name="SymbolMax">The highest symbol.</param>
    /// <param name="Predefined">The table that needs no description.</param>
    readonly record struct Kind(int AccuracyLogMax, int SymbolMax, FseTable Predefined);

    /// <summary>Reads the tables of a block.</summary>
    /// <param name="bytes">The block.</param>
    /// <param name="at">Where their modes stand.</param>
    /// <returns>Where they end.</returns>
    public int Read(ReadOnlySpan<byte> bytes, int at)
    {
        var modes = bytes[at++];
        if ((modes & 3) != 0) throw WireException.Malformed("reserved bits of a Zstandard block are set");
        literals = Read(bytes, ref at, modes >> 6, LiteralLengths, literals);
        offsets = Read(bytes, ref at, modes >> 4 & 3, Offsets, offsets);
        matches = Read(bytes, ref at, modes >> 2 & 3, MatchLengths, matches);
        return at;
    }

    /// <summary>Reads the first states.</summary>
    public void Start(ref BackwardBits stream)
    {
        literalState = literals!.Start(ref stream);
        offsetState = offsets!.Start(ref stream);
        matchState = matches!.Start(ref stream);
    }

    /// <summary>Goes on to the next sequence.</summary>
    public void Advance(ref BackwardBits stream)
    {
        literalState = literals!.Next(literalState, ref stream);
        matchState = matches!.Next(matchState, ref stream);
        offsetState = offsets!.Next(offsetState, ref stream);
    }

    /// <summary>The sequence that the states stand for.</summary>
    public (int LiteralCount, int MatchLength, long OffsetValue) Decode(ref BackwardBits stream)
    {
        var offsetCode = offsets!.Symbol(offsetState);
        var matchCode = matches!.Symbol(matchState);
        var literalCode = literals!.Symbol(literalState);
        var offset = (1L << offsetCode) + (long)stream.Read(offsetCode);
        var match = MatchBaselines[matchCode] + (int)stream.Read(MatchBits[matchCode]);
        var literal = LiteralBaselines[literalCode] + (int)stream.Read(LiteralBits[literalCode]);
        return (literal, match, offset);
    }

    static FseTable Read(ReadOnlySpan<byte> bytes, ref int at, int mode, Kind kind, FseTable? before)
    {
        switch (mode)
        {
            case 0:
                return kind.Predefined;
            case 1:
                if (at >= bytes.Length || bytes[at] > kind.SymbolMax)
                    throw WireException.Malformed("a Zstandard sequence symbol is out of range");
                return FseTable.Constant(bytes[at++]);
            case 2:
                var table = FseTable.Read(bytes[at..], kind.AccuracyLogMax, kind.SymbolMax, out var length);
                at += length;
                return table;
            default:
                return before ?? throw WireException.Malformed("a Zstandard block leans on a table that is not there");
        }
    }
}
