using Foz.Lake;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Connectors.PostgreSql;

/// <summary>Reads the rows of COPY statements from one connection, batch by batch.</summary>
/// <param name="connection">The connection, in a transaction; owned.</param>
/// <param name="decoder">Decodes the rows.</param>
/// <param name="doing">The current work, for errors.</param>
sealed class CopyReading(PgConnection connection, RowDecoder decoder, string doing) : IAsyncDisposable
{
    long rowCount;
    bool isInCopy;
    bool hasHeader;

    /// <summary>Starts a COPY.</summary>
    /// <exception cref="FozException">The server refuses it.</exception>
    public async Task StartAsync(string select, CancellationToken cancellationToken)
    {
        try
        {
            await connection.StartCopyAsync($"COPY ({select}) TO STDOUT (FORMAT binary)", cancellationToken);
            (rowCount, isInCopy, hasHeader) = (0, true, false);
        }
        catch (Exception error) when (SourceFault.IsOfSource(error))
        {
            throw SourceFault.Of(error, doing, connection.Options);
        }
    }

    /// <summary>Reads on until the decoder is full or the COPY is done.</summary>
    /// <returns>Whether the decoder is full.</returns>
    /// <exception cref="FozException">The server failed, or what it sends is malformed.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!decoder.IsFull && isInCopy)
                if (!ReadArrived()) await connection.FillAsync(cancellationToken);
            return decoder.IsFull;
        }
        catch (Exception error) when (SourceFault.IsOfSource(error))
        {
            throw SourceFault.Of(
                error, rowCount == 0 ? doing : $"{doing}, after row {rowCount} of a part", connection.Options);
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    /// <summary>Reads what has arrived; false where more must arrive first.</summary>
    bool ReadArrived()
    {
        while (connection.TryReadMessage(out var message))
        {
            switch (message.Type)
            {
                case MessageType.CopyData:
                    ReadRows(message.Payload);
                    if (decoder.IsFull) return true;
                    break;
                case MessageType.CommandComplete when StatementEnd.ReadRowCount(message.Payload) is { } sent
                    && sent != rowCount:
                    throw new WireException(
                        WireErrorKind.Malformed, $"the server sent {sent} rows, but {rowCount} arrived");
                case MessageType.ReadyForQuery:
                    connection.Note(message);
                    isInCopy = false;
                    return true;
                default:
                    connection.Note(message);
                    break;
            }
        }

        return false;
    }

    // One message holds whole rows, the first one the header too: "always one per row" (COPY Operations).
    void ReadRows(ReadOnlySpan<byte> data)
    {
        if (!hasHeader)
        {
            data = data[BinaryCopy.ReadHeader(data)..];
            hasHeader = true;
        }

        while (!data.IsEmpty && decoder.TryRead(data, out data)) rowCount++;
    }
}
