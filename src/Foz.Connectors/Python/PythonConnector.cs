using System.Reflection;
using Foz.Connectors.Programs;
using Foz.Connectors.Singer;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Python;

/// <summary>
/// A file of the project in Python whose functions are streams, run by the user's interpreter in a process of its own.
/// </summary>
/// <param name="clock">Measures how long it runs.</param>
public sealed class PythonConnector(TimeProvider clock) : IConnector
{
    const string Helper = "foz_source.py";

    /// <summary>The connector's type: that of a source in Python which names no connection.</summary>
    public const string TypeName = "python";

    /// <summary>The setting that names the interpreter.</summary>
    public const string InterpreterSetting = "python";

    /// <inheritdoc/>
    public string Type => TypeName;

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> ConnectionSettings { get; } =
    [
        new("file", "the file, relative to the project") { Default = "the source's own, where that is Python" },
        new(InterpreterSetting, "the interpreter")
        {
            Default =
                "`python:` of `foz.yml`, else that of `.venv` in the project or of an "
                    + "active environment, else `python3`",
        },
        .. ProgramOptions.Specs(withImage: false).Where(spec => spec.Name != "command"),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> StreamSettings { get; } =
    [
        new("stream", "its name in the file") { Default = "the stream's name" },
    ];

    /// <inheritdoc/>
    public StreamMode DefaultMode => StreamMode.Snapshot;

    /// <inheritdoc/>
    public void Validate(SourceDefinition source) => FileOf(source);

    /// <inheritdoc/>
    public ISource Open(SourceDefinition source, string projectFolder)
    {
        var settings = source.Connection.Settings;
        var options = ProgramOptions.Read(
            settings,
            [
                InterpreterOf(settings.Text(InterpreterSetting), projectFolder), "-u", "-B", "-X", "utf8", "-c",
                HelperText(), FileOf(source),
            ]);
        return new SingerSource(
            source, options with { TellsEnd = true, Variables = source.Variables }, projectFolder, clock);
    }

    static string FileOf(SourceDefinition source) => source.Connection.Settings.Text("file")
        ?? (Path.GetExtension(source.Place.File) == ".py"
            ? source.Place.File!
            : throw source.Connection.Settings.Wrong("file", "a file in Python"));

    static string InterpreterOf(string? stated, string projectFolder)
    {
        if (stated is not null)
            return stated.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(stated, projectFolder) : stated;
        var program = OperatingSystem.IsWindows()
            ? Path.Combine("Scripts", "python.exe")
            : Path.Combine("bin", "python");
        return new[] { Path.Combine(projectFolder, ".venv"), Environment.GetEnvironmentVariable("VIRTUAL_ENV") }
            .OfType<string>().Select(environment => Path.Combine(environment, program)).FirstOrDefault(File.Exists)
            ?? (OperatingSystem.IsWindows() ? "python" : "python3");
    }

    static string HelperText()
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(Helper)!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}
