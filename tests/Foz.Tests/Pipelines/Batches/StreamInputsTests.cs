using System.Text.Json;
using Foz.Connectors;
using Foz.Pipelines.Batches;

namespace Foz.Tests.Pipelines.Batches;

/// <summary>What manifests keep of a stream's inputs.</summary>
public sealed class StreamInputsTests
{
    static readonly FileInput File = new("a.csv", 10, DateTimeOffset.UnixEpoch);

    public static TheoryData<StreamInputs> Kinds =>
    [
        new StreamInputs.OfAll(),
        new StreamInputs.OfCursor
        {
            From = "1", To = "2", Of = "id of t", Rereads = true, ReadsNulls = true, EndRows = "3:0f", NullRows = "0",
            Seen = ["x"],
        },
        new StreamInputs.OfVersions { From = 4, To = 5, TableId = "id" },
        new StreamInputs.OfState("{}"),
        new StreamInputs.OfFiles([File with { Hash = "h", Rejected = 2 }]) { Replaces = true, RejectedBefore = 1 },
        StreamInputs.Fold([new StreamInputs.OfFiles([File]), new StreamInputs.OfState("{}")]),
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_kind_is_read_as_it_was_written(StreamInputs inputs)
    {
        var text = Write(inputs);
        var read = Read(text);
        Assert.Equal(inputs.GetType(), read.GetType());
        Assert.Equal(text, Write(read));
    }

    /// <summary>Manifests of earlier lakes, which had all members side by side.</summary>
    [Theory]
    [InlineData("""{"files":[],"replacesFiles":false,"rereadsCursor":false,"cursorSeen":[]}""", """{"kind":"all"}""")]
    [InlineData(
        """{"files":[],"cursorFrom":"1","cursorTo":"9","cursorOf":"id of t","rereadsCursor":true,"cursorRows":2}""",
        """{"kind":"cursor","from":"1","to":"9","of":"id of t","rereads":true,"readsNulls":false,"seen":[]}""")]
    [InlineData(
        """{"kind":"cursor","to":"9","rereads":false,"rows":2,"seen":[]}""",
        """{"kind":"cursor","to":"9","rereads":false,"readsNulls":false,"seen":[]}""")]
    [InlineData("""{"cursorTo":"9"}""", """{"kind":"cursor","to":"9","rereads":false,"readsNulls":false,"seen":[]}""")]
    [InlineData(
        """{"cursorFrom":"3","cursorTo":"9","state":"0b1c"}""",
        """{"kind":"versions","from":3,"to":9,"tableId":"0b1c"}""")]
    [InlineData("""{"files":[],"state":"{}"}""", """{"kind":"state","state":"{}"}""")]
    [InlineData(
        """{"files":[{"path":"a","sizeBytes":1,"modifiedAt":"1970-01-01T00:00:00+00:00"}],"cursorTo":"9"}""",
        """
        {"kind":"folded","inputs":[{"kind":"files","files":
        [{"path":"a","sizeBytes":1,"modifiedAt":"1970-01-01T00:00:00+00:00"}],"replaces":false},
        {"kind":"cursor","to":"9","rereads":false,"readsNulls":false,"seen":[]}]}
        """)]
    public void Inputs_without_a_kind_are_read(string untyped, string expected) => Assert.Equal(
        JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(expected)), Write(Read(untyped)));

    [Fact]
    public void A_kind_that_is_not_known_is_refused()
    {
        var error = Assert.Throws<JsonException>(() => Read("""{"kind":"offsets","from":1}"""));
        Assert.Contains("'offsets'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_of_another_kind_is_named()
    {
        var stream = new StreamDefinition { Name = "orders" };
        var error = Assert.Throws<Foz.Lake.FozException>(
            () => new StreamInputs.OfState(null).As<StreamInputs.OfFiles>(stream));
        Assert.Contains("'orders' has an open batch of a source of another type", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Hint);
    }

    static StreamInputs Read(string text) =>
        (StreamInputs)JsonSerializer.Deserialize(text, typeof(StreamInputs), StepManifestJson.Default)!;

    static string Write(StreamInputs inputs) => JsonSerializer.Serialize(
        JsonSerializer.SerializeToElement(inputs, typeof(StreamInputs), StepManifestJson.Default));
}
