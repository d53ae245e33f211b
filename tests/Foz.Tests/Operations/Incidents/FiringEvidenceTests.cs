using Foz.Operations.Firings;
using Foz.Operations.Incidents;

namespace Foz.Tests.Operations.Incidents;

public sealed class FiringEvidenceTests
{
    static readonly DateTimeOffset due = new(2026, 1, 1, 3, 30, 0, TimeSpan.Zero);

    static readonly Firing firing = new()
    {
        Schedule = "nightly", Due = due, HasTasks = true, StartedAt = due.AddSeconds(1), State = FiringState.Waiting,
    };

    [Fact]
    public void A_task_whose_end_no_host_saw_is_an_incident_until_its_run_ends()
    {
        var book = new IncidentBook(new("p", "e"), TableFacts.Unknown);
        var unknown = firing with { Unknown = "upload" };

        var opened = book.Apply(new(), [.. FiringEvidence.Of(unknown, new())], due.AddMinutes(1));
        var still = book.Apply(opened, [.. FiringEvidence.Of(unknown, opened)], due.AddMinutes(2));
        var ended = firing with { State = FiringState.Succeeded, EndedAt = due.AddMinutes(3) };
        var closed = book.Apply(still, [.. FiringEvidence.Of(ended, still)], due.AddMinutes(3));

        var incident = Assert.Single(opened.Open);
        Assert.Equal((IncidentKind.Task, unknown.Id), (incident.Kind, incident.Subject));
        Assert.Contains("no host saw the end of upload", incident.Members[0].Text, StringComparison.Ordinal);
        Assert.Same(opened, still);
        Assert.Empty(closed.Open);
    }

    [Fact]
    public void A_run_without_unknown_tasks_says_how_it_ended_alone()
    {
        Assert.Empty(FiringEvidence.Of(firing with { State = FiringState.Running }, new()));
        var failed = Assert.Single(FiringEvidence.Of(
            firing with { State = FiringState.TimedOut, EndedAt = due.AddMinutes(3), Attempts = 1 }, new()));
        Assert.Equal((IncidentKind.Schedule, "nightly", true), (failed.Kind, failed.Subject, failed.IsBroken));
    }

    [Theory]
    [InlineData(false, 1, false)] // its own step: the run reports it
    [InlineData(false, 2, true)] // the command failed before its steps
    [InlineData(true, 1, true)] // a task, while the step of another run failed
    public void What_another_run_shows_at_the_same_time_hides_no_failure(bool hasTasks, int exitCode, bool isNews)
    {
        var step = new Evidence(IncidentKind.Step, "silver.a", due.AddSeconds(30), IsBroken: true)
        {
            Text = "the step failed", Table = "silver.a", RunId = "r",
        };
        var state = new IncidentBook(new("p", "e"), TableFacts.Unknown).Apply(new(), [step], due.AddMinutes(1));
        var failed = firing with
        {
            HasTasks = hasTasks,
            State = FiringState.Failed,
            ExitCode = exitCode,
            EndedAt = due.AddMinutes(1),
            Attempts = 1,
        };
        Assert.Equal(isNews, FiringEvidence.Of(failed, state).Any(evidence => evidence.Kind is IncidentKind.Schedule));
    }
}
