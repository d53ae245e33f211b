using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Wire;
using Foz.Wire.Parquet;
using Microsoft.Win32.SafeHandles;

namespace Foz.Lake.Tables.Maintenance;

/// <summary>
/// Compares the pages of Parquet files with the checksums that their writers put before them; the engine does not.
/// </summary>
static class PageChecks
{
    const int HeaderBytes = 1 << 10;
    const int HeaderBytesMax = 1 << 24;

    /// <summary>
    /// Returns which column has a page with other bytes than its writer put there; null where none is found.
    /// </summary>
    /// <param name="session">The session that reads the footer, and reaches the file.</param>
    /// <param name="path">The file's path on this machine.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The footer cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string? FindDamage(EngineSession session, string path, CancellationToken cancellationToken)
    {
        using var chunks = session.Query(
            $"""
            SELECT row_group_id, path_in_schema, total_compressed_size,
                CASE WHEN dictionary_page_offset > 0 THEN least(dictionary_page_offset, data_page_offset) ELSE data_page_offset END
            FROM parquet_metadata({SqlText.Literal(path)}) WHERE data_page_offset IS NOT NULL
            """, cancellationToken);
        using var file = File.OpenHandle(path);
        foreach (var chunk in chunks.Rows(cancellationToken))
            if (FindPage(file, (long)chunk[3]!, (long)chunk[2]!, cancellationToken) is { } page)
                return $"has other bytes than were written: page {page} of column {chunk[1]} in row group "
                    + $"{chunk[0]} has another checksum";
        return null;
    }

    /// <summary>
    /// Returns the number of a page whose checksum is not that of its bytes; null where there is none.
    /// </summary>
    static int? FindPage(SafeFileHandle file, long start, long sizeBytes, CancellationToken cancellationToken)
    {
        var (at, end) = (start, start + sizeBytes);
        for (var number = 0; at < end; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ReadHeader(file, at, end) is not { } page) return null;
            at += page.HeaderBytes;
            // A writer that puts no checksum before one page puts it before none.
            if (page.Checksum is null || at + page.SizeBytes > end) return null;
            var bytes = new byte[page.SizeBytes];
            if (RandomAccess.Read(file, bytes, at) < bytes.Length) return null;
            if (!page.IsWhole(bytes)) return number;
            at += page.SizeBytes;
        }
        return null;
    }

    /// <summary>
    /// Reads the header of a page; null where there is none that can be read, of which the engine judges.
    /// </summary>
    static ParquetPage? ReadHeader(SafeFileHandle file, long at, long end)
    {
        // A header is short, unless it has bounds of long texts.
        for (var size = HeaderBytes; ; size *= 4)
        {
            var bytes = new byte[Math.Min(size, end - at)];
            var read = RandomAccess.Read(file, bytes, at);
            try
            {
                return ParquetPage.Read(bytes.AsSpan(0, read));
            }
            catch (WireException) when (size < HeaderBytesMax && at + size < end)
            {
                // More of it may come.
            }
            catch (WireException)
            {
                return null;
            }
        }
    }
}
