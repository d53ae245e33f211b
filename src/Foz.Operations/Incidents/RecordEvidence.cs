using System.Text.RegularExpressions;
using Foz.Lake.Data;
using Foz.Lake.Journal;
using Foz.Operations.Channels;
using Foz.Pipelines.Runs;

namespace Foz.Operations.Incidents;

/// <summary>What records of runs show of a project in an environment.</summary>
/// <param name="project">The project.</param>
/// <param name="environment">The environment.</param>
sealed partial class RecordEvidence(string project, string environment)
{
    /// <summary>Returns the evidence of a record; empty of one that shows nothing, or is of another project.</summary>
    /// <param name="record">The record.</param>
    /// <param name="facts">What the project says of its tables.</param>
    public IEnumerable<Evidence> Of(JournalRecord record, TableFacts facts) => record switch
    {
        StepRecord { Kind: TableMaintenance.Kind } work => [OfMaintenance(work)],
        StepRecord { IsOfTable: true } step when facts.Has(step.Step) => OfStep(step),
        CheckRecord check when facts.Has(check.Step) => OfCheck(check, facts.Find(check.TableName)),
        RunRecord run when run.Project == project && (run.Environment ?? environment) == environment => OfRun(run),
        _ => [],
    };

    static IEnumerable<Evidence> OfStep(StepRecord step)
    {
        if (step.Outcome is Outcome.Canceled) yield break;
        var isBroken = step.Outcome is Outcome.Failed;
        yield return new(IncidentKind.Step, step.Step, InMilliseconds(step.FinishedAt), isBroken)
        {
            Text = step.Error is { } error ? FirstLine(error) : "the step failed",
            Table = step.Step, RunId = step.RunId,
            Command = isBroken ? CommandOf(step) : null,
            BadRows = step.RowsQuarantined > 0 ? new(QuarantineOf(step.Step), Sql: null) : null,
        };
        // A check that is no longer made holds as far as anyone asks for it.
        if (step.Outcome is Outcome.Succeeded or Outcome.Warned)
            yield return new(
                IncidentKind.Check, step.Step + " ", InMilliseconds(step.StartedAt), IsBroken: false)
            {
                IsOfAll = true,
            };
    }

    /// <summary>What helps: a stream of changes names it, as another run would fail again.</summary>
    static string CommandOf(StepRecord step) =>
        step.Error is { } error && StreamCommand.Match(error) is { Success: true, Value: var named }
            ? named
            : $"foz run {step.Step}";

    [GeneratedRegex(@"foz stream (?:reset|resume|start) [\w.]*\w", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex StreamCommand { get; }

    static Evidence OfMaintenance(StepRecord work) => new(
        IncidentKind.Maintenance, work.Step, InMilliseconds(work.FinishedAt), work.Error is not null)
    {
        Text = work.Error is { } error ? FirstLine(error) : "", Table = work.Step, RunId = work.RunId,
        Severity = AlertSeverity.Warning, Command = work.Error is null ? null : $"foz optimize {work.Step}",
    };

    static IEnumerable<Evidence> OfCheck(CheckRecord check, TableFact? fact)
    {
        var column = check.Column is { } name ? $"({name})" : "";
        var arguments = check.Arguments is { } stated ? $" {stated}" : "";
        // A step that failed by its check is one thing that broke: the step reports it.
        if (check is { Passed: false, OnViolation: "fail" or "drop" }) yield break;
        yield return new(
            IncidentKind.Check, $"{check.TableName} {check.Check}{column}{arguments}", InMilliseconds(check.CheckedAt),
            !check.Passed)
        {
            Text = check.Passed ? ""
                : $"{check.Violations} of {check.RowsChecked} rows break it"
                + (check.Actual is { } actual ? $", measured {actual}" : ""),
            Table = check.TableName, RunId = check.RunId,
            Severity = check.OnViolation == "quarantine" ? AlertSeverity.Info : AlertSeverity.Warning,
            Command = check.OnViolation == "quarantine"
                ? $"foz quarantine ls {check.TableName}"
                : $"foz checks {check.TableName}",
            BadRows = check.Passed ? null
                : check.OnViolation == "quarantine" ? new(QuarantineOf(check.TableName), Sql: null)
                : fact?.Checks.FirstOrDefault(known =>
                    known.Title == check.Check + column && known.Arguments == (check.Arguments ?? "")) is { } definition
                    ? CheckRows.Of(definition, TableName.Parse(check.TableName))
                    : null,
        };
    }

    IEnumerable<Evidence> OfRun(RunRecord run)
    {
        // Where steps failed, they report it.
        if (run.Outcome is Outcome.Canceled || run.StepsFailed > 0) yield break;
        yield return new(IncidentKind.Run, project, InMilliseconds(run.FinishedAt), run.Outcome is Outcome.Failed)
        {
            Text = $"run {run.RunId} of {run.User} failed, and no step of it did: a hook, a test, or its start",
            RunId = run.RunId, Command = "foz retry",
        };
    }

    static string QuarantineOf(string table) => table + "__quarantine";

    /// <summary>A moment as the journal and the tables have it alike.</summary>
    static DateTimeOffset InMilliseconds(DateTimeOffset at) =>
        new(at.UtcTicks - at.UtcTicks % TimeSpan.TicksPerMillisecond, TimeSpan.Zero);

    static string FirstLine(string text)
    {
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }
}
