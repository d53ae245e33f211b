namespace Foz.Cli.Remote;

/// <summary>What a server answers to one statement.</summary>
abstract record RemoteResult
{
    RemoteResult() { }

    /// <summary>Rows.</summary>
    /// <param name="Columns">Their columns.</param>
    /// <param name="Values">
    /// The rows, which arrive while they are read, once: values as <see cref="Foz.Lake.Engine.EngineRows.Rows"/> has
    /// them, or the server's text of values that have no such form.
    /// </param>
    public sealed record Rows(IReadOnlyList<RemoteColumn> Columns, IAsyncEnumerable<object?[]> Values) : RemoteResult;

    /// <summary>The text that COPY sends.</summary>
    /// <param name="Pieces">The text, in pieces that end anywhere.</param>
    public sealed record CopyOut(IAsyncEnumerable<string> Pieces) : RemoteResult;

    /// <summary>A statement without rows is done.</summary>
    /// <param name="Tag">What it did, such as <c>INSERT 0 3</c>.</param>
    public sealed record Done(string Tag) : RemoteResult;
}

/// <summary>A column of rows that a server sends.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeOid">PostgreSQL's object identifier of its type.</param>
sealed record RemoteColumn(string Name, uint TypeOid)
{
    /// <summary>Whether its values are numbers.</summary>
    public bool IsNumber => RemoteValue.IsNumber(TypeOid);

    /// <summary>Whether its values are texts of JSON.</summary>
    public bool IsJson => RemoteValue.IsJson(TypeOid);

    /// <summary>Whether its values are dates or times.</summary>
    public bool IsTime => RemoteValue.IsTime(TypeOid);
}

/// <summary>A message that a server sends besides a result.</summary>
/// <param name="Severity">Such as <c>NOTICE</c> or <c>WARNING</c>.</param>
/// <param name="Text">The message.</param>
/// <param name="Hint">How to fix it; null where the server sends no hint.</param>
sealed record RemoteNotice(string Severity, string Text, string? Hint);
