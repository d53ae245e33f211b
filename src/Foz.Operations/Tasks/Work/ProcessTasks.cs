using Foz.Connectors.Processes;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Programs;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Tasks.Work;

/// <summary>Runs tasks in processes of this machine.</summary>
/// <param name="file">The project.</param>
/// <param name="store">Keeps their logs.</param>
/// <param name="mask">Takes secrets out of texts.</param>
/// <param name="clock">The time.</param>
sealed class ProcessTasks(ProjectFile file, TaskStore store, Func<string, string> mask, TimeProvider clock)
{
    /// <summary>Runs a command line of the shell.</summary>
    public Task<TaskEnd> RunAsync(TaskAttempt attempt, TaskAction.Shell shell, CancellationToken cancellationToken) =>
        OperatingSystem.IsWindows()
            ? RunAsync(attempt, "cmd.exe", ["/d", "/c", shell.Line], shell.Variables, cancellationToken)
            : RunAsync(attempt, "/bin/sh", ["-c", shell.Line], shell.Variables, cancellationToken);

    /// <summary>Runs a file of the project in Python.</summary>
    public async Task<TaskEnd> RunAsync(
        TaskAttempt attempt, TaskAction.Python python, CancellationToken cancellationToken)
    {
        var interpreter = await PythonInterpreter.FindAsync(file.Python, file.Folder, clock, cancellationToken);
        return await RunAsync(
            attempt, interpreter.Program,
            [
                "-u", "-B", Path.Combine(file.Folder, python.File),
                .. python.Arguments.Select(argument => argument.Fill(attempt.Scope)),
            ],
            python.Variables, cancellationToken);
    }

    /// <summary>Runs a program to its end: bounded in time and log, and gone then with all that it started.</summary>
    public async Task<TaskEnd> RunAsync(
        TaskAttempt attempt, string program, IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, TaskText> variables, CancellationToken cancellationToken)
    {
        using var output = new TaskOutput();
        var own = variables.ToDictionary(
            variable => variable.Key, variable => (string?)variable.Value.Fill(attempt.Scope), StringComparer.Ordinal);
        own[TaskOutput.Variable] = output.Path;
        var end = await RunAsync(attempt, program, arguments, own, cancellationToken);
        if (end.State is not TaskState.Succeeded) return end;
        var (values, fault) = output.Read();
        return fault is null ? end with { Outputs = values } : TaskEnd.Failed(fault, end.Code);
    }

    /// <summary>Runs a program to its end, with values of variables.</summary>
    public async Task<TaskEnd> RunAsync(
        TaskAttempt attempt, string program, IReadOnlyList<string> arguments,
        Dictionary<string, string?> variables, CancellationToken cancellationToken)
    {
        await using var log = new TaskLog(store, attempt, clock);
        foreach (var (name, value) in file.Variables.OfFile) variables.TryAdd(name, value);
        variables[TaskProcesses.Variable] = attempt.Id;
        variables["FOZ_FIRING"] = attempt.Firing;
        var guarded = TaskProcesses.Guarded(program, arguments);
        try
        {
            await using var process = ChildProcess.Start(
                new()
                {
                    Program = guarded.Program, Arguments = guarded.Arguments, Folder = file.Folder,
                    Variables = variables, Timeout = attempt.Task.Timeout, Mask = mask, Wrote = log.Add,
                },
                clock);
            return EndOf(await process.WaitAsync(cancellationToken));
        }
        catch (FozException e)
        {
            return TaskAttempt.Fail(e, mask);
        }
        finally
        {
            TaskProcesses.End(attempt.Id);
        }
    }

    static TaskEnd EndOf(ProcessEnd end) => end switch
    {
        ProcessEnd.Exited { Code: 0 } => new(TaskState.Succeeded, 0),
        ProcessEnd.Exited { Code: var code } => TaskEnd.Failed(
            $"it ended with code {code}{(end.LastWord is { } last ? $": {Shortened(last)}" : "")}", code),
        ProcessEnd.TimedOut timedOut => new(
            TaskState.TimedOut, Reason: $"it ran longer than {Duration.Describe(timedOut.Timeout)}, and was stopped"),
        _ => TaskEnd.Failed("it took too much memory"),
    };

    static string Shortened(string line) => line.Length <= 200 ? line : line[..200] + " …";
}
