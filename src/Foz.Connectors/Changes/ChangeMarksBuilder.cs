namespace Foz.Connectors.Changes;

/// <summary>Gathers what changes are, and where.</summary>
sealed class ChangeMarksBuilder
{
    const int CapacityMin = 16;

    ChangeMarks marks = NewMarks();
    int count;

    /// <summary>Appends a change.</summary>
    public void Append(ChangeOperation operation, long position, long ordinal, long transaction, long committedAt)
    {
        if (count == marks.Operations.Length) Grow();
        marks.Operations[count] = operation;
        marks.Positions[count] = position;
        marks.Ordinals[count] = ordinal;
        marks.Transactions[count] = transaction;
        marks.CommittedAt[count] = committedAt;
        count++;
    }

    /// <summary>Hands them over, and starts again.</summary>
    public ChangeMarks Build()
    {
        var built = marks;
        (marks, count) = (NewMarks(), 0);
        return built;
    }

    static ChangeMarks NewMarks() => new([], [], [], [], []);

    void Grow()
    {
        var capacity = Math.Max(CapacityMin, 2 * marks.Operations.Length);
        marks = new ChangeMarks(
            Grown(marks.Operations, capacity), Grown(marks.Positions, capacity), Grown(marks.Ordinals, capacity),
            Grown(marks.Transactions, capacity), Grown(marks.CommittedAt, capacity));
    }

    static T[] Grown<T>(T[] values, int capacity)
    {
        Array.Resize(ref values, capacity);
        return values;
    }
}
