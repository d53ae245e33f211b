using System.Globalization;
using System.Text;
using Foz.Serving.Trino;
using Foz.Serving.Trino.Types;

namespace Foz.Server.Trino;

/// <summary>Where a statement is, as Trino names it.</summary>
enum TrinoState
{
    /// <summary>It has not begun.</summary>
    Queued,

    /// <summary>It is read and bound.</summary>
    Planning,

    /// <summary>It gives rows.</summary>
    Running,

    /// <summary>It has ended well.</summary>
    Finished,

    /// <summary>It has failed, or was stopped.</summary>
    Failed,
}

/// <summary>Some rows of a statement, and the other data that a client gets with them.</summary>
sealed record TrinoPage
{
    /// <summary>Gets a page without rows or state: there is nothing yet.</summary>
    public static TrinoPage Nothing { get; } = new();

    /// <summary>What a statement without rows gives: how many it changed, or that it is done.</summary>
    public static TrinoPage Done(long? count) => new()
    {
        Columns = [count is null ? new("result", TrinoType.Boolean) : new("rows", TrinoType.Bigint)],
        Rows = Encoding.ASCII.GetBytes(
            count is { } rows ? string.Create(CultureInfo.InvariantCulture, $"[{rows}]") : "[true]"),
    };

    /// <summary>The columns; null where they are not known, or there are none.</summary>
    public IReadOnlyList<TrinoColumn>? Columns { get; init; }

    /// <summary>The rows as JSON with commas between; empty for none.</summary>
    public ReadOnlyMemory<byte> Rows { get; init; }

    /// <summary>Whether no other follows.</summary>
    public bool IsLast { get; init; }

    /// <summary>What went wrong; null where nothing did.</summary>
    public TrinoError? Error { get; init; }

    /// <summary>What changes of the client's session.</summary>
    public TrinoEffects Effects { get; init; } = TrinoEffects.None;

    /// <summary>What was done; null for a query.</summary>
    public string? UpdateType { get; init; }

    /// <summary>How many rows were changed; null where that says nothing.</summary>
    public long? UpdateCount { get; init; }
}
