using Foz.Lake.Data;
using Foz.Pipelines.Batches;

namespace Foz.Cli.Terminal;

/// <summary>The details of the steps of a run: an error that several streams have in common is shown once.</summary>
/// <param name="errors">The texts of errors.</param>
sealed class StepDetails(ErrorText errors)
{
    readonly Dictionary<string, TableName> first = new(StringComparer.Ordinal);

    /// <summary>Returns the details of a step, line by line.</summary>
    public IEnumerable<string> Of(StepResult step) =>
        step is { IsStream: true, Error: { } error } && errors.Of(error) is var text && !first.TryAdd(text, step.Step)
            ? [$"as {first[text]}"]
            : RunText.Details(step, errors);
}
