using Foz.Storage;

namespace Foz.Tests.Storage;

public sealed class FileStampTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-stamp-").FullName;

    public FileStampTests() => Assert.SkipUnless(FileStamp.AreKnown, "this system has no stamps of files");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_is_not_there_has_none()
    {
        File.WriteAllText(Path.Combine(folder, "a"), "");
        Assert.True(Of("b").IsNone);
        Assert.True(Of("a/b").IsNone);
        Assert.False(Of("a").IsNone);
    }

    [Fact]
    public void Another_file_of_a_name_has_another_stamp_though_its_time_and_size_are_the_same()
    {
        var (file, other) = (Path.Combine(folder, "a"), Path.Combine(folder, "b"));
        File.WriteAllText(file, "one");
        File.WriteAllText(other, "two");
        var time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(file, time);
        File.SetLastWriteTimeUtc(other, time);
        var before = Of("a");
        Assert.Equal(before, Of("a"));
        File.Move(other, file, overwrite: true);

        var after = Of("a");
        Assert.Equal((before.ModifiedNs, before.SizeBytes), (after.ModifiedNs, after.SizeBytes));
        Assert.NotEqual(before, after);
    }

    [Fact]
    public void It_is_older_than_an_instant_by_both_of_its_times()
    {
        File.WriteAllText(Path.Combine(folder, "a"), "one");
        File.SetLastWriteTimeUtc(Path.Combine(folder, "a"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var stamp = Of("a");
        Assert.False(stamp.IsOlderThan(new(2021, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        Assert.True(stamp.IsOlderThan(new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        Assert.True((stamp with { ChangedNs = stamp.ModifiedNs }).IsOlderThan(new(2020, 1, 1, 0, 0, 1, TimeSpan.Zero)));
    }

    FileStamp Of(string name) => FileStamp.Of(Path.Combine(folder, name)) ?? throw new InvalidOperationException(name);
}
