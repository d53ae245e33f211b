using Foz.Core.Data;

namespace Foz.Core.Serving.Trino;

/// <summary>A column of what a Trino client gets.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
public sealed record TrinoColumn(string Name, TrinoType Type);

/// <summary>A statement of a Trino client, as it runs: its rows, and what it changes of the session. One thread at a time.</summary>
public sealed class TrinoStatement : IAsyncDisposable
{
    readonly SqlSession session;

    TrinoStatement(SqlSession session, SqlCursor rows, bool hasPrecisions)
    {
        (this.session, Rows) = (session, rows);
        Columns = rows.Columns is { } columns
            ? [.. columns.Select(c => new TrinoColumn(c.Name, TrinoType.Of(c.Type, hasPrecisions)))]
            : null;
    }

    /// <summary>The columns; null for a statement that gives no rows.</summary>
    public IReadOnlyList<TrinoColumn>? Columns { get; }

    /// <summary>The rows.</summary>
    public SqlCursor Rows { get; }

    /// <summary>What of the session the client is told to keep from now on.</summary>
    public TrinoEffects Effects { get; private init; } = TrinoEffects.None;

    /// <summary>What was done, such as <c>CREATE TABLE</c>; null for a query.</summary>
    public string? UpdateType { get; private init; }

    /// <summary>How many rows were changed; null where that says nothing.</summary>
    public long? UpdateCount { get; private init; }

    /// <summary>Starts a statement.</summary>
    /// <param name="service">What serves it.</param>
    /// <param name="user">Whose it is.</param>
    /// <param name="request">What the client sent.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The statement, to be disposed.</returns>
    /// <exception cref="FozException">It failed.</exception>
    public static async Task<TrinoStatement> StartAsync(
        SqlService service, SessionUser user, TrinoRequest request, CancellationToken cancellationToken)
    {
        var opened = service.Open(user, new()
        {
            Dialect = SqlDialect.Trino, ClientAddress = request.ClientAddress,
            Schema = request.Catalog is null or TableName.Catalog ? request.Schema : null,
            Settings = new Dictionary<string, string> { ["TimeZone"] = request.TimeZone ?? "UTC" },
        });
        try
        {
            var statement = await opened.PrepareAsync(request.Sql, [], cancellationToken);
            var rows = await statement.ExecuteAsync([], cancellationToken);
            return new(opened, rows, request.HasPrecisions);
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Rows.DisposeAsync();
        await session.DisposeAsync();
    }
}
