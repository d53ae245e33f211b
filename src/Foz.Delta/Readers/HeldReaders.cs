using Foz.Delta.Log;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Readers;

/// <summary>The engines that a table stays readable for: its property <c>foz.readers</c>, a list of names.</summary>
public static class HeldReaders
{
    /// <summary>The property.</summary>
    public const string Property = "foz.readers";

    /// <summary>The names that a text lists.</summary>
    public static IReadOnlyList<string> Names(string? text) =>
        text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>Properties that name these engines; none where the list is empty.</summary>
    public static StringMap With(StringMap properties, IReadOnlyList<string> names) =>
        names.Count == 0 ? properties.Without(Property) : properties.With(Property, string.Join(',', names));

    /// <summary>The engines that a table's properties name; names that are not known are passed over.</summary>
    public static IReadOnlyList<TableReader> Of(StringMap properties) =>
        [.. Names(properties.Find(Property)).Select(TableReader.Find).OfType<TableReader>()];

    /// <summary>Whether all of them read tables that have a feature.</summary>
    internal static bool Allow(StringMap properties, string feature) =>
        Of(properties).All(reader => reader.Reads(feature));

    /// <summary>The first of them that does not read files of a kind; null where all do.</summary>
    public static TableReader? FindMissing(StringMap properties, string kind) =>
        Of(properties).FirstOrDefault(reader => reader.Misses(kind));

    /// <summary>Refuses what would shut one of them out.</summary>
    /// <param name="before">The table before the change; null where it does not exist yet.</param>
    /// <param name="protocol">Its protocol after it.</param>
    /// <param name="metadata">Its metadata after it.</param>
    /// <param name="table">The table, for messages.</param>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.ShutsReaderOut"/>: an engine could read it no more.
    /// </exception>
    internal static void Check(Snapshot? before, Protocol protocol, Metadata metadata, string table)
    {
        foreach (var reader in Of(metadata.Configuration))
        {
            var isNew = before is null || !Of(before.Metadata.Configuration).Contains(reader);
            var obstacles = reader.Obstacles(protocol).Except(isNew ? [] : reader.Obstacles(before!.Protocol)).ToList();
            if (isNew && before is { HasEscapedFolders: true } && reader.Misses(TableReader.EscapedFolders))
                obstacles.Add("its partition folders, whose names hold %");
            if (obstacles.Count == 0) continue;
            throw new DeltaException(
                DeltaErrorKind.ShutsReaderOut,
                $"{table} stays readable for {string.Join(", ", Of(metadata.Configuration))}, and {reader} does not "
                    + $"read {string.Join(", ", obstacles)}");
        }
    }
}
