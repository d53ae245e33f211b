using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;
using Value = System.Text.Json.Nodes.JsonNode;

namespace Foz.Connectors.Files.Formats;

/// <summary>
/// Rows of XML as JSON: the fields of an element are its attributes and the elements in it, a list where several have
/// one name; an element with neither is its text. All values are strings; the text of an element that has fields too is
/// its field <c>text</c>. Where one element is a value and another of its name a list or has fields,
/// <see cref="Json.JsonNode.IsXml"/> gives them one form.
/// </summary>
static class XmlRows
{
    /// <summary>The field with the text of an element that has fields too.</summary>
    public const string TextField = "text";

    const string NilAttribute = "nil";

    /// <summary>Reads the elements at a path one after the other.</summary>
    /// <param name="stream">The XML; without a document type definition.</param>
    /// <param name="path">
    /// Names of elements between dots, from below the root on; empty for all elements directly below it.
    /// </param>
    /// <exception cref="XmlException">It is not XML.</exception>
    public static IEnumerable<JsonObject> Read(Stream stream, string path)
    {
        var names = path.Split('.', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var depth = Math.Max(names.Length, 1);
        var open = new string[depth + 1];
        using var reader = XmlReader.Create(
            stream, new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true });
        while (!reader.EOF)
        {
            if (reader.NodeType is not XmlNodeType.Element)
            {
                reader.Read();
                continue;
            }
            if (reader.Depth < depth)
            {
                open[reader.Depth] = reader.LocalName;
                reader.Read();
            }
            else if (IsRow(open, names, reader.LocalName))
                yield return ToObject((XElement)XNode.ReadFrom(reader));
            else
                reader.Skip();
        }
    }

    static bool IsRow(string[] open, string[] names, string name) => names.Length == 0
        || (names[^1] == name && names.AsSpan(0, names.Length - 1).SequenceEqual(open.AsSpan(1, names.Length - 1)));

    static JsonObject ToObject(XElement element) => ToNode(element) switch
    {
        JsonObject fields => fields,
        var value => new() { [TextField] = value },
    };

    static Value? ToNode(XElement element)
    {
        var attributes = element.Attributes().Where(a => !a.IsNamespaceDeclaration).ToList();
        if (attributes.Any(a => a.Name.LocalName == NilAttribute && a.Value is "true" or "1")) return null;
        if (attributes.Count == 0 && !element.HasElements) return JsonValue.Create(element.Value);
        var fields = new JsonObject();
        foreach (var attribute in attributes) Add(fields, attribute.Name.LocalName, attribute.Value);
        foreach (var group in element.Elements().GroupBy(e => e.Name.LocalName, StringComparer.Ordinal))
        {
            var values = group.Select(ToNode).ToList();
            Add(fields, group.Key, values.Count == 1 ? values[0] : new JsonArray([.. values]));
        }
        var text = string.Concat(element.Nodes().OfType<XText>().Select(t => t.Value)).Trim();
        if (text.Length > 0) Add(fields, TextField, text);
        return fields;
    }

    /// <summary>Adds a field; one whose name is taken gets a number after its name.</summary>
    static void Add(JsonObject fields, string name, Value? value)
    {
        var free = name;
        for (var number = 1; fields.ContainsKey(free); number++) free = $"{name}_{number}";
        fields[free] = value;
    }
}
