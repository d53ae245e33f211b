using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Foz.Lake.Configuration;

/// <summary>
/// Reads one YAML document (YAML 1.2) into nodes that know their places. Anchors and merge keys (<c>&lt;&lt;</c>)
/// work within a limit on what they expand to; tags and further documents are errors.
/// </summary>
public sealed class YamlReader
{
    const int CharactersMax = 1 << 20;
    const int DepthMax = 32;
    const int NodesMax = 100_000;

    readonly string file;
    readonly ErrorList errors;
    readonly Parser parser;
    readonly Dictionary<string, (YamlNode Node, int Size)> anchors = new(StringComparer.Ordinal);

    YamlReader(string text, string file, ErrorList errors)
    {
        this.file = file;
        this.errors = errors;
        parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
    }

    /// <summary>Reads a document.</summary>
    /// <param name="text">The text; line and column of its nodes count from its first character.</param>
    /// <param name="file">The file as errors name it.</param>
    /// <param name="errors">Receives the errors.</param>
    /// <returns>The document; null where it is empty, or where it cannot be read and errors were added.</returns>
    public static YamlNode? Read(string text, string file, ErrorList errors)
    {
        if (text.Length > CharactersMax)
        {
            errors.Add(new Place(file), $"the file is longer than {CharactersMax:N0} characters");
            return null;
        }
        return FastYamlReader.Read(text, new(file, 1, 1)) ?? ReadAny(text, file, errors);
    }

    /// <summary>Reads a document that is a part of a file.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="part">The part; nothing else of the line that it begins in is before it for the document.</param>
    /// <param name="file">The file as errors name it.</param>
    /// <param name="errors">Receives the errors.</param>
    /// <returns>The document; null where it is empty, or where it cannot be read and errors were added.</returns>
    public static YamlNode? Read(string text, Range part, string file, ErrorList errors)
    {
        var (start, length) = part.GetOffsetAndLength(text.Length);
        var before = text.AsSpan(0, start);
        var place = new Place(file, 1 + before.Count('\n'), start - before.LastIndexOf('\n'));
        if (length <= CharactersMax
            && FastYamlReader.Read(text.AsSpan(start, length), place) is { } plain) return plain;
        // Blanks in place of the text before keep lines and columns those of the file.
        var blanks = new char[start];
        for (var i = 0; i < blanks.Length; i++) blanks[i] = text[i] == '\n' ? '\n' : ' ';
        return Read(string.Concat(blanks, text.AsSpan(start, length)), file, errors);
    }

    /// <summary>Reads a document by the parser that knows all of YAML.</summary>
    internal static YamlNode? ReadAny(string text, string file, ErrorList errors)
    {
        var reader = new YamlReader(text, file, errors);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException e)
        {
            errors.Add(YamlSyntax.Explain(e, text, file, reader.LineRead));
        }
        catch (InvalidOperationException)
        {
            // The parser leaves its own bookkeeping this way where a bracket is never closed.
            errors.Add(YamlSyntax.ExplainEnd(text, file, reader.LineRead));
        }
        catch (FozException e)
        {
            errors.Add(e);
        }
        return null;
    }

    /// <summary>The line that the parser came to.</summary>
    int LineRead => Math.Max(1, (int)(parser.Current?.End.Line ?? 1));

    YamlNode? ReadDocument()
    {
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _)) return null;
        var (node, _) = ReadNode(depth: 0);
        parser.Consume<DocumentEnd>();
        if (parser.TryConsume<DocumentStart>(out var second))
            errors.Add(
                PlaceOf(second), "a second document starts here", "one file holds one document: remove the '---'");
        return node;
    }

    (YamlNode Node, int Size) ReadNode(int depth)
    {
        var next = parser.Consume<ParsingEvent>();
        if (depth > DepthMax) throw Refused(next, $"nested deeper than {DepthMax} levels");
        if (next is AnchorAlias alias)
        {
            return anchors.TryGetValue(alias.Value.Value, out var known)
                ? known
                : throw Refused(alias, $"the anchor '{alias.Value}' is not defined above");
        }
        // The parser ends a mapping in some malformed texts before the value of its last key.
        if (next is not NodeEvent start) throw Refused(next, "a value is missing here");
        if (!start.Tag.IsEmpty && !start.Tag.IsNonSpecific)
            errors.Add(PlaceOf(start), $"the tag '{start.Tag}' is not supported", "quote the value to make it a text");
        var read = start switch
        {
            Scalar scalar => (ToNode(scalar), 1),
            SequenceStart => ReadSequence(start, depth),
            _ => ReadMapping(start, depth),
        };
        if (!start.Anchor.IsEmpty) anchors[start.Anchor.Value] = read;
        return read;
    }

    YamlNode.Scalar ToNode(Scalar scalar) =>
        new(scalar.Value, scalar.Style is not ScalarStyle.Plain, PlaceOf(scalar))
        {
            IsLiteralBlock = scalar.Style is ScalarStyle.Literal,
        };

    (YamlNode Node, int Size) ReadSequence(NodeEvent start, int depth)
    {
        var items = new List<YamlNode>();
        var size = 1;
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            var (item, itemSize) = ReadNode(depth + 1);
            size = Grow(start, size, itemSize);
            items.Add(item);
        }
        return (new YamlNode.Sequence(items, PlaceOf(start)), size);
    }

    (YamlNode Node, int Size) ReadMapping(NodeEvent start, int depth)
    {
        var entries = new List<YamlEntry>();
        var merged = new List<YamlEntry>();
        var keys = new Dictionary<string, Place>(StringComparer.Ordinal);
        var size = 1;
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var (keyNode, _) = ReadNode(depth + 1);
            if (keyNode is not YamlNode.Scalar key) throw Refused(keyNode.Place, "a key must be a single text");
            var (value, valueSize) = ReadNode(depth + 1);
            size = Grow(start, size, valueSize + 1);
            if (key is { Text: "<<", IsQuoted: false })
                merged.AddRange(MergedEntries(value));
            else if (keys.TryAdd(key.Text, key.Place))
                entries.Add(new(key.Text, key.Place, value));
            else
                errors.Add(
                    key.Place, $"the key '{key.Text}' stands here twice", $"first at line {keys[key.Text].Line}");
        }
        entries.AddRange(merged.Where(entry => keys.TryAdd(entry.Key, entry.KeyPlace)));
        return (new YamlNode.Mapping(entries, PlaceOf(start)), size);
    }

    IEnumerable<YamlEntry> MergedEntries(YamlNode value)
    {
        if (value is YamlNode.Mapping mapping) return mapping.Entries;
        if (value is YamlNode.Sequence sequence && sequence.Items.All(item => item is YamlNode.Mapping))
            return sequence.Items.Cast<YamlNode.Mapping>().SelectMany(item => item.Entries);
        errors.Add(value.Place, "'<<' takes a mapping or a list of mappings");
        return [];
    }

    int Grow(NodeEvent start, int size, int by) =>
        size + by <= NodesMax ? size + by : throw Refused(start, $"anchors make more than {NodesMax:N0} values of it");

    FozException Refused(ParsingEvent at, string message) => Refused(PlaceOf(at), message);

    static FozException Refused(Place place, string message) =>
        new(ErrorKind.Configuration, message) { Place = place };

    Place PlaceOf(ParsingEvent at) => new(file, (int)at.Start.Line, (int)at.Start.Column);
}
