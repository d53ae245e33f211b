using System.Buffers;
using System.Globalization;
using System.Text;
using Foz.Wire;
using MySqlConnector;

namespace Foz.Connectors.MySql.Changes;

/// <summary>Turns texts of a character set into UTF-8.</summary>
abstract class TextCodec
{
    /// <summary>The bytes of UTF-8 that one byte becomes, at most.</summary>
    public abstract int GrowthMax { get; }

    /// <summary>Writes a text; -1 where it is none.</summary>
    public abstract int Decode(ReadOnlySpan<byte> value, Span<byte> utf8);
}

/// <summary>A character set of one byte each, by a table that the server made.</summary>
/// <param name="characters">The UTF-8 of each byte.</param>
sealed class ByteCodec(byte[][] characters) : TextCodec
{
    const int AsciiCount = 128;

    readonly bool hasAscii = characters.Take(AsciiCount).Index().All(c => c.Item is [var b] && b == c.Index);

    public override int GrowthMax => 3;

    public override int Decode(ReadOnlySpan<byte> value, Span<byte> utf8)
    {
        if (hasAscii && Ascii.IsValid(value))
        {
            value.CopyTo(utf8);
            return value.Length;
        }

        var length = 0;
        foreach (var b in value)
        {
            var character = characters[b];
            if (character.Length == 1)
            {
                utf8[length++] = character[0];
                continue;
            }

            character.CopyTo(utf8[length..]);
            length += character.Length;
        }

        return length;
    }
}

/// <summary>A character set of one to three bytes a character, by a table that the server made.</summary>
/// <param name="characters">The UTF-8 of each character, by its bytes as a number.</param>
/// <param name="bytesMax">The bytes of a character, at most.</param>
sealed class MultibyteCodec(IReadOnlyDictionary<uint, byte[]> characters, int bytesMax) : TextCodec
{
    public override int GrowthMax => 4;

    public override int Decode(ReadOnlySpan<byte> value, Span<byte> utf8)
    {
        var length = 0;
        for (var at = 0; at < value.Length;)
        {
            var (number, end) = (0U, at);
            byte[]? character = null;
            while (character is null && end < value.Length && end - at < bytesMax)
            {
                number = number << 8 | value[end++];
                characters.TryGetValue(number, out character);
            }

            if (character is null) return -1;
            character.CopyTo(utf8[length..]);
            (length, at) = (length + character.Length, end);
        }

        return length;
    }
}

/// <summary>A character set that .NET has.</summary>
sealed class EncodingCodec(Encoding encoding) : TextCodec
{
    public override int GrowthMax => 4;

    public override int Decode(ReadOnlySpan<byte> value, Span<byte> utf8)
    {
        var characters = ArrayPool<char>.Shared.Rent(encoding.GetMaxCharCount(value.Length));
        try
        {
            var count = encoding.GetChars(value, characters);
            return Encoding.UTF8.GetBytes(characters.AsSpan(0, count), utf8);
        }
        catch (DecoderFallbackException)
        {
            return -1;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }
}

/// <summary>The character sets of a server, by the numbers of their collations.</summary>
sealed class Charsets
{
    public const string Binary = "binary";

    const int Bytes = 256;

    readonly Dictionary<uint, string> names = [];
    readonly Dictionary<string, TextCodec> codecs = [];

    Charsets()
    {
    }

    /// <summary>Asks a server.</summary>
    public static async Task<Charsets> LoadAsync(
        MySqlConnection connection, bool isMariaDb, CancellationToken cancellationToken)
    {
        // MariaDB has a collation for several character sets, with a number for each.
        var table = isMariaDb ? "COLLATION_CHARACTER_SET_APPLICABILITY" : "COLLATIONS";
        var charsets = new Charsets();
        await using var command = new MySqlCommand(
            $"SELECT ID, CHARACTER_SET_NAME FROM information_schema.{table} WHERE ID IS NOT NULL", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            charsets.names[Convert.ToUInt32(reader.GetValue(0), CultureInfo.InvariantCulture)] = reader.GetString(1);
        return charsets;
    }

    /// <summary>Returns the character set of a collation.</summary>
    /// <exception cref="WireException">The server has no such collation.</exception>
    public string NameOf(uint collation) => names.TryGetValue(collation, out var name)
        ? name
        : throw new WireException(WireErrorKind.Unsupported, $"the server has no collation {collation}");

    /// <summary>Returns how texts become UTF-8; null where they are it.</summary>
    /// <exception cref="WireException">The character set is not supported.</exception>
    public async Task<TextCodec?> FindCodecAsync(
        MySqlConnection connection, uint collation, CancellationToken cancellationToken)
    {
        var name = NameOf(collation);
        if (name is "utf8mb4" or "utf8mb3" or "utf8" or "ascii" or Binary) return null;
        if (codecs.TryGetValue(name, out var known)) return known;
        var codec = name switch
        {
            "utf16" or "ucs2" => new EncodingCodec(new UnicodeEncoding(bigEndian: true, false, true)),
            "utf16le" => new EncodingCodec(new UnicodeEncoding(bigEndian: false, false, true)),
            "utf32" => new EncodingCodec(new UTF32Encoding(bigEndian: true, false, true)),
            _ => await AskAsync(connection, name, cancellationToken),
        };
        codecs[name] = codec;
        return codec;
    }

    /// <summary>Lets the server convert each byte, so that no table of ours can differ from its own.</summary>
    static async Task<TextCodec> AskAsync(
        MySqlConnection connection, string name, CancellationToken cancellationToken)
    {
        await using var size = new MySqlCommand(
            "SELECT MAXLEN FROM information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME = @name", connection);
        size.Parameters.AddWithValue("@name", name);
        switch (Convert.ToInt32(await size.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture))
        {
            case 1:
                break;
            case 2:
                return new MultibyteCodec(await AskAsync(connection, name, ["a.i, b.i"], cancellationToken), 2);
            case 3:
                // Characters of three bytes begin alike.
                return new MultibyteCodec(
                    await AskAsync(connection, name, ["a.i, b.i", "0x8F, a.i, b.i"], cancellationToken), 3);
            default:
                throw Unsupported(name);
        }

        var all = Convert.ToHexString([.. Enumerable.Range(0, Bytes).Select(i => (byte)i)]);
        await using var command = new MySqlCommand(
            $"SELECT HEX(CONVERT(_{name} 0x{all} USING utf32))", connection);
        var hex = (string)(await command.ExecuteScalarAsync(cancellationToken))!;
        var text = new UTF32Encoding(bigEndian: true, false, true).GetString(Convert.FromHexString(hex));
        var characters = text.EnumerateRunes().Select(rune => Encoding.UTF8.GetBytes(rune.ToString())).ToArray();
        return characters.Length == Bytes ? new ByteCodec(characters) : throw Unsupported(name);
    }

    /// <summary>Lets the server convert each character: sequences of bytes that are one stay as they are.</summary>
    /// <param name="connection">A session for statements.</param>
    /// <param name="name">The character set.</param>
    /// <param name="sequences">The bytes of characters of more than one byte, by SQL.</param>
    /// <param name="cancellationToken">Stops it.</param>
    static async Task<Dictionary<uint, byte[]>> AskAsync(
        MySqlConnection connection, string name, IEnumerable<string> sequences, CancellationToken cancellationToken)
    {
        var characters = new Dictionary<uint, byte[]>();
        foreach (var bytes in sequences.Prepend("b.i"))
        {
            await using var command = new MySqlCommand(
                $"""
                WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {Bytes - 1})
                SELECT CONV(HEX(s), 16, 10), HEX(CONVERT(CONVERT(s USING {name}) USING utf8mb4))
                FROM (SELECT DISTINCT CHAR({bytes}) AS s FROM n AS a CROSS JOIN n AS b) AS every
                WHERE HEX(CONVERT(s USING {name})) = HEX(s) AND CHAR_LENGTH(CONVERT(s USING {name})) = 1
                """,
                connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                characters[uint.Parse(reader.GetString(0), CultureInfo.InvariantCulture)] =
                    Convert.FromHexString(reader.GetString(1));
        }

        return characters;
    }

    static WireException Unsupported(string name) => new(
        WireErrorKind.Unsupported,
        $"texts of the character set {name} are not supported: convert the column to utf8mb4");
}
