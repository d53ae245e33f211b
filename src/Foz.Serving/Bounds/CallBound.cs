using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;

namespace Foz.Serving.Bounds;

/// <summary>
/// The most that one call of a function makes for all rows of its vector: a sixteenth of its instance's memory. DuckDB
/// counts what functions make neither as memory nor can it be interrupted while they do.
/// </summary>
/// <param name="function">The function, for people.</param>
/// <param name="instance">Where it is called.</param>
sealed class CallBound(string function, EngineInstance instance)
{
    /// <summary>The part of an instance's memory that one call may make.</summary>
    public const int Part = 16;

    // A text of .NET's spans cannot be longer.
    const long BytesMaxOfAll = 1L << 30;

    /// <summary>Bytes that a call may make.</summary>
    public long BytesMax => Math.Min(instance.MemoryBytes / Part, BytesMaxOfAll);

    /// <summary>Makes sure that a call makes no more than it may.</summary>
    /// <param name="bytes">What it would make for the rows so far.</param>
    /// <exception cref="FozException">It would make more.</exception>
    public void Check(Int128 bytes)
    {
        if (bytes > BytesMax) throw EngineErrors.TooLarge(function, new MemorySize(BytesMax).ToString());
    }
}
