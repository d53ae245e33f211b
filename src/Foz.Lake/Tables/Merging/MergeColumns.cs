using Foz.Delta.Schema;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Writing;

namespace Foz.Lake.Tables.Merging;

/// <summary>What the clauses of a MERGE make of each column of the target, as SQL.</summary>
sealed class MergeColumns
{
    readonly MergeDefinition merge;
    readonly TableSnapshot present;
    readonly IReadOnlyList<EngineColumn> source;

    /// <summary>Binds the clauses to the columns of target and source.</summary>
    /// <exception cref="FozException">A clause does not fit its rows, or names a column that is not there.</exception>
    public MergeColumns(MergeDefinition merge, TableSnapshot present, IReadOnlyList<EngineColumn> source)
    {
        (this.merge, this.present, this.source) = (WithoutAlias(merge, present.Schema.Columns), present, source);
        CheckClauses();
        Target = FindTarget();
        foreach (var clause in this.merge.Clauses) CheckColumns(clause);
    }

    /// <summary>The target after the MERGE.</summary>
    public TargetSchema Target { get; }

    /// <summary>
    /// Whether texts hold queries: then the engine does not let them name what is next to them in a SELECT.
    /// </summary>
    public bool HaveQueries => merge.Clauses.Any(clause =>
        IsQuery(clause.Condition ?? "") || clause.Action switch
        {
            MergeAction.Update update => update.Assignments.Values.Any(IsQuery),
            MergeAction.Insert insert => insert.Values.Values.Any(IsQuery),
            _ => false,
        });

    /// <summary>The clauses for some rows, with their numbers.</summary>
    public IReadOnlyList<(int Number, MergeClause Clause)> ClausesFor(MergeMatch match) =>
        [.. merge.Clauses.Index().Where(clause => clause.Item.Match == match)];

    /// <summary>The number of the clause that is taken of some; NULL where none is.</summary>
    public static string Choice(IEnumerable<(int Number, MergeClause Clause)> clauses)
    {
        var cases = string.Concat(clauses.Select(c => $" WHEN {c.Clause.Condition ?? "true"} THEN {c.Number}"));
        return cases.Length == 0 ? "CAST(NULL AS INTEGER)" : $"CASE{cases} END";
    }

    /// <summary>
    /// What each column becomes by the clauses that write one of the rows, as a list of SELECT by physical names.
    /// </summary>
    /// <param name="clauses">The clauses.</param>
    /// <param name="choice">What gives the number of the clause that is taken.</param>
    public string Values(IReadOnlyList<(int Number, MergeClause Clause)> clauses, string choice)
    {
        var writing = clauses.Where(clause => clause.Clause.Action is not MergeAction.Delete).ToList();
        return Target.List(field => writing switch
        {
            [] => $"CAST(NULL AS {PhysicalColumns.LogicalTypeName(field.Type)})",
            [var only] when clauses.Count == 1 => ValueOf(field, only.Clause),
            _ => $"CASE {choice}{string.Concat(writing.Select(
                clause => $" WHEN {clause.Number} THEN {ValueOf(field, clause.Clause)}"))} END",
        });
    }

    string ValueOf(StructField field, MergeClause clause) => clause.Action switch
    {
        MergeAction.UpdateAll => SourceOf(field.Name) is { } column ? Cast(FromSource(column), field) : Old(field),
        MergeAction.InsertAll =>
            SourceOf(field.Name) is { } column ? Cast(FromSource(column), field) : TargetSchema.Absent(field),
        MergeAction.Update update => Assigned(update.Assignments).ValueOf(field, Old(field)) ?? Old(field),
        MergeAction.Insert insert => Assigned(insert.Values).ValueOf(field, Old(field)) ?? TargetSchema.Absent(field),
        _ => throw new System.Diagnostics.UnreachableException($"an action {clause.Action}"),
    };

    ColumnAssignments Assigned(IReadOnlyDictionary<string, string> values) =>
        new(present.State.Table, Target.Schema.Columns, values);

    static MergeDefinition WithoutAlias(MergeDefinition merge, StructType columns)
    {
        return merge with
        {
            Clauses = [.. merge.Clauses.Select(clause => clause with { Action = Named(clause.Action) })],
        };

        MergeAction Named(MergeAction action) => action switch
        {
            MergeAction.Update update =>
                new MergeAction.Update(ColumnAssignments.WithoutAlias(update.Assignments, merge.TargetAlias, columns)),
            MergeAction.Insert insert =>
                new MergeAction.Insert(ColumnAssignments.WithoutAlias(insert.Values, merge.TargetAlias, columns)),
            _ => action,
        };
    }

    string Old(StructField field) => TargetSchema.Old(field, SqlText.Identifier(merge.TargetAlias), present.Schema);

    EngineColumn? SourceOf(string name) => source.FirstOrDefault(column => IsName(column.Name, name));

    string FromSource(EngineColumn column) =>
        $"{SqlText.Identifier(merge.SourceAlias)}.{SqlText.Identifier(column.Name)}";

    TargetSchema FindTarget()
    {
        var writesAll = merge.Clauses.Any(c => c.Action is MergeAction.UpdateAll or MergeAction.InsertAll);
        var named = merge.Clauses.SelectMany(c => ColumnsOf(c.Action)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var columns = source.Where(column =>
            (writesAll && (merge.EvolvesSchema || present.Schema.Columns.Find(column.Name) is not null))
            || (merge.EvolvesSchema && named.Contains(column.Name))).ToList();
        var target = columns.Count == 0
            ? TargetSchema.Keep(present)
            : TargetSchema.Evolve(present, columns, merge.Write with { AddsColumns = merge.EvolvesSchema });
        return target.Giving(GivenByAll());
    }

    /// <summary>
    /// The columns to which every clause that writes gives a value. What a generated column is where only some give it
    /// one, the table computes for all.
    /// </summary>
    IEnumerable<string> GivenByAll()
    {
        var writing = merge.Clauses.Where(clause => clause.Action is not MergeAction.Delete).ToList();
        if (writing.Count == 0) return [];
        return writing.Select(Given).Aggregate((all, some) => all.Intersect(some, StringComparer.OrdinalIgnoreCase));

        IEnumerable<string> Given(MergeClause clause) =>
            clause.Action is MergeAction.UpdateAll or MergeAction.InsertAll
                ? source.Select(column => column.Name)
                : ColumnsOf(clause.Action);
    }

    void CheckClauses()
    {
        if (merge.Clauses.Count == 0) throw Refused("it has no WHEN clause");
        foreach (var clauses in merge.Clauses.GroupBy(clause => clause.Match))
            if (clauses.SkipLast(1).Any(clause => clause.Condition is null))
                throw Refused(
                    $"only the last WHEN {Words(clauses.Key)} clause may have no condition: "
                        + "no row would reach the others");
        foreach (var clause in merge.Clauses)
        {
            var fits = clause.Match switch
            {
                MergeMatch.Matched =>
                    clause.Action is MergeAction.Update or MergeAction.UpdateAll or MergeAction.Delete,
                MergeMatch.NotMatched => clause.Action is MergeAction.Insert or MergeAction.InsertAll,
                _ => clause.Action is MergeAction.Update or MergeAction.Delete,
            };
            if (!fits) throw Refused($"WHEN {Words(clause.Match)} cannot {Verb(clause.Action)}");
        }
    }

    void CheckColumns(MergeClause clause)
    {
        foreach (var name in ColumnsOf(clause.Action))
        {
            CheckIdentity(clause.Action, name);
            if (Target.Schema.Columns.Find(name) is not null) continue;
            if (SourceOf(name) is not null || clause.Action is MergeAction.Insert)
                throw new FozException(ErrorKind.NotFound, $"{present.State.Table} has no column '{name}'")
                {
                    Hint = SourceOf(name) is not null
                        ? "let the merge evolve the schema to add it"
                        : NearestName.Hint(name, Target.Schema.Columns.Fields.Select(field => field.Name)),
                };
        }
        if (clause.Action is MergeAction.Update update) _ = Assigned(update.Assignments);
        if (clause.Action is not (MergeAction.UpdateAll or MergeAction.InsertAll) || merge.EvolvesSchema) return;
        if (present.Schema.Columns.Fields.FirstOrDefault(f => SourceOf(f.Name) is null) is { } missing)
            throw new FozException(
                ErrorKind.Data, $"the rows to merge into {present.State.Table} have no column '{missing.Name}'")
            {
                Hint = "name the columns that the clause writes, or let the merge evolve the schema",
            };
    }

    void CheckIdentity(MergeAction action, string name)
    {
        if (Target.Schema.Columns.Find(name) is not { } field || IdentityColumn.Of(field) is not { } identity) return;
        if (action is MergeAction.Update)
            throw new FozException(ErrorKind.Data, $"the identity column {field.Name} cannot be updated");
        if (!identity.AllowsExplicit)
            throw new FozException(
                ErrorKind.Data,
                $"{present.State.Table} counts its column {field.Name} itself (GENERATED ALWAYS AS IDENTITY)");
    }

    static IEnumerable<string> ColumnsOf(MergeAction action) => action switch
    {
        MergeAction.Update update => update.Assignments.Keys,
        MergeAction.Insert insert => insert.Values.Keys,
        _ => [],
    };

    static string Cast(string value, StructField field) =>
        DeclaredColumns.Stored(field, value) ?? $"CAST({value} AS {PhysicalColumns.LogicalTypeName(field.Type)})";

    static bool IsQuery(string text) => text.Contains("from", StringComparison.OrdinalIgnoreCase);

    static bool IsName(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    static string Words(MergeMatch match) => match switch
    {
        MergeMatch.Matched => "MATCHED",
        MergeMatch.NotMatched => "NOT MATCHED",
        _ => "NOT MATCHED BY SOURCE",
    };

    static string Verb(MergeAction action) => action switch
    {
        MergeAction.Delete => "DELETE",
        MergeAction.Update => "UPDATE",
        MergeAction.UpdateAll => "UPDATE *",
        _ => "INSERT",
    };

    FozException Refused(string why) => new(ErrorKind.Usage, $"the merge into {present.State.Table} is refused: {why}");
}
