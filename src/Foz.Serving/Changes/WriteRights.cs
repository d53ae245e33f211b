using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Statements;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Serving.Governance;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Serving.Changes;

/// <summary>Whether a session may carry out a statement that changes tables, or tells of their files.</summary>
/// <param name="context">The statement of a session.</param>
sealed class WriteRights(ServedContext context)
{
    readonly SqlSession session = context.Session;

    /// <summary>Makes sure that it may.</summary>
    /// <exception cref="FozException">
    /// It may not: of kind <see cref="ErrorKind.Denied"/>, or the table is not there for it.
    /// </exception>
    public async Task CheckAsync(Statement statement, CancellationToken cancellationToken)
    {
        await CheckGrantsAsync(statement, cancellationToken);
        await CheckExpressionsAsync(statement, cancellationToken);
        // Bound over empty tables, where no file can be reached, before they are bound where their rows are read.
        var resolver = new StatementResolver(new SessionNameResolver(context, Workload.Serving),
            session.Host.Lake.Engines);
        foreach (var query in QueriesOf(statement)) await resolver.DescribeAsync(query, cancellationToken);
    }

    /// <summary>Whether a grant says that it may add rows to a table.</summary>
    public bool MayInsert(TableName table) =>
        session.Host.Options.Access().Allows(session.User.Grantee, table, Privilege.Insert);

    /// <summary>
    /// Makes sure that it may, as far as grants say it; the statement's expressions are not looked at.
    /// </summary>
    /// <exception cref="FozException">As of <see cref="CheckAsync"/>.</exception>
    public async Task CheckGrantsAsync(Statement statement, CancellationToken cancellationToken)
    {
        var targets = StatementTargets.Of(statement);
        // A folder is a location on the server, for every user.
        if (targets.Any(target => target.Table.Name is null))
            throw Denied("tables are changed by their names, not by their folders");
        foreach (var (table, _) in targets) context.Access.Read(table.Name!, [], []);
        foreach (var (table, privilege) in targets)
            if (privilege is Privilege.Create) NameRules.CheckNew(table.Name!);
        if (session.User.IsOwner) return;
        if (statement is Statement.CreateView or Statement.CloneTable or Statement.Rename { IsView: true })
            throw Denied(
                "only the owner's statements make and rename views, which read with the owner's rights, and clones");
        var access = session.Host.Options.Access();
        CheckTags(access, statement);
        foreach (var (table, privilege) in targets)
        {
            var name = table.Name!;
            if (access.Allows(session.User.Grantee, name, privilege)) continue;
            context.Access.Deny($"no {$"{privilege}".ToLowerInvariant()} on {name}");
            if (access.Of(session.User.Grantee, name) is not null || privilege is Privilege.Create)
                throw Denied($"permission denied: {$"{privilege}".ToLowerInvariant()} on {name} is not granted");
            throw new FozException(ErrorKind.NotFound, $"relation \"{name}\" does not exist") { SqlState = "42P01" };
        }
        if (statement.Returning is not null && access.Of(session.User.Grantee, targets[0].Table.Name!) is null)
        {
            context.Access.Deny($"no select on {targets[0].Table}");
            throw Denied($"permission denied: RETURNING reads {targets[0].Table}, and select on it is not granted");
        }
        // What is changed by conditions, how often, and what an alteration demands of rows, tells of all rows and
        // columns.
        if (statement is not (Statement.Insert { Overwrites: false, ReplacedWhere: null, OnConflict: null }
            or Statement.CreateTable { Replaces: false }))
            foreach (var name in targets.Select(target => target.Table.Name!).Distinct())
                await CheckWholeAsync(access, name, cancellationToken);
    }

    /// <summary>
    /// Refuses tags that a policy protects: with one, a user could have their own values masked like those of others,
    /// or unmask protected values.
    /// </summary>
    void CheckTags(AccessList access, Statement statement)
    {
        if (statement is not Statement.Alter { Alteration: TableAlteration.Tag { Tags: var tags } }) return;
        if (tags.Keys.FirstOrDefault(access.Families.IsOwners) is not { } owners) return;
        context.Access.Deny($"the tag {owners} is the owner's");
        throw Denied(
            $"only owners set and take away the tag {owners}: it is protected, or policies/ has a rule for its family");
    }

    /// <summary>
    /// Expressions of rows may call what queries may: those that hold no query are looked up nowhere else. What they
    /// read is noted, so that it is audited before anything is changed.
    /// </summary>
    async Task CheckExpressionsAsync(Statement statement, CancellationToken cancellationToken)
    {
        using var engine = session.Host.Lake.Engines.Open(Workload.Serving);
        var names = new SessionNameResolver(context, Workload.Serving);
        foreach (var expression in ExpressionsOf(statement)
            .Where(e => !e.AsSpan().Trim().Equals("default", StringComparison.OrdinalIgnoreCase)))
        {
            var analysis = engine.Analyze($"SELECT ({expression}\n)", cancellationToken);
            if (!analysis.IsExpression || SqlTokens.Read(expression).LeavesParentheses)
                throw new FozException(ErrorKind.Sql, $"syntax error: '{expression.Trim()}' is no expression")
                {
                    SqlState = "42601",
                };
            names.Check(analysis);
            foreach (var table in analysis.Tables) await NoteAsync(names, table, cancellationToken);
        }
    }

    static async Task NoteAsync(SessionNameResolver names, TableReference table, CancellationToken cancellationToken)
    {
        try
        {
            await names.FindAsync(table, cancellationToken);
        }
        catch (FozException)
        {
            // Binding the expression reports the error with its place.
        }
    }

    static IEnumerable<string> QueriesOf(Statement statement) => (statement switch
    {
        Statement.Insert insert => [AssignedRows.Computed(insert.Query)],
        Statement.CreateTable { Query: { } query } => [query],
        Statement.CreateView view => [view.Query],
        Statement.Merge merge => [merge.Definition.Source],
        _ => Array.Empty<string>(),
    }).Where(query => query.Length > 0);

    static IEnumerable<string> ExpressionsOf(Statement statement) => statement switch
    {
        Statement.Insert { ReplacedWhere: { } condition } => [condition],
        Statement.Optimize { Options.Where: { } condition } => [condition],
        Statement.Insert { OnConflict: { } conflict } =>
            [.. conflict.Assignments?.Values ?? [], .. conflict.Condition is { } only ? [only] : Array.Empty<string>()],
        Statement.Update update => [.. update.Assignments.Values, update.Condition],
        Statement.Delete delete => [delete.Condition],
        Statement.Merge { Definition: var merge } =>
        [
            merge.On, .. merge.Clauses.Select(clause => clause.Condition).OfType<string>(),
            .. merge.Clauses.SelectMany(clause => clause.Action switch
            {
                MergeAction.Update update => update.Assignments.Values,
                MergeAction.Insert insert => insert.Values.Values,
                _ => [],
            }),
        ],
        _ => [],
    };

    async Task CheckWholeAsync(AccessList access, TableName name, CancellationToken cancellationToken)
    {
        if (await new SessionNameResolver(context, Workload.Query).IsWholeAsync(access, name,
            cancellationToken)) return;
        throw Denied($"who changes {name} must be granted to read all of its rows and columns as they are");
    }

    static FozException Denied(string message) => new(ErrorKind.Denied, message);
}
