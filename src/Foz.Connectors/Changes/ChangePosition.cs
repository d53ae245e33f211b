namespace Foz.Connectors.Changes;

/// <summary>
/// A position in the changes of one server. It names its server, and its text, which is kept with the tables, does so
/// too. The change source that made it is the only one that reads it: <see cref="IChangeSource.ParsePosition"/>.
/// </summary>
public abstract record ChangePosition
{
    /// <summary>
    /// Gets the place as a number that grows along the log, as <see cref="ChangeMarks.Positions"/> has it.
    /// </summary>
    public abstract long Number { get; }

    /// <summary>Returns whether this position comes before another one.</summary>
    /// <returns>The order; <see cref="PositionOrder.Unrelated"/> where one log does not have both.</returns>
    public abstract PositionOrder CompareWith(ChangePosition other);

    /// <summary>Returns the text of the position.</summary>
    public abstract override string ToString();
}

/// <summary>How two positions stand to each other.</summary>
public abstract record PositionOrder
{
    PositionOrder()
    {
    }

    /// <summary>Both are of one log.</summary>
    /// <param name="Sign">Negative where the first comes before the second, 0 where both are the same.</param>
    public sealed record Ordered(int Sign) : PositionOrder;

    /// <summary>They are of different servers, or of histories that parted.</summary>
    /// <param name="Reason">What differs, in one sentence without a full stop.</param>
    public sealed record Unrelated(string Reason) : PositionOrder;
}
