namespace Foz.Delta.DeletionVectors;

/// <summary>The checksum of deletion vectors: CRC-32 as in zip and gzip.</summary>
static class Crc32
{
    // Tables[n][b] is the checksum of byte b followed by n zero bytes: eight bytes are taken at once.
    static readonly uint[][] Tables = MakeTables();

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            crc ^= (uint)(bytes[0] | bytes[1] << 8 | bytes[2] << 16 | bytes[3] << 24);
            crc = Tables[7][(byte)crc] ^ Tables[6][(byte)(crc >> 8)] ^ Tables[5][(byte)(crc >> 16)]
                ^ Tables[4][crc >> 24]
                ^ Tables[3][bytes[4]] ^ Tables[2][bytes[5]] ^ Tables[1][bytes[6]] ^ Tables[0][bytes[7]];
        }
        foreach (var b in bytes) crc = crc >> 8 ^ Tables[0][(byte)crc ^ b];
        return ~crc;
    }

    static uint[][] MakeTables()
    {
        const uint Polynomial = 0xEDB88320;
        var tables = new uint[8][];
        for (var n = 0; n < 8; n++)
        {
            tables[n] = new uint[256];
            for (var b = 0u; b < 256; b++)
            {
                if (n > 0)
                {
                    var previous = tables[n - 1][b];
                    tables[n][b] = previous >> 8 ^ tables[0][(byte)previous];
                    continue;
                }
                var crc = b;
                for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ Polynomial : crc >> 1;
                tables[0][b] = crc;
            }
        }
        return tables;
    }
}
