using System.CommandLine;
using Foz.Cli.Telemetry;
using Foz.Cli.Terminal;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Pipelines.Projects;

namespace Foz.Cli.Commands;

/// <summary>The context of all commands: the terminal, the options of every command, the secrets to mask.</summary>
sealed class CommandContext
{
    /// <summary>The context of one command line.</summary>
    public CommandContext(Shell shell)
    {
        Shell = shell;
        Output.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, ["table", "json", "csv", .. LineFormats]);
    }

    /// <summary>The formats of one text a line, which only <c>foz ls</c> has.</summary>
    public static readonly IReadOnlyList<string> LineFormats = ["name", "path", "selector"];

    /// <summary>What commands talk to.</summary>
    public Shell Shell { get; set; }

    /// <summary>The project's folder.</summary>
    public Option<string?> Project { get; } = new("--project")
    {
        Description =
            "The folder with foz.yml or dbt_project.yml (default: this one or the nearest above it that has one), or "
                + "an archive: https://host/project.tar.gz#sha256=…, or in git: "
                + "git+https://host/repository@branch#folder",
        HelpName = "folder", Recursive = true,
    };

    /// <summary>The environment.</summary>
    public Option<string?> Target { get; } = new("--target", "-t", "--environment")
    {
        Description = "The environment of foz.yml, or the target of a dbt profile, to work in",
        HelpName = "environment", Recursive = true,
    };

    /// <summary>Variables of a dbt project.</summary>
    public Option<string?> Vars { get; } = new("--vars")
    {
        Description = "Variables of a dbt project that override its own, such as '{start: 2026-01-01}'",
        HelpName = "yaml", Recursive = true,
    };

    // A text: an option of an enum would be compiled at each start of the process.
    /// <summary>How results are written.</summary>
    public Option<string?> Output { get; } = new("--output", "-o")
    {
        Description =
            "How results are written: table, json (an array of objects) or csv; of foz ls also name, path, selector",
        HelpName = "format",
        Recursive = true,
    };

    /// <summary>The engines of the process that runs the command; null where the command has its own.</summary>
    public EnginePool? Engines { get; init; }

    /// <summary>
    /// Runs another command line, with the engines of this process where they are given, and returns its exit code.
    /// </summary>
    public Func<IReadOnlyList<string>, Shell, EnginePool?, CancellationToken, Task<int>> RunAsync { get; init; } =
        static (_, _, _, _) => throw new NotSupportedException("no command can be run");

    /// <summary>Whether the stack of an unexpected error is shown.</summary>
    public Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Show where in Foz an unexpected error arose", Recursive = true,
    };

    /// <summary>The secrets of the project that was opened; null before one was.</summary>
    public Secrets? Secrets { get; set; }

    /// <summary>The folder that <c>--project</c> named, once it is known: a branch stays where it was then.</summary>
    public string? ProjectFolder { get; set; }

    /// <summary>Finds what is wrong with another command line; null where nothing is.</summary>
    public Func<IReadOnlyList<string>, FozException?> Check { get; init; } = static _ => null;

    /// <summary>The options of every command.</summary>
    public IEnumerable<Option> Options => [Project, Target, Vars, Output, Verbose];

    /// <summary>The folder that <c>--project</c> names, for a command that writes files into it.</summary>
    /// <exception cref="FozException">It names an address.</exception>
    public string WritableFolder(string named) => named.Contains("://", StringComparison.Ordinal)
        ? throw new FozException(
            ErrorKind.Usage, "the command writes files of the project, and one at an address stays unchanged")
        {
            Hint = "--project <folder>, then commit it, or make the archive again",
        }
        : Shell.PathOf(named);

    /// <summary>Begins to watch a run for metrics, traces and logs.</summary>
    public RunObserver Observe(ProjectFile file) => RunObserver.Start(Shell.Host, Shell.TraceParent, file);

    /// <summary>A text without secrets.</summary>
    public string Mask(string text) => Secrets?.Mask(text) ?? text;

    /// <summary>Writes a warning, apart from the result.</summary>
    public void Warn(Warning warning) =>
        Shell.Error.WriteLine($"{Shell.Styled(Style.Yellow, "warning:")} {Mask(warning.Describe())}");

    /// <summary>Shows an error on the error output.</summary>
    /// <returns>The exit code of its kind.</returns>
    public int Report(Exception error, bool isVerbose)
    {
        var known = DeltaErrors.Find(error)
            ?? new FozException(ErrorKind.Bug, $"{error.GetType().Name}: {error.Message}", error);
        Shell.Out.Flush();
        Shell.Error.WriteLine(
            $"{Shell.Styled(Style.Red, "error:")} {Shell.Shortened(new ErrorText(Mask, isVerbose).Of(known))}");
        return known.Kind.ExitCode;
    }

    /// <summary>
    /// Does something with each of several tables. One with which it fails is reported, and the others are done all the
    /// same; the failure of a table that is alone ends the command.
    /// </summary>
    /// <returns>The exit code of the first failure; 0 where there was none.</returns>
    public async Task<int> ForEachAsync<T>(ParseResult arguments, IReadOnlyList<T> tables, Func<T, Task> act)
    {
        var exitCode = 0;
        foreach (var table in tables)
            try
            {
                await act(table);
            }
            catch (Exception e) when (tables.Count > 1 && e is not OperationCanceledException
                && DeltaErrors.Find(e) is { Kind: not ErrorKind.Canceled })
            {
                var code = Report(e, arguments.GetValue(Verbose));
                if (exitCode == 0) exitCode = code;
            }
        return exitCode;
    }

    /// <summary>Returns how errors are shown.</summary>
    public ErrorText ErrorsOf(ParseResult arguments) => new(Mask, arguments.GetValue(Verbose));

    /// <summary>Writes results as <c>--output</c> says.</summary>
    public ResultWriter Writer(ParseResult arguments) => new(Shell, Format(arguments));

    /// <summary>Writes rows as <c>--output</c> says.</summary>
    public void WriteRows(
        ParseResult arguments, IReadOnlyList<ResultColumn> columns, IEnumerable<object?[]> rows) =>
        Writer(arguments).Write(columns, IsTable(arguments) ? rows.Select(Blank) : rows);

    /// <summary>Replaces missing values by empty texts; only in the rows of queries NULL has a meaning.</summary>
    public static object?[] Blank(object?[] row) => [.. row.Select(value => value ?? "")];

    /// <summary>Whether results go to people.</summary>
    public bool IsTable(ParseResult arguments) => Format(arguments) is OutputFormat.Table;

    /// <summary>Whether results go to programs that read JSON.</summary>
    public bool IsJson(ParseResult arguments) => Format(arguments) is OutputFormat.Json;

    OutputFormat Format(ParseResult arguments) => arguments.GetValue(Output)?.ToLowerInvariant() switch
    {
        "json" => OutputFormat.Json,
        "csv" => OutputFormat.Csv,
        { } line when LineFormats.Contains(line) =>
            throw Unreadable("--output", line, "only foz ls writes lines of these"),
        _ => OutputFormat.Table,
    };

    /// <summary>The format of one text a line that is asked for; null for another.</summary>
    public string? LineFormat(ParseResult arguments) =>
        arguments.GetValue(Output)?.ToLowerInvariant() is { } format && LineFormats.Contains(format) ? format : null;

    /// <summary>The instant that an option says.</summary>
    public static DateTimeOffset InstantOf(string option, string text) => Instant.TryParse(text, out var instant)
        ? instant
        : throw Unreadable(option, text, $"write {Instant.Examples}");

    /// <summary>Returns the error of an option whose value cannot be read.</summary>
    public static FozException Unreadable(string option, string text, string hint) =>
        new(ErrorKind.Usage, $"{option} cannot be '{text}'") { Hint = hint };
}
