using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Foz.Wire.Compression;

/// <summary>
/// Decompresses Zstandard (RFC 8878): one frame or several, with skippable ones between them; checksums are verified.
/// Memory is bounded by the largest window allowed. Dictionaries are not supported.
/// </summary>
public sealed class ZstandardStream : Stream
{
    const int WindowLogMax = 27;

    readonly DecompressionStream stream;

    /// <summary>Decompresses a stream.</summary>
    /// <param name="source">The compressed bytes; closed with this.</param>
    public ZstandardStream(Stream source)
    {
        stream = new(source, checkEndOfStream: true, leaveOpen: false);
        // What `zstd` allows by default.
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, WindowLogMax);
    }

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
        // A reader without room for a byte would be taken for one at the end.
        if (buffer.IsEmpty) return 0;
        try
        {
            return stream.Read(buffer);
        }
        catch (EndOfStreamException)
        {
            throw WireException.Malformed("the Zstandard bytes are cut short");
        }
        catch (ZstdException e)
        {
            throw Error(e);
        }
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
        if (disposing) stream.Dispose();
        base.Dispose(disposing);
    }

    static WireException Error(ZstdException e) => e.Code switch
    {
        ZSTD_ErrorCode.ZSTD_error_prefix_unknown => WireException.Malformed("the bytes are no Zstandard"),
        ZSTD_ErrorCode.ZSTD_error_checksum_wrong =>
            WireException.Malformed("the checksum of a Zstandard frame is wrong"),
        ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge => new(
            WireErrorKind.TooLong,
            $"the Zstandard frame needs a window of more than {1 << (WindowLogMax - 20)} MiB"),
        ZSTD_ErrorCode.ZSTD_error_dictionary_wrong =>
            new(WireErrorKind.Unsupported, "the Zstandard frame needs a dictionary"),
        _ => WireException.Malformed($"the Zstandard bytes are damaged: {e.Message}"),
    };
}
