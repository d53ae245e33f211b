namespace Foz.Tests;

/// <summary>A Delta table that another writer made, as INDEX.tsv lists it.</summary>
/// <param name="Suite">The suite, a folder.</param>
/// <param name="Name">The table, a folder of the suite.</param>
/// <param name="Kind"><c>data</c>, <c>log-only</c>, <c>negative</c> or <c>unjudged</c>.</param>
/// <param name="Features">The features that it shows, as tags.</param>
/// <param name="Expected">The expected result, in words.</param>
public sealed record GoldenTable(string Suite, string Name, string Kind, string Features, string Expected)
{
    /// <summary>All tables that are here; empty, with the reason, where the shared data is absent.</summary>
    public static List<GoldenTable> All()
    {
        var folder = Repository.SharedFolder("golden");
        return
        [
            .. File.ReadLines(Path.Combine(folder, "INDEX.tsv")).Skip(1)
                .Select(line => line.Split('\t'))
                .Select(cells => new GoldenTable(cells[0], cells[1], cells[2], cells[4], cells[5]))
                .Where(table => Directory.Exists(table.Folder)),
        ];
    }

    /// <summary>The table of a suite and name: <c>suite/name</c>.</summary>
    public static GoldenTable Find(string name) => All().Single(table => table.ToString() == name);

    /// <summary>The folder with the table and its expected result.</summary>
    public string Folder => Path.Combine(Repository.SharedFolder("golden"), Suite, Name);

    /// <summary>The table's root.</summary>
    public string Root => Path.Combine(Folder, "delta");

    /// <summary>The row counts per version that ClickHouse found; empty if none are stored.</summary>
    public Dictionary<long, long> RowCounts()
    {
        var file = Path.Combine(Folder, "expected-chdb-versions.tsv");
        return !File.Exists(file)
            ? []
            : File.ReadLines(file).Select(line => line.Split('\t'))
                .Where(cells => cells.Length == 2 && long.TryParse(cells[0], out _) && long.TryParse(cells[1], out _))
                .ToDictionary(cells => long.Parse(cells[0], null), cells => long.Parse(cells[1], null));
    }

    /// <summary>The files of the log, by name.</summary>
    public string[] LogFiles() => Directory.Exists(Path.Combine(Root, "_delta_log"))
        ? [
            .. Directory.EnumerateFiles(Path.Combine(Root, "_delta_log")).Select(Path.GetFileName).Order()
                .Select(n => n!),
        ]
        : [];

    public override string ToString() => $"{Suite}/{Name}";
}
