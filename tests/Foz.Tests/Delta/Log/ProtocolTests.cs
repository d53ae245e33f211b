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
    [InlineData(1, 7, null, "appendOnly rowTracking telepathy", "rowTracking, telepathy")]
    public void A_table_that_can_only_be_read_is_refused_for_writing(
        int reader, int writer, string? readers, string? writers, string fault)
    {
        var protocol = Protocol(reader, writer, readers, writers);
        ProtocolSupport.CheckReadable(protocol, "t");
        var error = Assert.Throws<DeltaException>(() => ProtocolSupport.CheckWritable(protocol, Metadata(), "t"));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "delta.invariants", null, "invariants")]
    [InlineData(3, null, "delta.constraints.positive", "checkConstraints")]
    [InlineData(4, "delta.generationExpression", null, "generatedColumns")]
    [InlineData(4, null, "delta.enableChangeDataFeed", "changeDataFeed")]
    [InlineData(6, "delta.identity.start", null, "identityColumns")]
    public void A_feature_that_writers_must_enforce_is_refused_where_it_is_active(
        int writer, string? columnProperty, string? tableProperty, string feature)
    {
        var protocol = new Protocol { MinReaderVersion = 1, MinWriterVersion = writer };
        var metadata = Metadata(
            columnProperty is null ? Plain : $$$"""{"fields":[{"metadata":{"{{{columnProperty}}}":"x"}}]}""",
            tableProperty is null ? StringMap.Empty : StringMap.Empty.With(tableProperty, "true"));
        var error = Assert.Throws<DeltaException>(() => ProtocolSupport.CheckWritable(protocol, metadata, "t"));
        Assert.Equal(DeltaErrorKind.Unsupported, error.Kind);
        Assert.EndsWith($"not supported: {feature}", error.Message, StringComparison.Ordinal);
        ProtocolSupport.CheckWritable(protocol with { MinWriterVersion = 1 }, metadata, "t");
    }

    [Fact]
    public void A_comment_that_mentions_a_property_is_no_property() => ProtocolSupport.CheckWritable(
        new Protocol { MinReaderVersion = 1, MinWriterVersion = 2 },
        Metadata("""{"fields":[{"metadata":{"comment":"has no \"delta.invariants\""}}]}"""), "t");

    [Fact]
    public void Column_mapping_is_written_only_while_it_is_off()
    {
        var protocol = new Protocol { MinReaderVersion = 2, MinWriterVersion = 5 };
        Assert.True(protocol.Supports(TableFeature.ColumnMapping));
        Assert.False(protocol.Supports(TableFeature.DeletionVectors));
        var off = Metadata(Plain, StringMap.Empty.With("delta.columnMapping.mode", "none"));
        ProtocolSupport.CheckWritable(protocol, off, "t");
        var on = Metadata(Plain, StringMap.Empty.With("delta.columnMapping.mode", "name"));
        Assert.Throws<DeltaException>(() => ProtocolSupport.CheckWritable(protocol, on, "t"));
    }

    static Protocol Protocol(int reader, int writer, string? readers, string? writers) => new()
    {
        MinReaderVersion = reader,
        MinWriterVersion = writer,
        ReaderFeatures = readers is null ? null : StringList.From(readers.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
        WriterFeatures = writers is null ? null : StringList.From(writers.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
    };

    static Metadata Metadata(string schema = Plain, StringMap? properties = null) =>
        new() { Id = "id", SchemaString = schema, Configuration = properties ?? StringMap.Empty };
}
