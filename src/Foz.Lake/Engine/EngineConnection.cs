using Foz.DuckDB.Connections;
using Foz.Lake.Sql;

namespace Foz.Lake.Engine;

/// <summary>A connection, with the state that one session could leave for the next one.</summary>
/// <param name="native">The connection.</param>
/// <param name="generation">Its generation.</param>
sealed class EngineConnection(Connection native, EngineGeneration generation) : IDisposable
{
    /// <summary>The time zone of connections of which no one says it.</summary>
    public const string TimeZoneDefault = "UTC";

    /// <summary>What it is of.</summary>
    public EngineGeneration Generation => generation;

    /// <summary>The connection.</summary>
    public Connection Native => native;

    /// <summary>The time zone that texts without one are in.</summary>
    public string TimeZone { get; private set; } = TimeZoneDefault;

    /// <summary>
    /// Whether it is as it was opened, except for the time zone: only queries ran, and all of them succeeded. The state
    /// of other connections is unknown: temporary tables, variables, settings, a transaction.
    /// </summary>
    public bool IsPlain { get; private set; } = true;

    /// <summary>Sets the time zone of texts without one.</summary>
    public void UseTimeZone(string zone, CancellationToken cancellationToken)
    {
        native.Execute($"SET TimeZone = {SqlText.Literal(zone)}", cancellationToken);
        TimeZone = zone;
    }

    /// <summary>Does something with it; unless that only asks and goes well, it is plain no more.</summary>
    /// <param name="call">What is done.</param>
    /// <param name="asks">Whether what was done only asked.</param>
    public T Run<T>(Func<T> call, Func<T, bool> asks)
    {
        var wasPlain = IsPlain;
        IsPlain = false;
        var result = call();
        IsPlain = wasPlain && asks(result);
        return result;
    }

    /// <summary>Closes it; its temporary tables go with it.</summary>
    public void Dispose() => native.Dispose();
}
