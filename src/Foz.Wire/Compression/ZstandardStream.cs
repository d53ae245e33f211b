using System.Buffers.Binary;

namespace Foz.Wire.Compression;

/// <summary>
/// Decompresses Zstandard (RFC 8878): one frame or several, with skippable ones between them; checksums are verified.
/// Memory is bounded by the largest window allowed. Dictionaries are not supported.
/// </summary>
public sealed class ZstandardStream : Stream
{
    /// <summary>The largest window that a frame may ask for, in bytes: what <c>zstd</c> allows by default.</summary>
    public const int WindowBytesMax = 128 << 20;

    const uint Magic = 0xFD2FB528;
    const uint SkippableMagic = 0x184D2A50;
    const int RoomBytesMax = 8 << 20;
    readonly Stream source;
    readonly byte[] input = new byte[ZstandardBlock.BytesMax + BackwardBits.Slack];
    byte[] output = [];
    int outputStart;
    int outputEnd;
    int windowBytes;
    int frameStart;
    ZstandardBlock? block;
    XxHash64 checksum;
    bool hasChecksum;
    ulong contentLength;
    ulong? contentLengthStated;

    /// <summary>Decompresses a stream.</summary>
    /// <param name="source">The compressed bytes; closed with this.</param>
    public ZstandardStream(Stream source) => this.source = source;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="WireException">The bytes are no Zstandard, damaged, or need more than is supported.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        while (outputStart == outputEnd)
            if (!(block is null ? StartFrame() : ReadBlock())) return 0;
        var count = Math.Min(buffer.Length, outputEnd - outputStart);
        output.AsSpan(outputStart, count).CopyTo(buffer);
        outputStart += count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) source.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Reads the header of the next frame (RFC 8878 §3.1.1.1).</summary>
    /// <returns>False at the end.</returns>
    bool StartFrame()
    {
        var count = source.ReadAtLeast(input.AsSpan(0, 4), 4, throwOnEndOfStream: false);
        if (count == 0) return false;
        if (count < 4) throw CutShort();
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(input);
        if ((magic & 0xFFFFFFF0) == SkippableMagic)
        {
            Skip(ReadNumber(4));
            return true;
        }
        if (magic != Magic) throw WireException.Malformed("the bytes are no Zstandard");
        var descriptor = (int)ReadNumber(1);
        if ((descriptor & 8) != 0) throw WireException.Malformed("a reserved bit of a Zstandard frame is set");
        var isSingle = (descriptor & 32) != 0;
        var window = isSingle ? 0UL : Window((int)ReadNumber(1));
        if (ReadNumber((descriptor & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 }) != 0)
            throw new WireException(WireErrorKind.Unsupported, "the Zstandard frame needs a dictionary");
        var lengthBytes = (descriptor >> 6) switch { 0 => isSingle ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        contentLengthStated = lengthBytes == 0 ? null : ReadNumber(lengthBytes) + (lengthBytes == 2 ? 256UL : 0);
        if (isSingle) window = contentLengthStated!.Value;
        if (window > WindowBytesMax)
            throw new WireException(
                WireErrorKind.TooLong, $"the Zstandard frame needs a window of more than {WindowBytesMax >> 20} MiB");
        Start((int)window, hasChecksum: (descriptor & 4) != 0);
        return true;
    }

    void Start(int window, bool hasChecksum)
    {
        this.hasChecksum = hasChecksum;
        windowBytes = window;
        // Room behind the window, so that it need not be moved for each block.
        var size = window + Math.Clamp(window, 2 * ZstandardBlock.BytesMax, RoomBytesMax) + ZstandardBlock.BytesMax;
        if (output.Length < size) output = new byte[size];
        (outputStart, outputEnd, frameStart, contentLength) = (0, 0, 0, 0);
        block = new ZstandardBlock();
        checksum = new XxHash64();
    }

    static ulong Window(int descriptor)
    {
        var start = 1UL << 10 + (descriptor >> 3);
        return start + start / 8 * (ulong)(descriptor & 7);
    }

    bool ReadBlock()
    {
        var header = (uint)ReadNumber(3);
        var length = (int)(header >> 3);
        var kind = header >> 1 & 3;
        MakeRoom();
        if (kind == 3 || length > ZstandardBlock.BytesMax)
            throw WireException.Malformed("a Zstandard block is malformed");
        var room = output.AsSpan(0, outputEnd + ZstandardBlock.BytesMax);
        var start = outputEnd;
        switch (kind)
        {
            case 0:
                Take(room.Slice(start, length));
                outputEnd += length;
                break;
            case 1:
                room.Slice(start, length).Fill((byte)ReadNumber(1));
                outputEnd += length;
                break;
            default:
                Take(input.AsSpan(0, length));
                outputEnd = block!.Decode(input, length, room, start, Math.Max(frameStart, start - windowBytes));
                break;
        }
        contentLength += (ulong)(outputEnd - start);
        if (hasChecksum) checksum.Add(output.AsSpan(start, outputEnd - start));
        if ((header & 1) != 0) EndFrame();
        return true;
    }

    void EndFrame()
    {
        if (hasChecksum && ReadNumber(4) != (uint)checksum.Value)
            throw WireException.Malformed("the checksum of a Zstandard frame is wrong");
        if (contentLengthStated is { } stated && stated != contentLength)
            throw WireException.Malformed("a Zstandard frame has another length than stated");
        block = null;
    }

    /// <summary>Makes room for another block behind what may still be referred to.</summary>
    void MakeRoom()
    {
        if (output.Length - outputEnd >= ZstandardBlock.BytesMax) return;
        var keep = Math.Min(windowBytes, outputEnd);
        output.AsSpan(outputEnd - keep, keep).CopyTo(output);
        (outputStart, outputEnd) = (keep, keep);
    }

    ulong ReadNumber(int count)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        Take(bytes[..count]);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    void Skip(ulong count)
    {
        for (; count > 0; count -= Math.Min(count, ZstandardBlock.BytesMax))
            Take(input.AsSpan(0, (int)Math.Min(count, ZstandardBlock.BytesMax)));
    }

    void Take(Span<byte> bytes)
    {
        if (source.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw CutShort();
    }

    static WireException CutShort() => WireException.Malformed("the Zstandard bytes are cut short");
}
