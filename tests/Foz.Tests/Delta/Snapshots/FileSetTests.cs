using Foz.Delta.Log;
using Foz.Delta.Snapshots;

namespace Foz.Tests.Delta.Snapshots;

public sealed class FileSetTests(ITestOutputHelper output)
{
    [Fact]
    public void A_random_history_keeps_what_a_plain_list_keeps_and_changes_no_older_set()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        var set = FileSet<AddFile>.Empty;
        var model = new List<AddFile>();
        var older = new List<(FileSet<AddFile> Set, List<AddFile> Model)>();
        for (var step = 0; step < 400; step++)
        {
            var removed = model.Where(_ => random.Next(step % 50 == 49 ? 2 : 40) == 0).Select(f => f.Key).ToList();
            removed.Add(new FileKey("never-there", null));
            var added = Enumerable.Range(0, random.Next(step % 50 == 20 ? 1_000 : 12))
                .Select(_ => File($"f{random.Next(3_000)}", random.Next())).ToList();
            var bytes = model.Sum(f => f.SizeBytes);
            set = set.Change(removed, added, f => bytes -= f.SizeBytes);
            bytes += added.Sum(f => f.SizeBytes);
            Apply(model, removed, added);

            Assert.Equal(model.Count, set.Count);
            Assert.Equal(bytes, set.Sum(f => f.SizeBytes));
            if (step % 10 != 0) continue;
            Check(model, set);
            older.Add((set, [.. model]));
        }
        Assert.All(older, pair => Check(pair.Model, pair.Set));
        Assert.True(set.Chunks.Count <= 3 + 2 * set.Count / FileSet<AddFile>.ChunkLength, "holes are closed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Files_that_were_appended_are_found_and_changed_as_others_are(bool isAskedEarly)
    {
        var files = Enumerable.Range(0, 1_100).Select(i => File($"f{i}", i)).ToArray();
        var edit = FileSet<AddFile>.Empty.Begin();
        edit.Append(files.AsSpan(0, 300));
        edit.Append(files.AsSpan(300, 400));
        if (isAskedEarly) Assert.True(edit.Contains(files[299].Key));
        edit.Append(files.AsSpan(700));
        // A writer may name a file twice.
        edit.Append(files.AsSpan(290, 20));
        Assert.Equal(isAskedEarly ? 1_100 : 1_120, edit.Count);
        var set = edit.ToSet();
        Check([.. files], set);

        // The index of a set that was never asked is made by the first change.
        foreach (var start in (FileSet<AddFile>[])[set, Appended()])
        {
            var (again, more) = (files[5] with { SizeBytes = 7 }, File("new", 1));
            var changed = start.Change([files[3].Key, files[1_099].Key], [again, more]);
            Check([.. files[..3], files[4], again, .. files[6..1_099], more], changed);
            Assert.Null(changed.Find(files[3].Key));
            Assert.Same(files[3], start.Find(files[3].Key));
        }

        FileSet<AddFile> Appended()
        {
            var other = FileSet<AddFile>.Empty.Begin();
            other.Append(files);
            return other.ToSet();
        }
    }

    [Fact]
    public void Files_stand_in_the_order_in_which_they_joined()
    {
        var files = Enumerable.Range(0, 1_000).Select(i => File($"f{i}", i)).ToArray();
        var set = FileSet<AddFile>.Empty.Change([], files[..500]).Change([files[3].Key], files[500..]);
        Assert.Equal(files.Where(f => f != files[3]), set);
    }

    [Fact]
    public void A_file_with_a_new_deletion_vector_keeps_its_place()
    {
        var before = File("b", 1);
        var after = before with { DeletionVector = Vector("x") };
        var set = FileSet<AddFile>.Empty.Change([], [File("a", 1), before, File("c", 1)])
            .Change([before.Key], [File("d", 1), after]);
        Assert.Equal(["a", "b", "c", "d"], set.Select(f => f.Path.Value));
        Assert.Null(set.Find(before.Key));
        Assert.Same(after, set.Find(after.Key));
    }

    /// <summary>Else an index would grow with the history, and each look at it.</summary>
    [Fact]
    public void Files_that_change_their_deletion_vectors_again_and_again_cost_the_same_each_time()
    {
        const int files = 1_000;
        const int changes = 2_000;
        var current = Enumerable.Range(0, files).Select(i => File($"f{i}", i)).ToArray();
        var set = FileSet<AddFile>.Empty.Change([], current);
        for (var i = 0; i < changes; i++)
        {
            var keys = current.Select(file => file.Key).ToList();
            current = [.. current.Select(file => file with { DeletionVector = Vector($"x{i}") })];
            set = set.Change(keys, current);
        }
        Assert.Equal(files, set.Count);
        Assert.All(current, file => Assert.Same(file, set.Find(file.Key)));
        Assert.Null(set.Find(new FileKey("f1", null)));
    }

    [Fact]
    public void Of_two_additions_of_one_key_the_last_stays()
    {
        var sizes = 0L;
        var set = FileSet<AddFile>.Empty.Change([], [File("a", 1), File("a", 2)], f => sizes += f.SizeBytes);
        Assert.Equal(2, Assert.Single(set).SizeBytes);
        Assert.Equal(1, sizes);
    }

    [Fact]
    public void A_small_change_of_a_large_set_copies_little_of_it()
    {
        var set = FileSet<AddFile>.Empty.Change([], [.. Enumerable.Range(0, 100_000).Select(i => File($"f{i}", i))]);
        const int changes = 1_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < changes; i++)
            set = set.Change([new FileKey($"f{i * 7}", null)], [File($"g{i}", i)]);
        var perChange = (GC.GetAllocatedBytesForCurrentThread() - before) / changes;
        output.WriteLine($"{perChange} bytes a change");
        Assert.InRange(perChange, 0, 32_000);
        Assert.Equal(100_000, set.Count);
    }

    [Fact]
    public void Chunks_that_did_not_change_are_shared()
    {
        var set = FileSet<AddFile>.Empty.Change([], [.. Enumerable.Range(0, 1_000).Select(i => File($"f{i}", i))]);
        var changed = set.Change([new FileKey("f300", null)], [File("g", 1)]);
        var shared = set.Chunks.Zip(changed.Chunks).Select(pair => ReferenceEquals(pair.First, pair.Second));
        Assert.Equal([true, false, true, false], shared);
    }

    static void Check(List<AddFile> model, FileSet<AddFile> set)
    {
        Assert.Equal(model.ToHashSet(), set.ToHashSet());
        Assert.All(model, file => Assert.Same(file, set.Find(file.Key)));
        Assert.Equal(set, set.Chunks.SelectMany(chunk => chunk.Places.ToArray()).OfType<AddFile>());
    }

    static void Apply(List<AddFile> model, List<FileKey> removed, List<AddFile> added)
    {
        model.RemoveAll(file => removed.Contains(file.Key));
        foreach (var file in added)
        {
            model.RemoveAll(other => other.Key == file.Key);
            model.Add(file);
        }
    }

    static AddFile File(string path, long size) => new()
    {
        Path = FilePath.Relative(path),
        PartitionValues = StringMap.Empty,
        SizeBytes = size,
        ModificationTimeMs = 0,
    };

    static Foz.Delta.DeletionVectors.DeletionVectorDescriptor Vector(string id) =>
        new() { StorageType = 'u', PathOrInlineDv = id, SizeInBytes = 1, Cardinality = 1 };
}
