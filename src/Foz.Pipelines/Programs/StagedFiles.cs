using Foz.Lake;
using Foz.Lake.Data;

namespace Foz.Pipelines.Programs;

/// <summary>Files of a model's rows, all of one format, in a folder that goes with this object.</summary>
sealed class StagedFiles : IDisposable
{
    readonly ProgramRun run;
    readonly HandOver handOver;

    StagedFiles(ProgramRun run, HandOver handOver, IReadOnlyList<FileInfo> files)
    {
        (this.run, this.handOver) = (run, handOver);
        Paths = [.. files.Select(file => file.FullName)];
        SizeBytes = files.Sum(file => file.Length);
    }

    /// <summary>Gets the paths of the files, in their order; empty where there are no rows.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>Gets how large the files are together.</summary>
    public long SizeBytes { get; }

    /// <summary>Gets the model whose rows they are.</summary>
    internal TableName Model => run.Model;

    /// <summary>Gets the file of the program; null where it has none in the project.</summary>
    internal Place? Place => run.Place;

    /// <summary>Finds the files that a program left.</summary>
    /// <exception cref="FozException">They are of several formats.</exception>
    internal static StagedFiles Find(ProgramRun run, HandOver handOver)
    {
        var files = new DirectoryInfo(handOver.Output).EnumerateFiles().Where(file => file.Name != HandOver.MarkFile)
            .OrderBy(file => file.FullName, StringComparer.Ordinal).ToList();
        var staged = new StagedFiles(run, handOver, files);
        var endings = staged.Paths.Select(EndingOf).Distinct(StringComparer.Ordinal).ToList();
        if (endings.Count > 1) throw staged.Wrong($"gave files of several formats: {string.Join(", ", endings)}");
        return staged;
    }

    /// <summary>How the names of the files end, in small letters, with the dot; null where there are none.</summary>
    internal string? Ending => Paths.Count == 0 ? null : EndingOf(Paths[0]);

    /// <summary>The columns that the helper in Python states when all is written; null of another program.</summary>
    internal IReadOnlyList<WrittenColumn>? ReadColumns() => handOver.ReadColumns();

    /// <summary>An error in what the files hold.</summary>
    internal FozException Wrong(string what, string? hint = null) =>
        new(ErrorKind.Data, $"the program of {Model} {what}")
        {
            Place = Place,
            Hint = hint
                ?? "a model() in Python returns rows or calls foz.write(rows); another "
                    + "program writes *.parquet, *.jsonl "
                + $"or *.csv to the folder 'output' of ${HandOver.Variable}",
        };

    /// <summary>Deletes the files.</summary>
    public void Dispose() => handOver.Dispose();

    static string EndingOf(string path) => Path.GetExtension(path).ToLowerInvariant();
}
