using System.Security.Cryptography;
using System.Text;
using Foz.Connectors.Processes;
using Foz.Lake;

namespace Foz.Operations.Tasks.Work;

/// <summary>
/// Runs tasks in containers, by <c>podman</c> or <c>docker</c>. A container has its attempt's name, so that a host that
/// takes over finds one that still runs.
/// </summary>
/// <param name="processes">Runs their programs.</param>
/// <param name="folder">The folder that they run in.</param>
/// <param name="path">The folders in which programs are looked for, as <c>PATH</c> has them.</param>
/// <param name="clock">The time.</param>
sealed class ContainerTasks(ProcessTasks processes, string folder, string path, TimeProvider clock)
{
    static readonly string[] programs = ["podman", "docker"];

    static readonly TimeSpan askMax = TimeSpan.FromSeconds(30);

    /// <summary>Runs a container to its end.</summary>
    public async Task<TaskEnd> RunAsync(
        TaskAttempt attempt, TaskAction.Container container, CancellationToken cancellationToken)
    {
        if (FindProgram() is not { } program) return Missing;
        using var output = new TaskOutput();
        var variables = container.Variables.ToDictionary(
            variable => variable.Key, variable => (string?)variable.Value.Fill(attempt.Scope), StringComparer.Ordinal);
        var arguments = ArgumentsOf(attempt, container, variables.Keys, output.Path);
        try
        {
            var end = await processes.RunAsync(attempt, program, arguments, variables, cancellationToken);
            if (end.State is not TaskState.Succeeded) return end;
            var (values, fault) = output.Read();
            return fault is null ? end with { Outputs = values } : TaskEnd.Failed(fault, end.Code);
        }
        finally
        {
            // One that is left to the next host runs on.
            if (!attempt.Leaving.IsCancellationRequested)
                await AskAsync(program, ["rm", "--force", NameOf(attempt)], CancellationToken.None);
        }
    }

    /// <summary>Waits for a container that another host started; its outputs are lost.</summary>
    public async Task<TaskEnd> ResumeAsync(TaskAttempt attempt, CancellationToken cancellationToken)
    {
        var unknown = new TaskEnd(TaskState.Unknown);
        if (FindProgram() is not { } program
            || await AskAsync(
                program, ["inspect", "--format", "{{.State.Running}}", NameOf(attempt)], cancellationToken) != "true")
            return unknown;
        var code = await AskAsync(program, ["wait", NameOf(attempt)], cancellationToken, attempt.Task.Timeout);
        return !int.TryParse(code, out var exit) ? unknown
            : exit == 0 ? new(TaskState.Succeeded, 0)
            : TaskEnd.Failed($"it ended with code {exit}", exit);
    }

    /// <summary>Returns the arguments of <c>run</c>: each variable is passed on by its name.</summary>
    public static IReadOnlyList<string> ArgumentsOf(
        TaskAttempt attempt, TaskAction.Container container, IEnumerable<string> variables, string output) =>
    [
        "run", "--rm", "--name", NameOf(attempt), "--volume", $"{output}:/foz-output",
        "--env", $"{TaskOutput.Variable}=/foz-output",
        .. variables.SelectMany(name => (string[])["--env", name]),
        .. container.Volumes.SelectMany(volume => (string[])["--volume", volume]),
        container.Image,
        .. container.Arguments.Select(argument => argument.Fill(attempt.Scope)),
    ];

    /// <summary>Returns the name of an attempt's container.</summary>
    public static string NameOf(TaskAttempt attempt) =>
        $"foz-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(attempt.Id)))[..24]}";

    static TaskEnd Missing => TaskEnd.Failed("this machine has neither podman nor docker, which run containers");

    string? FindProgram() =>
        (from program in programs
         from place in path.Split(Path.PathSeparator)
         let file = Path.Combine(place, OperatingSystem.IsWindows() ? program + ".exe" : program)
         where place.Length > 0 && File.Exists(file)
         select file).FirstOrDefault();

    /// <summary>Returns the last line that a command writes; null where it fails.</summary>
    async Task<string?> AskAsync(
        string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        try
        {
            await using var process = ChildProcess.Start(
                new()
                {
                    Program = program, Arguments = arguments, Folder = folder, Timeout = timeout ?? askMax,
                    OutputIsData = true,
                },
                clock);
            var lines = await process.ReadLinesAsync(cancellationToken).ToListAsync(cancellationToken);
            return await process.WaitAsync(cancellationToken) is ProcessEnd.Exited { Code: 0 }
                ? lines.LastOrDefault()
                : null;
        }
        catch (FozException)
        {
            return null;
        }
    }
}
