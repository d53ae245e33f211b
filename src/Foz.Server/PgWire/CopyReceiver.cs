using Foz.Lake;
using Foz.Serving.Changes;
using Foz.Serving.Copying;
using Foz.Serving.Sessions;
using Foz.Wire.PostgreSql;

namespace Foz.Server.PgWire;

/// <summary>
/// Takes the rows of COPY from the client (PostgreSQL documentation, "COPY Operations"): nothing is read ahead, so that
/// a client waits where the engine does.
/// </summary>
/// <param name="input">Where rows come from.</param>
/// <param name="output">Where answers go.</param>
/// <param name="connection">The connection.</param>
sealed class CopyReceiver(PgInput input, PgOutput output, PgConnection connection)
{
    /// <summary>Runs a COPY that reads rows from the client.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The command tag that the client gets at the end.</returns>
    /// <exception cref="FozException">
    /// Thrown when the rows are malformed, or the client gives up; nothing is written then.
    /// </exception>
    public async Task<string> ReceiveAsync(SqlStatement statement, CancellationToken cancellationToken)
    {
        await using var load = await statement.BeginLoadAsync(cancellationToken);
        output.Writer.WriteCopyInResponse(
            load.Format is CopyFormat.Binary ? ValueFormat.Binary : ValueFormat.Text, load.ColumnCount);
        while (true)
        {
            if (!input.HasNext(ClientMessageLimits.Session)) await output.FlushAsync();
            if (!await connection.ReadOnAsync(input, cancellationToken))
                throw new EndOfStreamException("the connection ends within a COPY");
            switch (input.Type)
            {
                case MessageType.CopyData:
                    load.Write(input.Payload, cancellationToken);
                    break;
                case MessageType.CopyDone:
                    return await load.CompleteAsync(cancellationToken);
                case MessageType.CopyFail:
                    throw new FozException(
                        ErrorKind.Canceled, $"COPY from stdin failed: {FrontendMessages.ReadText(input.Payload)}");
                case MessageType.Sync or MessageType.Flush:
                    // Clients send them that do not notice what their statement is.
                    break;
                case var type:
                    throw new FozException(
                        ErrorKind.Usage, $"unexpected message type 0x{type:X2} during COPY from stdin")
                    {
                        SqlState = "08P01",
                    };
            }
        }
    }
}
