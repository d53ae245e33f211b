namespace Foz.Connectors.Changes;

/// <summary>Gathers what changes are, and where.</summary>
sealed class ChangeMarksBuilder
{
    const int CapacityMin = 16;

    ChangeMarks marks = NewMarks();
    int count;
    int capacityNext = CapacityMin;

    /// <summary>Appends a change.</summary>
    public void Append(ChangeOperation operation, long position, long ordinal, long transaction, long committedAt)
    {
        if (count == marks.Operations.Length) Grow(1);
        marks.Operations[count] = operation;
        marks.Positions[count] = position;
        marks.Ordinals[count] = ordinal;
        marks.Transactions[count] = transaction;
        marks.CommittedAt[count] = committedAt;
        count++;
    }

    /// <summary>Appends changes of one kind that follow each other.</summary>
    /// <param name="more">How many.</param>
    /// <param name="operation">What they do.</param>
    /// <param name="position">Where their transaction was committed.</param>
    /// <param name="ordinal">The number of the first one in its transaction.</param>
    /// <param name="transaction">The number of the transaction.</param>
    /// <param name="committedAt">When that was committed.</param>
    public void AppendAll(
        int more, ChangeOperation operation, long position, long ordinal, long transaction, long committedAt)
    {
        if (marks.Operations.Length - count < more) Grow(more);
        marks.Operations.AsSpan(count, more).Fill(operation);
        marks.Positions.AsSpan(count, more).Fill(position);
        marks.Transactions.AsSpan(count, more).Fill(transaction);
        marks.CommittedAt.AsSpan(count, more).Fill(committedAt);
        for (var i = 0; i < more; i++) marks.Ordinals[count + i] = ordinal + i;
        count += more;
    }

    /// <summary>Hands them over, and starts again.</summary>
    public ChangeMarks Build()
    {
        var built = marks;
        // A batch after the first is likely to be as large as the one before it.
        capacityNext = Math.Max(count, CapacityMin);
        (marks, count) = (NewMarks(), 0);
        return built;
    }

    static ChangeMarks NewMarks() => new([], [], [], [], []);

    void Grow(int more)
    {
        var capacity = Math.Max(Math.Max(capacityNext, 2 * marks.Operations.Length), count + more);
        marks = new ChangeMarks(
            Grown(marks.Operations, capacity), Grown(marks.Positions, capacity), Grown(marks.Ordinals, capacity),
            Grown(marks.Transactions, capacity), Grown(marks.CommittedAt, capacity));
    }

    static T[] Grown<T>(T[] values, int capacity)
    {
        var grown = GC.AllocateUninitializedArray<T>(capacity);
        values.CopyTo(grown, 0);
        return grown;
    }
}
