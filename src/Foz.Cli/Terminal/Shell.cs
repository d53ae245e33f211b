using System.Text;
using Foz.Cli.Telemetry;
using Foz.Operations.Telemetry;

namespace Foz.Cli.Terminal;

/// <summary>
/// The input and output of a command: results go to <see cref="Out"/>, everything else to <see cref="Error"/>.
/// </summary>
sealed class Shell
{
    const int BufferBytes = 1 << 16;

    /// <summary>Where results go; callers flush it to show them before the command ends.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Where errors and remarks go.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Where a query that is not in the arguments comes from; asked for at its first use.</summary>
    public required Func<TextReader> In { get; init; }

    /// <summary>Whether <see cref="Out"/> is a terminal that can move its cursor.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Whether <see cref="Out"/> shows colours.</summary>
    public bool HasColor { get; init; }

    /// <summary>Gets the keys of a user who can be asked; null where input or output is no terminal.</summary>
    public IKeys? Keys { get; init; }

    /// <summary>Whether a user at a terminal can be asked, even at one that cannot move its cursor.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>Gets what Ctrl-C stops while a command works.</summary>
    public Interrupts Interrupts { get; init; } = new();

    /// <summary>Returns how many columns the terminal has at the moment; 0 where there is none.</summary>
    public Func<int> WidthNow { get; init; } = static () => 0;

    /// <summary>Returns how many rows the terminal has at the moment; 0 where that is not known.</summary>
    public Func<int> HeightNow { get; init; } = static () => 0;

    /// <summary>How many columns the terminal has; 0 where there is none.</summary>
    public int Width => IsTerminal ? WidthNow() : 0;

    /// <summary>The folder that relative paths start from.</summary>
    public string Folder
    {
        get => field ??= Environment.CurrentDirectory;
        init;
    }

    /// <summary>
    /// A copy of the project's texts, from which they are read; null for the project's folder itself.
    /// </summary>
    public string? Texts { get; init; }

    /// <summary>Gets what takes the reason why a command ended, where its output is not enough of it.</summary>
    public Action<string> EndedBy { get; init; } = static _ => { };

    /// <summary>The time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Gets the host that runs the command, which observes its runs; null where it runs by itself.</summary>
    public HostObserver? Host { get; init; }

    /// <summary>Gets the span that runs are a part of, as W3C's <c>traceparent</c> writes it; null for none.</summary>
    public string? TraceParent
    {
        get => field ?? (Host is null ? Environment.GetEnvironmentVariable(RunTelemetry.ParentVariable) : null);
        init;
    }

    /// <summary>The terminal that the process was started from.</summary>
    public static Shell OfProcess()
    {
        var isTerminal = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";
        // Not asked of a command whose output is no terminal, which would take time at its start.
        var isInteractive = !Console.IsOutputRedirected && !Console.IsInputRedirected;
        // As what goes to other programs is UTF-8, what comes from them is too.
        var input = new Lazy<TextReader>(() => Console.IsInputRedirected
            ? new Utf8Reader(Console.OpenStandardInput(), "the standard input")
            : Console.In);
        var encoding = Console.IsOutputRedirected
            ? TerminalEncoding.Utf8 : TerminalEncoding.Of(Environment.GetEnvironmentVariable);
        return new()
        {
            Out = Writer(Console.OpenStandardOutput(), encoding, flushes: isTerminal),
            Error = Writer(Console.OpenStandardError(), encoding, flushes: true),
            In = () => input.Value,
            IsTerminal = isTerminal,
            HasColor = isTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
            WidthNow = static () => Console.WindowWidth, HeightNow = static () => Console.WindowHeight,
            IsInteractive = isInteractive, Keys = isInteractive && isTerminal ? new ConsoleKeys() : null,
        };
    }

    /// <summary>
    /// Returns the same shell, with everything that goes to a terminal, or reports errors, made printable; results that
    /// go elsewhere stay unchanged.
    /// </summary>
    public Shell Guarded() => Error is TerminalWriter ? this : With(
        IsTerminal ? new TerminalWriter(Out) : Out, new TerminalWriter(Error));

    /// <summary>Returns the same shell for commands that read a copy of the project's texts.</summary>
    public Shell Reading(string? texts) => With(Out, Error, texts);

    /// <summary>Returns the same shell with other places to write to.</summary>
    public Shell With(TextWriter output, TextWriter error) => With(output, error, Texts);

    Shell With(TextWriter output, TextWriter error, string? texts) => new()
    {
        Out = output, Error = error, In = In,
        IsTerminal = IsTerminal, HasColor = HasColor, IsInteractive = IsInteractive, Keys = Keys,
        Interrupts = Interrupts,
        WidthNow = WidthNow, HeightNow = HeightNow, Folder = Folder, Clock = Clock, Host = Host,
        TraceParent = TraceParent, EndedBy = EndedBy, Texts = texts,
    };

    /// <summary>
    /// Gets the terminal for output that moves its cursor, whose texts are made printable one by one.
    /// </summary>
    internal TextWriter Screen => (Out as TerminalWriter)?.Inner ?? Out;

    /// <summary>A path as the user means it.</summary>
    public string PathOf(string path) => Path.GetFullPath(path, Folder);

    /// <summary>A path as people read it: from the current folder, if it is in it.</summary>
    public string Shown(string path) => Path.GetRelativePath(Folder, path) is var relative
        && (relative == ".." || relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            ? path
            : relative;

    /// <summary>A text in which paths of the current folder start from it.</summary>
    public string Shortened(string text) => Path.GetDirectoryName(Folder) is null
        ? text
        : text.Replace(Folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);

    /// <summary>Returns as much of a line as fits the terminal; all of it where there is none.</summary>
    public string Fit(string line) => Width > 1 ? TextWidth.Cut(line, Width - 1) : line;

    /// <summary>The text in a style, where colours are shown.</summary>
    public string Styled(Style style, string text) => HasColor ? $"\e[{(int)style}m{text}\e[0m" : text;

    static StreamWriter Writer(Stream stream, Encoding encoding, bool flushes) =>
        new(stream, encoding, BufferBytes) { AutoFlush = flushes };
}

/// <summary>How a piece of text looks, by its ANSI code.</summary>
enum Style
{
    /// <summary>Bright.</summary>
    Bold = 1,

    /// <summary>Less bright.</summary>
    Dim = 2,

    /// <summary>What went wrong.</summary>
    Red = 31,

    /// <summary>What went well.</summary>
    Green = 32,

    /// <summary>Text that the user should check.</summary>
    Yellow = 33,

    /// <summary>Work in progress.</summary>
    Cyan = 36,
}
