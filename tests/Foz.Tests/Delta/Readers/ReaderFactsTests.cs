using Foz.Delta.Log;
using Foz.Delta.Readers;

namespace Foz.Tests.Delta.Readers;

/// <summary>What is known of other engines is about something that tables have, once, and from somewhere.</summary>
public sealed class ReaderFactsTests
{
    static readonly string[] Subjects =
    [
        TableReader.AnyTable, TableReader.EscapedFolders, TableReader.ChangesWithoutFiles,
        .. TableFeature.All.Select(feature => feature.Name),
    ];

    [Fact]
    public void Every_fact_is_about_a_feature_or_a_kind_of_files_and_has_a_source()
    {
        Assert.All(TableReader.All, reader => Assert.All(reader.Facts, fact =>
        {
            Assert.Contains(fact.Subject, Subjects);
            Assert.NotEmpty(fact.Source);
            Assert.True(fact.From.Length == 0 || fact.From.All(c => char.IsAsciiDigit(c) || c == '.'), fact.From);
        }));
        Assert.All(
            TableReader.All,
            reader => Assert.True(reader.FactOf(TableReader.AnyTable) is { Reads: true }, reader.Name));
        Assert.Equal(TableReader.All.Count, TableReader.Names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public void What_only_writers_must_know_is_no_obstacle_for_readers() => Assert.All(
        TableReader.All,
        reader => Assert.Empty(reader.Obstacles(new() { MinReaderVersion = 1, MinWriterVersion = 6 })));

    [Theory]
    [InlineData("delta-rs", "columnMapping", false)]
    [InlineData("delta-rs", "timestampNtz", true)]
    [InlineData("DELTA-RS-query", "deletionVectors", true)]
    [InlineData("trino", "typeWidening", false)]
    [InlineData("dask", "deletionVectors", false)]
    [InlineData("daft", "v2Checkpoint", false)]
    public void What_is_refused_misread_or_not_known_counts_as_not_read(string reader, string feature, bool reads) =>
        Assert.Equal(reads, TableReader.Find(reader)!.Reads(feature));
}
