using System.Collections.Immutable;
using Foz.Lake;

namespace Foz.Connectors.Files;

/// <summary>What happens to files that change after they were read.</summary>
enum ChangedFiles
{
    /// <summary>Changed files are read again; their rows replace the earlier ones.</summary>
    Replace,

    /// <summary>The step fails.</summary>
    Fail,

    /// <summary>Changed files are not read again, and the run warns.</summary>
    Warn,
}

/// <summary>Which files the next batch of a stream reads.</summary>
static class FilePlan
{
    const string ReplaceHint = "changed_files: replace puts its rows in the place of those that were read; "
        + "--full-refresh reads all files again";

    /// <summary>
    /// Plans the next batch: the files that no batch has read, and those with rejected rows that were read with other
    /// settings; in a snapshot all files, if any is new, changed, gone or to be read again. An empty file is ignored,
    /// as another program may be about to write it.
    /// </summary>
    /// <param name="settings">The settings of the stream.</param>
    /// <param name="present">The existing files, in order.</param>
    /// <param name="history">The inputs of all batches so far, oldest first.</param>
    /// <param name="hasOtherBytes">Whether a file of unchanged size has other bytes than those that were read.</param>
    /// <exception cref="FozException">Thrown when a file changed, and the policy is to fail.</exception>
    public static BatchPlan Make(
        FileStreamSettings settings, IReadOnlyList<FileInput> present, IReadOnlyList<StreamInputs> history,
        Func<FileInput, FileInput, bool> hasOtherBytes)
    {
        var (stream, policy) = (settings.Stream, settings.Changed);
        var found = present.Where(file => IsOne(stream, file)).ToList();
        if (stream.Mode == StreamMode.Snapshot)
        {
            var last = history is [.., StreamInputs.OfFiles before] ? before.Files : [];
            var isKnown = history.Count > 0 && last.Length == found.Count
                && last.Zip(found).All(pair => IsSame(pair.First, pair.Second)
                    && (IsUntouched(pair.First, pair.Second) || !hasOtherBytes(pair.First, pair.Second)));
            var rejected = RejectedOf(last.Where(IsReadOtherwise));
            return new((isKnown && rejected is null) || (found.Count == 0 && history.Count == 0)
                ? null : new StreamInputs.OfFiles([.. found]) { RejectedBefore = rejected }, []);
        }
        var read = new Dictionary<string, FileInput>();
        foreach (var file in history.OfType<StreamInputs.OfFiles>()
            .SelectMany(inputs => inputs.Files).Where(file => IsOne(stream, file)))
            read[file.Path] = file;
        var changed = found.Where(file => read.TryGetValue(file.Path, out var before) && !IsUntouched(before, file)
            && (before.SizeBytes != file.SizeBytes || hasOtherBytes(before, file))).ToHashSet();
        var otherwise = found.Where(file => read.TryGetValue(file.Path, out var before)
            && IsReadOtherwise(before) && !changed.Contains(file)).ToHashSet();
        if (policy is ChangedFiles.Fail && changed.FirstOrDefault() is { } other)
            throw new FozException(
                ErrorKind.Source, $"{Difference(read[other.Path], other)}, and changed_files is fail")
            {
                Hint = ReplaceHint,
            };
        var inputs = new StreamInputs.OfFiles([
            .. found.Where(file => !read.ContainsKey(file.Path) || otherwise.Contains(file)
                || (policy is ChangedFiles.Replace && changed.Contains(file))),
        ])
        {
            Replaces = otherwise.Count > 0 || (policy is ChangedFiles.Replace && changed.Count > 0),
            RejectedBefore = RejectedOf(otherwise.Select(file => read[file.Path])),
        };
        return new(
            inputs.Files.IsEmpty ? null : inputs,
            policy is ChangedFiles.Warn
                ? [.. found.Where(changed.Contains).Select(file => Changed(read[file.Path], file))]
                : []);

        bool IsReadOtherwise(FileInput before) =>
            before.Rejected > 0 && before.Reader is { } reader && reader != settings.Reader;
    }

    static long? RejectedOf(IEnumerable<FileInput> files) =>
        files.Sum(file => file.Rejected) is > 0 and var rejected ? rejected : null;

    /// <summary>Whether there is something to read: as a row of its own a file may be empty.</summary>
    static bool IsOne(StreamDefinition stream, FileInput file) =>
        file.SizeBytes > 0 || stream.Settings.Text("format") == "binary";

    /// <summary>Whether a file is unchanged, to the millisecond of its last change.</summary>
    public static bool IsSame(FileInput a, FileInput b) =>
        a.Path == b.Path && a.SizeBytes == b.SizeBytes
        && a.ModifiedAt.ToUnixTimeMilliseconds() == b.ModifiedAt.ToUnixTimeMilliseconds();

    /// <summary>
    /// Whether a file was not touched, as far as its inode and the time of its last change show, or its tag in a store.
    /// </summary>
    static bool IsUntouched(FileInput before, FileInput now) =>
        IsSame(before, now) && !HasOtherTag(before, now)
        && (before.Inode is null || now.Inode is null
            || (before.Inode, before.ChangedNs) == (now.Inode, now.ChangedNs));

    /// <summary>
    /// Whether a store says that an object has other content than it had; false where it said nothing.
    /// </summary>
    public static bool HasOtherTag(FileInput before, FileInput now) =>
        before.Tag is not null && now.Tag is not null && before.Tag != now.Tag;

    /// <summary>Returns the error of a file that has changed since it was planned.</summary>
    public static FozException ChangedWhileRead(FileInput input) =>
        new(ErrorKind.Source, $"file {input.Path} changed while the batch was being read")
        {
            Hint = "run again once it is written",
            IsTransient = true,
        };

    static Warning Changed(FileInput before, FileInput now) => new(
        $"{Difference(before, now)}; it is not read again",
        ReplaceHint);

    static string Difference(FileInput before, FileInput now) =>
        $"file {now.Path} changed after it was read ("
        + (before.SizeBytes == now.SizeBytes
            ? IsSame(before, now) ? "the same size and time, and other bytes"
                : $"modified {now.ModifiedAt:yyyy-MM-dd HH:mm:ss}, before {before.ModifiedAt:yyyy-MM-dd HH:mm:ss}"
            : $"{now.SizeBytes:N0} bytes, before {before.SizeBytes:N0}")
        + ")";
}
