using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Connectors.Processes;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Programs;

/// <summary>Runs programs of models in processes of their own.</summary>
/// <param name="engines">The engines.</param>
/// <param name="session">The session that has the tables.</param>
/// <param name="clock">The time.</param>
sealed class ProgramRunner(EnginePool engines, EngineSession session, TimeProvider clock)
{
    const string Helper = "foz.py";
    const string Main = "foz_run.py";
    const string DbtHelper = "foz_dbt.py";
    const int OutOfMemoryCode = 137;

    /// <summary>Runs a program to its end.</summary>
    /// <returns>The files of the rows that it gave.</returns>
    /// <exception cref="FozException">
    /// It failed, hung, took too much memory, or gave files of several formats.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was canceled; the program is gone.</exception>
    public async Task<StagedFiles> RunAsync(ProgramRun run, CancellationToken cancellationToken)
    {
        var handOver = new HandOver(engines, session);
        try
        {
            var definition = run.Program switch
            {
                ModelProgram.Python python => await PythonAsync(run, python, handOver, cancellationToken),
                ModelProgram.Command command => await CommandAsync(run, command, handOver, cancellationToken),
                _ => throw new UnreachableException(),
            };
            await using (var process = ChildProcess.Start(definition, clock))
            {
                if (run.Program is ModelProgram.Command) process.CloseInput();
                Check(run, handOver, await process.WaitAsync(cancellationToken));
            }
            return StagedFiles.Find(run, handOver);
        }
        catch
        {
            handOver.Dispose();
            throw;
        }
    }

    async Task<ProcessDefinition> PythonAsync(
        ProgramRun run, ModelProgram.Python python, HandOver handOver, CancellationToken cancellationToken)
    {
        var interpreter = await PythonInterpreter.FindAsync(run.Python, run.Folder, clock, cancellationToken);
        await handOver.WriteAsync(
            run, python.Dbt is null ? interpreter.ReadsParquet : interpreter.ReadsParquet || interpreter.HasDuckDb,
            cancellationToken);
        Directory.CreateDirectory(handOver.Library);
        foreach (var name in new[] { Helper, DbtHelper, Main })
        {
            await using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
            await using var file = File.Create(Path.Combine(handOver.Library, name));
            await resource.CopyToAsync(file, cancellationToken);
        }
        var path = Environment.GetEnvironmentVariable("PYTHONPATH") ?? run.Variables.GetValueOrDefault("PYTHONPATH");
        return Definition(run, handOver) with
        {
            Program = interpreter.Program,
            Arguments =
            [
                // Lines are seen as they are written, and nothing is left beside the project's files.
                "-u", "-B", Path.Combine(handOver.Library, Main), Path.Combine(run.Texts, python.File),
                handOver.Status,
            ],
            Variables = new Dictionary<string, string?>(Variables(run, handOver))
            {
                ["PYTHONPATH"] = string.Join(
                    Path.PathSeparator,
                    new[] { handOver.Library, run.Texts, run.Folder, path }.Where(p => !string.IsNullOrEmpty(p))),
                ["PYTHONUTF8"] = "1",
            },
        };
    }

    static async Task<ProcessDefinition> CommandAsync(
        ProgramRun run, ModelProgram.Command command, HandOver handOver, CancellationToken cancellationToken)
    {
        await handOver.WriteAsync(run, asParquet: true, cancellationToken);
        return Definition(run, handOver) with
        {
            Program = command.Arguments[0],
            Arguments = [.. command.Arguments.Skip(1)],
        };
    }

    static ProcessDefinition Definition(ProgramRun run, HandOver handOver) => new()
    {
        Program = "", Folder = run.Folder, Timeout = run.Program.Timeout, MemoryBytesMax = run.Program.Memory?.Bytes,
        LogFile = run.LogFile, Mask = run.Mask,
        Variables = Variables(run, handOver),
    };

    static Dictionary<string, string?> Variables(ProgramRun run, HandOver handOver) =>
        new(run.Variables.Select(variable => KeyValuePair.Create<string, string?>(variable.Key, variable.Value)),
            StringComparer.Ordinal)
        {
            [HandOver.Variable] = handOver.File,
        };

    static void Check(ProgramRun run, HandOver handOver, ProcessEnd end)
    {
        // What tells of Python that all is written is its mark: a process can die with the code of success.
        if (end is ProcessEnd.Exited { Code: 0 } && (run.Program is ModelProgram.Command || handOver.IsMarked)) return;
        var (status, line) = end is ProcessEnd.Exited ? StatusOf(handOver) : (null, 0);
        var (kind, what) = end switch
        {
            ProcessEnd.TimedOut timedOut =>
                (ErrorKind.Resource, $"ran longer than {Duration.Describe(timedOut.Timeout)} and was stopped"),
            ProcessEnd.MemoryExceeded memory => (
                ErrorKind.Resource,
                $"held {Megabytes(memory.Bytes)} of memory, where "
                    + $"{Megabytes(memory.BytesMax)} is the most, and was stopped"),
            ProcessEnd.Exited when status?.StartsWith("MemoryError", StringComparison.Ordinal) == true
                && run.Program.Memory is { } most => (
                ErrorKind.Resource, $"was refused memory, where {Megabytes(most.Bytes)} is the most"),
            ProcessEnd.Exited when status is not null => (ErrorKind.Data, $"failed: {status}"),
            ProcessEnd.Exited { Code: 0 } => (ErrorKind.Data, $"ended before it was done{Last(end)}"),
            ProcessEnd.Exited { Code: OutOfMemoryCode } =>
                (ErrorKind.Resource, "was killed, perhaps because the machine has no memory left"),
            ProcessEnd.Exited exited => (ErrorKind.Data, $"ended with code {exited.Code}{Last(end)}"),
            _ => throw new UnreachableException(),
        };
        throw new FozException(kind, $"the program of {run.Model} {what}")
        {
            Place = run.Place is { } place ? place with { Line = line } : null,
            Hint = $"what it wrote is in {run.LogFile}",
        };
    }

    static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000:N0} MB");

    static string Last(ProcessEnd end) => end.LastWord is { } last ? $": {last}" : "";

    static (string? Message, int Line) StatusOf(HandOver handOver)
    {
        if (!File.Exists(handOver.Status)) return (null, 0);
        using var json = JsonDocument.Parse(File.ReadAllBytes(handOver.Status));
        var line = json.RootElement.GetProperty("line");
        return (json.RootElement.GetProperty("message").GetString(), line.ValueKind == JsonValueKind.Number
            ? line.GetInt32()
            : 0);
    }
}
