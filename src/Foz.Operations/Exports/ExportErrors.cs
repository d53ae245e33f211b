using Foz.Lake;

namespace Foz.Operations.Exports;

/// <summary>What another scheduler cannot do.</summary>
static class ExportErrors
{
    /// <summary>It has times of cron expressions only.</summary>
    /// <param name="tool">The scheduler.</param>
    /// <param name="workflow">The workflow.</param>
    public static FozException NoIntervals(string tool, ExportedWorkflow workflow) =>
        new(ErrorKind.Configuration, $"{tool} has no intervals, as schedule '{workflow.Schedule}' needs them")
        {
            Hint = "write the schedule with 'cron' in place of 'every'",
        };
}
