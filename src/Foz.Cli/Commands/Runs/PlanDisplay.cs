using Foz.Cli.Terminal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Plans;
using Foz.Pipelines.Runs;

namespace Foz.Cli.Commands.Runs;

/// <summary>A plan as people read it.</summary>
/// <param name="context">What commands share.</param>
sealed class PlanDisplay(CommandContext context)
{
    const string Indent = "    ";

    Shell Shell => context.Shell;

    public void Show(RunPlan plan)
    {
        var width = plan.Steps.Select(s => s.Step.ToString().Length).DefaultIfEmpty().Max();
        foreach (var step in plan.Steps) Show(step, width);
        var working = plan.Working.ToList();
        Shell.Out.WriteLine(working.Count == 0
            ? $"nothing new: foz run would make no commit "
                + $"({RunText.Count(plan.Steps.Count, "step", "steps")} looked at)"
            : $"{working.Count} of {RunText.Count(plan.Steps.Count, "step", "steps")} would work{TextOf(working)}");
        if (plan.Breaks.Count == 0) return;
        Shell.Out.WriteLine(Shell.Styled(Style.Red, "would break:"));
        foreach (var line in plan.Breaks.SelectMany(error => context.Mask(error.Describe()).Split('\n')))
            Shell.Out.WriteLine($"  {line}");
    }

    void Show(PlannedStep step, int width)
    {
        var line = $"{(step.Works ? "→" : "·")} {step.Step.ToString().PadRight(width)}  {step.Reason}"
            + (step.Trigger is { } trigger ? $" (trigger: {trigger})" : "");
        Shell.Out.WriteLine(step.Works ? line : Shell.Styled(Style.Dim, line));
        if (step.Intervals.Count > 0 && IntervalsOf(step.Intervals) is var intervals
            && !step.Reason.Contains(intervals, StringComparison.Ordinal))
            Shell.Out.WriteLine(Indent + intervals);
        foreach (var text in step.Warnings.SelectMany(w => context.Mask(w.Describe()).Split('\n')))
            Shell.Out.WriteLine(Shell.Styled(Style.Yellow, $"  {text}"));
        foreach (var hunk in step.Diff)
        {
            Shell.Out.WriteLine(Indent + Shell.Styled(Style.Dim, hunk.Heading));
            foreach (var changed in hunk.Lines) Shell.Out.WriteLine(Indent + Styled(changed));
        }
        foreach (var setting in step.Settings) Shell.Out.WriteLine(Indent + TextOf(setting));
        if (step.Impact is not { } impact) return;
        if (impact.Schema.Count > 0)
            Shell.Out.WriteLine($"{Indent}columns: {string.Join(", ", impact.Schema.Select(TextOf))}");
        if (impact.Kind is ImpactKind.Changed) return;
        if (impact.IsOfRows) Shell.Out.WriteLine($"{Indent}which rows it has depends on what changed");
        else if (impact.Columns.Count > 0)
            Shell.Out.WriteLine($"{Indent}made from what changed: {string.Join(", ", impact.Columns)}");
    }

    static string IntervalsOf(IReadOnlyList<Interval> intervals) => intervals is [var only]
        ? $"the interval {only}"
        : $"{intervals.Count} intervals of {new Interval(intervals[0].Start, intervals[^1].End)}";

    string Styled(DiffLine line) => line.Kind switch
    {
        DiffKind.Removed => Shell.Styled(Style.Red, $"{line}".TrimEnd()),
        DiffKind.Added => Shell.Styled(Style.Green, $"{line}".TrimEnd()),
        _ => $"{line}".TrimEnd(),
    };

    static string TextOf(SettingChange change) =>
        $"{change.Key}: {change.Before ?? "not set"} → {change.Now ?? "not set"}";

    /// <summary>A change of a column, in a few signs.</summary>
    public static string TextOf(ColumnChange change) => change switch
    {
        { Before: null } => $"+ {change.Name} {change.Now}",
        { Now: null } => $"− {change.Name} {change.Before}",
        _ => $"{change.Name} {change.Before} → {change.Now}",
    };

    static string TextOf(List<PlannedStep> working)
    {
        var parts = new List<string>();
        Add(working.Count(step => step.Impact?.Kind is ImpactKind.Changed), "changed");
        Add(working.Count(step => step.Impact?.Kind is ImpactKind.Direct), "reached directly");
        Add(working.Count(step => step.Impact?.Kind is ImpactKind.Indirect), "reached indirectly");
        if (working.Sum(step => step.BytesToRead ?? 0) is > 0 and var bytes) parts.Add($"{SizeText.Of(bytes)} to read");
        return parts.Count == 0 ? "" : $": {string.Join(", ", parts)}";

        void Add(int count, string what)
        {
            if (count > 0) parts.Add($"{count:N0} {what}");
        }
    }

    /// <summary>What of a definition changed, in words.</summary>
    public static IEnumerable<string> WordsOf(StateChange change) => Enum.GetValues<StateChange>()
        .Where(part => part is not StateChange.None && change.HasFlag(part))
        .Select(part => part.ToString().ToLowerInvariant());
}
