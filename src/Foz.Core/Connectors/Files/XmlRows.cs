using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;
using Value = System.Text.Json.Nodes.JsonNode;

namespace Foz.Core.Connectors.Files;

/// <summary>
/// Rows of XML as JSON: an element's attributes and the elements in it are its fields, those of one name a list; an element
/// with neither is its text. All values are strings; the text of an element that has fields too is its field <c>text</c>.
/// </summary>
static class XmlRows
{
    const string TextField = "text";
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
        using var reader = XmlReader.Create(stream, new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true });
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
        foreach (var attribute in attributes) fields[attribute.Name.LocalName] = attribute.Value;
        foreach (var group in element.Elements().GroupBy(e => e.Name.LocalName, StringComparer.Ordinal))
        {
            var values = group.Select(ToNode).ToList();
            var name = fields.ContainsKey(group.Key) ? $"{group.Key}_1" : group.Key;
            fields[name] = values.Count == 1 ? values[0] : new JsonArray([.. values]);
        }
        var text = string.Concat(element.Nodes().OfType<XText>().Select(t => t.Value)).Trim();
        if (text.Length > 0 && !fields.ContainsKey(TextField)) fields[TextField] = text;
        return fields;
    }
}
