using System.CommandLine;
using System.Runtime.InteropServices;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands.Projects;

/// <summary><c>foz doctor</c>: whether everything that Foz needs is there.</summary>
static class DoctorCommand
{
    public const string Name = "doctor";

    static readonly IReadOnlyList<ResultColumn> Columns = [new("what"), new("ok"), new("finding"), new("hint")];

    public static Command Create(CommandContext context)
    {
        var command = new ExampleCommand(
            Name, "Check the machine and the lake, and say how to fix problems",
            ["foz doctor", "foz doctor --target prod"]);
        command.Aliases.Add("debug");
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var findings = new List<Finding>
            {
                new("foz", true,
                    $"{BuildFacts.Version}, {RuntimeInformation.FrameworkDescription}, "
                        + RuntimeInformation.RuntimeIdentifier),
                Engine(cancellationToken),
            };
            if (findings[^1].IsOk) await CheckAsync(context, arguments, findings, cancellationToken);
            if (context.IsTable(arguments)) Report(context.Shell, findings);
            else context.WriteRows(
                arguments, Columns, findings.Select(f => new object?[] { f.What, f.IsOk, f.Text, f.Hint }));
            return findings.All(f => f.IsOk) ? 0 : 1;
        });
        return command;
    }

    static Finding Engine(CancellationToken cancellationToken)
    {
        try
        {
            using var engines = new EnginePool(new());
            using var session = engines.Open(Workload.Query);
            var version = session.QueryScalar<string>(
                "SELECT library_version FROM pragma_version()", cancellationToken);
            return new("engine", true, $"DuckDB {version}");
        }
        catch (Exception e) when (e is FozException or DllNotFoundException or BadImageFormatException)
        {
            return new("engine", false, e.Message, "DuckDB's library must lie beside foz: build or install Foz again");
        }
    }

    static async Task CheckAsync(
        CommandContext context, ParseResult arguments, List<Finding> findings, CancellationToken cancellationToken)
    {
        Workspace? opened;
        try
        {
            opened = Workspace.Find(context, arguments, Workload.Query);
        }
        catch (FozException e)
        {
            findings.Add(new("foz.yml", false, context.Mask(e.Describe()), e.Hint));
            return;
        }
        using var workspace = opened;
        if (workspace is null)
        {
            findings.Add(new("project", true, "none here: foz query works without one, foz init makes one"));
            return;
        }
        findings.Add(new(
            "limits", true,
            $"memory {SizeText.Of(workspace.File.Memory?.Bytes ?? EngineOptions.MemoryBytesDefault)}, "
            + $"threads {workspace.File.Threads ?? EngineOptions.ThreadsDefault}"));
        findings.AddRange(await LakeFindings.CheckAsync(context, workspace.Lake, cancellationToken));
        var result = await workspace.TryLoadProjectAsync(context, cancellationToken);
        if (result is not ProjectResult.Loaded { Project: var project })
        {
            findings.Add(
                new("project", false, $"{context.Shell.Shown(workspace.File.Folder)} has errors",
                    "foz validate shows them"));
            return;
        }
        findings.Add(new("project", true, $"{project.Name}, environment {project.Environment}"));
        foreach (var source in project.Sources)
        {
            var row = await SourceCommand.CheckAsync(context, workspace, source, cancellationToken);
            findings.Add(new($"source {source.Name}", (bool)row[2]!, (string)row[3]!, (string?)row[4]));
        }
    }

    static void Report(Shell shell, List<Finding> findings)
    {
        var width = findings.Max(f => f.What.Length);
        foreach (var finding in findings)
        {
            var mark = finding.IsOk ? shell.Styled(Style.Green, "✓") : shell.Styled(Style.Red, "✗");
            shell.Out.WriteLine($"{mark} {finding.What.PadRight(width)}  {finding.Text}");
            if (finding is { IsOk: false, Hint: { } hint }) shell.Out.WriteLine($"  {new string(' ', width)}  {hint}");
        }
    }
}

/// <summary>A result of <c>foz doctor</c>.</summary>
sealed record Finding(string What, bool IsOk, string Text, string? Hint = null);
