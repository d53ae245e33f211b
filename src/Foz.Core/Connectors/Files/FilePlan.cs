using System.Collections.Immutable;

namespace Foz.Core.Connectors.Files;

/// <summary>Which files the next batch of a stream reads.</summary>
static class FilePlan
{
    /// <summary>
    /// Decides it: the files that no batch has read; in a snapshot all, if any is new, changed or gone. One without a byte is
    /// none yet: somebody may be about to write it.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="present">The files that there are, in order.</param>
    /// <param name="history">The inputs of all batches so far, oldest first.</param>
    public static BatchPlan Make(
        StreamDefinition stream, IReadOnlyList<FileInput> present, IReadOnlyList<StreamInputs> history)
    {
        var found = present.Where(file => IsOne(stream, file)).ToList();
        if (stream.Mode == StreamMode.Snapshot)
        {
            var isKnown = history.Count > 0 && history[^1].Files.Length == found.Count
                && history[^1].Files.Zip(found).All(pair => IsSame(pair.First, pair.Second));
            return new(isKnown || (found.Count == 0 && history.Count == 0) ? null : new() { Files = [.. found] }, []);
        }
        var read = new Dictionary<string, FileInput>();
        foreach (var file in history.SelectMany(inputs => inputs.Files).Where(file => IsOne(stream, file))) read[file.Path] = file;
        var warnings = found.Where(file => read.TryGetValue(file.Path, out var before) && !IsSame(before, file))
            .Select(file => Changed(read[file.Path], file)).ToImmutableArray();
        var unread = found.Where(file => !read.ContainsKey(file.Path)).ToImmutableArray();
        return new(unread.IsEmpty ? null : new() { Files = unread }, warnings);
    }

    /// <summary>Whether there is something to read: as a row of its own a file may be empty.</summary>
    static bool IsOne(StreamDefinition stream, FileInput file) => file.SizeBytes > 0 || stream.Settings.Text("format") == "binary";

    /// <summary>Whether a file is as it was, to the millisecond of its last change.</summary>
    public static bool IsSame(FileInput a, FileInput b) =>
        a.Path == b.Path && a.SizeBytes == b.SizeBytes
        && a.ModifiedAt.ToUnixTimeMilliseconds() == b.ModifiedAt.ToUnixTimeMilliseconds();

    /// <summary>The error of a file that is not as it was planned.</summary>
    public static FozException ChangedWhileRead(FileInput input) =>
        new(ErrorKind.Source, $"file {input.Path} changed while the batch was being read")
        {
            Hint = "run again once it is written",
            IsTransient = true,
        };

    static Warning Changed(FileInput before, FileInput now) => new(
        $"file {now.Path} changed after it was read ("
        + (before.SizeBytes == now.SizeBytes
            ? $"modified {now.ModifiedAt:yyyy-MM-dd HH:mm:ss}, before {before.ModifiedAt:yyyy-MM-dd HH:mm:ss}"
            : $"{now.SizeBytes:N0} bytes, before {before.SizeBytes:N0}")
        + "); it is not read again",
        "bring corrected rows in by a new file, or read all files anew with --full-refresh");
}
