using Foz.Lake;
using Foz.Lake.Journal;
using Foz.Pipelines.Batches;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Engines;
using Foz.Pipelines.Runs.Models;
using Foz.Pipelines.Runs.Steps;

namespace Foz.Pipelines.Runs;

/// <summary>All that a model's step does: its hooks, its table and its exports, under the step's lease.</summary>
static class ModelWork
{
    /// <summary>Whether a model, an export of it, or a hook after it has work, or something to warn of.</summary>
    static async Task<bool> IsDueAsync(
        StepContext context, GraphNode.OfModel node, ProjectFile file, CancellationToken cancellationToken)
    {
        var hasWarnings = context.IsFullRefresh;
        var look = context with { Warn = _ => hasWarnings = true, Lease = null, Reads = new(context.Lake) };
        node = await RenderedModel.OfAsync(look, node, cancellationToken);
        return (node.Model.Hooks.After.Count > 0
                && await new PendingHooks(context.Lake.Store, node.Table).AreAnyAsync(cancellationToken))
            || await new ModelStep(look, node).FindRunReasonAsync(cancellationToken) is not null
            || await new ExportStep(look, node, file).IsDueAsync(cancellationToken)
            || hasWarnings;
    }

    /// <summary>Makes a model, and exports what its targets do not have yet.</summary>
    public static async Task<StepResult> RunAsync(
        StepContext context, GraphNode.OfModel node, ProjectFile file, CancellationToken cancellationToken)
    {
        var mayBeLate = node.Model is not { Exports.Count: 0, Hooks.After.Count: 0 };
        if (mayBeLate && !await IsDueAsync(context, node, file, cancellationToken))
            return new() { Step = node.Table, IsStream = false, Outcome = Outcome.Skipped };
        var log = new StepLog(context.Lake.Store, $"{node.Table}");
        await new StepBatches(context, node, log).TakeAsync(cancellationToken);
        var lake = context.Lake.ForStep();
        context = context with { Lake = lake, Reads = new(lake) };
        node = await RenderedModel.OfAsync(context, node, cancellationToken);
        var hooks = node.Model.Hooks;
        var runner = new HookRunner(context.Lake, context.Warn);
        var due = new PendingHooks(context.Lake.Store, node.Table);
        var areDue = hooks.After.Count > 0 && await due.AreAnyAsync(cancellationToken);
        if (hooks.IsAny
            && await new ModelStep(
                context with { Warn = static _ => { } }, node).FindRunReasonAsync(cancellationToken) is not null)
        {
            await runner.RunAsync(hooks.Before, cancellationToken);
            if (hooks.After.Count > 0) await due.NoteAsync(cancellationToken);
        }
        var result = await new ModelStep(context, node).RunAsync(cancellationToken);
        if (hooks.After.Count > 0
            && (result.Outcome is Outcome.Succeeded or Outcome.Warned || (areDue && result.Outcome is Outcome.Skipped)))
        {
            await runner.RunAsync(hooks.After, cancellationToken);
            await due.EndAsync(cancellationToken);
            if (result.Outcome is Outcome.Skipped) result = result with { Outcome = Outcome.Succeeded };
        }
        if (node.Model.Exports.Count == 0 || result.Outcome is Outcome.Failed or Outcome.Canceled) return result;
        try
        {
            var isDone = await new ExportStep(context, node, file).RunAsync(cancellationToken);
            return isDone && result.Outcome is Outcome.Skipped ? result with { Outcome = Outcome.Succeeded } : result;
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            return result with { Outcome = Outcome.Failed, Error = e };
        }
    }
}
