namespace Foz.Connectors;

/// <summary>
/// What keeps a run from writing an export after another run took over its step: the target notes the epoch, and what
/// comes with an earlier one is not written.
/// </summary>
/// <param name="Export">The export: the same for each table that takes the model's name.</param>
/// <param name="Epoch">The epoch of the step's lease.</param>
/// <param name="Known">The version that the target had when the rows were chosen; null for none.</param>
/// <param name="IsHeldAsync">Whether no other run took the export over, as far as the lake knows.</param>
public sealed record ExportFence(
    string Export, long Epoch, long? Known, Func<CancellationToken, Task<bool>> IsHeldAsync)
{
    /// <summary>Gets the name under which a target records the epoch, next to the versions of exports.</summary>
    public string EpochName => $"epoch of {Export}";
}

/// <summary>How the writing of an export ended.</summary>
public abstract record ExportOutcome
{
    ExportOutcome() { }

    /// <summary>The target has the rows.</summary>
    /// <param name="Rows">How many were sent; 0 where it had them already.</param>
    public sealed record Written(long Rows) : ExportOutcome;

    /// <summary>Nothing was written: another run took the step over.</summary>
    /// <param name="Epoch">The epoch that the target has; null where only the lake knows it.</param>
    public sealed record Overtaken(long? Epoch) : ExportOutcome;

    /// <summary>Nothing was written: the target has another version than the rows were chosen for.</summary>
    public sealed record Moved : ExportOutcome
    {
        /// <summary>The only one.</summary>
        public static readonly Moved Value = new();

        Moved() { }
    }
}
