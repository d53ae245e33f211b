using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Foz.Delta.Schema;

/// <summary>JSON values as schemas have them.</summary>
static class SchemaValue
{
    /// <summary>How they are written.</summary>
    public static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 1000,
        SkipValidation = true,
    };

    /// <summary>A value made by a writer.</summary>
    public static JsonElement ToElement(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions)) write(writer);
        return JsonElement.Parse(buffer.WrittenSpan);
    }
}
