using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Pipelines.Lineage;
using Foz.Pipelines.Materializations;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Quality;

namespace Foz.Pipelines.Runs.Screening;

/// <summary>What is wrong with a check.</summary>
/// <param name="Error">What, and where.</param>
/// <param name="IsCertain">
/// Whether a run would refuse it; false where a source may bring the column that its table does not have yet.
/// </param>
public sealed record CheckFault(FozException Error, bool IsCertain);

/// <summary>
/// Binds what a project's models, checks and tests say in SQL to the columns that tables would have, and reads types,
/// values, regular expressions and the files of seeds, without running anything. Where columns are not known, such as
/// those of a source that was never read nor locked, only what is no SQL at all is found.
/// </summary>
/// <param name="project">The project.</param>
/// <param name="lake">Its lake.</param>
/// <param name="schemas">The columns of streams, which go before those that tables have.</param>
public sealed partial class CheckValidation(Project project, Lakehouse lake, SchemaLock schemas)
{
    static readonly string[] TypeNames =
        [
            "varchar", "boolean", "tinyint", "smallint", "integer", "bigint", "float", "double", "decimal(12,2)",
            "date", "timestamp", "timestamptz", "blob",
        ];

    /// <summary>Finds all that is wrong.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<CheckFault>> FindAsync(CancellationToken cancellationToken)
    {
        using var lineage = new ProjectLineage(project, lake) { Schemas = schemas, PrefersSchemas = true };
        var faults = new List<CheckFault>(OfTypes(cancellationToken));
        faults.AddRange(await OfModelsAsync(lineage, cancellationToken));
        foreach (var node in project.Graph.Nodes.Where(node => node.Checks.Count > 0))
            faults.AddRange(await OfNodeAsync(lineage, node, cancellationToken));
        using var session = lake.Engines.Open(Workload.Models);
        var words = new QualityBinder(session, cancellationToken);
        // Of a table whose columns are known its checks were bound already, with all that they say.
        var known = faults.Select(fault => fault.Error.Place).ToHashSet();
        faults.AddRange(project.Graph.Nodes.SelectMany(words.FaultsOf).Where(error => !known.Contains(error.Place))
            .Select(error => new CheckFault(error, IsCertain: true)));
        foreach (var test in project.SqlTests.Where(test => test.Template is null))
        {
            var fault = await lineage.FindFaultAsync(
                test.Sql, static _ => null, InLake(test.References), cancellationToken);
            if (fault is { Place: { Line: > 0 } at })
                faults.Add(
                    new(At(fault, test.Body.PlaceOf(at.Line, at.Column), fault.Message, columns: []), IsCertain: true));
        }
        return faults;
    }

    /// <summary>
    /// The SQL of models that does not bind, each cause once, and the columns that their settings name and their SQL
    /// does not give. Where the lock lacks a stream that a model is made from, the source may bring what its table does
    /// not have.
    /// </summary>
    async Task<IReadOnlyList<CheckFault>> OfModelsAsync(ProjectLineage lineage, CancellationToken cancellationToken)
    {
        var unlocked = project.Graph.Nodes.OfType<GraphNode.OfStream>()
            .Where(stream => schemas.FieldsOf(stream) is null)
            .Select(stream => stream.Name).ToHashSet();
        var faults = new List<CheckFault>();
        foreach (var node in project.Graph.Nodes.OfType<GraphNode.OfModel>()
            .Where(node => node.Model is { Template: null, Program: null }))
        {
            var isCertain = unlocked.Count == 0 || !project.Graph.Ancestors(node.Name).Overlaps(unlocked);
            var found = await lineage.FindAsync(node.Table, cancellationToken);
            var given = found.Selected ?? [.. found.Columns.Select(column => column.Field)];
            if (found.Error is null && given.Count > 0)
                faults.AddRange(
                    NamedColumns.FaultsOf(node.Model, [.. given.Select(field => field.Name)])
                        .Concat(NamedColumns.FaultsOf(node.Model, given, given.Count))
                        .Select(error => new CheckFault(error, isCertain)));
            if (node.Model.Materialization is Materialization.Seed seed
                && FaultOf(node.Model, seed, cancellationToken) is { } wrong)
                faults.Add(new(wrong, IsCertain: true));
            if (found.Error is { Kind: ErrorKind.Sql, Place: { } place } fault
                && place.File == node.Model.Body.Start.File)
                faults.Add(new(fault, isCertain));
        }
        return faults;
    }

    /// <summary>What is wrong with the file of a seed, or with what is declared of it; null for nothing.</summary>
    FozException? FaultOf(Model model, Materialization.Seed seed, CancellationToken cancellationToken)
    {
        using var session = lake.Engines.Open(Workload.Models);
        try
        {
            new SeedRows(session, model, seed).Select(cancellationToken);
            return null;
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            return e;
        }
    }

    /// <summary>
    /// The streams whose columns neither the lock nor the lake knows, and that SQL or checks ask for, by the names of
    /// their sources; none where a source's streams are not known at all.
    /// </summary>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<TableName>>> FindUnknownAsync(
        CancellationToken cancellationToken)
    {
        using var lineage = new ProjectLineage(project, lake) { Schemas = schemas };
        var unknown = project.Sources.Where(source => source.Known is StreamsKnown.Named)
            .ToDictionary(source => source.Name, _ => (IReadOnlyList<TableName>)[]);
        var read = project.Models.Where(model => !model.IsImplicit).SelectMany(model => model.References)
            .Concat(project.SqlTests.SelectMany(test => test.References)).Select(reference => reference.Name)
            .ToHashSet();
        foreach (var node in project.Graph.Nodes.OfType<GraphNode.OfStream>()
            .Where(node => !unknown.ContainsKey(node.Source.Name) && (node.Checks.Count > 0 || IsRead(node, read))))
            if ((await lineage.FindAsync(node.Table, cancellationToken)).Error is not null)
                unknown[node.Source.Name] = [.. unknown.GetValueOrDefault(node.Source.Name, []), node.Name];
        return unknown;
    }

    /// <summary>Whether SQL of the project reads a stream, itself or its current rows.</summary>
    bool IsRead(GraphNode.OfStream node, HashSet<TableName> read) =>
        read.Contains(node.Name)
        || project.Graph.Downstream(node.Name)
            .Any(name => read.Contains(name) && project.FindModel(name) is { IsImplicit: true });

    /// <summary>The types that sources declare for columns and that there are not.</summary>
    IEnumerable<CheckFault> OfTypes(CancellationToken cancellationToken)
    {
        var declared = project.Sources.SelectMany(source => source.Streams).SelectMany(stream => stream.Columns)
            .Where(column => column.Type is not null).ToList();
        if (declared.Count == 0) yield break;
        using var session = lake.Engines.Open(Workload.Models);
        foreach (var ofType in declared.GroupBy(column => column.Type!, StringComparer.OrdinalIgnoreCase))
        {
            if (IsType(session, ofType.Key, cancellationToken)) continue;
            foreach (var column in ofType)
                yield return new(
                    new(ErrorKind.Configuration,
                        $"column '{column.Name}' is declared as '{column.Type}', which is no type")
                    {
                        Place = column.Place, Hint = NearestName.Hint(ofType.Key, TypeNames),
                    }, IsCertain: true);
        }
    }

    static bool IsType(EngineSession session, string type, CancellationToken cancellationToken)
    {
        try
        {
            session.Describe($"SELECT CAST(NULL AS {type}) AS value", cancellationToken);
            return true;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql)
        {
            return false;
        }
    }

    async Task<IReadOnlyList<CheckFault>> OfNodeAsync(
        ProjectLineage lineage, GraphNode node, CancellationToken cancellationToken)
    {
        var fields = await ColumnsAsync(lineage, node, cancellationToken);
        using var session = lake.Engines.Open(Workload.Models);
        var looked = new NodeChecks(lineage, session, node, fields);
        var checks = node.Checks.Where(check => check is not CheckDefinition.Anomaly).ToList();
        var errors = new ErrorList();
        if (fields is not null)
        {
            List<string> columns = [.. fields.Select(field => field.Name)];
            foreach (var check in checks) Checker.EnsureColumnsExist(check, columns, errors);
            checks.RemoveAll(check =>
                check.Columns.Any(column => !columns.Contains(column, StringComparer.OrdinalIgnoreCase)));
        }
        foreach (var error in await looked.FindAsync(checks, cancellationToken)) errors.Add(error);
        return
        [
            .. errors.Items.Select(error =>
                new CheckFault(error, node is not GraphNode.OfStream stream || schemas.FieldsOf(stream) is not null)),
        ];
    }

    /// <summary>
    /// The columns that a node's rows have when its checks look at them; null where they are not known.
    /// </summary>
    static async Task<IReadOnlyList<Field>?> ColumnsAsync(
        ProjectLineage lineage, GraphNode node, CancellationToken cancellationToken)
    {
        var found = await lineage.FindAsync(node.Table, cancellationToken);
        if (found.Error is not null || found.Columns.Count == 0) return null;
        var fields = found.Columns.Select(column => column.Field).ToList();
        if (node is GraphNode.OfModel { Model.Materialization.Strategy: IncrementalStrategy.Scd2 scd2 })
        {
            var history = scd2.Columns;
            Add(history.ValidFrom, DataType.Timestamp);
            Add(history.ValidTo, DataType.Timestamp);
            Add(history.IsCurrent, DataType.Boolean);
        }
        if (node is GraphNode.OfStream)
            foreach (var column in node.Columns) Add(column.Name, DataType.String);
        return fields;

        void Add(string name, DataType type)
        {
            if (!fields.Exists(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                fields.Add(new(name, type));
        }
    }

    static Func<TableName, TableName> InLake(IReadOnlyList<Reference> references) =>
        name => references.FirstOrDefault(r => r.Name == name)?.Table ?? name;

    static FozException At(FozException fault, Place place, string message, IReadOnlyList<string> columns) =>
        new(fault.Kind, message, fault)
        {
            Place = place,
            // A column that the table has is missing in another one that the query names: its own names are no help.
            Hint = ColumnIn.Match(fault.Message) is { Success: true } match
                && !columns.Contains(match.Groups["column"].Value, StringComparer.OrdinalIgnoreCase)
                    ? NearestName.Hint(match.Groups["column"].Value, columns) ?? fault.Hint
                    : fault.Hint,
        };

    [GeneratedRegex("""Referenced column "(?<column>[^"]+)" not found""", RegexOptions.ExplicitCapture)]
    private static partial Regex ColumnIn { get; }

    /// <summary>The checks of one node.</summary>
    sealed class NodeChecks(
        ProjectLineage lineage, EngineSession session, GraphNode node, IReadOnlyList<Field>? fields)
    {
        readonly string self = NameOf(node.Name);
        readonly Func<TableName, TableName> inLake = InLake(node.References);

        public async Task<IReadOnlyList<FozException>> FindAsync(
            List<CheckDefinition> checks, CancellationToken cancellationToken)
        {
            var counted = checks.Where(check => check is not CheckDefinition.Custom).ToList();
            var found = new List<FozException>();
            foreach (var custom in checks.OfType<CheckDefinition.Custom>())
                if (await BindAsync(custom.Query, cancellationToken) is { } fault)
                    found.Add(
                        Fault(custom, fault, PlaceOf(custom.QueryPlace, fault.Place, custom.Place, firstLine: 1)));
            // What all of them bind to together, each does.
            if (fields is null || await BindAsync(Counts(counted), cancellationToken) is not null)
                foreach (var check in counted)
                    if (await FindAsync(check, cancellationToken) is { } error) found.Add(error);
            return [.. found, .. counted.Select(c => FindMisfit(c, cancellationToken)).OfType<FozException>()];
        }

        async Task<FozException?> FindAsync(CheckDefinition check, CancellationToken cancellationToken)
        {
            foreach (var (before, sql, after, place) in Parts(check))
                if (await BindAsync($"{before}\n{sql}\n{after}", cancellationToken) is { } fault)
                    return Fault(check, fault, PlaceOf(place, fault.Place, check.Place));
            return fields is not null && await BindAsync(Counts([check]), cancellationToken) is { } whole
                ? Fault(check, whole, check.Place)
                : null;
        }

        /// <summary>
        /// The error of a value that a check names and that its column's type does not have; null for none. The engine
        /// converts it with the first row only, of which one without values is enough.
        /// </summary>
        FozException? FindMisfit(CheckDefinition check, CancellationToken cancellationToken)
        {
            if (fields is null || node.Clean.Count > 0
                || check is not (CheckDefinition.AcceptedValues or CheckDefinition.NotAcceptedValues
                    or CheckDefinition.Min or CheckDefinition.Max or CheckDefinition.Range))
                return null;
            var row = fields.Select(field =>
                $"CAST(NULL AS {ColumnTypes.NameOf(field.Type)}) AS {SqlText.Identifier(field.Name)}");
            var one = new CheckSql($"(SELECT {string.Join(", ", row)})", NameOf);
            try
            {
                session.QueryScalar<long>(one.Counts([check with { Where = null }]), cancellationToken);
                return null;
            }
            catch (FozException e) when (e.Kind is ErrorKind.Data or ErrorKind.Sql)
            {
                // What does not bind is found already.
                return e.Kind is ErrorKind.Data ? Fault(check, e, check.Place) : null;
            }
        }

        /// <summary>What a check says in SQL, between what makes it a statement.</summary>
        IEnumerable<(string Before, string Sql, string After, Place Place)> Parts(CheckDefinition check)
        {
            var from = $"SELECT 1 FROM {self} AS t WHERE (";
            if (check.Where is { } where) yield return (from, where, ")", check.WherePlace);
            if (check is CheckDefinition.Type type)
                yield return ("SELECT TRY_CAST(NULL AS", type.SqlType, ")", type.SqlPlace);
            if (check is CheckDefinition.Expression { Column: null } expression)
                yield return (from, expression.Sql, ")", expression.SqlPlace);
            if (check is CheckDefinition.Expression { Column: { } column } atColumn)
                yield return ($"{from} t.{SqlText.Identifier(column)}", atColumn.Sql, ")", atColumn.SqlPlace);
        }

        string Counts(IReadOnlyList<CheckDefinition> checks) => new CheckSql(self, NameOf).Counts(checks);

        async Task<FozException?> BindAsync(string sql, CancellationToken cancellationToken)
        {
            var fault = await lineage.FindFaultAsync(
                sql, name => name == node.Name ? fields : null, inLake, cancellationToken);
            // A rule may give a column another type than its SELECT does.
            return fault is not null && node.Clean.Count > 0 && !ColumnIn.IsMatch(fault.Message)
                && !fault.Message.Contains("syntax error", StringComparison.OrdinalIgnoreCase) ? null : fault;
        }

        FozException Fault(CheckDefinition check, FozException fault, Place place) =>
            At(fault, place, $"the check {check.Title} cannot be run: {fault.Message}",
                [.. fields?.Select(field => field.Name) ?? []]);

        /// <summary>
        /// Where a place of a statement stands in the file, by where the part of it begins that the check says.
        /// </summary>
        static Place PlaceOf(Place sql, Place? fault, Place check, int firstLine = 2)
        {
            if (sql.Line == 0) return check;
            var line = Math.Max(0, (fault?.Line ?? firstLine) - firstLine);
            if (sql.Column == 0) return sql with { Line = sql.Line + line };
            return line == 0 ? sql with { Column = sql.Column + Math.Max(1, fault?.Column ?? 1) - 1 } : sql;
        }

        static string NameOf(TableName name) => $"{SqlText.Identifier(name.Schema)}.{SqlText.Identifier(name.Name)}";
    }
}
