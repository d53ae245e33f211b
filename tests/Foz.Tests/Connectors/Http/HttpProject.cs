using Foz.Connectors;
using Foz.Connectors.Http;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Tests.Connectors.Files;

namespace Foz.Tests.Connectors.Http;

/// <summary>A source of an API as YAML says it, and what is read of it.</summary>
public sealed class HttpProject : IAsyncDisposable
{
    readonly string workFolder = Directory.CreateTempSubdirectory("foz-work-").FullName;
    readonly List<StreamRows> opened = [];
    readonly Dictionary<string, List<StreamInputs>> history = [];
    readonly Dictionary<string, IReadOnlyList<Field>> tables = [];

    HttpProject(SourceDefinition definition, SkippingTime clock)
    {
        (Definition, Clock) = (definition, clock);
        Source = new HttpConnector(clock).Open(definition, "/");
    }

    public SkippingTime Clock { get; }

    public SourceDefinition Definition { get; }

    public ISource Source { get; }

    /// <summary>A project with one connection <c>api</c> and a source of it.</summary>
    /// <param name="url">The address.</param>
    /// <param name="connection">More keys of the connection.</param>
    /// <param name="streams">The streams in YAML.</param>
    public static HttpProject Open(string url, string streams, string connection = "")
    {
        var project = Load(url, streams, connection);
        return new(
            project is ProjectResult.Loaded { Project: var loaded } ? loaded.Sources.Single().Definition
                : throw new InvalidOperationException(
                    string.Join('\n', ((ProjectResult.Refused)project).Errors.Select(e => e.Describe()))),
            new());
    }

    /// <summary>What is wrong with such a project.</summary>
    public static IReadOnlyList<string> Errors(
        string streams, string connection = "", string url = "http://localhost:1") =>
        Load(url, streams, connection) is ProjectResult.Refused refused
            ? [.. refused.Errors.Select(e => e.Describe())]
            : [];

    public async Task<Batch> ReadAsync(string name)
    {
        var ct = TestContext.Current.CancellationToken;
        var stream = Definition.Streams.Single(s => s.Name == name);
        var past = history.TryGetValue(name, out var known) ? known : history[name] = [];
        var inputs = (await Source.PlanAsync(stream, past, ct)).Inputs!;
        var work = Directory.CreateDirectory(Path.Combine(workFolder, Path.GetRandomFileName())).FullName;
        var context = new ReadContext
        {
            Engine = FilesProject.Engine, WorkFolder = work, TableFields = tables.GetValueOrDefault(name, []),
        };
        var rows = (StreamRows.Selected)await Source.ReadAsync(stream, inputs, context, ct);
        opened.Add(rows);
        using var session = FilesProject.Engine.Open(Workload.Ingestion);
        using var result = session.Query(rows.Sql, ct);
        var values = result.Rows(ct).ToList();
        past.Add(rows.ActualInputs!);
        tables[name] = rows.Fields;
        var rejected = new List<RejectedRow>();
        if (rows.RejectedSql is { } sql)
        {
            using var found = session.Query(sql, ct);
            rejected.AddRange(
                found.Rows(ct).Select(r => new RejectedRow((string)r[0]!, (long)r[1]!, (string)r[2]!, (string)r[3]!)));
        }
        return new(rows.Fields, values, rejected);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var rows in opened) await rows.DisposeAsync();
        await Source.DisposeAsync();
        Directory.Delete(workFolder, recursive: true);
    }

    static ProjectResult Load(string url, string streams, string connection)
    {
        var folder = Directory.CreateTempSubdirectory("foz-api-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "sources"));
        File.WriteAllText(
            Path.Combine(folder, "foz.yml"),
            $"name: t\nconnections:\n  api:\n    type: http\n    url: {url}\n{Indent(connection, 4)}");
        File.WriteAllText(Path.Combine(folder, "sources/api.yml"), $"connection: api\nstreams:\n{Indent(streams, 2)}");
        var variables = new Dictionary<string, string>
        {
            ["TOKEN"] = "t0k3n", ["PASSWORD"] = "pässword", ["CLIENT_SECRET"] = "c1ient", ["REFRESH"] = "r1",
        };
        try
        {
            return ProjectLoader.TryLoad(
                folder, new() { EnvironmentVariables = variables }, FilesProject.Engine,
                TestContext.Current.CancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static string Indent(string yaml, int spaces) => string.Concat(
        yaml.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"{new string(' ', spaces)}{line}\n"));
}
