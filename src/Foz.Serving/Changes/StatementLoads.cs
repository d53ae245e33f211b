using Foz.Lake;
using Foz.Serving.Sessions;

namespace Foz.Serving.Changes;

/// <summary>How a COPY takes rows.</summary>
public static class StatementLoads
{
    /// <summary>Begins a COPY that takes rows.</summary>
    /// <param name="statement">The statement, which takes rows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What takes them, to be disposed.</returns>
    /// <exception cref="FozException">There is no such table or column, or it may not be written to.</exception>
    public static Task<CopyLoad> BeginLoadAsync(this SqlStatement statement, CancellationToken cancellationToken) =>
        statement is CopyInStatement copy
            ? copy.BeginLoadAsync(cancellationToken)
            : throw new InvalidOperationException("the statement takes no rows");
}
