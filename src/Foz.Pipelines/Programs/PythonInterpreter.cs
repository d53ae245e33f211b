using System.Text.Json;
using Foz.Lake;
using Foz.Connectors.Processes;

namespace Foz.Pipelines.Programs;

/// <summary>The Python that runs a project's programs.</summary>
/// <param name="Program">Its path or name.</param>
/// <param name="Version">Its version, such as <c>3.11.7</c>.</param>
/// <param name="ReadsParquet">
/// Whether it has a package that reads Parquet; else tables are handed over as JSON lines.
/// </param>
/// <param name="HasDuckDb">Whether it has DuckDB's package, by which models of dbt read.</param>
public sealed record PythonInterpreter(string Program, string Version, bool ReadsParquet, bool HasDuckDb)
{
    const string Probe =
        "import sys,json,importlib.util as u;print(json.dumps(['.'.join(map(str,sys.version_info[:3])),"
        + "bool(u.find_spec('pyarrow')) or (bool(u.find_spec('polars')) and not "
        + "u.find_spec('pandas')),bool(u.find_spec('duckdb'))]))";

    static readonly TimeSpan timeout = TimeSpan.FromSeconds(30);
    static readonly Version versionMin = new(3, 8);

    /// <summary>
    /// Finds it: the one that the project states, an active or own virtual environment, else <c>python3</c>.
    /// </summary>
    /// <param name="stated">What the project states; null for nothing.</param>
    /// <param name="folder">The project's folder.</param>
    /// <param name="clock">The time.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">There is none, or it is older than 3.8.</exception>
    public static async Task<PythonInterpreter> FindAsync(
        string? stated, string folder, TimeProvider clock, CancellationToken cancellationToken)
    {
        FozException? first = null;
        foreach (var program in stated is null ? Candidates(folder) : [Resolve(stated, folder)])
        {
            try
            {
                return await ProbeAsync(program, folder, clock, cancellationToken);
            }
            catch (FozException e) when (e.Kind is ErrorKind.Usage)
            {
                first ??= e;
            }
        }
        throw new FozException(
            ErrorKind.Configuration, $"no Python runs the project's programs: {first!.Message}", first)
        {
            Hint = "install Python 3.8 or later, or state one as 'python:' in foz.yml",
        };
    }

    static async Task<PythonInterpreter> ProbeAsync(
        string program, string folder, TimeProvider clock, CancellationToken cancellationToken)
    {
        var definition = new ProcessDefinition
        {
            Program = program, Arguments = ["-c", Probe], Folder = folder, Timeout = timeout, OutputIsData = true,
        };
        await using var process = ChildProcess.Start(definition, clock);
        var lines = await process.ReadLinesAsync(cancellationToken).ToListAsync(cancellationToken);
        var end = await process.WaitAsync(cancellationToken);
        if (end is not ProcessEnd.Exited { Code: 0 } || lines is not [.., var answer])
            throw new FozException(
                ErrorKind.Usage, $"{program} is no Python that works: {end.LastWord}");
        using var json = JsonDocument.Parse(answer);
        var version = json.RootElement[0].GetString()!;
        if (System.Version.Parse(version) < versionMin)
            throw new FozException(ErrorKind.Usage, $"{program} is Python {version}, and {versionMin} is the least");
        return new(program, version, json.RootElement[1].GetBoolean(), json.RootElement[2].GetBoolean());
    }

    static IEnumerable<string> Candidates(string folder)
    {
        var bin = OperatingSystem.IsWindows() ? Path.Combine("Scripts", "python.exe") : Path.Combine("bin", "python");
        var environments = new[] { Path.Combine(folder, ".venv"), Environment.GetEnvironmentVariable("VIRTUAL_ENV") };
        return
        [
            .. environments.OfType<string>().Select(environment => Path.Combine(environment, bin)).Where(File.Exists),
            "python3",
            "python",
        ];
    }

    static string Resolve(string stated, string folder) => stated.Contains('/', StringComparison.Ordinal)
        || stated.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
        ? Path.GetFullPath(stated, folder)
        : stated;
}
