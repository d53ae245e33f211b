namespace Foz.Delta.Log;

/// <summary>What a client must support to read and to write the table (action <c>protocol</c>).</summary>
public sealed record Protocol : LogAction
{
    /// <summary>The reader version that names its features in a list.</summary>
    public const int ReaderVersionWithFeatures = 3;

    /// <summary>The writer version that names its features in a list.</summary>
    public const int WriterVersionWithFeatures = 7;

    /// <summary>The least protocol version of a reader.</summary>
    public required int MinReaderVersion { get; init; }

    /// <summary>The least protocol version of a writer.</summary>
    public required int MinWriterVersion { get; init; }

    /// <summary>The features a reader must support; null unless <see cref="MinReaderVersion"/> is 3.</summary>
    public StringList? ReaderFeatures { get; init; }

    /// <summary>The features a writer must support; null unless <see cref="MinWriterVersion"/> is 7.</summary>
    public StringList? WriterFeatures { get; init; }
}
