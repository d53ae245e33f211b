using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Operations.Channels;
using Foz.Operations.Hosting;
using Foz.Operations.Incidents;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Alerts;

/// <summary>The alerts of a project in an environment, for the command line and hosts.</summary>
/// <param name="lake">The lake.</param>
/// <param name="file">What <c>foz.yml</c> says.</param>
public sealed class AlertService(Lakehouse lake, ProjectFile file)
{
    /// <summary>Reads the files of <c>alerts/</c>.</summary>
    /// <param name="file">What <c>foz.yml</c> says.</param>
    /// <param name="report">Where channels of the type <c>terminal</c> report.</param>
    /// <param name="clock">The clock of channels.</param>
    /// <param name="errors">Takes what is wrong; what is right is returned all the same.</param>
    public static AlertSettings Read(
        ProjectFile file, Action<string> report, TimeProvider clock, ErrorList errors) =>
        new AlertReader(file, report, clock, errors).Read();

    /// <summary>Finds what is wrong with rules as far as the project's tables show it.</summary>
    /// <param name="settings">The rules.</param>
    /// <param name="project">The project.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public static void Check(AlertSettings settings, Project project, ErrorList errors)
    {
        var facts = TableFacts.Of(project);
        foreach (var rule in settings.Rules)
            foreach (var pattern in rule is AlertRule.Freshness { Tables: var fresh } ? fresh
                : rule is AlertRule.FinishedBy { Tables: var finished } ? finished : [])
                if (!facts.Names.Any(name => facts.IsMeant(name, [pattern])))
                    errors.Add(
                        rule.Place, $"rule '{rule.Name}' asks for '{pattern}', which is no table of the project",
                        NearestName.Hint(pattern, facts.Names.Select(facts.NameOf)));
    }

    /// <summary>The names of the files, relative to the project.</summary>
    public static IEnumerable<string> FilesOf(string projectFolder) => AlertReader.FilesOf(projectFolder);

    /// <summary>Creates the job that notices what breaks and has channels told, for the host that leads.</summary>
    /// <param name="hooks">What the program gives.</param>
    /// <returns>The job, and what is to be called when a firing of a schedule ended.</returns>
    public (IHostJob Job, Action Ended) CreateJob(AlertHooks hooks)
    {
        var sources = new AlertSources(lake, file, hooks, new HostFacts(lake, file));
        return (new AlertJob(lake, file, sources, hooks), sources.Ended);
    }

    /// <summary>Sends a message to a channel to try it.</summary>
    public Task<Delivery> TestAsync(RoutedChannel channel, CancellationToken cancellationToken) =>
        channel.Channel.SendAsync(
            new MessageWriter(file.Name, file.Environment, channel).WriteTest(lake.Clock.GetUtcNow()),
            cancellationToken);
}
