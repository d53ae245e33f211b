using System.Globalization;

namespace Foz.AcceptanceTests.Crash;

/// <summary>
/// A project whose one model is filled day by day: the first of January has one row, the second two, and so on.
/// </summary>
sealed class BackfillProject : IDisposable
{
    const int Days = 8;

    public BackfillProject()
    {
        Write("foz.yml",
            "name: days\nlake: lake\nmemory: 256MB\nthreads: 2\nconnections: {files: {type: files, path: data}}\n");
        Write("sources/files.yml",
            "connection: files\nschema: bronze\nstreams: {days: {path: days.csv, columns: {day: date}}}\n");
        Write("models/silver/days.sql", """
            /* @foz
            materialization: {type: incremental, strategy: microbatch, event_time: day, begin: '2026-01-01', batch_size: day}
            @foz */
            SELECT day, n FROM bronze.days
            """);
        var rows = Enumerable.Range(1, Days)
            .SelectMany(day =>
                Enumerable.Range(0, day).Select(n => FormattableString.Invariant($"2026-01-{day:D2},{n}")));
        Write("data/days.csv", "day,n\n" + string.Join('\n', rows) + "\n");
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("foz-backfill-").FullName;

    /// <summary>How many commits a table has, without those by which its step was taken over.</summary>
    public int Commits(string table) =>
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "lake", table, "_delta_log")).GetFiles("*.json")
            .Where(file => !File.ReadAllText(file.FullName).Contains("TAKE OVER STEP", StringComparison.Ordinal))
            .Select(file => file.Name)
            .Count(file =>
                long.TryParse(
                    System.IO.Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture,
                    out _));

    public void Dispose() => Directory.Delete(Path, recursive: true);

    void Write(string path, string text)
    {
        var file = System.IO.Path.Combine(Path, path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
