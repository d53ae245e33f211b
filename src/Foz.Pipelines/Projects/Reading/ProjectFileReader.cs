using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects.Parsing;
using Foz.Pipelines.Selectors;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>Reads <c>foz.yml</c> and the environment that is chosen in it.</summary>
/// <param name="options">How to read it.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class ProjectFileReader(ProjectOptions options, ErrorList errors)
{
    const int ThreadsMax = 1024;

    // With less the engine fails before its first row.
    const long MemoryBytesMin = 4_000_000;

    static Place File => new(ProjectFile.FileName, 1, 1);

    /// <summary>Reads the file of a folder; null where it cannot be read at all.</summary>
    public ProjectFile? Read(string folder)
    {
        folder = Path.GetFullPath(folder);
        var (texts, path) = (options.Texts ?? folder, Path.Combine(options.Texts ?? folder, ProjectFile.FileName));
        if (!System.IO.File.Exists(path))
        {
            if (options.Readers.FirstOrDefault(reader => reader.IsProject(folder)) is { } foreign)
                return foreign.ReadFile(folder, options, errors);
            errors.Add(new(ErrorKind.Usage, $"{folder} is no project: it has no {ProjectFile.FileName}")
            {
                Hint = "make one with foz init, or name its folder with --project",
            });
            return null;
        }
        var variables = Variables.Load(texts, options.EnvironmentVariables, errors);
        var yaml = YamlReader.Read(System.IO.File.ReadAllText(path), ProjectFile.FileName, errors);
        if (yaml is null && !errors.IsEmpty) return null;
        var reader = MappingReader.Of(yaml, File, ProjectFile.FileName, errors, ProjectKeys.File);
        if (yaml is not null and not YamlNode.Mapping) return null;
        var name = Fill(reader.RequiredText("name"), reader.PlaceOf("name"), variables);
        if (name.Length > 0) CheckName(name, reader.PlaceOf("name"));
        var environments = ReadEnvironments(reader);
        var beside = UndeclaredEnvironment.Of(options.Target);
        var environment = Choose(reader, environments.Keys, beside?.Base ?? options.Target);
        var chosen = environments.GetValueOrDefault(environment)
            ?? new MappingReader(new YamlNode.Mapping([], File), ProjectKeys.Environment, errors);
        var connections = Connections(reader, environments, environment);
        var secrets = new Secrets();
        secrets.AddOf(variables.OfFile);
        var below = EnvironmentBase.Read(
            environments, environment,
            of => new LakeReader(folder, variables, new(), new()).Read(of, reader).Path, errors);
        beside?.Check(below, environments.Values.Select(declared => declared.Text("schema_prefix")), errors);
        var file = new ProjectFile(connections, options.Connectors)
        {
            Secrets = secrets, Variables = variables,
            Name = name,
            Folder = folder, Texts = texts,
            Environment = beside?.ToString() ?? environment, IsDeclared = beside is null,
            Environments = [.. environments.Keys.DefaultIfEmpty(ProjectFile.DefaultEnvironment)],
            Lake = new LakeReader(folder, variables, secrets, errors).Read(chosen, reader),
            SchemaPrefix = beside?.SchemaPrefix ?? chosen.Text("schema_prefix") ?? "",
            Base = beside is null ? below : new(environment, chosen.Text("schema_prefix") ?? ""),
            Memory = First(chosen, reader, r => r.MemorySize("memory", MemoryBytesMin)),
            Python = chosen.Text("python") ?? reader.Text("python"),
            Threads = (int?)First(chosen, reader, r => r.Integer("threads", 1, ThreadsMax)),
            Maintenance = new MaintenanceReader(errors).Read(reader, reader.Node("scheduler")),
            Readers = ReaderList.ReadPolicies(reader, errors), Trigger = TriggerReader.Read(reader, errors),
            OpenLineage = new OpenLineageReader(folder, variables, secrets, errors).Read(reader, name),
            Serve = new ServeReader(folder, variables, secrets, errors).Read(reader),
            Backup = new LakeReader(folder, variables, secrets, errors).ReadBackup(chosen, reader),
            Prices = PriceList.Read(reader, errors),
            Telemetry = reader.Node("telemetry"),
            Scheduler = reader.Node("scheduler"), Schedules = reader.Node("schedules"),
            Selectors = reader.Node(SelectorFileReader.Key),
        };
        if (file.SchemaPrefix.Length > 0)
            Identifier.CheckSchema(file.SchemaPrefix, chosen.PlaceOf("schema_prefix"), errors);
        Finish(reader, environments.Values, errors);
        return file;
    }

    /// <summary>What an environment says, else what the project does; both are read, to be checked.</summary>
    static T? First<T>(MappingReader chosen, MappingReader reader, Func<MappingReader, T?> read)
        where T : struct
    {
        var (own, common) = (read(chosen), read(reader));
        return own ?? common;
    }

    void CheckName(string name, Place place)
    {
        if (name.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.')) return;
        errors.Add(place, $"'{name}' is not a name for a project", "letters, digits, _, - and .");
    }

    string Fill(string text, Place place, Variables variables) => VariableText.Expand(text, place, variables, errors);

    Dictionary<string, MappingReader> ReadEnvironments(MappingReader reader)
    {
        var environments = new Dictionary<string, MappingReader>(StringComparer.Ordinal);
        foreach (var (name, place, value) in reader.Entries("environments"))
        {
            Identifier.CheckText(name, "an environment", place, errors);
            environments[name] = MappingReader.Of(value, place, "an environment", errors, ProjectKeys.Environment);
        }
        return environments;
    }

    string Choose(MappingReader reader, IReadOnlyCollection<string> names, string? asked)
    {
        var stated = reader.Text("default_environment");
        if (stated is not null && !names.Contains(stated))
        {
            errors.Add(
                reader.PlaceOf("default_environment"), $"unknown environment '{stated}'",
                NearestName.Hint(stated, names));
        }
        if (asked is not { } target) return stated ?? ProjectFile.DefaultEnvironment;
        if (!names.Contains(target) && target != ProjectFile.DefaultEnvironment)
        {
            errors.Add(new(ErrorKind.Usage, $"unknown environment '{target}'")
            {
                Hint = NearestName.Hint(target, names) ?? $"declare it under 'environments' of {ProjectFile.FileName}",
            });
        }
        return target;
    }

    /// <summary>The connections of all environments are checked, those of the chosen one returned.</summary>
    Dictionary<string, YamlNode.Mapping> Connections(
        MappingReader reader, Dictionary<string, MappingReader> environments, string environment)
    {
        var common = new Dictionary<string, YamlNode.Mapping>(StringComparer.Ordinal);
        foreach (var (name, place, value) in reader.Entries("connections"))
        {
            Identifier.CheckText(name, "a connection", place, errors);
            if (value is not YamlNode.Mapping mapping)
            {
                errors.Add(value.Place, $"a connection must be a mapping, not {value.Kind}", "it needs a 'type'");
                continue;
            }
            common[name] = mapping;
            // What an environment adds may be what is missing here.
            var isCompletedLater = environments.Values.Any(e => e.Entries("connections").Any(c => c.Key == name));
            Check(mapping, place, isComplete: !isCompletedLater);
        }
        var chosen = common;
        foreach (var (name, overrides) in environments)
        {
            var own = new Dictionary<string, YamlNode.Mapping>(common, StringComparer.Ordinal);
            foreach (var (connection, place, value) in overrides.Entries("connections"))
            {
                if (value is not YamlNode.Mapping mapping)
                {
                    errors.Add(value.Place, $"a connection must be a mapping, not {value.Kind}");
                    continue;
                }
                own[connection] = common.TryGetValue(connection, out var below) ? Merge(below, mapping) : mapping;
                Check(own[connection], place, isComplete: true);
            }
            if (name == environment) chosen = own;
        }
        return chosen;
    }

    /// <summary>A connection of another type replaces the common one; else its settings do, one by one.</summary>
    static YamlNode.Mapping Merge(YamlNode.Mapping common, YamlNode.Mapping own)
    {
        var isOfSameType = own[ProjectFile.TypeKey] is null
            || (own[ProjectFile.TypeKey] as YamlNode.Scalar)?.Text
                == (common[ProjectFile.TypeKey] as YamlNode.Scalar)?.Text;
        return isOfSameType
            ? new([.. own.Entries, .. common.Entries.Where(e => own[e.Key] is null)], own.Place)
            : own;
    }

    void Check(YamlNode.Mapping mapping, Place place, bool isComplete)
    {
        var types = options.Connectors.Select(c => c.Type).ToList();
        switch (mapping[ProjectFile.TypeKey])
        {
            case YamlNode.Scalar type when options.Connectors.FirstOrDefault(c => c.Type == type.Text) is { } connector:
                new SettingsReader(connector.ConnectionSettings, errors)
                    .Check(mapping, [ProjectFile.TypeKey], $"a connection of type {connector.Type}", isComplete);
                break;
            case YamlNode.Scalar { IsNull: false } type:
                errors.Add(type.Place, $"unknown type of connection '{type.Text}'", NearestName.Hint(type.Text, types));
                break;
            default:
                errors.Add(place, "'type' is missing in a connection", $"known: {string.Join(", ", types)}");
                break;
        }
    }

    static void Finish(MappingReader reader, IEnumerable<MappingReader> environments, ErrorList errors)
    {
        reader.Finish();
        foreach (var environment in environments)
        {
            // Only the chosen environment was asked for these; they are keys of every one.
            LakeReader.Check(environment, errors);
            environment.Text("schema_prefix");
            environment.Text("base");
            environment.MemorySize("memory", MemoryBytesMin);
            environment.Integer("threads", 1, ThreadsMax);
            environment.Text("python");
            environment.Finish();
        }
    }
}
