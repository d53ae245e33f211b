using System.Text.RegularExpressions;
using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Parsing;
using Foz.Pipelines.Quality;

namespace Foz.Dbt;

/// <summary>The translation of a data test.</summary>
/// <param name="Test">The test as stated.</param>
/// <param name="Name">Its name in dbt.</param>
/// <param name="Of">The unique id of the model, seed, snapshot or source that it tests.</param>
/// <param name="Sql">The SELECT of the failing rows; null where it is a check of its table.</param>
sealed record DbtTranslatedTest(DbtTest Test, string Name, string Of, SqlTest? Sql)
{
    /// <summary>What it refers to.</summary>
    public IReadOnlyList<DbtReference> References { get; init; } = [];
}

/// <summary>Translates data tests to checks and SQL tests.</summary>
/// <param name="context">The context in which templates are rendered, with all names known.</param>
/// <param name="errors">Collects errors.</param>
/// <param name="cancellationToken">Stops it.</param>
sealed partial class DbtTestTranslator(
    DbtContext context, ErrorList errors, CancellationToken cancellationToken)
{
    /// <summary>Tests that are checks here, and the arguments with which they are.</summary>
    static readonly Dictionary<string, string[]> Checks = new(StringComparer.Ordinal)
    {
        ["not_null"] = [], ["unique"] = [], ["accepted_values"] = ["values", "quote"],
        ["dbt_utils.not_empty_string"] = [],
        ["dbt_utils.unique_combination_of_columns"] = ["combination_of_columns"],
        ["dbt_utils.accepted_range"] = ["min_value", "max_value", "inclusive"],
        ["dbt_utils.expression_is_true"] = ["expression"],
    };

    /// <summary>What can be configured of a check.</summary>
    static readonly HashSet<string> ConfigsOfChecks = new(StringComparer.Ordinal)
    {
        "severity", "where", "enabled", "group", "store_failures", "store_failures_as", "schema", "alias", "database",
        "limit",
    };

    readonly DbtNamer namer = new(context, errors, cancellationToken);

    /// <summary>The item of a list of checks that says the same as a test; null where none does.</summary>
    public YamlNode? CheckOf(DbtTest test)
    {
        var name = test.Test.StartsWith("dbt.", StringComparison.Ordinal) ? test.Test["dbt.".Length..] : test.Test;
        if (!Checks.TryGetValue(name, out var known) || IsReplaced(name) || namer.IsStored(test.Config)
            || test.Config.Values.Any(config => !ConfigsOfChecks.Contains(config.Key)))
            return null;
        if (test.Arguments.Any(argument => !known.Contains(argument.Key) || !IsPlain(argument.Value))) return null;
        if (name == "dbt_utils.accepted_range"
            && test.Arguments.Any(a => a.Key != "inclusive" && DbtValues.Of(a.Value) is not (long or double)))
            return null;
        if (test.Column is not null && !ColumnName.IsMatch(test.Column)) return null;
        // A tested column may have no other properties.
        var arguments = test.Arguments.Where(argument => argument.Key != "quote").ToList();
        if (test.Arguments.FirstOrDefault(argument => argument.Key == "quote") is { } quote
            && DbtValues.Of(quote.Value) is false)
            return null;
        return new YamlNode.Mapping(
            [new(name, test.Place, new YamlNode.Mapping(arguments, test.Place)), .. Common(test)], test.Place);
    }

    /// <summary>
    /// The table that <c>relationships</c> looks into, and the check that does the same; null of other tests.
    /// </summary>
    public (DbtRelation To, YamlNode Check)? RelationshipOf(DbtTest test)
    {
        if (test.Test is not "relationships" || IsReplaced(test.Test) || test.Column is null
            || !ColumnName.IsMatch(test.Column) || namer.IsStored(test.Config)
            || test.Config.Values.Any(config => !ConfigsOfChecks.Contains(config.Key))
            || test.Arguments is not ([{ Key: "to" }, { Key: "field", Value: YamlNode.Scalar }]
                or [{ Key: "field", Value: YamlNode.Scalar }, { Key: "to" }]))
            return null;
        var other = test.Arguments.First(argument => argument.Key == "to").Value;
        var column = (YamlNode.Scalar)test.Arguments.First(argument => argument.Key == "field").Value;
        var session = new DbtSession(
            context,
            new() { Package = test.Package.Name, Name = "relationships", File = test.Place.File, Kind = "test" },
            cancellationToken);
        try
        {
            if (ValueOf(session, other) is not DbtRelation to) return null;
            var arguments = new YamlNode.Mapping(
                [
                    new("to", test.Place, new YamlNode.Scalar(to.Table.ToString(), isQuoted: true, other.Place)),
                    new("field", test.Place, column),
                ], test.Place);
            return (to, new YamlNode.Mapping([new(test.Test, test.Place, arguments), .. Common(test)], test.Place));
        }
        catch (FozException)
        {
            // As a test in SQL its error is reported.
            return null;
        }
    }

    static IEnumerable<YamlEntry> Common(DbtTest test)
    {
        if (test.Config.Text("severity") is { } severity)
            yield return new(
                "severity", test.Place, new YamlNode.Scalar(severity.ToLowerInvariant(), isQuoted: false, test.Place));
        if (test.Config.Text("where") is { } where)
            yield return new("where", test.Place, new YamlNode.Scalar(where, isQuoted: true, test.Place));
    }

    /// <summary>The SQL test that says the same as a data test; null where it is wrong, or switched off.</summary>
    /// <param name="test">The test.</param>
    /// <param name="relation">The table that it is of.</param>
    /// <param name="of">The name of the resource, and what dbt calls it.</param>
    public DbtTranslatedTest? SqlOf(DbtTest test, DbtRelation relation, (string Name, string UniqueId) of)
    {
        if (FindMacro(test.Test, test.Package.Name) is not { } macro)
        {
            var (package, own) = test.Test.Split('.') is [var space, var inner]
                ? (space, inner)
                : (test.Package.Name, test.Test);
            errors.Add(
                test.Place, $"unknown test '{test.Test}'",
                context.Project.Asked.Contains(package) && !context.Macros.Packages.Contains(package)
                    ? $"the package '{package}' is not in {context.Project.PackagesPath}/: run dbt deps"
                    : NearestName.Hint(own, TestNames(package)) ?? $"write a macro {{% test {own}(model) %}}");
            return null;
        }
        var name = NameOf(test, of.Name);
        var session = new DbtSession(
            context,
            new()
            {
                Package = test.Package.Name, Name = name, File = test.Place.File, Kind = "test", Config = test.Config,
                Configures = true,
            },
            cancellationToken);
        try
        {
            var sql = TestOf(name, Call(session, macro, test, relation), test.Config, test.Package.Name, test.Place);
            var reads = ReadsOf(context, session.References, test.Package.Name);
            if (relation.Sql is null) reads.Add(new(relation.Table, test.Place));
            if (session.IsVolatile)
            {
                sql = sql with
                {
                    Template = new((_, lake, token) => OrNothing(
                        Call(new(context, session.Request with { Executes = true, Lake = lake }, token), macro,
                            test, relation))),
                };
            }
            return new(test, name, of.UniqueId, sql with { Reads = reads }) { References = session.References };
        }
        catch (FozException e)
        {
            errors.Add(e);
            return null;
        }
    }

    SqlBody Call(DbtSession session, DbtMacro macro, DbtTest test, DbtRelation relation)
    {
        var arguments = test.Arguments.ToDictionary(
            argument => argument.Key, argument => ValueOf(session, argument.Value), StringComparer.Ordinal);
        var where = test.Config.Text("where");
        arguments["model"] = where is null
            ? relation
            : new DbtRelation(relation.Table) { Sql = $"(select * from {relation} where {where}) as dbt_subquery" };
        if (test.Column is not null) arguments["column_name"] = test.Column;
        var text = JinjaValue.ToText(session.Call(macro, test.Place, [], arguments));
        return new(SqlEnd.Trim(text.Trim()), test.Place) { Map = _ => test.Place };
    }

    /// <summary>The tables of the lake that references mean.</summary>
    public static List<StatedName> ReadsOf(
        DbtContext context, IReadOnlyList<DbtReference> references, string package) =>
    [
        .. references.Select(reference => (Reference: reference, Relation: context.Find(reference, package)))
            .Where(found => found.Relation is { Sql: null })
            .Select(found => new StatedName(found.Relation!.Table, found.Reference.Place)),
    ];

    /// <summary>
    /// Returns a SELECT of failing rows: a template may write nothing until there is a lake to query.
    /// </summary>
    public static SqlBody OrNothing(SqlBody body) =>
        body.Text.Length > 0 ? body : body with { Text = "select 1 as nothing where false" };

    /// <summary>Returns a SQL test as configured.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="body">The SELECT of the failing rows.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="package">The package that states it.</param>
    /// <param name="place">Its position in the files.</param>
    public SqlTest TestOf(string name, SqlBody body, DbtConfig config, string package, Place place)
    {
        var usual = new TestThresholds();
        if (config["limit"] is not (null or long) and var limit)
            errors.Add(place, $"'limit' of a test must be a number, not {JinjaValue.ToCode(limit)}");
        return new()
        {
            Name = name, Body = OrNothing(body), Tags = config.Tags, File = place.File,
            OnViolation = config.Text("severity")?.ToLowerInvariant() == "warn" ? OnViolation.Warn : OnViolation.Fail,
            Thresholds = new()
            {
                FailCalc = config.Text("fail_calc"), Limit = config["limit"] as long?,
                ErrorIf = config.Text("error_if") ?? usual.ErrorIf,
                WarnIf = config.Text("warn_if") ?? usual.WarnIf,
            },
            Failures = namer.StoreOf(name, config, package, place),
        };
    }

    IEnumerable<string> TestNames(string package) =>
        context.Macros.NamesIn(package).Concat(context.Macros.NamesOf(package))
            .Where(name => name.StartsWith(DbtMacro.TestPrefix, StringComparison.Ordinal))
            .Select(name => name[DbtMacro.TestPrefix.Length..]);

    DbtMacro? FindMacro(string test, string package) => test.Split('.') is [var space, var own]
        ? context.Macros.FindIn(space, DbtMacro.TestPrefix + own)
        : context.Macros.Find(DbtMacro.TestPrefix + test, package);

    /// <summary>Whether the project has its own test in the place of one that is built in.</summary>
    bool IsReplaced(string name) =>
        context.Macros.FindIn(context.Project.Name, DbtMacro.TestPrefix + name) is not null;

    static bool IsPlain(YamlNode node) => node switch
    {
        YamlNode.Scalar scalar => !JinjaTemplate.IsTemplate(scalar.Text) && !DbtTestReader.IsExpression(scalar.Text),
        YamlNode.Sequence list => list.Items.All(IsPlain),
        _ => false,
    };

    object? ValueOf(DbtSession session, YamlNode node)
    {
        var evaluator = new JinjaEvaluator(new DbtScopes(session).Root, JinjaLimits.Default, cancellationToken);
        return Value(node);

        object? Value(YamlNode inner) => inner switch
        {
            YamlNode.Sequence list => new JinjaList(list.Items.Select(Value)),
            YamlNode.Mapping mapping => JinjaDict.Of(mapping.Entries.Select(entry => (entry.Key, Value(entry.Value)))),
            YamlNode.Scalar scalar when DbtTestReader.IsExpression(scalar.Text) =>
                evaluator.Evaluate(
                    ((JinjaStatement.Output)new JinjaParser($"{{{{{scalar.Text}}}}}", scalar.Place).Read()[0]).Value),
            YamlNode.Scalar scalar when JinjaTemplate.IsTemplate(scalar.Text) =>
                new JinjaParser(scalar.Text, scalar.Place).Read() is [JinjaStatement.Output only]
                    ? evaluator.Evaluate(only.Value)
                    : evaluator.Render(new JinjaParser(scalar.Text, scalar.Place).Read()),
            _ => DbtValues.Of(inner),
        };
    }

    /// <summary>What dbt calls a test: by its kind, its table, its column and what it is handed.</summary>
    public static string NameOf(DbtTest test, string of)
    {
        if (test.StatedName is { } stated) return stated;
        IEnumerable<(string Key, IEnumerable<string> Texts)> handed =
            test.Arguments.Select(argument => (argument.Key, TextsOf(argument.Value)));
        if (test.Column is not null) handed = handed.Append(("column_name", [test.Column.Trim('"')]));
        var texts = handed.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Texts)
            .Select(text => NotOfName.Replace(text, "_"));
        return $"{test.Test.Replace('.', '_')}_{of}_{string.Join("__", texts)}";
    }

    static IEnumerable<string> TextsOf(YamlNode node) => node switch
    {
        YamlNode.Scalar scalar => [JinjaValue.ToText(DbtValues.Of(scalar))],
        YamlNode.Sequence list => list.Items.SelectMany(TextsOf),
        YamlNode.Mapping mapping => mapping.Entries.SelectMany(entry => TextsOf(entry.Value)),
        _ => [],
    };

    [GeneratedRegex("[^0-9a-zA-Z_]+")]
    private static partial Regex NotOfName { get; }

    [GeneratedRegex("""^([A-Za-z_][A-Za-z0-9_]*|"[^"]+")$""", RegexOptions.ExplicitCapture)]
    private static partial Regex ColumnName { get; }
}
