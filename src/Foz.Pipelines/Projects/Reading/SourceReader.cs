using Foz.Connectors;
using Foz.Connectors.Python;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects.Parsing;
using Foz.Pipelines.Quality;
using Foz.Pipelines.Quality.Contracts;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>Reads the files below <c>sources/</c>.</summary>
/// <param name="file">The project's settings and connections.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class SourceReader(ProjectFile file, ErrorList errors)
{
    /// <summary>The folder of sources.</summary>
    public const string Folder = "sources";

    /// <summary>What <c>streams</c> says to take all, and the key that does so beside named ones.</summary>
    const string All = "all", Others = "*";

    const string LogLimit = "max_slot_wal", Envelope = "envelope";

    /// <summary>The least log that a source may be limited to: a few segments of PostgreSQL's log.</summary>
    const long LogBytesMin = 50_000_000;

    static readonly Dictionary<string, StreamMode> Modes = new(StringComparer.Ordinal)
    {
        ["snapshot"] = StreamMode.Snapshot, ["incremental"] = StreamMode.Incremental,
        ["cdc"] = StreamMode.Changes,
    };

    static readonly Dictionary<string, DriftPolicy> DriftPolicies = new(StringComparer.Ordinal)
    {
        ["evolve"] = DriftPolicy.Evolve, ["freeze"] = DriftPolicy.Freeze,
        ["discard_column"] = DriftPolicy.DiscardColumn,
        ["discard_row"] = DriftPolicy.DiscardRow, ["fail"] = DriftPolicy.Fail,
    };

    static readonly string[] StreamKeys = [.. SourceKeys.Stream.Select(key => key.Name)];

    /// <summary>The streams of which a setting by itself is wrong already.</summary>
    readonly HashSet<StreamDefinition> faulty = [];

    /// <summary>Reads a source.</summary>
    /// <param name="path">The file, relative to the project, with <c>/</c>.</param>
    /// <param name="text">Its text.</param>
    /// <returns>The source; null where errors were added that leave nothing of it.</returns>
    public ProjectSource? Read(string path, string text)
    {
        var isPython = Path.GetExtension(path) == ".py";
        if ((isPython
            ? FrontMatter.ReadPython(text, path, errors)?.Yaml
            : YamlReader.Read(text, path, errors)) is not { } yaml)
        {
            // What sources in Python import has no front matter.
            if (isPython) return null;
            if (string.IsNullOrWhiteSpace(text))
                errors.Add(new Place(path), "the file is empty", "it needs 'connection' and 'streams'");
            return null;
        }
        var known = errors.Count;
        var filledIn = VariableText.Expand(yaml, file.Variables, errors);
        var reader = MappingReader.Of(filledIn, new(path, 1, 1), "a source", errors, SourceKeys.Source);
        if (yaml is not YamlNode.Mapping written) return null;
        var name = reader.Text("name") ?? Path.GetFileNameWithoutExtension(path);
        Identifier.CheckText(name, "a source", reader.PlaceOf("name"), errors);
        var schema = reader.Text("schema") ?? "bronze";
        Identifier.CheckSchema(schema, reader.PlaceOf("schema"), errors);
        var connection = ReadConnection(reader, name, path, isPython);
        var silver = reader.Word("silver", new Dictionary<string, bool>(StringComparer.Ordinal) { ["current"] = true });
        var source = new ProjectSource
        {
            Definition = new()
            {
                Name = name,
                Connection = connection ?? new("", "", Settings.Empty),
                Schema = file.SchemaPrefix + schema,
                Streams = [],
                Variables = file.Variables.OfFile,
                Place = reader.Place,
            },
            Streams = [],
            Schema = schema,
            KeepsCurrent = silver ?? false,
            HasEnvelopes = ReadEnvelope(reader, connection),
            OnViolation = reader.Word("on_violation", CheckReader.OnViolationWords)
                ?? OnViolation.Fail,
            IsContract = TableContract.Read(reader, errors) ?? false,
            MaskKey = ReadMaskKey(reader, written),
            LogBytesMax = ReadLogBytesMax(reader, connection),
            Drift = reader.Word("drift", DriftPolicies) ?? DriftPolicy.Evolve,
            MaxRejected = RejectedLimit.Read(reader) ?? RejectedLimit.Default,
            Freshness = FreshnessReader.Read(reader, ofSource: null, errors),
            Description = reader.Text("description"),
            Owner = reader.Text("owner"),
            Tags = reader.Texts("tags"),
            File = path,
        };
        var connector = connection is null ? null : file.FindConnector(connection.Type);
        source = ReadStreams(
            source with { ReadsCurrentRows = connector?.ReadsCurrentRows is true },
            reader, written["streams"] as YamlNode.Mapping, connector);
        reader.Finish();
        if (connector is null) return null;
        if (errors.Count == known) Try(() => connector.Validate(source.Definition));
        foreach (var stream in source.Streams.Where(s => !faulty.Contains(s.Definition)))
            Try(() => connector.Validate(source.Definition, stream.Definition));
        return source;
    }

    /// <summary>Whether the changes of streams get views as events of Debezium.</summary>
    bool ReadEnvelope(MappingReader reader, ConnectionDefinition? connection)
    {
        var words = new Dictionary<string, bool>(StringComparer.Ordinal) { ["debezium"] = true };
        if (reader.Word(Envelope, words) is not true) return false;
        if (connection is not null
            && file.FindConnector(connection.Type) is { ReadsChanges: false } connector)
            errors.Add(
                reader.PlaceOf(Envelope),
                $"'{Envelope}' is not possible with sources of type {connector.Type}: they have no log of changes",
                "take it out; PostgreSQL, MySQL and MariaDB have one");
        return true;
    }

    /// <summary>The most log that the source may keep; null where it may keep any.</summary>
    long? ReadLogBytesMax(MappingReader reader, ConnectionDefinition? connection)
    {
        var most = reader.MemorySize(LogLimit, LogBytesMin)?.Bytes;
        if (most is not null && connection is not null
            && file.FindConnector(connection.Type) is { KeepsLog: false } connector)
            errors.Add(
                reader.PlaceOf(LogLimit),
                $"'{LogLimit}' is not possible with sources of type {connector.Type}: they keep no log for a reader",
                "take it out; MySQL and MariaDB delete their logs by binlog_expire_logs_seconds");
        return most;
    }

    /// <summary>
    /// The connection that the source names, or that of its own file in Python; null where there is none.
    /// </summary>
    ConnectionDefinition? ReadConnection(MappingReader reader, string source, string path, bool isPython)
    {
        var name = isPython ? reader.Text("connection") : reader.RequiredText("connection");
        var connection = name is null
            ? new(source, PythonConnector.TypeName, Settings.Of(("file", path))) { Secrets = file.Secrets }
            : name.Length == 0 ? null
            : file.FindConnection(name, reader.PlaceOf("connection"), errors);
        return connection is { Type: PythonConnector.TypeName } && file.Python is { } python
            ? connection with
            {
                Settings = connection.Settings.WithDefault(PythonConnector.InterpreterSetting, python),
            }
            : connection;
    }

    /// <summary>Notes what a connector finds wrong with settings that are each in order.</summary>
    void Try(Action validate)
    {
        try
        {
            validate();
        }
        catch (FozException e) when (e.Kind is ErrorKind.Configuration)
        {
            errors.Add(e);
        }
    }

    ProjectSource ReadStreams(
        ProjectSource source, MappingReader reader, YamlNode.Mapping? written, IConnector? connector)
    {
        var node = reader.Node("streams");
        var takesAll = node is YamlNode.Scalar { Text: All };
        var streams = new List<ProjectStream>();
        switch (node)
        {
            case YamlNode.Mapping mapping:
                foreach (var (key, place, value) in mapping.Entries)
                {
                    if (key != Others)
                    {
                        streams.Add(ReadStream(source, new(key, place, value), written?[key], connector));
                        continue;
                    }
                    takesAll = true;
                    if (!value.IsNull)
                        errors.Add(value.Place, $"'{Others}' takes no settings", "it means all others");
                }
                break;
            case YamlNode.Scalar when takesAll:
                break;
            case null:
                errors.Add(
                    source.Definition.Place, "'streams' is missing", $"write 'streams: {All}', or a mapping of names");
                break;
            default:
                errors.Add(node.Place, $"'streams' must be a mapping of names or '{All}', not {node.Kind}");
                break;
        }
        return source with
        {
            Streams = streams,
            Known = takesAll ? StreamsKnown.Named : StreamsKnown.All,
            Definition = source.Definition with
            {
                Streams = [.. streams.Select(s => s.Definition)],
                TakesAllStreams = takesAll,
            },
        };
    }

    /// <summary>Reads a stream.</summary>
    /// <param name="source">Its source.</param>
    /// <param name="entry">Its name and what is said of it, variables filled in.</param>
    /// <param name="written">What is said of it as it stands in the file.</param>
    /// <param name="connector">What it is read by; null where that is wrong.</param>
    ProjectStream ReadStream(ProjectSource source, YamlEntry entry, YamlNode? written, IConnector? connector)
    {
        var known = errors.Count;
        var (name, place, node) = entry;
        Identifier.CheckStream(name, place, errors);
        var reader = MappingReader.Of(node, place, "a stream", errors, SourceKeys.Stream);
        var mode = reader.Word("mode", Modes);
        var onViolation = reader.Word("on_violation", CheckReader.OnViolationWords);
        var checks = new CheckReader(onViolation ?? source.OnViolation, errors);
        var columns = new ColumnReader(checks, errors) { AreOfSource = true }.Read(reader.Node("columns"));
        CheckMasks(source, columns, reader.Text("cursor"));
        var quality = new QualityReader(reader, columns, errors);
        var definition = new StreamDefinition
        {
            Name = name,
            Mode = mode ?? connector?.DefaultMode ?? StreamMode.Snapshot,
            Cursor = reader.Text("cursor"),
            Keys = reader.Texts("keys"),
            Columns = columns.Where(c => c.Type is not null)
                .ToDictionary(c => c.Name, c => c.Type!, StringComparer.OrdinalIgnoreCase),
            ColumnNames = reader.Node("columns") is YamlNode.Sequence ? [.. columns.Select(c => c.Name)] : [],
            Settings = connector is null ? Settings.Empty : ReadSettings(connector, place, node, written),
            Place = place,
        };
        if (definition.Mode is StreamMode.Changes) new LoggedStreamCheck(reader, errors)
                .Check(definition, connector, columns);
        if (definition is { Cursor: not null, Mode: StreamMode.Snapshot })
            errors.Add(reader.PlaceOf("cursor"), "'cursor' needs 'mode: incremental'", "add it, or take 'cursor' out");
        var lists = reader.Texts("lists");
        if (lists.Count > 0 && definition.Keys.Count == 0)
            errors.Add(
                reader.PlaceOf("lists"), "'lists' needs 'keys'", "each element gets the keys of the row that holds it");
        if (errors.Count > known) faulty.Add(definition);
        return new()
        {
            Definition = definition,
            Name = new(source.Schema, name),
            Table = new(source.Definition.Schema, name),
            Description = reader.Text("description"),
            Readers = ReaderList.Read(reader, ReaderList.Key, errors),
            Lists = lists,
            Drift = reader.Word("drift", DriftPolicies) ?? source.Drift,
            MaxRejected = RejectedLimit.Read(reader) ?? source.MaxRejected,
            Freshness = FreshnessReader.Read(reader, source.Freshness, errors),
            Tags = [.. reader.Texts("tags").Union(source.Tags)],
            Columns = columns,
            Clean = quality.Clean(),
            Contract = quality.Contract(source.IsContract && definition.Mode is not StreamMode.Changes),
            Checks = [.. columns.SelectMany(c => c.Checks), .. checks.Read(reader.Node("checks"), column: null)],
        };
    }

    /// <summary>The key of masks: a secret.</summary>
    string? ReadMaskKey(MappingReader reader, YamlNode.Mapping written)
    {
        const string Key = "mask_key";
        if (reader.Text(Key) is not { } key) return null;
        if (written[Key] is YamlNode.Scalar literal && !VariableText.IsOnlyVariables(literal.Text))
            errors.Add(
                literal.Place, $"'{Key}' is a secret and must not stand in a file",
                "write ${MASK_KEY} here, and set MASK_KEY in the environment or in .env, outside of git");
        file.Secrets.Add(key);
        return key;
    }

    void CheckMasks(ProjectSource source, IReadOnlyList<ColumnDefinition> columns, string? cursor)
    {
        foreach (var column in columns.Where(c => c.Mask is not null))
        {
            if (string.Equals(column.Name, cursor, StringComparison.OrdinalIgnoreCase))
                errors.Add(
                    column.Place, $"the cursor '{column.Name}' cannot be masked",
                    "its values separate batches");
            else if (column.Mask is ColumnMask.Hash && string.IsNullOrEmpty(source.MaskKey))
                errors.Add(
                    column.Place, "'mask: hash' needs 'mask_key' of the source",
                    "without a key anybody can try out values: write mask_key: ${MASK_KEY}");
        }
    }

    Settings ReadSettings(IConnector connector, Place place, YamlNode node, YamlNode? written)
    {
        var reader = new SettingsReader(connector.StreamSettings, errors);
        var empty = new YamlNode.Mapping([], place);
        var (asWritten, filledIn) = (written as YamlNode.Mapping ?? empty, node as YamlNode.Mapping ?? empty);
        reader.Check(asWritten, StreamKeys, $"a stream of type {connector.Type}");
        reader.NoteSecrets(asWritten, filledIn, file.Secrets);
        return reader.Read(filledIn, StreamKeys);
    }
}
