using System.Globalization;
using System.Text;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Sql;

namespace Foz.Operations.Tasks;

/// <summary>Reads what a task does.</summary>
/// <param name="errors">Receives what is wrong.</param>
/// <param name="variables">The values of <c>${NAME}</c>.</param>
/// <param name="names">The names of placeholders.</param>
sealed class ActionReader(ErrorList errors, Variables variables, TaskNames names)
{
    static readonly string[] methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Reads the action of a kind.</summary>
    public TaskAction Read(string kind, MappingReader reader) => kind switch
    {
        TaskKeys.Sql => Sql(reader.RequiredText(kind), reader.PlaceOf(kind), reader),
        TaskKeys.Http => new TaskAction.Http(Request(reader.Node(kind), reader.PlaceOf(kind))),
        TaskKeys.Shell => Shell(reader),
        TaskKeys.Python => new TaskAction.Python(
            ProjectPath(reader), [.. reader.Scalars(TaskKeys.Arguments).Select(Text)], Variables(reader)),
        TaskKeys.Container => new TaskAction.Container(
            Image(reader), [.. reader.Scalars(TaskKeys.Arguments).Select(Text)], Variables(reader),
            reader.Texts(TaskKeys.Volumes)),
        TaskKeys.Sensor => Sensor(reader),
        TaskKeys.Approval => Approval(reader),
        _ => Run(reader),
    };

    TaskAction.Run Run(MappingReader reader)
    {
        var line = reader.Text(TaskKeys.Run) ?? "run";
        if (line.Contains("{{", StringComparison.Ordinal))
            errors.Add(reader.PlaceOf(TaskKeys.Run), "the command of 'run' has no placeholders");
        if (CommandWords.Of(line) is not { } words)
        {
            errors.Add(reader.PlaceOf(TaskKeys.Run), $"a quote of the command '{line}' is not closed");
            words = [line];
        }
        return new(words);
    }

    /// <summary>Reads a statement: each <c>$name</c> becomes a numbered parameter, which is bound.</summary>
    TaskAction.Sql Sql(string statement, Place place, MappingReader reader)
    {
        if (statement.Contains("{{", StringComparison.Ordinal))
            errors.Add(place, "SQL has no placeholders: values are bound", "write $name for a parameter");
        var own = reader.Entries(TaskKeys.Values).ToDictionary(entry => entry.Key, entry => Text(entry.Value));
        var values = new List<TaskText>();
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var sql = new StringBuilder();
        var tokens = SqlTokens.Read(statement);
        var end = 0;
        for (var i = 0; i + 1 < tokens.Count; i++)
        {
            if (!tokens.IsSymbol(i, '$') || tokens[i + 1].Start != tokens[i].End
                || tokens[i + 1].Kind is not (SqlTokenKind.Word or SqlTokenKind.Number)) continue;
            var name = tokens.TextOf(i + 1).ToString();
            if (!numbers.TryGetValue(name, out var number))
            {
                if (!own.ContainsKey(name) && names.Check(name) is not null)
                    errors.Add(
                        place, $"unknown parameter '${name}'",
                        NearestName.Hint(name, [.. own.Keys, .. names.Parameters, .. TaskNames.Common]));
                values.Add(own.GetValueOrDefault(name) ?? TaskText.OfName(name));
                numbers[name] = number = values.Count;
            }
            sql.Append(statement, end, tokens[i].Start - end).Append(CultureInfo.InvariantCulture, $"${number}");
            end = tokens[++i].End;
        }
        sql.Append(statement, end, statement.Length - end);
        if (tokens.Count == 0) errors.Add(place, "the statement is empty");
        return new(sql.ToString(), values, reader.Text(TaskKeys.User));
    }

    TaskAction.Shell Shell(MappingReader reader)
    {
        var line = reader.RequiredText(TaskKeys.Shell);
        if (line.Contains("{{", StringComparison.Ordinal))
            errors.Add(
                reader.PlaceOf(TaskKeys.Shell), "a command line of the shell has no placeholders",
                "set a variable under 'environment', and write \"$NAME\" in the line");
        return new(line, Variables(reader));
    }

    string ProjectPath(MappingReader reader)
    {
        var path = reader.RequiredText(TaskKeys.Python);
        if (Path.IsPathRooted(path) || path.Split('/', '\\').Contains(".."))
            errors.Add(reader.PlaceOf(TaskKeys.Python), $"'{path}' is not a path in the project");
        return path;
    }

    string Image(MappingReader reader)
    {
        var image = reader.RequiredText(TaskKeys.Container);
        if (image.StartsWith('-') || image.Any(char.IsWhiteSpace))
            errors.Add(reader.PlaceOf(TaskKeys.Container), $"'{image}' is not the name of an image");
        return image;
    }

    TaskAction.Approval Approval(MappingReader reader)
    {
        if (reader.Node(TaskKeys.Approval) is not YamlNode.Mapping mapping)
        {
            if (reader.Text(TaskKeys.Approval) is not null and not "anyone")
                errors.Add(reader.PlaceOf(TaskKeys.Approval), "an approval is 'anyone', or a mapping with 'by'");
            return new([]);
        }
        var own = new MappingReader(mapping, TaskKeys.Decision, errors);
        _ = own.Node("within");
        var by = own.Texts("by");
        own.Finish();
        return new(by);
    }

    TaskAction.Sensor Sensor(MappingReader reader)
    {
        var place = reader.PlaceOf(TaskKeys.Sensor);
        var target = MappingReader.Of(reader.Node(TaskKeys.Sensor), place, "'wait_for'", errors, TaskKeys.Target);
        string[] kinds = [.. TaskKeys.Target.Select(key => key.Name).Where(key => key != "since" && target.Has(key))];
        if (kinds.Length != 1)
            errors.Add(place, "a sensor waits for one of file, table, sql, http and time");
        if (target.Has("since") && kinds is not ["table"])
            errors.Add(target.PlaceOf("since"), "'since' needs a 'table'");
        SensorTarget read = kinds.FirstOrDefault() switch
        {
            "table" => new SensorTarget.Table(Table(target), Optional(target, "since")),
            "sql" => new SensorTarget.Sql(Sql(target.RequiredText("sql"), target.PlaceOf("sql"), reader)),
            "http" => new SensorTarget.Http(Request(target.Node("http"), target.PlaceOf("http"))),
            "time" => new SensorTarget.Time(Time(target)),
            _ => new SensorTarget.File(Optional(target, "file") ?? TaskText.Plain("")),
        };
        target.Finish();
        return new(read, TaskReader.LengthOf(reader, TaskKeys.Every, errors) ?? TimeSpan.FromMinutes(1));
    }

    string Table(MappingReader reader)
    {
        var name = reader.RequiredText("table");
        if (name.Split('.') is not [{ Length: > 0 }, { Length: > 0 }])
            errors.Add(
                reader.PlaceOf("table"), $"'{name}' is not a table", "write schema.table, such as silver.orders");
        return name;
    }

    TaskText Time(MappingReader reader)
    {
        var text = Optional(reader, "time") ?? TaskText.Plain("");
        if (!text.Names.Any() && MomentText.Parse(text.Written, default) is null)
            errors.Add(
                reader.PlaceOf("time"), $"'{text.Written}' is not a time",
                "write '08:00' or '2026-01-31 08:00'");
        return text;
    }

    HttpTask Request(YamlNode? node, Place place)
    {
        if (node is YamlNode.Scalar url) return new() { Method = "GET", Url = Url(url) };
        var reader = MappingReader.Of(node, place, "a request", errors, TaskKeys.Request);
        var method = reader.Text("method") ?? "GET";
        if (!methods.Contains(method, StringComparer.Ordinal))
            errors.Add(reader.PlaceOf("method"), $"unknown method '{method}'", NearestName.Hint(method, methods));
        if (reader.Has("json") && reader.Has("body"))
            errors.Add(reader.PlaceOf("body"), "'json' and 'body' exclude each other");
        var request = new HttpTask
        {
            Method = method,
            Url = reader.Node("url") is YamlNode.Scalar written ? Url(written) : Url(
                new(reader.RequiredText("url"), isQuoted: true, place)),
            Headers = reader.Entries("headers").ToDictionary(
                entry => entry.Key, entry => Secret(entry.Value), StringComparer.OrdinalIgnoreCase),
            Body = Body(reader),
            Expected = [.. reader.Scalars("expect").Select(Status)],
            Outputs = reader.Entries("outputs").ToDictionary(
                entry => entry.Key, entry => (entry.Value as YamlNode.Scalar)?.Text ?? "", StringComparer.Ordinal),
        };
        reader.Finish();
        return request;
    }

    TaskJson? Body(MappingReader reader)
    {
        if (reader.Text("body") is not null) return new TaskJson.Text(Optional(reader, "body")!);
        if (reader.Node("json") is not { } node) return null;
        var texts = new Dictionary<YamlNode, TaskText>(ReferenceEqualityComparer.Instance);
        Collect(node);
        return new TaskJson.Document(node) { Scalars = texts };

        void Collect(YamlNode inner)
        {
            if (inner is YamlNode.Scalar scalar) texts[scalar] = Secret(scalar);
            foreach (var item in (inner as YamlNode.Sequence)?.Items ?? []) Collect(item);
            foreach (var entry in (inner as YamlNode.Mapping)?.Entries ?? []) Collect(entry.Value);
        }
    }

    TaskText Url(YamlNode.Scalar written)
    {
        var text = Secret(written);
        if (!text.Written.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            && !text.Written.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
            && !text.Written.StartsWith("${", StringComparison.Ordinal))
            errors.Add(written.Place, $"'{written.Text}' is not an address of HTTP", "write https://host/path");
        return text;
    }

    int Status(YamlNode.Scalar scalar)
    {
        if (int.TryParse(scalar.Text, out var status) && status is >= 100 and <= 599) return status;
        errors.Add(scalar.Place, $"'{scalar.Text}' is not a status of HTTP", "write 200, or a list");
        return 0;
    }

    Dictionary<string, TaskText> Variables(MappingReader reader)
    {
        var read = new Dictionary<string, TaskText>(StringComparer.Ordinal);
        foreach (var entry in reader.Entries(TaskKeys.Environment))
        {
            if (!VariableText.IsName(entry.Key))
                errors.Add(entry.KeyPlace, $"'{entry.Key}' is not the name of a variable", "letters, digits and _");
            read[entry.Key] = Secret(entry.Value);
        }
        return read;
    }

    TaskText? Optional(MappingReader reader, string key) =>
        reader.Text(key) is { } text ? TaskText.Read(text, reader.PlaceOf(key), names, errors) : null;

    TaskText Text(YamlNode node)
    {
        if (node is YamlNode.Scalar scalar) return TaskText.Read(scalar.Text, scalar.Place, names, errors);
        errors.Add(node.Place, $"a value must be a single one, not {node.Kind}");
        return TaskText.Plain("");
    }

    /// <summary>A text in which <c>${NAME}</c> is a variable too.</summary>
    TaskText Secret(YamlNode node)
    {
        if (node is not YamlNode.Scalar scalar) return Text(node);
        return TaskText.Read(
            scalar.Text, scalar.Place, names, errors,
            plain => VariableText.Expand(plain, scalar.Place, variables, errors));
    }
}
