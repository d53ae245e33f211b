using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Snapshots;

namespace Foz.Tests.Delta.Log;

public sealed class ProtocolTests
{
    const string Plain = """{"type":"struct","fields":[]}""";

    [Theory]
    [InlineData(1, 1, "", "")]
    [InlineData(1, 2, "", "appendOnly invariants")]
    [InlineData(1, 3, "", "appendOnly invariants checkConstraints")]
    [InlineData(1, 4, "", "appendOnly invariants checkConstraints changeDataFeed generatedColumns")]
    [InlineData(2, 5, "columnMapping",
        "appendOnly invariants checkConstraints changeDataFeed generatedColumns columnMapping")]
    [InlineData(2, 6, "columnMapping",
        "appendOnly invariants checkConstraints changeDataFeed generatedColumns columnMapping identityColumns")]
    public void Versions_before_the_lists_stand_for_features(int reader, int writer, string readers, string writers)
    {
        var protocol = new Protocol { MinReaderVersion = reader, MinWriterVersion = writer };
        Assert.Equal(readers, string.Join(' ', protocol.AllReaderFeatures));
        Assert.Equal(writers, string.Join(' ', protocol.AllWriterFeatures));
        ProtocolSupport.CheckReadable(protocol, "t");
        ProtocolSupport.CheckWritable(protocol, Metadata(), "t");
    }

    [Theory]
    [InlineData(4, 7, "", "", "reader version 4")]
    [InlineData(3, 7, "telepathy deletionVectors clairvoyance", "telepathy deletionVectors clairvoyance",
        "not supported: clairvoyance, telepathy")]
    [InlineData(3, 7, "catalogManaged", "catalogManaged", "catalogManaged")]
    [InlineData(3, 7, null, "", "without readerFeatures")]
    public void A_table_that_cannot_be_read_is_refused_by_name(
        int reader, int writer, string? readers, string? writers, string fault)
    {
        var error = Assert.Throws<DeltaException>(() =>
            ProtocolSupport.CheckReadable(Protocol(reader, writer, readers, writers), "my/table"));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        Assert.Contains("my/table", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 8, null, null, "writer version 8")]
    [InlineData(1, 7, null, null, "without writerFeatures")]
    [InlineData(1, 7, null, "appendOnly telepathy", "telepathy")]
    public void A_table_that_can_only_be_read_is_refused_for_writing(
        int reader, int writer, string? readers, string? writers, string fault)
    {
        var protocol = Protocol(reader, writer, readers, writers);
        ProtocolSupport.CheckReadable(protocol, "t");
        var error = Assert.Throws<DeltaException>(() => ProtocolSupport.CheckWritable(protocol, Metadata(), "t"));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("delta.enableIcebergCompatV3", "icebergCompatV3")]
    public void A_feature_that_writers_must_enforce_is_refused_where_it_is_active(string property, string feature)
    {
        var protocol = Protocol(1, 7, null, feature);
        var metadata = Metadata(Plain, StringMap.Empty.With(property, "true"));
        var error = Assert.Throws<DeltaException>(() => ProtocolSupport.CheckWritable(protocol, metadata, "t"));
        Assert.Equal(DeltaErrorKind.Unsupported, error.Kind);
        Assert.EndsWith($"not supported: {feature}", error.Message, StringComparison.Ordinal);
        ProtocolSupport.CheckWritable(Protocol(1, 7, null, "appendOnly"), metadata, "t");
    }

    [Fact]
    public void Version_2_of_readers_stands_for_column_mapping()
    {
        var protocol = new Protocol { MinReaderVersion = 2, MinWriterVersion = 5 };
        Assert.True(protocol.Supports(TableFeature.ColumnMapping));
        Assert.False(protocol.Supports(TableFeature.DeletionVectors));
        ProtocolSupport.CheckWritable(
            protocol, Metadata(Plain, StringMap.Empty.With("delta.columnMapping.mode", "name")), "t");
    }

    static Protocol Protocol(int reader, int writer, string? readers, string? writers) => new()
    {
        MinReaderVersion = reader,
        MinWriterVersion = writer,
        ReaderFeatures = readers is null
            ? null
            : StringList.From(readers.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
        WriterFeatures = writers is null
            ? null
            : StringList.From(writers.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
    };

    static Metadata Metadata(string schema = Plain, StringMap? properties = null) =>
        new() { Id = "id", SchemaString = schema, Configuration = properties ?? StringMap.Empty };
}
