using Foz.Connectors;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;

namespace Foz.Tests.Pipelines.Projects;

/// <summary>A project in a folder of its own, written by a test, with connectors that read nothing.</summary>
sealed class ProjectFolder : IDisposable
{
    /// <summary>A foz.yml with a connection <c>shop</c> to a database and <c>disk</c> to files.</summary>
    public const string FozYml = """
        name: loja
        connections:
          shop: {type: database, host: db}
          disk: {type: files, path: data}

        """;

    public static EnginePool Engines { get; } = new(new() { MemoryBytes = 512L << 20, Threads = 1 });

    public string Path { get; } = Directory.CreateTempSubdirectory("foz-project-").FullName;

    public Dictionary<string, string> Variables { get; } = [];

    public ProjectOptions Options => new()
    {
        Connectors =
        [
            new FakeConnector("database", StreamMode.Snapshot), new FakeConnector("files", StreamMode.Incremental),
        ],
        EnvironmentVariables = Variables,
    };

    public string this[string file]
    {
        set
        {
            var path = System.IO.Path.Combine(Path, file);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            File.WriteAllText(path, value);
        }
    }

    public Project Load(Func<ProjectOptions, ProjectOptions>? configure = null) =>
        ProjectLoader.Load(Path, (configure ?? (o => o))(Options), Engines, TestContext.Current.CancellationToken);

    /// <summary>What is wrong with the project, each error as it is shown.</summary>
    public IReadOnlyList<string> Errors(Func<ProjectOptions, ProjectOptions>? configure = null) =>
        ProjectLoader.TryLoad(
            Path, (configure ?? (o => o))(Options), Engines,
            TestContext.Current.CancellationToken) is ProjectResult.Refused refused
            ? [.. refused.Errors.Select(e => e.Describe())]
            : [];

    public void Dispose() => Directory.Delete(Path, recursive: true);

    sealed class FakeConnector(string type, StreamMode mode) : IConnector
    {
        public string Type => type;

        public IReadOnlyList<SettingSpec> ConnectionSettings { get; } = type == "database"
            ?
            [
                new("host", "The server.") { IsRequired = true }, new("port", "Its port."),
                new("user", "The user."), new("password", "The password.") { IsSecret = true },
                new("url", "All of it."),
            ]
            : [new("path", "The folder.")];

        public IReadOnlyList<SettingSpec> StreamSettings { get; } = type == "database"
            ? [new("table", "The table."), new("token", "What opens it.") { IsSecret = true }]
            : [
                new("path", "The files.") { IsRequired = true },
                new("format", "Their format.") { Values = ["csv", "json"] },
            ];

        public bool TellsKeys => type == "database";

        public StreamMode DefaultMode => mode;

        public ISource Open(SourceDefinition source, string projectFolder) => throw new NotSupportedException();
    }
}
