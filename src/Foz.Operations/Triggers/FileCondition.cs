using System.Security.Cryptography;
using System.Text;
using Foz.Connectors;
using Foz.Lake.Catalog;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Runs.Streams;

namespace Foz.Operations.Triggers;

/// <summary>
/// Looks for files that the lake does not have. Which those are, the batches of the streams say: a file that was not
/// loaded is found again after any restart, and one that was is not. A file counts once two looks saw it unchanged.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="streams">Sources, or <c>source.stream</c>.</param>
sealed class FileCondition(Lakehouse lake, IReadOnlyList<string> streams)
{
    const int NamesShown = 3;

    Dictionary<string, (long SizeBytes, DateTimeOffset ModifiedAt)> seen = new(StringComparer.Ordinal);

    /// <summary>Lists the files.</summary>
    public async Task<(TriggerMark? Mark, TimeSpan RestFor)> LookAsync(Project project)
    {
        var found = new Dictionary<string, (long SizeBytes, DateTimeOffset ModifiedAt)>(StringComparer.Ordinal);
        var settled = new List<FileInput>();
        foreach (var (source, stream) in WatchedStreams.Of(project, streams))
            foreach (var file in await new PendingFiles(lake).FindAsync(
                project, source, stream, CancellationToken.None))
            {
                var name = $"{source.Name}.{stream.Definition.Name}/{file.Path}";
                found[name] = (file.SizeBytes, file.ModifiedAt);
                if (seen.TryGetValue(name, out var before) && before == found[name]) settled.Add(file);
            }
        seen = found;
        return (settled.Count == 0 ? null : new(MarkOf(settled), CauseOf(settled)), TimeSpan.Zero);
    }

    static string CauseOf(List<FileInput> files) =>
        (files.Count == 1 ? "new file " : $"{files.Count} new files: ")
        + string.Join(", ", files.Take(NamesShown).Select(file => file.Path)) + (files.Count > NamesShown ? ", …" : "");

    static string MarkOf(List<FileInput> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files.OrderBy(file => file.Path, StringComparer.Ordinal))
            hash.AppendData(Encoding.UTF8.GetBytes($"{file.Path}\0{file.SizeBytes}\0{file.ModifiedAt.UtcTicks}\0"));
        return Convert.ToHexStringLower(hash.GetHashAndReset()[..8]);
    }
}
