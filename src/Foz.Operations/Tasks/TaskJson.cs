using System.Text;
using System.Text.Json;
using Foz.Lake.Configuration;

namespace Foz.Operations.Tasks;

/// <summary>The body of a request: a text, or JSON whose texts have placeholders.</summary>
public abstract record TaskJson
{
    TaskJson() { }

    /// <summary>Gets the type of its content.</summary>
    internal abstract string ContentType { get; }

    /// <summary>Gets the texts in it.</summary>
    internal abstract IEnumerable<TaskText> Texts { get; }

    /// <summary>Returns the body with its placeholders filled in.</summary>
    internal abstract string Fill(TaskScope scope);

    /// <summary>A text.</summary>
    /// <param name="Value">The text.</param>
    public sealed record Text(TaskText Value) : TaskJson
    {
        internal override string ContentType => "text/plain";

        internal override IEnumerable<TaskText> Texts => [Value];

        internal override string Fill(TaskScope scope) => Value.Fill(scope);
    }

    /// <summary>JSON.</summary>
    /// <param name="Node">As <c>foz.yml</c> has it.</param>
    public sealed record Document(YamlNode Node) : TaskJson
    {
        internal IReadOnlyDictionary<YamlNode, TaskText> Scalars { get; init; } =
            new Dictionary<YamlNode, TaskText>();

        internal override string ContentType => "application/json";

        internal override IEnumerable<TaskText> Texts => Scalars.Values;

        internal override string Fill(TaskScope scope)
        {
            using var stream = new MemoryStream();
            using (var writer = new Utf8JsonWriter(stream)) Write(writer, Node, scope);
            return Encoding.UTF8.GetString(stream.ToArray());
        }

        void Write(Utf8JsonWriter writer, YamlNode node, TaskScope scope)
        {
            switch (node)
            {
                case YamlNode.Mapping mapping:
                    writer.WriteStartObject();
                    foreach (var entry in mapping.Entries)
                    {
                        writer.WritePropertyName(entry.Key);
                        Write(writer, entry.Value, scope);
                    }
                    writer.WriteEndObject();
                    break;
                case YamlNode.Sequence sequence:
                    writer.WriteStartArray();
                    foreach (var item in sequence.Items) Write(writer, item, scope);
                    writer.WriteEndArray();
                    break;
                case YamlNode.Scalar { IsNull: true }:
                    writer.WriteNullValue();
                    break;
                case YamlNode.Scalar { IsQuoted: false, Text: "true" or "false" } flag:
                    writer.WriteBooleanValue(flag.Text == "true");
                    break;
                case YamlNode.Scalar { IsQuoted: false } number when JsonNumber(number.Text):
                    writer.WriteRawValue(number.Text);
                    break;
                default:
                    writer.WriteStringValue(Scalars[node].Fill(scope));
                    break;
            }
        }

        static bool JsonNumber(string text)
        {
            try
            {
                using var parsed = JsonDocument.Parse(text);
                return parsed.RootElement.ValueKind is JsonValueKind.Number;
            }
            catch (JsonException)
            {
                return false;
            }
        }
    }
}
