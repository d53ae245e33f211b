namespace Foz.Serving.Workloads;

/// <summary>
/// What a session works with in a class: one slot, however many of its statements are open, since it does one thing at
/// a time. All of it is the queue's to change.
/// </summary>
/// <param name="session">The session's number.</param>
sealed class Slot(int session)
{
    /// <summary>The session's number.</summary>
    public int Session => session;

    /// <summary>How many of its statements are open.</summary>
    public int Statements { get; set; }

    /// <summary>How many calls work in it, one inside of the other.</summary>
    public int Calls { get; set; }

    /// <summary>Whether it counts among those that are taken.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Since when it is held and nothing works in it.</summary>
    public long IdleSince { get; set; }
}
