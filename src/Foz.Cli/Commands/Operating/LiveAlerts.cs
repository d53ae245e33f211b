using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Operations.Alerts;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Operating;

/// <summary>
/// The alerts of a project, read again when a file of <c>alerts/</c> was changed. What is wrong is reported, and the
/// rest holds. Channels that were replaced are closed. Safe for use by many threads.
/// </summary>
/// <param name="context">The command's context.</param>
/// <param name="file">The project.</param>
/// <param name="report">Takes what an operator should see.</param>
sealed class LiveAlerts(CommandContext context, ProjectFile file, Action<string> report) : IDisposable
{
    static readonly TimeSpan lookInterval = TimeSpan.FromSeconds(2);

    readonly Lock gate = new();
    AlertSettings current = AlertSettings.None;
    string? seen;
    long lookedAt;

    /// <summary>The settings now: the same object while the files are the same.</summary>
    public AlertSettings Current
    {
        get
        {
            lock (gate)
            {
                if (seen is null || context.Shell.Clock.GetElapsedTime(lookedAt) > lookInterval) Look();
                return current;
            }
        }
    }

    /// <summary>Whether a project has files of alerts.</summary>
    public static bool Has(ProjectFile file) => AlertService.FilesOf(file.Folder).Any();

    /// <summary>Finds what is wrong with the alerts of a project.</summary>
    /// <param name="context">The command's context.</param>
    /// <param name="file">The project.</param>
    /// <param name="project">The project as a whole; null where it has errors of its own.</param>
    public static IReadOnlyList<FozException> Check(CommandContext context, ProjectFile file, Project? project)
    {
        var errors = new ErrorList();
        using var settings = AlertService.Read(file, static _ => { }, context.Shell.Clock, errors);
        if (project is not null) AlertService.Check(settings, project, errors);
        context.Secrets = file.Secrets;
        return errors.Items;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate) current.Dispose();
    }

    void Look()
    {
        lookedAt = context.Shell.Clock.GetTimestamp();
        var stamp = string.Join('\n', AlertService.FilesOf(file.Folder).Select(name =>
        {
            var info = new FileInfo(Path.Combine(file.Folder, name));
            return info.Exists ? $"{name} {info.LastWriteTimeUtc.Ticks} {info.Length}" : name;
        }));
        if (stamp == seen) return;
        var isFirst = seen is null;
        seen = stamp;
        var errors = new ErrorList();
        using var replaced = current;
        current = AlertService.Read(file, report, context.Shell.Clock, errors);
        context.Secrets = file.Secrets;
        foreach (var error in errors.Items) report($"this is left out: {context.Mask(error.Describe())}");
        if (!isFirst)
            report(
                $"{RunText.Count(current.Channels.Count - 1, "channel", "channels")}, "
                    + $"{RunText.Count(current.Routes.Count, "route", "routes")}, "
                    + $"{RunText.Count(current.Rules.Count, "rule", "rules")}");
    }
}
