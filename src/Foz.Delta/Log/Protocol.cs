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

    /// <summary>
    /// The names of all features that a reader must support: the list of version 3, or those that version 2 implies.
    /// </summary>
    public IReadOnlyCollection<string> AllReaderFeatures => MinReaderVersion switch
    {
        ReaderVersionWithFeatures => ReaderFeatures ?? StringList.Empty,
        2 => [TableFeature.ColumnMapping],
        _ => [],
    };

    /// <summary>
    /// The names of all features that a writer must support: the list of version 7, or what an older version stands
    /// for.
    /// </summary>
    public IReadOnlyCollection<string> AllWriterFeatures => MinWriterVersion == WriterVersionWithFeatures
        ? WriterFeatures ?? StringList.Empty
        : [.. TableFeature.All
            .Where(feature => feature.LegacyWriterVersion is > 0 and var version && version <= MinWriterVersion)
            .Select(feature => feature.Name)];

    /// <summary>
    /// Whether another protocol demands the same of its clients, whatever the order of features in the lists.
    /// </summary>
    public bool DemandsAs(Protocol other) =>
        (MinReaderVersion, MinWriterVersion) == (other.MinReaderVersion, other.MinWriterVersion)
        && AllReaderFeatures.ToHashSet(StringComparer.Ordinal).SetEquals(other.AllReaderFeatures)
        && AllWriterFeatures.ToHashSet(StringComparer.Ordinal).SetEquals(other.AllWriterFeatures);

    /// <summary>Whether the table supports a feature, for readers or for writers.</summary>
    public bool Supports(string feature) =>
        AllReaderFeatures.Contains(feature) || AllWriterFeatures.Contains(feature);
}
