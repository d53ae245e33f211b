using System.Globalization;
using System.Text;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Plans;
using Foz.Lake.Sql;
using Foz.Lake.Tables;

namespace Foz.Lake.Catalog;

/// <summary>What is known of a statement before it runs.</summary>
/// <param name="Shape">What it gives and takes.</param>
/// <param name="Statement">What it names, with its views put in.</param>
public sealed record DescribedStatement(StatementShape Shape, ResolvedStatement Statement);

/// <summary>Resolves the names in SELECTs. Views are replaced by their SELECTs.</summary>
public sealed class StatementResolver
{
    const int ViewDepthMax = 32;

    readonly INameResolver names;
    readonly EnginePool pool;
    readonly EngineSession? session;

    /// <summary>Resolves users' statements.</summary>
    /// <param name="names">Resolves names.</param>
    /// <param name="pool">The engines that read their texts, and bind them without access to files.</param>
    public StatementResolver(INameResolver names, EnginePool pool) => (this.names, this.pool) = (names, pool);

    /// <summary>Resolves statements that a session will run, which reads their texts too.</summary>
    internal StatementResolver(INameResolver names, EngineSession session)
        : this(names, session.Pool) => this.session = session;

    /// <summary>
    /// Returns a user statement's columns and parameters: it is bound without access to files, and not run.
    /// </summary>
    /// <exception cref="FozException">It does not parse or bind, or names what does not exist.</exception>
    public async Task<DescribedStatement> DescribeAsync(string sql, CancellationToken cancellationToken)
    {
        var references = await ResolveAsync(sql, cancellationToken);
        var shape = BoundPlan.Describe(
            pool, references.Analysis, table => references.FieldsOf(table.Span), call => references.FieldsOf(call.Span),
            span => references.RelationOf(span), cancellationToken, span => references.ThroughOf(span));
        return new(shape, references);
    }

    /// <summary>
    /// Returns the plan of a user's statement, over empty tables in the place of those that it names.
    /// </summary>
    /// <inheritdoc cref="DescribeAsync"/>
    public async Task<string> ExplainAsync(string sql, CancellationToken cancellationToken)
    {
        var references = await ResolveAsync(sql, cancellationToken);
        return BoundPlan.Explain(
            pool, references.Analysis, table => references.FieldsOf(table.Span), call => references.FieldsOf(call.Span),
            span => references.RelationOf(span), cancellationToken, span => references.ThroughOf(span));
    }

    /// <summary>Resolves all names, replacing views by their SELECTs until none is left.</summary>
    /// <exception cref="FozException">It does not parse, or names what does not exist.</exception>
    public async Task<ResolvedStatement> ResolveAsync(string sql, CancellationToken cancellationToken)
    {
        // Once views are replaced, places are not those of the text that the user wrote.
        var isWritten = true;
        for (var depth = 0; depth < ViewDepthMax; depth++)
        {
            var analysis = Read(sql, cancellationToken);
            names.Check(analysis);
            var bindings = new Dictionary<SqlSpan, RelationBinding>();
            foreach (var table in analysis.Tables)
                if (await FindAsync(names.FindAsync(table, cancellationToken), table.Span) is { } binding)
                    bindings[table.Span] = binding;
            foreach (var call in analysis.TableFunctions)
                if (await FindAsync(names.FindAsync(call, cancellationToken), call.Span) is { } binding)
                    bindings[call.Span] = binding;
            if (!bindings.Values.Any(binding => binding is RelationBinding.View))
            {
                await AlignAsync(analysis, bindings, cancellationToken);
                if (names.AreForOthers)
                {
                    List<Field> fields =
                    [
                        .. bindings.Values.OfType<RelationBinding.Rows>().SelectMany(rows => rows.Table.Fields),
                    ];
                    DeclaredColumns.CheckCompared(analysis, fields);
                    if (names.HasOwnNumbers) DeclaredColumns.CheckNumbers(analysis, fields);
                    CheckQuoted(analysis, fields);
                }
                return new(analysis, bindings);
            }
            sql = analysis.Rewrite(table => ViewOf(bindings, table.Span), call => ViewOf(bindings, call.Span)).Text;
            isWritten = false;
        }
        throw new FozException(ErrorKind.Sql, $"views are nested more than {ViewDepthMax} deep, or read themselves");

        async ValueTask<RelationBinding?> FindAsync(ValueTask<RelationBinding?> search, SqlSpan span)
        {
            try
            {
                return await search;
            }
            catch (FozException e) when (isWritten && e.Place is null)
            {
                throw new FozException(e.Kind, e.Message, e)
                {
                    Place = SqlPlaces.At(sql, span.Start), Hint = e.Hint, SqlState = e.SqlState,
                    IsTransient = e.IsTransient,
                };
            }
        }
    }

    /// <summary>Makes tables of one source be read with the same batches of its changes.</summary>
    async Task AlignAsync(
        SqlAnalysis statement, Dictionary<SqlSpan, RelationBinding> bindings, CancellationToken cancellationToken)
    {
        List<BatchedTable> batched =
        [
            .. bindings.Values.OfType<RelationBinding.Rows>().Select(rows => rows.Batched).OfType<BatchedTable>(),
        ];
        if (batched.Count < 2) return;
        var versions = await batched[0].Source.AlignAsync(batched, cancellationToken);
        foreach (var reference in statement.Tables)
            if (bindings.GetValueOrDefault(reference.Span) is RelationBinding.Rows { Batched: { } table }
                && versions.TryGetValue(table.Name, out var version) && version != table.Snapshot.Version
                && await names.FindAsync(
                    reference with { At = new("VERSION", version.ToString(CultureInfo.InvariantCulture), default) },
                    cancellationToken) is { } aligned)
                bindings[reference.Span] = aligned;
    }

    /// <summary>
    /// A name in quotes is a column: where there is none of it, the engine would take it for a value of its own.
    /// </summary>
    static void CheckQuoted(SqlAnalysis statement, List<Field> fields)
    {
        foreach (var column in statement.Columns)
            if (column.Parts is [var name] && column.Span.Length > name.Length && valueWords.Contains(name)
                && !statement.Comparisons.Names(name)
                && !fields.Any(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                throw new FozException(ErrorKind.Sql, $"column \"{name}\" does not exist")
                {
                    SqlState = "42703", Place = SqlPlaces.At(statement.Sql, column.Span.Start),
                };
    }

    // What the engine has a value for where no column is called so.
    static readonly HashSet<string> valueWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
        "current_user",
        "localtime", "localtimestamp", "session_user", "user",
    };

    SqlAnalysis Read(string sql, CancellationToken cancellationToken)
    {
        if (session is not null) return session.Analyze(sql, cancellationToken);
        if (pool.Analyses.Find(sql) is { } known) return known;
        using var planner = pool.BorrowPlanner(Workload.Serving);
        return planner.Session.Analyze(sql, cancellationToken);
    }

    static string? ViewOf(Dictionary<SqlSpan, RelationBinding> bindings, SqlSpan span) =>
        bindings.GetValueOrDefault(span) is RelationBinding.View view ? $"({view.Sql}\n)" : null;
}

/// <summary>A statement without views, and what each of its names refers to.</summary>
/// <param name="Analysis">The statement.</param>
/// <param name="Bindings">What each name refers to, by its place in the text.</param>
public sealed record ResolvedStatement(SqlAnalysis Analysis, IReadOnlyDictionary<SqlSpan, RelationBinding> Bindings)
{
    /// <summary>Whether it reads tables of the lake.</summary>
    public bool ReadsTables => Bindings.Values.Any(binding => binding is RelationBinding.Rows);

    /// <summary>
    /// All that its rows follow from, where its functions give the same each time: its text, and the version of each
    /// table with the part of it that is seen. Null where that is unknown, as for rows that are on their way.
    /// </summary>
    public string? Key
    {
        get
        {
            // No text of a statement, nor what is put into it, has this character.
            const char Divider = '\0';
            var key = new StringBuilder(Analysis.Sql);
            foreach (var span in Analysis.Tables.Select(table => table.Span)
                .Concat(Analysis.TableFunctions.Select(call => call.Span)))
            {
                key.Append(Divider);
                switch (Bindings.GetValueOrDefault(span))
                {
                    case RelationBinding.Rows { Table.Key: { } rows, Pending: null, Through: var through }:
                        key.Append(rows).Append(Divider).Append(through?.Invoke("t"));
                        break;
                    case RelationBinding.Relation relation:
                        key.Append(relation.Sql);
                        break;
                    case null when Analysis.TableFunctions.Any(call => call.Span == span):
                        break;
                    default:
                        return null;
                }
            }
            return key.ToString();
        }
    }

    /// <summary>What tables are seen through, as SELECTs of a table <c>t</c>.</summary>
    public IEnumerable<string> Filters => Bindings.Values.OfType<RelationBinding.Rows>()
        .Where(rows => rows.Through is not null).Select(rows => $"SELECT * FROM {rows.Through!("t")} AS r");

    /// <summary>The columns of the table at a place of the text; null where there is none.</summary>
    public IReadOnlyList<Field>? FieldsOf(SqlSpan span) =>
        (Bindings.GetValueOrDefault(span) as RelationBinding.Rows)?.Table.Fields;

    internal Func<string, string>? ThroughOf(SqlSpan span) =>
        (Bindings.GetValueOrDefault(span) as RelationBinding.Rows)?.Through;

    internal string? RelationOf(SqlSpan span) => (Bindings.GetValueOrDefault(span) as RelationBinding.Relation)?.Sql;
}
