using Foz.Delta.Schema;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;

namespace Foz.Lake.Statements;

/// <summary>Carries out the statements that change rows.</summary>
sealed class RowStatements(StatementContext context)
{
    readonly EngineSession session = context.Session;

    // A query's tables are opened for it; this is the table that an expression is about.
    static readonly string targetRows = OwnNames.Of("target");
    static readonly string sourceRows = OwnNames.Of("source");

    public async Task<StatementResult> InsertAsync(Statement.Insert insert, CancellationToken cancellationToken)
    {
        if (insert.IsOfDefaults) return await InsertDefaultsAsync(insert, cancellationToken);
        if (insert.OnConflict is { } conflict)
            return await MergeAsync(
                await MergeOfAsync(insert, conflict, cancellationToken) with { Returning = insert.Returning },
                cancellationToken);
        using var bound = new BoundTexts(
            insert.ReplacedWhere is null ? [] : await FieldsOfAsync(insert.Table, cancellationToken));
        if (!insert.IsByName)
            insert = insert with
            {
                Query = AssignedRows.Typed(insert.Query, await ColumnsOfAsync(insert, cancellationToken)),
            };
        var query = await context.BindAsync(insert.Query, cancellationToken);
        bound.Add(query);
        var replaced = insert.ReplacedWhere is { } condition
            ? await BindAsync(condition, [(targetRows, targetRows)], bound, cancellationToken)
            : null;
        return await InsertAsync(
            insert with { ReplacedWhere = replaced }, query.Sql, cancellationToken,
            await context.Tags.FindAsync(insert.Query, query, cancellationToken));
    }

    /// <summary>The columns that rows are for, in order; null where there is no such column.</summary>
    async Task<IReadOnlyList<StructField?>> ColumnsOfAsync(Statement.Insert insert, CancellationToken cancellationToken)
    {
        var columns =
            (await (await context.OpenOwnAsync(insert.Table, cancellationToken))
                .LatestAsync(cancellationToken)).Schema.Columns;
        return insert.Columns is { } names
            ? [.. names.Select(name => columns.Find(NameOf(name)))]
            : [.. columns.Fields.Where(IsGiven)];
    }

    /// <summary>Adds a row of defaults: a column that has none is given NULL, as rows need a column.</summary>
    async Task<StatementResult> InsertDefaultsAsync(Statement.Insert insert, CancellationToken cancellationToken)
    {
        var table = await (await context.OpenOwnAsync(insert.Table, cancellationToken)).LatestAsync(cancellationToken);
        var field = table.Schema.Columns.Fields.FirstOrDefault(field =>
            IsGiven(field) && IdentityColumn.Of(field) is null
                && field.Metadata.GetString(FieldMetadata.CurrentDefaultKey) is null)
            ?? throw new FozException(
                ErrorKind.Sql, $"every column of {insert.Table} has a default: name one, INSERT INTO … (a) VALUES (…)")
            {
                SqlState = "0A000",
            };
        return await InsertAsync(
            insert with { Columns = [SqlText.Identifier(field.Name)] }, "SELECT NULL", cancellationToken);
    }

    /// <summary>
    /// The MERGE that an INSERT with ON CONFLICT is: the keys that it names are taken for those of the table.
    /// </summary>
    async Task<Statement.Merge> MergeOfAsync(
        Statement.Insert insert, InsertConflict conflict, CancellationToken cancellationToken)
    {
        const string source = "excluded";
        var fields = await GivenColumnsAsync(
            insert with { Columns = insert.Columns?.Select(NameOf).ToList() }, cancellationToken);
        var schema =
            (await (await context.OpenOwnAsync(insert.Table, cancellationToken))
                .LatestAsync(cancellationToken)).Schema.Columns;
        var columns = fields.Select(column => SqlText.Identifier(column.Name)).ToList();
        var typed = columns.Zip(
            fields,
            (column, field) => $"{AssignedValue.Cast(column, schema.Find(field.Name)!, isText: null)} AS {column}");
        var keys = conflict.Keys.Select(key => SqlText.Identifier(NameOf(key))).ToList();
        // Of rows with one key PostgreSQL adds the first, or refuses to update one twice.
        var isSingle = conflict.Assignments is null
            ? "foz_number = 1"
            : "CASE WHEN foz_count = 1 THEN true ELSE error('ON CONFLICT DO UPDATE command cannot "
                + "affect row a second time') END";
        var partition = $"PARTITION BY {string.Join(", ", keys)}";
        var hasNull = string.Join(" OR ", keys.Select(key => $"{key} IS NULL"));
        var rows = $"""
            SELECT {string.Join(", ", columns)} FROM (
            SELECT *, row_number() OVER ({partition}) AS foz_number, count(*) OVER ({partition}) AS foz_count
            FROM (SELECT {string.Join(", ", typed)} FROM ({AssignedRows.Typed(insert.Query, [.. fields.Select(field => schema.Find(field.Name))])}
            ) AS s({string.Join(", ", columns)}))) WHERE {hasNull} OR {isSingle}
            """;
        var target = SqlText.Identifier(conflict.Alias);
        var added = new MergeAction.Insert(
            columns.ToDictionary(NameOf, column => $"{source}.{column}", StringComparer.OrdinalIgnoreCase));
        return new(insert.Table, new()
        {
            Source = rows, SourceAlias = source, TargetAlias = conflict.Alias,
            On = string.Join(" AND ", keys.Select(key => $"{target}.{key} = {source}.{key}")),
            Clauses =
            [
                .. conflict.Assignments is { } assignments
                    ? [new MergeClause(MergeMatch.Matched, new MergeAction.Update(assignments), conflict.Condition)]
                    : Array.Empty<MergeClause>(),
                new(MergeMatch.NotMatched, added),
            ],
        });
    }

    static string NameOf(string column) =>
        column is ['"', .., '"'] ? column[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : column.Trim('`');

    /// <summary>Adds rows.</summary>
    /// <param name="insert">Where to.</param>
    /// <param name="query">The rows, of which the engine knows all that is named.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <param name="tags">The tags that its columns bring, in order; null for none.</param>
    public async Task<StatementResult> InsertAsync(
        Statement.Insert insert, string query, CancellationToken cancellationToken,
        IReadOnlyList<(string Column, IReadOnlyDictionary<string, string> Tags)>? tags = null)
    {
        var table = await context.OpenOwnAsync(insert.Table, cancellationToken);
        var present = await table.LatestAsync(cancellationToken);
        var select = insert.IsByName ? query : InOrder(present, insert, query, cancellationToken);
        var options = new WriteOptions { AddsColumns = false };
        var writer = new TableWriter(session);
        await using var change = insert switch
        {
            { Overwrites: true } => await writer.ReplaceWhereAsync(table, select, "true", options, cancellationToken),
            { ReplacedWhere: { } condition } =>
                await writer.ReplaceWhereAsync(table, select, condition, options, cancellationToken),
            _ => await writer.AppendAsync(table, select, options, cancellationToken),
        };
        if (tags is { Count: > 0 }) await DescribeAsync(change, insert, tags, cancellationToken);
        var committed = await change.CommitUnlessEmptyAsync(cancellationToken);
        return insert.Overwrites || insert.ReplacedWhere is not null
            ? StatementResult.Of(
                committed, ("num_affected_rows", change.RowsAdded + change.RowsDeleted),
                ("num_inserted_rows", change.RowsAdded), ("num_deleted_rows", change.RowsDeleted))
            : StatementResult.Of(
                committed, ("num_affected_rows", change.RowsAdded), ("num_inserted_rows", change.RowsAdded)) with
            {
                Returned = Returned(insert, change, committed),
            };
    }

    /// <summary>Gives the columns the tags of the columns they are filled from.</summary>
    async Task DescribeAsync(
        TableChange change, Statement.Insert insert,
        IReadOnlyList<(string Column, IReadOnlyDictionary<string, string> Tags)> tags,
        CancellationToken cancellationToken)
    {
        var columns = insert.IsByName
            ? tags.Select(column => column.Column)
            : (await GivenColumnsAsync(
                insert with { Columns = insert.Columns?.Select(NameOf).ToList() },
                cancellationToken)).Select(field => field.Name);
        var found = columns.Zip(tags, (column, given) => (Column: column, given.Tags))
            .ToDictionary(column => column.Column, column => column.Tags, StringComparer.OrdinalIgnoreCase);
        change.Describe(field =>
            found.TryGetValue(field.Name, out var given)
                ? QueryTags.Missing(field, given)
                : new Dictionary<string, string?>());
    }

    public async Task<IReadOnlyList<Field>> GivenColumnsAsync(
        Statement.Insert insert, CancellationToken cancellationToken)
    {
        var table = await (await context.OpenOwnAsync(insert.Table, cancellationToken)).LatestAsync(cancellationToken);
        var given = table.Schema.Columns.Fields.Where(IsGiven).Select(field => field.Name)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (insert.Columns is null) return [.. table.Fields.Where(field => given.Contains(field.Name))];
        var columns = new List<Field>();
        foreach (var name in insert.Columns)
        {
            var column =
                table.Fields.FirstOrDefault(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                    ?? throw new FozException(
                        ErrorKind.NotFound,
                        $"column \"{name}\" of relation \"{insert.Table.Name?.Name}\" does not exist")
                    {
                        SqlState = "42703",
                        Hint = NearestName.Find(name, table.Fields.Select(field => field.Name)) is { } near
                            ? $"did you mean {near}?"
                            : null,
                    };
            if (!given.Contains(column.Name))
                throw new FozException(ErrorKind.Sql, $"column \"{name}\" is a generated column")
                {
                    SqlState = "42P10",
                };
            if (columns.Contains(column))
                throw new FozException(ErrorKind.Sql, $"column \"{name}\" specified more than once")
                {
                    SqlState = "42701",
                };
            columns.Add(column);
        }
        return columns;
    }

    public async Task<StatementResult> UpdateAsync(Statement.Update update, CancellationToken cancellationToken)
    {
        var table = await context.OpenOwnAsync(update.Table, cancellationToken);
        using var bound = new BoundTexts((await table.LatestAsync(cancellationToken)).Fields);
        var assignments = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (column, value) in update.Assignments)
            assignments.Add(column, await BindAsync(value, [(targetRows, update.Alias)], bound, cancellationToken));
        var condition = await BindAsync(update.Condition, [(targetRows, update.Alias)], bound, cancellationToken);
        await using var change = await new TableWriter(session).UpdateAsync(
            table, assignments, new(condition, update.Alias), new(), cancellationToken);
        if (change.RowsAdded > 0) await new AssignedTags(context).BringAsync(change, update, cancellationToken);
        var committed = await change.CommitUnlessEmptyAsync(cancellationToken);
        return StatementResult.Of(committed, ("num_affected_rows", change.RowsAdded)) with
        {
            Returned = Returned(update, change, committed),
        };
    }

    public async Task<StatementResult> DeleteAsync(Statement.Delete delete, CancellationToken cancellationToken)
    {
        var table = await context.OpenOwnAsync(delete.Table, cancellationToken);
        using var bound = new BoundTexts((await table.LatestAsync(cancellationToken)).Fields);
        var condition = await BindAsync(delete.Condition, [(targetRows, delete.Alias)], bound, cancellationToken);
        await using var change = await new TableWriter(session).DeleteAsync(
            table, new(condition, delete.Alias), new() { FindsRows = delete.Returning is not null }, cancellationToken);
        var committed = await change.CommitUnlessEmptyAsync(cancellationToken);
        return StatementResult.Of(committed, ("num_affected_rows", change.RowsDeleted)) with
        {
            Returned = delete.Returning is null ? null : change.RemovedRows(),
        };
    }

    /// <summary>Returns the rows that a statement has added, where it returns them.</summary>
    static TableRows? Returned(Statement statement, TableChange change, CommittedChange committed) =>
        statement.Returning is null ? null : change.AddedRows(committed.Snapshot);

    public async Task<StatementResult> MergeAsync(Statement.Merge merge, CancellationToken cancellationToken)
    {
        var table = await context.OpenOwnAsync(merge.Table, cancellationToken);
        using var bound = new BoundTexts((await table.LatestAsync(cancellationToken)).Fields);
        var definition = await BindAsync(merge.Definition, bound, cancellationToken);
        await using var change = await new TableWriter(session).MergeAsync(table, definition, cancellationToken);
        var (updated, deleted, inserted) = (
            change.Metrics["numTargetRowsUpdated"], change.Metrics["numTargetRowsDeleted"],
            change.Metrics["numTargetRowsInserted"]);
        if (updated + inserted > 0)
            await new AssignedTags(context).BringAsync(change, merge, definition.Source, cancellationToken);
        var committed = await change.CommitUnlessEmptyAsync(cancellationToken);
        return StatementResult.Of(
            committed, ("num_affected_rows", updated + deleted + inserted), ("num_updated_rows", updated),
            ("num_deleted_rows", deleted), ("num_inserted_rows", inserted)) with
        {
            Returned = Returned(merge, change, committed),
        };
    }

    /// <summary>
    /// A MERGE with the tables of the lake that its source, and queries inside of its expressions, name.
    /// </summary>
    async Task<MergeDefinition> BindAsync(MergeDefinition merge, BoundTexts bound, CancellationToken cancellationToken)
    {
        var source = await context.BindAsync(merge.Source, cancellationToken);
        bound.Add(source);
        (string, string)[] own = [(targetRows, merge.TargetAlias), (sourceRows, merge.SourceAlias)];
        var on = await TextAsync(merge.On);
        // The engine joins what does not match only by conditions without queries.
        if (on != merge.On && merge.Clauses.Any(clause => clause.Match == MergeMatch.NotMatchedBySource))
            throw new FozException(
                ErrorKind.Sql, "the ON of a MERGE with WHEN NOT MATCHED BY SOURCE cannot hold a query")
            {
                Hint = "put the query into USING, or into the condition of a WHEN clause",
            };
        var clauses = new List<MergeClause>();
        foreach (var clause in merge.Clauses)
            clauses.Add(clause with
            {
                Condition = clause.Condition is { } condition ? await TextAsync(condition) : null,
                Action = clause.Action switch
                {
                    MergeAction.Update update => new MergeAction.Update(await TextsAsync(update.Assignments)),
                    MergeAction.Insert insert => new MergeAction.Insert(await TextsAsync(insert.Values)),
                    var action => action,
                },
            });
        return merge with { Source = source.Sql, On = on, Clauses = clauses };

        Task<string> TextAsync(string expression) => BindAsync(expression, own, bound, cancellationToken);

        async Task<Dictionary<string, string>> TextsAsync(IReadOnlyDictionary<string, string> texts)
        {
            var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (var (name, value) in texts) all.Add(name, await TextAsync(value));
            return all;
        }
    }

    /// <summary>
    /// A query's rows with the names and types of the columns that they are for, which are given in order.
    /// </summary>
    string InOrder(
        TableSnapshot table, Statement.Insert insert, string query, CancellationToken cancellationToken)
    {
        var given = session.Describe(query, cancellationToken);
        var wanted = insert.Columns
            ?? [.. table.Schema.Columns.Fields.Where(IsGiven).Select(field => field.Name)];
        if (given.Count != wanted.Count)
            throw new FozException(
                ErrorKind.Sql,
                $"{insert.Table} is given {given.Count} columns, but takes {wanted.Count}: {string.Join(", ", wanted)}")
            {
                Hint = "name the columns that are given: INSERT INTO … (a, b) SELECT …",
            };
        var columns = wanted.Select((name, number) =>
        {
            var column = SqlText.Identifier(name.Trim('"', '`'));
            return table.Schema.Columns.Find(name.Trim('"', '`')) is { } field
                ? $"{AssignedValue.Cast($"s.{column}", field, given[number].ToField().Type == DataType.String)} AS "
                    + $"{column}"
                : $"s.{column}";
        });
        var names = string.Join(", ", wanted.Select(name => SqlText.Identifier(name.Trim('"', '`'))));
        return $"SELECT {string.Join(", ", columns)} FROM ({query}\n) AS s({names})";
    }

    /// <summary>Whether a row that is given in order has a value for a column.</summary>
    static bool IsGiven(StructField field) =>
        field.Metadata.GetString(FieldMetadata.GenerationExpressionKey) is null
        && IdentityColumn.Of(field) is not { AllowsExplicit: false };

    async Task<IReadOnlyList<Field>> FieldsOfAsync(TableTarget target, CancellationToken cancellationToken) =>
        (await (await context.OpenOwnAsync(target, cancellationToken)).LatestAsync(cancellationToken)).Fields;

    /// <summary>An expression over rows of relations with the tables of the lake that queries inside it name.</summary>
    async Task<string> BindAsync(
        string expression, (string Relation, string Alias)[] own, BoundTexts bound, CancellationToken cancellationToken)
    {
        // The word means the column's default, and is no expression.
        if (expression.AsSpan().Trim().Equals("default", StringComparison.OrdinalIgnoreCase)) return expression;
        var relations = string.Join(", ", own.Select(r => $"{r.Relation} AS {SqlText.Identifier(r.Alias)}"));
        var (before, after) = ($"SELECT 1 FROM {relations} WHERE (", "\n)");
        var statement = await new StatementBinder(session, new ExpressionNames(context.Relations))
            .BindAsync(before + expression + after, cancellationToken);
        bound.Add(statement);
        if (statement.Analysis is not { } analysis) return statement.Sql[before.Length..^after.Length];
        if (context.Relations.AreForOthers) DeclaredColumns.CheckCompared(analysis, bound.Fields);
        if (context.Relations.HasOwnNumbers) DeclaredColumns.CheckNumbers(analysis, bound.Fields);
        return statement.Sql[before.Length..^after.Length];
    }

    /// <summary>What is bound for one statement.</summary>
    /// <param name="fields">The columns of the table that it changes.</param>
    sealed class BoundTexts(IReadOnlyList<Field> fields) : List<BoundStatement>, IDisposable
    {
        public IReadOnlyList<Field> Fields { get; } = fields;

        public void Dispose()
        {
            foreach (var statement in this) statement.Dispose();
        }
    }

    /// <summary>Resolves names inside an expression, whose own table stays unchanged.</summary>
    sealed class ExpressionNames(INameResolver names) : INameResolver
    {
        public ValueTask<RelationBinding?> FindAsync(TableReference reference, CancellationToken cancellationToken) =>
            reference.Schema is null && (reference.Name == targetRows || reference.Name == sourceRows)
                ? new(new RelationBinding.Relation(reference.Name))
                : names.FindAsync(reference, cancellationToken);

        public ValueTask<RelationBinding?> FindAsync(TableFunctionCall call, CancellationToken cancellationToken) =>
            names.FindAsync(call, cancellationToken);

        public bool AreForOthers => names.AreForOthers;

        public bool HasOwnNumbers => names.HasOwnNumbers;

        public void Check(SqlAnalysis statement) => names.Check(statement);
    }
}
