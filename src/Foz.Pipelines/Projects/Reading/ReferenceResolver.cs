using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>Finds out what the names in SQL, <c>depends</c> and checks refer to.</summary>
/// <param name="project">The project, models and streams complete, names unique.</param>
/// <param name="usesOf">What each SELECT of the project names.</param>
/// <param name="options">How the project is read.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed partial class ReferenceResolver(
    ProjectParts project, IReadOnlyDictionary<string, TableUses> usesOf, ProjectOptions options, ErrorList errors)
{
    readonly Dictionary<TableName, Model> models = project.Models.ToDictionary(m => m.Name);

    readonly Dictionary<TableName, ProjectStream> streams =
        project.Sources.SelectMany(s => s.Streams).ToDictionary(s => s.Name);

    /// <summary>The schemas that get tables which only their source knows yet.</summary>
    readonly HashSet<string> undiscovered = project.Sources.Where(s => s.IsUndiscovered)
        .SelectMany(SchemasOf).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Tables that the project only declares.</summary>
    readonly HashSet<TableName> declared = [.. project.Declared.SelectMany(source => source.Tables)];

    readonly Dictionary<TableName, Model> resolved = [];
    readonly HashSet<TableName> underWay = [];

    /// <summary>Models with their references filled in.</summary>
    public IReadOnlyList<Model> ResolveAll(IReadOnlyList<Model> all)
    {
        if (all.Any(model => model.Materialization is Materialization.Ephemeral))
            return WithWaits([.. all.Select(Resolve)]);
        // Without ephemeral models between them none needs what is found of another.
        var found = new Model[all.Count];
        try
        {
            Parallel.For(0, found.Length, i => found[i] = ResolveNew(all[i]));
        }
        catch (AggregateException e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        return WithWaits(found);
    }

    /// <summary>Says of models that they read tables which come later, or models that do.</summary>
    static IReadOnlyList<Model> WithWaits(IReadOnlyList<Model> all)
    {
        var waiting = all.Where(model => model.References.Any(read => read.IsLater)).Select(model => model.Name)
            .ToHashSet();
        var before = 0;
        while (waiting.Count > before)
        {
            before = waiting.Count;
            waiting.UnionWith(all.Where(model => model.References.Any(read => waiting.Contains(read.Name)))
                .Select(model => model.Name));
        }
        return before == 0
            ? all
            : [.. all.Select(model => waiting.Contains(model.Name) ? model with { MayWait = true } : model)];
    }

    /// <summary>A model with its references filled in; those of ephemeral models that it reads are its own.</summary>
    Model Resolve(Model model)
    {
        if (resolved.TryGetValue(model.Name, out var known)) return known;
        underWay.Add(model.Name);
        known = ResolveNew(model);
        underWay.Remove(model.Name);
        return resolved[model.Name] = known;
    }

    Model ResolveNew(Model model)
    {
        var (own, isIncremental) = (model.Name, model.Materialization.Strategy is not null);
        var found = new ReferenceList();
        foreach (var (name, place) in model.Program?.Reads ?? [])
        {
            if (Find(name, own, place) is not { } reference) continue;
            RefuseOwn(reference, own, isIncremental, place);
            found.Add(reference);
        }
        foreach (var use in model.Program is null ? UsesIn(model.Body, model.Template) : [])
        {
            var place = model.Body.PlaceOf(use.Index);
            if (ToName(use, place) is not { } name || Find(name, own, place, MayComeLater(model)) is not { } reference)
                continue;
            RefuseOwn(reference, own, isIncremental, place);
            if (use.IsStream && !isIncremental)
            {
                errors.Add(
                    place, "STREAM() reads what is new since the last run, and each run rebuilds this table",
                    "only a model with 'materialization: incremental' can use it");
            }
            if (use.IsStream && model.Materialization.Strategy is IncrementalStrategy.Microbatch)
            {
                errors.Add(
                    place,
                    "STREAM() reads what is new since the last run, and 'strategy: "
                        + "microbatch' an interval after the other",
                    $"read the table: FROM {name}; only the rows of the interval are taken");
            }
            if (use.IsStream
                && model.Materialization.Strategy is IncrementalStrategy.Scd2 { EndsDeleted: true } history)
            {
                errors.Add(
                    place,
                    $"'hard_deletes: {(history.HardDeletes is HardDeletes.NewRecord ? "new_record" : "invalidate")}' "
                        + "ends what is not among the rows, and STREAM() gives only new ones",
                    $"read all rows: FROM {name}");
            }
            if (use.IsStream && model.Materialization.Strategy is IncrementalStrategy.Cdc { FromSnapshot: true })
            {
                errors.Add(
                    place, "'from_snapshot' reads all rows that there are, and STREAM() gives only new ones",
                    $"read all rows: FROM {name}");
            }
            if (use.IsStream && models.GetValueOrDefault(name)?.Materialization is Materialization.Ephemeral)
            {
                errors.Add(
                    place, $"STREAM() reads what is new in a table, and '{name}' is ephemeral: it has none",
                    "read STREAM() of the tables that it reads, or make it an incremental model");
            }
            Add(found, reference with { IsStream = use.IsStream });
        }
        foreach (var (name, place) in model.Reads)
            if (name != own && Find(name, own, place) is { } reference) Add(found, reference);
        foreach (var (name, place) in model.Depends)
            if (Find(name, own, place) is { } reference) Add(found, reference with { IsOrderOnly = true });
        AddChecks(model.Checks, own, found);
        model = WithTrigger(WithOrder(WithStreams(WithKeys(WithLogs(model with { References = found.Items })))));
        LogFilter.Refuse(model, LogsIn(model), errors);
        return model;
    }

    /// <summary>Whether a model follows tables that other programs may make later.</summary>
    bool MayComeLater(Model model) => model.Materialization.Strategy is not null
        && (model.Trigger ?? project.File.Trigger) is ModelTrigger.Interval or ModelTrigger.Continuous;

    void RefuseOwn(Reference reference, TableName own, bool isIncremental, Place place)
    {
        if (reference.Kind is not ReferenceKind.Self || isIncremental) return;
        errors.Add(
            place, $"'{own}' reads its own table, and each run rebuilds it",
            "an incremental model can read what it was before: materialization: incremental");
    }

    /// <summary>A stream with the tables that its checks need filled in.</summary>
    public ProjectStream Resolve(ProjectStream stream)
    {
        var found = new ReferenceList();
        AddChecks(stream.Checks, stream.Name, found);
        return stream with { References = found.Items };
    }

    /// <summary>A test with its references filled in.</summary>
    public SqlTest Resolve(SqlTest test)
    {
        var found = new ReferenceList();
        foreach (var use in UsesIn(test.Body, test.Template))
        {
            var place = test.Body.PlaceOf(use.Index);
            if (ToName(use, place) is { } name && Find(name, own: null, place) is { } reference)
                Add(found, reference);
        }
        foreach (var (name, place) in test.Reads)
            if (Find(name, own: null, place) is { } reference) Add(found, reference);
        return test with { References = found.Items };
    }

    /// <summary>An analysis with its references filled in.</summary>
    public Analysis Resolve(Analysis analysis)
    {
        var found = new ReferenceList();
        foreach (var (name, place) in analysis.Reads)
            if (Find(name, own: null, place) is { } reference) Add(found, reference);
        return analysis with { References = found.Items };
    }

    void AddChecks(IReadOnlyList<CheckDefinition> checks, TableName own, ReferenceList found)
    {
        foreach (var check in checks)
        {
            IEnumerable<StatedName> names = check switch
            {
                CheckDefinition.Relationships relationships => [new(relationships.To, relationships.ToPlace)],
                CheckDefinition.RowCountTo other => [new(other.To, other.ToPlace)],
                CheckDefinition.Custom custom => NamesIn(custom),
                _ => [],
            };
            foreach (var (name, place) in names)
            {
                if (Find(name, own, place) is not { } reference) continue;
                if (reference.Kind is not ReferenceKind.Self) Add(found, reference with { IsOrderOnly = true });
                else if (check.TakesRowsOut)
                    errors.Add(
                        check.Place, $"{check.Title} cannot take rows out by what '{own}' itself holds",
                        "write on_violation: fail, or warn");
            }
        }
    }

    /// <summary>
    /// Adds a reference; of an ephemeral model, whose SELECT stands in its place, also what that reads.
    /// </summary>
    void Add(ReferenceList found, Reference reference)
    {
        if (models.GetValueOrDefault(reference.Name) is not { Materialization: Materialization.Ephemeral } model
            || reference.Kind is ReferenceKind.Self)
        {
            found.Add(reference);
            return;
        }
        found.Add(reference with { IsOrderOnly = true, Inlined = model.Body });
        // Those that read each other are a cycle, which the graph tells.
        if (underWay.Contains(model.Name)) return;
        foreach (var inner in Resolve(model).References.Where(inner => inner.Inlined is not null || !inner.IsOrderOnly))
            found.Add(inner with { Place = reference.Place, IsOrderOnly = inner.IsOrderOnly || reference.IsOrderOnly });
    }

    /// <summary>
    /// Refuses a trigger of a model that reads all rows each time, and gives others that of the project.
    /// </summary>
    Model WithTrigger(Model model)
    {
        var canFollow = model.ReadsNewRows || model.FeedsItself;
        if (model.Trigger is ModelTrigger.Interval or ModelTrigger.Continuous && !canFollow)
            errors.Add(
                model.Place,
                $"'{model.Name}' cannot follow its input: "
                    + (model.Materialization.Strategy is null
                        ? $"a {model.Materialization.Name} is made of all rows each time"
                        : "its SELECT reads all rows each time"),
                "make it incremental and read STREAM(table), or take 'trigger' out; 'schedule' runs any model");
        return canFollow ? model with { Trigger = model.Trigger ?? project.File.Trigger } : model;
    }

    IEnumerable<StatedName> NamesIn(CheckDefinition.Custom check)
    {
        foreach (var use in UsesIn(check.Query, (line, _) => check.PlaceOfLine(line)))
        {
            var place = check.PlaceOfLine(1 + check.Query.AsSpan(0, use.Index).Count('\n'));
            if (ToName(use, place) is { } name) yield return new(name, place);
        }
    }

    /// <summary>
    /// Returns the tables that a SELECT names; one that a template renders for each run may not be valid SQL yet.
    /// </summary>
    IReadOnlyList<TableUse> UsesIn(SqlBody body, ModelTemplate? template) =>
        template is not null && usesOf[body.Text].Error is not null ? [] : UsesIn(body.Text, body.PlaceOf);

    IReadOnlyList<TableUse> UsesIn(string sql, Func<int, int, Place> placeOf)
    {
        if (sql.Length == 0) return [];
        var (uses, error) = usesOf[sql];
        if (error is null) return uses;
        var isTemplate = sql.Contains("{{", StringComparison.Ordinal) || sql.Contains("{%", StringComparison.Ordinal);
        errors.Add(new(ErrorKind.Sql, error.Message, error)
        {
            Place = error.Place is { Line: > 0 } at ? placeOf(at.Line, at.Column) : placeOf(1, 1),
            Hint = isTemplate ? "templates are not read: name tables as they are, such as silver.orders" : error.Hint,
        });
        return [];
    }

    TableName? ToName(TableUse use, Place place)
    {
        switch (use.Parts)
        {
            case [var file] when use.IsText:
                errors.Add(
                    place, $"'{file}' is a file and no table",
                    "read it by a source with a connection of type files, or by a function such as read_csv('…')");
                return null;
            case [var schema, var table]:
                return new(schema, table);
            case [var catalog, var schema, var table]
                when string.Equals(catalog, TableName.Catalog, StringComparison.OrdinalIgnoreCase):
                return new(schema, table);
            case [var table]:
                errors.Add(place, $"'{table}' has no schema", HintForSchema(table));
                return null;
            case [var catalog, _, _]:
                errors.Add(
                    place, $"unknown catalog '{catalog}'", $"the lake's is '{TableName.Catalog}': write schema.table");
                return null;
            default:
                errors.Add(place, "STREAM() takes the name of one table", "write STREAM(bronze.orders)");
                return null;
        }
    }

    IEnumerable<TableName> Known() => models.Keys.Concat(streams.Keys);

    Reference? Find(TableName name, TableName? own, Place place, bool mayBeLater = false)
    {
        if (models.TryGetValue(name, out var model))
            return new(model.Name, model.Table, name == own ? ReferenceKind.Self : ReferenceKind.Model, place);
        if (streams.TryGetValue(name, out var stream))
            return new(stream.Name, stream.Table, name == own ? ReferenceKind.Self : ReferenceKind.Stream, place);
        if (project.Disabled.Contains(name))
        {
            errors.Add(place, $"the model '{name}' is switched off", "its front matter says 'enabled: false'");
            return null;
        }
        if (declared.Contains(name) || options.ExistsInLake(name)) return new(name, name, ReferenceKind.Lake, place);
        if (undiscovered.Contains(name.Schema))
        {
            var table = name with { Schema = project.File.SchemaPrefix + name.Schema };
            return new(name, table, ReferenceKind.Undiscovered, place);
        }
        // A name that is nearly known is an error of writing.
        if (mayBeLater && Called(name.Name).Count == 0
            && NearestName.Find($"{name}", Known().Select(known => $"{known}")) is null)
            return new(name, name, ReferenceKind.Lake, place) { IsLater = true };
        errors.Add(place, $"unknown table '{name}'", HintFor(name));
        return null;
    }

    string HintForSchema(string table)
    {
        if (Called(table) is { Count: > 0 } known) return $"write {string.Join(" or ", known)}";
        return NearestName.Find(table, Known().Select(n => n.Name)) is { } nearest
            ? $"write schema.table; did you mean '{Called(nearest)[0]}'?"
            : "write schema.table, such as silver.orders";
    }

    List<TableName> Called(string table) =>
        [.. Known().Where(n => string.Equals(n.Name, table, StringComparison.OrdinalIgnoreCase))];

    static IEnumerable<string> SchemasOf(ProjectSource source) =>
        source.KeepsCurrent ? [source.Schema, CurrentModel.Schema] : [source.Schema];

    string HintFor(TableName name) => project.Sources.FirstOrDefault(source =>
            source.Known is StreamsKnown.Locked
                && SchemasOf(source).Contains(name.Schema, StringComparer.OrdinalIgnoreCase)) is { } source
        ? $"{NearestFor(name)}; if {source.Name} has it by now, foz source discover {source.Name} --lock "
            + $"writes it to {SchemaLock.FileName}"
        : NearestFor(name);

    string NearestFor(TableName name)
    {
        var known = Known().Select(n => n.ToString()).ToList();
        if (NearestName.Find(name.ToString(), known) is { } nearest) return $"did you mean '{nearest}'?";
        return Called(name.Name) is { Count: > 0 } elsewhere
            ? $"did you mean '{string.Join("' or '", elsewhere)}'?"
            : "no model and no stream of a source is called so; foz ls shows what there is";
    }

    /// <summary>References in the order met, each name once; what SQL reads is more than what only orders.</summary>
    sealed class ReferenceList
    {
        readonly List<Reference> items = [];

        public IReadOnlyList<Reference> Items => items;

        public void Add(Reference reference)
        {
            // A list is searched: few models read more than a handful of tables.
            var index = items.FindIndex(item => item.Name == reference.Name);
            if (index < 0)
            {
                items.Add(reference);
                return;
            }
            var known = items[index];
            items[index] = known with
            {
                IsStream = known.IsStream || reference.IsStream,
                IsOrderOnly = known.IsOrderOnly && reference.IsOrderOnly,
            };
        }
    }
}
