using System.Text;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Operations.Schedules;
using Foz.Operations.Tasks;
using Foz.Operations.Tasks.Work;
using Foz.Pipelines.Projects;
using Foz.Storage;

namespace Foz.Tests.Operations.Tasks.Work;

/// <summary>A project in a folder of its own, whose tasks are run one at a time.</summary>
sealed class TaskProject : IDisposable
{
    readonly MemoryObjectStore objects = new(TimeProvider.System);

    public TaskProject()
    {
        Store = new(new LakeStore(objects, TimeProvider.System), "p", "e");
        File = new(new Dictionary<string, YamlNode.Mapping>(), [])
        {
            Name = "p", Folder = Folder, Environment = "e", Environments = ["e"], SchemaPrefix = "",
            Lake = new() { Path = Path.Combine(Folder, "lake") },
            Variables = new(new Dictionary<string, string>(), new Dictionary<string, string> { ["OF_FILE"] = "dotenv" }),
        };
        Processes = new(File, Store, text => text.Replace("hunter2", "***", StringComparison.Ordinal),
            TimeProvider.System);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("foz-tasks-").FullName;

    public TaskStore Store { get; }

    public ProjectFile File { get; }

    public ProcessTasks Processes { get; }

    /// <summary>Returns an attempt of a task.</summary>
    public static TaskAttempt Attempt(string task, IReadOnlyDictionary<string, string>? values = null)
    {
        var errors = new ErrorList();
        var parameters = values is null ? "" : $"parameters: {{{string.Join(", ", values.Keys.Select(key => $"{key}: ''"))}}}, ";
        var yaml = (YamlNode.Mapping)YamlReader.Read($"a: {{{parameters}tasks: {{t: {task}}}}}", "foz.yml", errors)!;
        var read = new ScheduleReader(errors).Read(scheduler: null, yaml, ["default"]);
        errors.ThrowIfAny();
        return new(
            "a@20260101T000000", read.All[0].Tasks!.Tasks[0], 1,
            new() { Due = new(2026, 1, 1, 8, 0, 0, TimeSpan.Zero), Values = values ?? new Dictionary<string, string>() },
            TimeZoneInfo.Utc);
    }

    /// <summary>Runs a command line of the shell.</summary>
    public Task<TaskEnd> ShellAsync(
        string line, string more = "", IReadOnlyDictionary<string, string>? values = null,
        CancellationToken cancellationToken = default)
    {
        var quoted = line.Replace("'", "''", StringComparison.Ordinal);
        var attempt = Attempt($"{{shell: '{quoted}'{more}}}", values);
        return Processes.RunAsync(attempt, (TaskAction.Shell)attempt.Task.Action, cancellationToken);
    }

    /// <summary>Returns the log of the attempt.</summary>
    public async Task<string> LogAsync() => Encoding.UTF8.GetString(
        (await Store.ReadLogAsync("a@20260101T000000", "t", 1, CancellationToken.None) ?? default).Span);

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
    }
}
