using System.Text;
using Foz.Connectors;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine.Functions;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Projects;

/// <summary>
/// The streams of sources and their columns, as <c>sources/schemas.lock</c> keeps them: where no source can be reached,
/// such as in CI, a project is checked against it. It does not change.
/// </summary>
public sealed class SchemaLock
{
    /// <summary>The file, relative to the project.</summary>
    public const string FileName = "sources/schemas.lock";

    /// <summary>What the first line of the file says.</summary>
    const string Header =
        "# Streams of sources and their columns, written by foz source discover --lock and by runs in development\n";

    readonly Dictionary<(string Source, string Stream), LockedStream> streams;

    SchemaLock(Dictionary<(string, string), LockedStream> streams) => this.streams = streams;

    /// <summary>One without a stream.</summary>
    public static SchemaLock Empty { get; } = new([]);

    /// <summary>Reads the lock of a project; one that is not there is empty.</summary>
    /// <param name="folder">The project's folder.</param>
    /// <param name="errors">Takes the lines that cannot be read.</param>
    public static SchemaLock Read(string folder, ErrorList errors)
    {
        var file = Path.Combine(folder, FileName);
        return File.Exists(file) ? new(new Lines(errors).Read(File.ReadAllText(file))) : Empty;
    }

    /// <summary>Whether it has streams of a source.</summary>
    public bool Has(ProjectSource source) => streams.Keys.Any(key => key.Source == source.Name);

    /// <summary>The streams that it has of a source, as the source offers them.</summary>
    public IReadOnlyList<DiscoveredStream> StreamsOf(ProjectSource source) =>
    [
        .. streams.Where(entry => entry.Key.Source == source.Name)
            .Select(entry => new DiscoveredStream(
                (entry.Value.Definition ?? new() { Name = "" }) with { Name = entry.Key.Stream }, entry.Value.Fields)),
    ];

    /// <summary>
    /// The columns of a stream's table, change columns among them; null where it does not know the stream's.
    /// </summary>
    public IReadOnlyList<Field>? FieldsOf(GraphNode.OfStream node) =>
        streams.GetValueOrDefault((node.Source.Name, node.Stream.Definition.Name)) is { Fields: { Count: > 0 } fields }
            ? [.. fields.Select(field => Arrived(node.Stream, field)), .. ChangeColumns.Of(
                node.Stream.Definition.Mode is StreamMode.Changes)]
            : null;

    /// <summary>The lock with other columns of a stream.</summary>
    /// <param name="source">The source.</param>
    /// <param name="stream">The stream, as it is taken.</param>
    /// <param name="fields">Its columns; change columns are left out.</param>
    public SchemaLock With(ProjectSource source, StreamDefinition stream, IEnumerable<Field> fields)
    {
        var stated = source.Streams.FirstOrDefault(known =>
            known.Definition.Name.Equals(stream.Name, StringComparison.OrdinalIgnoreCase));
        return new(new(streams)
        {
            [(source.Name, stream.Name)] = new(
                source.Definition.TakesAllStreams ? stream : null,
                [.. fields.Where(field => !IsOfChanges(field.Name)).Select(field => Arrived(stated, field))]),
        });
    }

    /// <summary>The lock without streams that are not meant any more.</summary>
    /// <param name="isMeant">Whether a stream of a source, by their names, stays.</param>
    public SchemaLock Where(Func<string, string, bool> isMeant) =>
        new(streams.Where(entry => isMeant(entry.Key.Source, entry.Key.Stream)).ToDictionary());

    /// <summary>Writes the file where it says something else.</summary>
    /// <param name="folder">The project's folder.</param>
    /// <returns>Whether it was written.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public bool Write(string folder)
    {
        var file = Path.Combine(folder, FileName);
        var text = ToString();
        if (File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") == text : streams.Count == 0)
            return false;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var written = $"{file}.{Environment.ProcessId}";
        File.WriteAllText(written, text);
        File.Move(written, file, overwrite: true);
        return true;
    }

    /// <summary>
    /// The text of the file: a line for each column, and one for each stream that its source was asked for, in ordinal
    /// order.
    /// </summary>
    public override string ToString()
    {
        var columns = streams.SelectMany(entry => entry.Value.Fields
            .Select(field =>
                $"{Lines.Join(entry.Key.Source, entry.Key.Stream, field.Name)} {ColumnTypes.NameOf(field.Type)}"));
        var lines = columns.Concat(streams.Where(entry => entry.Value.Definition is not null)
            .Select(entry => Lines.Of(entry.Key.Source, entry.Key.Stream, entry.Value.Definition!)));
        return $"{Header}{string.Concat(lines.Order(StringComparer.Ordinal).Select(line => line + "\n"))}";
    }

    static bool IsOfChanges(string column) =>
        ChangeColumns.Has(column);

    /// <summary>A column as it comes into the table, of the type that the project declares, or makes of it.</summary>
    static Field Arrived(ProjectStream? stream, Field field)
    {
        if (stream is null) return new(field.Name, field.Type);
        var column = stream.Columns.FirstOrDefault(c => c.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase));
        if (column?.Mask is { } mask) return new(field.Name, mask.TypeOf(field.Type));
        var type = stream.Clean.OfType<CleanRule.Cast>()
            .LastOrDefault(rule => rule.Columns.Contains(field.Name, StringComparer.OrdinalIgnoreCase))?.SqlType
            ?? column?.Type;
        return type is null
            ? new(field.Name, field.Type)
            : ColumnTypes.TryParse(field.Name, type) ?? new(field.Name, field.Type);
    }

    /// <summary>A stream as the lock has it.</summary>
    /// <param name="Definition">How the source offers it; null where the project says it.</param>
    /// <param name="Fields">Its columns, without change columns.</param>
    sealed record LockedStream(StreamDefinition? Definition, IReadOnlyList<Field> Fields);

    /// <summary>The lines of the file.</summary>
    /// <param name="errors">Takes those that cannot be read.</param>
    sealed class Lines(ErrorList errors)
    {
        const string Keys = " keys ", Cursor = " cursor ";

        readonly Dictionary<(string, string), LockedStream> found = [];

        /// <summary>Names with dots between; one that has other characters than a word is in quotes.</summary>
        public static string Join(params ReadOnlySpan<string> names)
        {
            var text = new StringBuilder();
            foreach (var name in names) text.Append(text.Length == 0 ? "" : ".").Append(Quote(name));
            return text.ToString();
        }

        /// <summary>The line of a stream: how it is read, and what tells its rows apart.</summary>
        public static string Of(string source, string stream, StreamDefinition definition) =>
            $"{Join(source, stream)} {definition.Mode.ToString().ToLowerInvariant()}"
            + (definition.Keys.Count == 0 ? "" : Keys + string.Join('.', definition.Keys.Select(Quote)))
            + (definition.Cursor is { } cursor ? Cursor + Quote(cursor) : "");

        /// <summary>Reads the text of the file.</summary>
        public Dictionary<(string, string), LockedStream> Read(string text)
        {
            foreach (var (number, line) in text.Split('\n').Index())
            {
                if (line.Trim() is not { Length: > 0 } words || words[0] == '#' || Add(words)) continue;
                errors.Add(
                    new Place(FileName, number + 1), "the line is neither a stream nor a column of one",
                    "take it out, or write the file again: foz source discover --lock");
            }
            return found;
        }

        bool Add(string line)
        {
            var at = 0;
            switch (ReadNames(line, ref at))
            {
                case [var source, var stream] when DefinitionOf(line[at..]) is { } definition:
                    found[(source, stream)] = new(definition, found.GetValueOrDefault((source, stream))?.Fields ?? []);
                    return true;
                case [var source, var stream, var column]
                    when ColumnTypes.TryParse(column, line[at..].Trim()) is { } field:
                    var known = found.GetValueOrDefault((source, stream)) ?? new(null, []);
                    found[(source, stream)] = known with { Fields = [.. known.Fields, field] };
                    return true;
                default:
                    return false;
            }
        }

        static StreamDefinition? DefinitionOf(string text)
        {
            var end = text.IndexOf(' ', 1) is > 0 and var space ? space : text.Length;
            if (!Enum.TryParse<StreamMode>(text[..end].Trim(), ignoreCase: true, out var mode)) return null;
            var definition = new StreamDefinition { Name = "", Mode = mode };
            var at = end;
            if (text.AsSpan(at).StartsWith(Keys, StringComparison.Ordinal))
            {
                at += Keys.Length;
                if (ReadNames(text, ref at) is not { } keys) return null;
                definition = definition with { Keys = keys };
            }
            if (text.AsSpan(at).StartsWith(Cursor, StringComparison.Ordinal))
            {
                at += Cursor.Length;
                if (ReadNames(text, ref at) is not [var cursor]) return null;
                definition = definition with { Cursor = cursor };
            }
            return at == text.Length ? definition : null;
        }

        /// <summary>Names with dots between; null where there are none.</summary>
        static List<string>? ReadNames(string text, ref int at)
        {
            var names = new List<string>();
            do
            {
                if (names.Count > 0) at++;
                if (ReadName(text, ref at) is not { } name) return null;
                names.Add(name);
            }
            while (at < text.Length && text[at] == '.');
            return names;
        }

        static string? ReadName(string text, ref int at)
        {
            var start = at;
            if (at < text.Length && text[at] == '"')
            {
                for (at++; at < text.Length && text[at] != '"'; at++)
                    if (text[at] == '\\') at++;
                return ++at <= text.Length ? Unquote(text[(start + 1)..(at - 1)]) : null;
            }
            while (at < text.Length && IsOfWord(text[at])) at++;
            return at > start ? text[start..at] : null;
        }

        static bool IsOfWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '$' or '-';

        static string Quote(string name) => name.Length > 0 && name.All(IsOfWord)
            ? name
            : $"\"{Escape(name)}\"";

        static string Escape(string name) => name
            .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

        static string Unquote(string text)
        {
            var name = new StringBuilder();
            for (var i = 0; i < text.Length; i++)
                name.Append(
                    text[i] != '\\' ? text[i] : text[++i] switch { 'n' => '\n', 'r' => '\r', var other => other });
            return name.ToString();
        }
    }
}
