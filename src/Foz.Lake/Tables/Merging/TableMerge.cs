using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Writing;

namespace Foz.Lake.Tables.Merging;

/// <summary>
/// Carries out a MERGE in one pass over the target: a temporary table holds each pair of a source's and a target's row
/// with the clause that is taken and what it writes.
/// </summary>
sealed class TableMerge
{
    const string Source = "foz_source";
    const string SourceRow = "\"foz source row\u0001\"";
    const string Merged = "foz_merged";
    const string Clause = "\"foz clause\u0001\"";

    readonly EngineSession session;
    readonly LakeTable table;
    readonly string sourceAlias;
    readonly string targetAlias;
    MergeDefinition merge;

    /// <summary>A MERGE into a table, by a session whose temporary tables <c>foz_…</c> are replaced.</summary>
    public TableMerge(EngineSession session, LakeTable table, MergeDefinition merge)
    {
        (this.session, this.table, this.merge) = (session, table, merge);
        sourceAlias = SqlText.Identifier(merge.SourceAlias);
        targetAlias = SqlText.Identifier(merge.TargetAlias);
    }

    /// <summary>Writes what the MERGE changes.</summary>
    /// <exception cref="FozException">
    /// A text does not bind, a clause does not fit, or rows of the source match one row of the target and both change
    /// it.
    /// </exception>
    public async Task<TableChange> RunAsync(CancellationToken cancellationToken)
    {
        var present = await table.LatestAsync(cancellationToken);
        session.Execute(
            $"CREATE OR REPLACE TEMP TABLE {Source} AS SELECT *, row_number() OVER () AS "
                + $"{SourceRow} FROM ({merge.Source}\n)",
            cancellationToken);
        var source = session.Describe(merge.Source, cancellationToken);
        if (UntypedColumns.MayMatter(source, present.Schema.Columns))
            source = UntypedNulls.Find(session, merge.Source, source, cancellationToken);
        merge = MergeScope.Qualify(session, merge, present.Schema, cancellationToken);
        var columns = new MergeColumns(merge, present, source);
        var change = new TableChange(table, present, columns.Target, merge.Write, merge.Operation);
        change.Counted.SourceRows = session.QueryScalar<long>($"SELECT count(*) FROM {Source}", cancellationToken);
        var files = change.Read(Candidates(present, columns, source, cancellationToken));
        using var rows = await TableScan.OpenAsync(
            session, present, files, withAddresses: true, cancellationToken, new() { Tracked = change.Tracked });
        var pairs = $"{DeclaredColumns.Shown(present.Fields, rows.Sql)} AS {targetAlias}";
        session.Execute(
            $"CREATE OR REPLACE TEMP TABLE {Merged} AS {Pairs(columns, pairs, IdOf(change))}", cancellationToken);
        return await change.FillAsync(() => ApplyAsync(change, columns, files, cancellationToken));
    }

    /// <summary>What rows of the target fulfil that a clause, or the condition, can be about.</summary>
    Predicate Candidates(
        TableSnapshot present, MergeColumns columns, IReadOnlyList<EngineColumn> source,
        CancellationToken cancellationToken)
    {
        if (columns.ClausesFor(MergeMatch.NotMatchedBySource).Count > 0) return Predicate.True;
        var keys = MergeKeys.Read(session, merge, present.Schema, source, cancellationToken);
        var range = keys.Range(session, Source, cancellationToken);
        if (keys.IsAll) return range;
        var matched = $"""
            SELECT 1 FROM foz_target AS {targetAlias} JOIN foz_source AS {sourceAlias} ON ({merge.On}
            )
            """;
        return range & ConditionPruning.Of(
            session, matched, present, [.. source.Select(column => column.ToField())], cancellationToken);
    }

    /// <summary>The SELECT of all pairs with what becomes of them.</summary>
    string Pairs(MergeColumns columns, string target, string id)
    {
        var matched = columns.ClausesFor(MergeMatch.Matched);
        var alone = columns.ClausesFor(MergeMatch.NotMatchedBySource);
        var choice = alone.Count == 0
            ? MergeColumns.Choice(matched)
            : $"CASE WHEN {sourceAlias}.{SourceRow} IS NULL THEN {MergeColumns.Choice(alone)} "
                + $"ELSE {MergeColumns.Choice(matched)} END";
        // A source's row that matches is not inserted, even if no clause is for it.
        var kept = columns.ClausesFor(MergeMatch.NotMatched).Count > 0 ? $" OR {SourceRow} IS NOT NULL" : "";
        return $"""
            SELECT * FROM (
                SELECT {sourceAlias}.{SourceRow}, {targetAlias}.{TableScan.FileColumn}, {targetAlias}.{TableScan.RowColumn}{id},
                    {choice} AS {Clause}, {columns.Values([.. matched, .. alone], columns.HaveQueries ? choice : Clause)}
                FROM {target} {(alone.Count == 0 ? "" : "LEFT ")}JOIN {Source} AS {sourceAlias} ON ({merge.On}
                )
            ) WHERE {Clause} IS NOT NULL{kept}
            """;
    }

    async Task ApplyAsync(
        TableChange change, MergeColumns columns, IReadOnlyList<AddFile> files, CancellationToken cancellationToken)
    {
        var changed = new RowAddresses(change.Present!, files);
        changed.Add(session, Addresses($"{Clause} IS NOT NULL"), cancellationToken);
        var inserts = columns.ClausesFor(MergeMatch.NotMatched);
        if (changed.Found > changed.Count) CheckRepeats(columns, cancellationToken);
        if (inserts.Count > 0)
        {
            var untouched = new RowAddresses(change.Present!, files);
            untouched.Add(session, Addresses($"{Clause} IS NULL"), cancellationToken);
            change.DependOn(untouched);
        }
        Count(change.Counted, cancellationToken);
        // Rows can be found twice only where nothing but one DELETE is done to them.
        change.Counted.MatchedDeleted -= changed.Found - changed.Count;
        var updates = merge.Clauses.Index()
            .Where(c => c.Item.Action is MergeAction.Update or MergeAction.UpdateAll).Select(c => c.Index).ToList();
        var isUpdated = $"{Clause} IN ({string.Join(", ", updates)})";
        var rows = new List<ChangedRows>();
        if (updates.Count > 0)
        {
            rows.Add(new($"SELECT {Names(columns)}{IdOf(change)} FROM {Merged} WHERE {isUpdated}", RowChange.Update));
        }
        if (inserts.Count > 0) rows.Add(new(Inserted(columns, inserts), RowChange.Insert));
        RowAddresses? replaced = null;
        // Only the feed asks which of the rows go and which become others.
        if (change.TellsChanges && updates.Count > 0)
        {
            replaced = new(change.Present!, files);
            replaced.Add(session, Addresses(isUpdated), cancellationToken);
        }
        await change.ApplyAsync(session, new(changed, replaced, [.. rows]), cancellationToken);
    }

    /// <summary>The SELECT of the rows to insert.</summary>
    string Inserted(MergeColumns columns, IReadOnlyList<(int Number, MergeClause Clause)> inserts)
    {
        var choice = MergeColumns.Choice(inserts);
        return $"""
            SELECT {Names(columns)} FROM (
                SELECT {choice} AS {Clause}, {columns.Values(inserts, columns.HaveQueries ? choice : Clause)}
                FROM {Source} AS {sourceAlias}
                WHERE {sourceAlias}.{SourceRow} NOT IN (SELECT {SourceRow} FROM {Merged} WHERE {SourceRow} IS NOT NULL)
            ) WHERE {Clause} IS NOT NULL
            """;
    }

    // What a list of SELECT says for the id of the target's row, where rows keep theirs.
    static string IdOf(TableChange change) => change.Tracked is null ? "" : $", {TrackedRows.RowId}";

    static string Names(MergeColumns columns) =>
        columns.Target.List(field => SqlText.Identifier(field.PhysicalName(columns.Target.Schema.Mapping)));

    static string Addresses(string condition) =>
        $"SELECT {TableScan.FileColumn}, {TableScan.RowColumn} FROM {Merged} WHERE {condition}";

    /// <summary>
    /// Spark's rule: rows of the source may not change one row of the target together, unless the only clause deletes
    /// it whatever they say.
    /// </summary>
    void CheckRepeats(MergeColumns columns, CancellationToken cancellationToken)
    {
        if (columns.ClausesFor(MergeMatch.Matched) is [{ Clause: { Action: MergeAction.Delete, Condition: null } }])
            return;
        var names = session.Describe($"SELECT * EXCLUDE ({SourceRow}) FROM {Source}", cancellationToken);
        using var rows = session.Query(
            $"""
            SELECT {SqlText.Identifiers(names.Select(name => name.Name))} FROM {Source} WHERE {SourceRow} IN (
                SELECT unnest({SourceRow}) FROM (
                    SELECT list({SourceRow}) AS {SourceRow} FROM {Merged} WHERE {Clause} IS NOT NULL
                    GROUP BY {TableScan.FileColumn}, {TableScan.RowColumn} HAVING count(*) > 1 LIMIT 1)
                ) LIMIT 2
            """, cancellationToken);
        var examples = rows.Rows(cancellationToken).Select(row => string.Join(
            ", ", names.Zip(row, (name, value) => $"{name.Name} = {value ?? "NULL"}").Take(4)));
        throw new FozException(
            ErrorKind.Data,
            $"several rows to merge into {table.Name} match one row of it: ({string.Join(") and (", examples)})")
        {
            Hint = "let the source give one row a key: qualify row_number() over (partition by … order by …) = 1",
        };
    }

    void Count(ChangeMetrics metrics, CancellationToken cancellationToken)
    {
        using var counts = session.Query(
            $"SELECT {Clause}, count(*) FROM {Merged} "
            + $"WHERE {Clause} IS NOT NULL GROUP BY {Clause}", cancellationToken);
        foreach (var row in counts.Rows(cancellationToken))
        {
            var (clause, count) = (merge.Clauses[(int)row[0]!], (long)row[1]!);
            var isMatched = clause.Match == MergeMatch.Matched;
            if (clause.Action is MergeAction.Delete && isMatched) metrics.MatchedDeleted += count;
            else if (clause.Action is MergeAction.Delete) metrics.UnmatchedDeleted += count;
            else if (isMatched) metrics.MatchedUpdated += count;
            else metrics.UnmatchedUpdated += count;
        }
    }
}
