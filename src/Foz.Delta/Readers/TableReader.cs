using System.Diagnostics;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;

namespace Foz.Delta.Readers;

/// <summary>An engine that reads Delta tables, and what is known of it: <c>readers.tsv</c>.</summary>
public sealed class TableReader
{
    /// <summary>The subject of facts about tables that need no feature.</summary>
    public const string AnyTable = "table";

    /// <summary>The subject of facts about partition folders whose names hold <c>%</c>.</summary>
    public const string EscapedFolders = "escapedFolders";

    /// <summary>
    /// The subject of facts about versions of a change data feed that take files away and have no change files.
    /// </summary>
    public const string ChangesWithoutFiles = "changesWithoutFiles";

    readonly Dictionary<string, ReaderFact> facts;

    TableReader(string name, IEnumerable<ReaderFact> facts) =>
        (Name, this.facts) = (name, facts.ToDictionary(fact => fact.Subject, StringComparer.Ordinal));

    /// <summary>The engines, in the order in which they are shown.</summary>
    public static IReadOnlyList<TableReader> All { get; } =
        [
            .. ReadFacts().GroupBy(line => line.Engine, line => line.Fact)
                .Select(group => new TableReader(group.Key, group)),
        ];

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => All.Select(reader => reader.Name);

    /// <summary>Its name in <c>readers</c>.</summary>
    public string Name { get; }

    /// <summary>The full name of the engine, for people.</summary>
    public string Title => facts[AnyTable].Note;

    /// <summary>All that is known of it.</summary>
    public IReadOnlyCollection<ReaderFact> Facts => facts.Values;

    /// <summary>The engine of a name, whatever its case; null where none is known.</summary>
    public static TableReader? Find(string name) =>
        All.FirstOrDefault(reader => reader.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>What is known of it about a feature or a kind of files; null where nothing is.</summary>
    public ReaderFact? FactOf(string subject) => facts.GetValueOrDefault(subject);

    /// <summary>Whether it reads tables that have a feature. What is not known counts as not read.</summary>
    public bool Reads(string feature) => FactOf(feature) is { Reads: true };

    /// <summary>Whether it is known not to read files of a kind.</summary>
    public bool Misses(string kind) => FactOf(kind) is { Reads: false };

    /// <summary>Returns what the engine does with a table in its present state.</summary>
    public ReaderVerdict Judge(Snapshot table)
    {
        var (protocol, features) = (table.Protocol, FeaturesOf(table.Protocol));
        var obstacles = Obstacles(protocol).ToList();
        if (Misses(EscapedFolders) && table.HasEscapedFolders) obstacles.Add(Describe(EscapedFolders));
        var unwritten = FactOf(AnyTable) is { Writes: false }
            ? ["it only reads"]
            : features.Where(feature => FactOf(feature) is not { Writes: true }).Order(StringComparer.Ordinal)
                .Select(Describe).ToList();
        return new(this, obstacles, [.. obstacles.Union(unwritten)])
        {
            IsMisread = features.Any(feature => FactOf(feature)?.Access is ReaderAccess.Misreads),
            From = FromOf(protocol),
        };
    }

    /// <summary>What keeps the engine from reading tables of a protocol, for people.</summary>
    internal IEnumerable<string> Obstacles(Protocol protocol) =>
        protocol.AllReaderFeatures.Where(feature => !Reads(feature)).Order(StringComparer.Ordinal).Select(Describe);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>
    /// The version from which on the engine reads tables of a protocol; empty where that of a feature is not known.
    /// </summary>
    string FromOf(Protocol protocol)
    {
        var needed = protocol.AllReaderFeatures.Select(feature => FactOf(feature)?.From ?? "").ToList();
        if (needed.Contains("")) return "";
        return needed.Append(FactOf(AnyTable)!.From).Where(version => version.Length > 0)
            .MaxBy(version => Version.Parse(version.Contains('.', StringComparison.Ordinal) ? version : version + ".0"))
            ?? "";
    }

    string Describe(string subject) => FactOf(subject) switch
    {
        null => $"{subject} (not known)",
        { Note: { Length: > 0 } note } => $"{subject} ({note})",
        _ => subject,
    };

    static HashSet<string> FeaturesOf(Protocol protocol) =>
        protocol.AllReaderFeatures.Union(protocol.AllWriterFeatures).ToHashSet(StringComparer.Ordinal);

    static IEnumerable<(string Engine, ReaderFact Fact)> ReadFacts()
    {
        using var lines = new StreamReader(typeof(TableReader).Assembly.GetManifestResourceStream("readers.tsv")!);
        while (lines.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var cells = line.Split('\t');
            yield return (cells[0],
                new(cells[1], AccessOf(cells[2]), cells[3], cells[4], cells.ElementAtOrDefault(5) ?? ""));
        }
    }

    static ReaderAccess AccessOf(string word) => word switch
    {
        "RW" => ReaderAccess.ReadsAndWrites,
        "R" => ReaderAccess.Reads,
        "W" => ReaderAccess.Writes,
        "a" => ReaderAccess.Accepts,
        "-" => ReaderAccess.Refuses,
        "wrong" => ReaderAccess.Misreads,
        _ => throw new UnreachableException(word),
    };
}

/// <summary>What an engine does with a table in its present state.</summary>
/// <param name="Reader">The engine.</param>
/// <param name="Obstacles">What prevents it from reading the table; empty where it reads it.</param>
/// <param name="WriteObstacles">What else prevents it from writing the table; empty where it writes it.</param>
public sealed record ReaderVerdict(
    TableReader Reader, IReadOnlyList<string> Obstacles, IReadOnlyList<string> WriteObstacles)
{
    /// <summary>Whether it reads other rows, without an error.</summary>
    public bool IsMisread { get; init; }

    /// <summary>The version from which on it reads the table; empty where that is not known.</summary>
    public string From { get; init; } = "";
}
