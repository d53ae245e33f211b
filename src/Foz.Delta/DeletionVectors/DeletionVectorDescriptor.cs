using System.Globalization;

namespace Foz.Delta.DeletionVectors;

/// <summary>
/// Where the deletion vector of a file is stored, as written in an <c>add</c> or <c>remove</c> action (PROTOCOL.md,
/// "Deletion Vector Descriptor Schema").
/// </summary>
public sealed record DeletionVectorDescriptor
{
    /// <summary>The table property that lets writers mark rows as deleted.</summary>
    public const string Property = "delta.enableDeletionVectors";

    /// <summary>The storage type of a vector in a file named by a UUID, relative to the table's folder.</summary>
    public const char Relative = 'u';

    /// <summary>The storage type of a vector that is in the log itself.</summary>
    public const char Inline = 'i';

    /// <summary>The storage type of a vector in a file at an absolute path.</summary>
    public const char Absolute = 'p';

    /// <summary><see cref="Relative"/>, <see cref="Inline"/> or <see cref="Absolute"/>.</summary>
    public required char StorageType { get; init; }

    /// <summary>
    /// Relative: an optional folder, then 20 characters of Z85 (the UUID); inline: the vector in Z85; absolute: the
    /// URI-encoded path.
    /// </summary>
    public required string PathOrInlineDv { get; init; }

    /// <summary>Byte position in the file where the vector's size field starts; null for an inline vector.</summary>
    public int? Offset { get; init; }

    /// <summary>Bytes of the serialized vector, without size field, checksum and padding.</summary>
    public required int SizeInBytes { get; init; }

    /// <summary>How many rows of the data file the vector deletes.</summary>
    public required long Cardinality { get; init; }

    /// <summary>
    /// Distinguishes the vectors that one data file had in successive versions: part of the replay key.
    /// </summary>
    public string UniqueId => Offset is { } offset
        ? string.Create(CultureInfo.InvariantCulture, $"{StorageType}{PathOrInlineDv}@{offset}")
        : StorageType + PathOrInlineDv;
}
