namespace Foz.Lake.Engine;

/// <summary>
/// Rows that a session can read: a SELECT, its columns, and what it needs, such as temporary files, which goes with
/// this object. Temporary tables go with the session.
/// </summary>
/// <param name="session">The session.</param>
/// <param name="sql">The SELECT.</param>
/// <param name="owned">What it needs; null for nothing.</param>
/// <param name="columns">Its columns; null where the engine is to be asked for them.</param>
public sealed class Relation(
    EngineSession session, string sql, IDisposable? owned = null, IReadOnlyList<EngineColumn>? columns = null)
    : IDisposable
{
    IReadOnlyList<EngineColumn>? columns = columns;

    /// <summary>Gets the SELECT.</summary>
    public string Sql => sql;

    /// <summary>
    /// Returns the columns, as a table would hold them. The engine is asked once, without running the SELECT.
    /// </summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The SELECT does not parse or bind.</exception>
    public IReadOnlyList<EngineColumn> Describe(CancellationToken cancellationToken) =>
        columns ??= session.Describe(sql, cancellationToken);

    /// <summary>Returns other rows, made of these; they can be read as long as these can.</summary>
    /// <param name="select">A SELECT of them.</param>
    public Relation Derive(string select) => new(session, select);

    /// <inheritdoc/>
    public void Dispose() => owned?.Dispose();
}
