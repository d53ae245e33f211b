using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects.Parsing;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>Reads the files below <c>models/</c> and <c>tests/</c>.</summary>
/// <param name="schemaPrefix">What the names of schemas get in the lake; may be empty.</param>
/// <param name="errors">Takes what is wrong.</param>
public sealed class ModelReader(string schemaPrefix, ErrorList errors)
{
    /// <summary>The folder of models.</summary>
    public const string Folder = "models";

    /// <summary>The folder of snapshots, which is also the schema of one in none of its folders.</summary>
    public const string SnapshotFolder = "snapshots";

    const string UnknownMemberKey = "unknown_member";

    const string NotYet = "is not supported yet";

    static readonly Dictionary<string, bool> Sql = new(StringComparer.Ordinal) { ["sql"] = true };
    static readonly Dictionary<string, string> ElsewhereTypes = new(StringComparer.Ordinal)
    {
        ["python"] = "stands in a .py file", ["command"] = "stands in a .yml file", ["sql"] = "stands in a .sql file",
    };

    static readonly Dictionary<string, bool> Python = new(StringComparer.Ordinal) { ["python"] = true };
    static readonly Dictionary<string, bool> Command = new(StringComparer.Ordinal) { ["command"] = true };

    static readonly Dictionary<string, bool> Dialects = new(StringComparer.Ordinal) { ["duckdb"] = true };

    static readonly Dictionary<string, string> RefusedDialects = new(StringComparer.Ordinal)
    {
        ["spark"] = NotYet, ["databricks"] = NotYet, ["trino"] = NotYet,
    };

    /// <summary>Reads a model that a program gives the rows of.</summary>
    /// <param name="file">The file, relative to the project, with <c>/</c>.</param>
    /// <param name="text">Its text.</param>
    /// <param name="isEnabled">Whether the model takes part; its name is known even if not.</param>
    /// <returns>The model; null where it has no name.</returns>
    public Model? ReadProgram(string file, string text, out bool isEnabled)
    {
        isEnabled = false;
        var program = new ProgramReader(file, errors);
        return program.ReadFrontMatter(text) is var (yaml, body)
            ? Read(file, yaml, (body, program), out isEnabled)
            : null;
    }

    /// <summary>
    /// Reads a model that a program gives the rows of, of which other files say what there is to say.
    /// </summary>
    /// <inheritdoc cref="Read(string, YamlNode.Mapping, SqlBody, out bool)"/>
    public Model? ReadProgram(string file, YamlNode.Mapping yaml, SqlBody body, out bool isEnabled) =>
        Read(file, yaml, (body, new ProgramReader(file, errors)), out isEnabled);

    /// <summary>Reads a model that is a SELECT.</summary>
    /// <param name="file">The file, relative to the project, with <c>/</c>.</param>
    /// <param name="yaml">What is said of it.</param>
    /// <param name="body">Its SELECT.</param>
    /// <param name="isEnabled">Whether the model takes part; its name is known even if not.</param>
    /// <returns>The model; null where it has no name.</returns>
    public Model? Read(string file, YamlNode.Mapping yaml, SqlBody body, out bool isEnabled) =>
        Read(file, yaml, (body, null), out isEnabled);

    Model? Read(string file, YamlNode.Mapping yaml, (SqlBody Body, ProgramReader? Program) text, out bool isEnabled)
    {
        var (body, program) = text;
        var reader = new MappingReader(yaml, program?.Keys ?? ModelKeys.Model, errors);
        var name = ReadName(reader, file);
        reader.Word("type", program is null ? Sql : program.IsPython ? Python : Command, ElsewhereTypes);
        reader.Word("dialect", Dialects, RefusedDialects);
        isEnabled = reader.Flag("enabled") ?? true;
        var onViolation = reader.Word("on_violation", CheckReader.OnViolationWords);
        var checks = new CheckReader(onViolation ?? OnViolation.Fail, errors);
        var columns = new ColumnReader(checks, errors).Read(reader.Node("columns"));
        var tableChecks = checks.Read(reader.Node("checks"), column: null);
        var grain = reader.Scalars("grain");
        if (grain.Count == 0 && reader.Node("grain") is { } noGrain)
            errors.Add(
                noGrain.Place, "'grain' names no column",
                "write the columns whose values together name a row: grain: [order_id]");
        var quality = new QualityReader(reader, columns, errors);
        if (body.Text.Length == 0 && isEnabled)
            errors.Add(new Place(file), "the file holds no SELECT", "write one below the front matter");
        var statement = program is null ? AutoCdcStatement.Read(body, name, errors) : null;
        if (statement is not null && reader.Node("materialization") is { } stated)
            errors.Add(stated.Place, "'materialization' stands beside AUTO CDC, which says it", "take it out");
        IReadOnlyList<StatedName> depends = [.. reader.Scalars("depends").Select(ReadStatedName).OfType<StatedName>()];
        var model = new Model
        {
            Name = name ?? TableName.None,
            Program = program?.Read(reader, body, depends),
            Table = name is { } known ? new(schemaPrefix + known.Schema, known.Name) : TableName.None,
            Materialization = new MaterializationReader(errors).Read(
                statement?.Words ?? reader.Node("materialization"), IsSnapshot(file)),
            Body = statement?.Body ?? body,
            Description = reader.Text("description"),
            Owner = reader.Text("owner"),
            Tags = reader.Texts("tags"),
            Group = reader.Text("group"), Schedule = reader.Node("schedule"),
            Readers = ReaderList.Read(reader, ReaderList.Key, errors),
            Trigger = TriggerReader.Read(reader, errors),
            Settings = ModelSetting.Of(yaml),
            Columns = columns,
            Clean = quality.Clean(),
            Contract = quality.Contract(),
            Grain = [.. grain.Select(column => column.Text)],
            UnknownMember = ReadUnknownMember(reader),
            Checks =
            [
                .. GrainChecks(grain, onViolation ?? OnViolation.Fail), .. columns.SelectMany(c => c.Checks),
                .. tableChecks,
            ],
            Exports = new ExportReader(errors).Read(reader.Node("export")),
            Meta = ReadMeta(reader.Entries("meta")),
            Depends = program is null ? depends : [],
            File = file,
        };
        reader.Finish();
        Check(model, reader);
        return name is null ? null : model;
    }

    /// <summary>Refuses what does not go together.</summary>
    void Check(Model model, MappingReader reader)
    {
        CheckUnknownMember(model, reader);
        CheckEvents(model);
        if (model.Materialization is Materialization.View or Materialization.Ephemeral) RefuseRowsOfView(model);
        if (model is
            {
                Program: not null, Materialization: not Materialization.Table
            and not Materialization.Incremental
            })
            errors.Add(
                reader.PlaceOf("materialization"), $"a program cannot be a {model.Materialization.Name}",
                "table or incremental");
    }

    IReadOnlyList<UnknownValue> ReadUnknownMember(MappingReader reader)
    {
        if (reader.Node(UnknownMemberKey) is not { } node) return [];
        if (node is YamlNode.Mapping { Entries.Count: > 0 } mapping
            && mapping.Entries.All(entry => entry.Value is YamlNode.Scalar))
            return [.. mapping.Entries.Select(entry =>
                new UnknownValue(
                    entry.Key, entry.Value.IsNull ? null : ((YamlNode.Scalar)entry.Value).Text, entry.KeyPlace))];
        errors.Add(
            node.Place, $"'{UnknownMemberKey}' must be a mapping of columns to values, not {node.Kind}",
            $"write {UnknownMemberKey}: {{customer_key: -1, name: unknown}}");
        return [];
    }

    void CheckUnknownMember(Model model, MappingReader reader)
    {
        if (model.UnknownMember.Count == 0) return;
        var why = model.Materialization switch
        {
            Materialization.View or Materialization.Ephemeral => $"{Called(model)} has no rows of its own",
            { Strategy: IncrementalStrategy.Microbatch or IncrementalStrategy.InsertOverwrite } =>
                $"'strategy: {model.Materialization.Strategy!.Name}' replaces rows by what they hold, and this row is "
                    + "of no time and no partition",
            { Strategy: IncrementalStrategy.Cdc } => "'strategy: cdc' makes rows of events, and this row is none",
            _ => null,
        };
        if (why is not null)
            errors.Add(
                reader.PlaceOf(UnknownMemberKey), $"'{UnknownMemberKey}' is for tables: {why}",
                "add the row in the SELECT");
    }

    /// <summary>Refuses checks that take events out which the rows of the table need.</summary>
    void CheckEvents(Model model)
    {
        if (model.Materialization.Strategy is not IncrementalStrategy.Cdc { FromSnapshot: false } events) return;
        foreach (var check in model.Checks.Where(check => check.TakesRowsOut))
        {
            var why = check switch
            {
                CheckDefinition.Unique => "events of one key come several times",
                CheckDefinition.NotNull when events.IgnoresNullUpdates => "NULL in an event leaves the row as it is",
                _ => null,
            };
            if (why is not null)
                errors.Add(
                    check.Place, $"the check {check.Title} cannot take rows out with 'strategy: cdc': {why}",
                    "write on_violation: fail, or warn: it then looks at the rows of the table");
        }
    }

    /// <summary>
    /// Returns the checks of a table that has one row for each combination of values of some columns.
    /// </summary>
    static IEnumerable<CheckDefinition> GrainChecks(IReadOnlyList<YamlNode.Scalar> grain, OnViolation onViolation)
    {
        if (grain.Count == 0) yield break;
        const string Why = "the grain of the table";
        foreach (var column in grain)
        {
            yield return new CheckDefinition.NotNull(column.Text)
            {
                OnViolation = onViolation, Description = Why, Place = column.Place,
            };
        }
        yield return new CheckDefinition.Unique([.. grain.Select(column => column.Text)])
        {
            OnViolation = onViolation, Description = Why, Place = grain[0].Place,
        };
    }

    void RefuseRowsOfView(Model view)
    {
        foreach (var check in view.Checks.Where(check => check.TakesRowsOut))
            errors.Add(
                check.Place,
                $"{check.Title} cannot {CheckReader.Word(check.OnViolation)} rows of "
                    + $"{Called(view)}, which has none of its own",
                "make it a table, or write on_violation: fail, or warn");
        if (view.Clean is [var rule, ..])
            errors.Add(
                rule.Place, $"{Called(view)} has no rows of its own to clean",
                "make it a table, or clean them in its SQL");
    }

    static string Called(Model model) =>
        model.Materialization is Materialization.View ? "a view" : "an ephemeral model";

    /// <summary>Reads a test.</summary>
    /// <param name="file">The file, relative to the project, with <c>/</c>.</param>
    /// <param name="yaml">What is said of it.</param>
    /// <param name="body">Its SELECT.</param>
    /// <param name="storesFailures">Whether the rows that it finds are kept where it does not say.</param>
    /// <returns>The test; null where it is disabled.</returns>
    public SqlTest? ReadTest(string file, YamlNode.Mapping yaml, SqlBody body, bool storesFailures)
    {
        var reader = new MappingReader(yaml, ModelKeys.SqlTest, errors);
        var test = new SqlTest
        {
            Name = reader.Text("name") ?? Path.GetFileNameWithoutExtension(file),
            Body = body,
            Description = reader.Text("description"),
            Tags = reader.Texts("tags"),
            OnViolation = reader.Word("on_violation", CheckReader.OnViolationWords)
                ?? OnViolation.Fail,
            File = file,
            Thresholds = new()
            {
                FailCalc = reader.Text("fail_calc"), Limit = reader.Integer("limit", min: 1),
                ErrorIf = reader.Text("error_if") ?? new TestThresholds().ErrorIf,
                WarnIf = reader.Text("warn_if") ?? new TestThresholds().WarnIf,
            },
        };
        if (reader.Flag("store_failures") ?? storesFailures)
            test = test with
            {
                Failures = new(new(schemaPrefix + FailureStore.Schema, Identifier.Of(test.Name)), IsView: false),
            };
        var isEnabled = reader.Flag("enabled") ?? true;
        reader.Finish();
        if (body.Text.Length == 0)
            errors.Add(new Place(file), "the file holds no SELECT", "write one that returns the rows that are wrong");
        return isEnabled ? test : null;
    }

    static bool IsSnapshot(string file) => file.StartsWith(SnapshotFolder + "/", StringComparison.Ordinal);

    TableName? ReadName(MappingReader reader, string file)
    {
        string[] folders = file.Split('/')[1..^1];
        var schema = folders is [var first, ..] ? first : IsSnapshot(file) ? SnapshotFolder : null;
        var place = reader.PlaceOf("name");
        if (reader.Text("name") is { } stated)
        {
            if (!stated.Contains('.', StringComparison.Ordinal) && schema is not null) stated = $"{schema}.{stated}";
            if (TableName.TryParse(stated, out var name))
                return Identifier.Check(name, place, errors) ? name : null;
            errors.Add(place, $"'{stated}' is not the name of a table", "write schema.table, such as silver.orders");
            return null;
        }
        if (schema is null)
        {
            errors.Add(
                new Place(file), "the model is in no schema",
                $"move it to a folder such as {Folder}/silver/, or state 'name: schema.table' in its front matter");
            return null;
        }
        var fromPath = new TableName(schema, Path.GetFileNameWithoutExtension(file));
        return Identifier.Check(fromPath, new Place(file), errors) ? fromPath : null;
    }

    StatedName? ReadStatedName(YamlNode.Scalar scalar)
    {
        if (TableName.TryParse(scalar.Text, out var name)) return new(name, scalar.Place);
        errors.Add(
            scalar.Place, $"'{scalar.Text}' is not the name of a table", "write schema.table, such as silver.orders");
        return null;
    }

    static ImmutableSortedDictionary<string, string> ReadMeta(IReadOnlyList<YamlEntry> entries) =>
        entries.ToImmutableSortedDictionary(
            e => e.Key,
            e => e.Value is YamlNode.Scalar scalar
                ? scalar.Text
                : ToJson(e.Value)!.ToJsonString(JsonSerializerOptions.Web));

    static JsonNode? ToJson(YamlNode node) => node switch
    {
        { IsNull: true } => null,
        YamlNode.Scalar scalar => JsonValue.Create(scalar.Text),
        YamlNode.Sequence sequence => new JsonArray([.. sequence.Items.Select(ToJson)]),
        YamlNode.Mapping mapping =>
            new JsonObject(mapping.Entries.Select(e => KeyValuePair.Create(e.Key, ToJson(e.Value)))),
        _ => throw new System.Diagnostics.UnreachableException(node.Kind),
    };
}
