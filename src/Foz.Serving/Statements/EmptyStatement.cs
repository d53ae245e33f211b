using Foz.Serving.Results;
using Foz.Serving.Sessions;

namespace Foz.Serving.Statements;

/// <summary>Nothing to run.</summary>
sealed class EmptyStatement(SqlSession session, string text) : ServedStatement(session, text)
{
    public override bool IsEmpty => true;

    private protected override bool EndsTransaction => true;

    private protected override Task<SqlCursor> StartAsync(
        ServedContext context, IReadOnlyList<object?> parameters, CancellationToken cancellationToken) =>
        Task.FromResult<SqlCursor>(new DoneCursor(""));
}
