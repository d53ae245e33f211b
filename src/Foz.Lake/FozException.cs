namespace Foz.Lake;

/// <summary>The one exception of the platform: what is wrong, of which kind, where, and what to do about it.</summary>
/// <param name="kind">The kind of failure.</param>
/// <param name="message">What is wrong, in one sentence without a full stop; never holds a secret.</param>
/// <param name="innerException">What caused it, if another error did.</param>
public sealed class FozException(ErrorKind kind, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The kind of failure.</summary>
    public ErrorKind Kind { get; } = kind;

    /// <summary>Where it is; null where no file, table or column can be named.</summary>
    public Place? Place { get; init; }

    /// <summary>What was being read, such as the line of a COPY; null where that is no matter.</summary>
    public string? Context { get; init; }

    /// <summary>
    /// The statement that <see cref="Place"/> is in, where that is one of the engine's; otherwise null.
    /// </summary>
    internal string? Statement { get; init; }

    /// <summary>What to do about it; null where nothing better than the message is known.</summary>
    public string? Hint { get; init; }

    /// <summary>The SQLSTATE, where it is more exact than that of <see cref="Kind"/>; otherwise null.</summary>
    public string? SqlState { get; init; }

    /// <summary>
    /// Whether there was no room left for it, neither in memory nor on the disk that memory spills to.
    /// </summary>
    public bool IsOutOfMemory => SqlState is "53100" or "53200";

    /// <summary>Whether trying the same again later can succeed.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Place, message and hint as one text of one or two lines.</summary>
    public string Describe() =>
        (Place is { } place ? $"{place}: {Message}" : Message) + (Hint is null ? "" : $"\n  {Hint}");
}

/// <summary>A place in a text file of the project.</summary>
/// <param name="File">Path of the file, relative to the project where it lies inside it.</param>
/// <param name="Line">Line, counted from 1; 0 where only the file is known.</param>
/// <param name="Column">Column in characters, counted from 1; 0 where only the line is known.</param>
public readonly record struct Place(string File, int Line = 0, int Column = 0)
{
    /// <summary><c>file</c>, <c>file:line</c> or <c>file:line:column</c>.</summary>
    public override string ToString() =>
        Line == 0 ? File : Column == 0 ? $"{File}:{Line}" : $"{File}:{Line}:{Column}";
}
