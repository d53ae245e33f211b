using Foz.Delta.Log;
using Foz.Storage;

namespace Foz.Tests.Delta.Log;

public sealed class LogFilesTests
{
    const string V = "00000000000000000012";
    const string U = "80a083e8-7026-4e79-81be-64bd76c43a11";

    [Theory]
    [InlineData($"{V}.json", "Commit 12")]
    [InlineData($"{V}.crc", "Checksum 12")]
    [InlineData($"{V}.checkpoint.parquet", "ClassicCheckpoint 12")]
    [InlineData($"{V}.checkpoint.0000000002.0000000003.parquet", "MultiPartCheckpoint 12 2/3")]
    [InlineData($"{V}.checkpoint.{U}.json", "V2Checkpoint 12")]
    [InlineData($"{V}.checkpoint.{U}.parquet", "V2Checkpoint 12")]
    [InlineData($"{V}.00000000000000000015.compacted.json", "Compaction 12")]
    [InlineData($"{V}.00000000000000000012.compacted.json", null)]
    [InlineData($"{V}.checkpoint.0000000004.0000000003.parquet", null)]
    [InlineData($"{V}.checkpoint.0000000000.0000000003.parquet", null)]
    [InlineData($"{V}.checkpoint.{U}.orc", null)]
    [InlineData($"{V}.checkpoint.x.parquet", null)]
    [InlineData($"{V}.checkpoint.", null)]
    [InlineData($"{V}.json.tmp", null)]
    [InlineData($"{V}", null)]
    [InlineData($"{V}.", null)]
    [InlineData($"-0000000000000000012.json", null)]
    [InlineData("99999999999999999999.json", null)]
    [InlineData("_last_checkpoint", null)]
    [InlineData(".00000000000000000012.json.crc", null)]
    [InlineData("0.json", null)]
    public void A_name_tells_what_the_file_is(string name, string? expected)
    {
        var file = LogFile.Parse(new ObjectInfo($"_delta_log/{name}", 1, default));
        var text = file is { } f ? $"{f.Kind} {f.Version}{(f.Parts > 0 ? $" {f.Part}/{f.Parts}" : "")}" : null;
        Assert.Equal(expected, text);
    }

    [Fact]
    public void Names_are_made_as_they_are_read()
    {
        Assert.Equal($"_delta_log/{V}.json", LogFiles.CommitPath(12));
        Assert.Equal($"_delta_log/{V}.crc", LogFiles.ChecksumPath(12));
        Assert.Equal($"_delta_log/{V}.checkpoint.parquet", LogFiles.CheckpointPath(12));
        Assert.True(string.CompareOrdinal(LogFiles.VersionPath(12), LogFiles.CommitPath(12)) < 0);
        Assert.True(string.CompareOrdinal(LogFiles.VersionPath(12), LogFiles.CommitPath(11)) > 0);
    }
}
