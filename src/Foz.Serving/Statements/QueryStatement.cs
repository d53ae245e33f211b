using System.Globalization;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Serving.Metrics;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Sql;
using Foz.Wire.PostgreSql;

namespace Foz.Serving.Statements;

/// <summary>A query of the lake.</summary>
sealed class QueryStatement : ServedStatement
{
    readonly bool isWork;
    IReadOnlyList<ServedColumn> columns = [];
    IReadOnlyList<PgType> types = [];

    QueryStatement(SqlSession session, string text, bool isWork)
        : base(session, text) => this.isWork = isWork;

    public override IReadOnlyList<ServedColumn> Columns => columns;

    public override IReadOnlyList<PgType> ParameterTypes => types;

    internal override bool IsOfRows => true;

    /// <summary>Binds a query over empty tables, where no file can be reached.</summary>
    public static async Task<QueryStatement> PrepareAsync(
        ServedContext context, string sql, IReadOnlyList<uint> parameterTypes, CancellationToken cancellationToken)
    {
        var resolver = new StatementResolver(
            new SessionNameResolver(context, Workload.Serving), context.Session.Host.Lake.Engines);
        var translated = await context.Session.Dialect.TranslateAsync(
            context, sql, parameterTypes, cancellationToken);
        var found = SqlParameters.Read(translated.Text);
        var described =
            await DescribeAsync(n => TypeOf(parameterTypes, n) is { } type ? $"CAST(${n} AS {type})" : null);
        var wanted = Enumerable.Range(1, found.Count)
            .Select(n => ParameterType(described.Shape, parameterTypes, n)).ToList();
        // A parameter that may be of any type leaves the columns open too: it is a text then, which fits any type.
        if (described.Shape.Columns.Any(c => c.Type.Id == TypeId.Invalid))
            described = await DescribeAsync(n =>
                wanted[n - 1].Oid == TypeOids.Text ? "''" : $"CAST(NULL AS {PgTypes.Find(wanted[n - 1].Oid)})");
        return new(context.Session, sql, StatementWork.Is(described.Statement))
        {
            columns = [.. described.Shape.Columns.Select(c => new ServedColumn(c.Name, c.Type))],
            types = wanted,
        };

        Task<DescribedStatement> DescribeAsync(Func<int, string?> replacement)
        {
            var replaced = found.Replace(replacement);
            return AtOriginalPlaces(
                sql, translated, replaced, resolver.DescribeAsync(replaced.Text, cancellationToken));
        }
    }

    private protected override async Task<SqlCursor> StartAsync(
        ServedContext context, IReadOnlyList<object?> values, CancellationToken cancellationToken)
    {
        // What is known before it has a slot: an answer that was kept needs none.
        var instance = isWork ? Session.Class.Instance : Session.Host.Lake.Engines.Find(Workload.Serving);
        var names = new SessionNameResolver(context, instance);
        var translated = await Session.Dialect.TranslateAsync(
            context, Text, [.. ParameterTypes.Select(type => type.Oid)], cancellationToken);
        var replaced = SqlParameters.Read(translated.Text)
            .Replace(n => SqlParameters.Literal(values[n - 1], ParameterTypes[n - 1]));
        var statement = await AtOriginalPlaces(
            Text, translated, replaced,
            new StatementResolver(names, Session.Host.Lake.Engines).ResolveAsync(replaced.Text, cancellationToken));
        context.Audit(AuditEvent.Read, statement.Analysis);
        var place = PlaceOf(statement);
        var kept = place?.Find();
        if (place is not null) StatementInstruments.Look(kept is not null);
        var run = await StatementRun.BeginAsync(context, isWork && kept is null, cancellationToken);
        EngineSession? engine = null;
        BoundStatement? bound = null;
        try
        {
            if (kept is not null) return run.Follow(await CheckedAsync(new CachedCursor(kept)), statement.Analysis);
            engine = run.OpenEngine(cancellationToken);
            bound = await AtOriginalPlaces(
                Text, translated, replaced, new StatementBinder(engine, names).BindAsync(statement, cancellationToken));
            var computing = Session.Dialect.ChecksOverflow ? Text : null;
            var sql = isWork ? SentRows.Bound(bound.Sql, columns) : bound.Sql;
            var rows = await CheckedAsync(
                new EngineCursor(Session, engine, bound, sql, tag: null, cancellationToken, place, computing));
            return run.Follow(rows, statement.Analysis);
        }
        catch
        {
            bound?.Dispose();
            engine?.Dispose();
            run.Abandon();
            throw;
        }
    }

    /// <summary>Where the rows may be kept; null where nowhere.</summary>
    ResultPlace? PlaceOf(ResolvedStatement statement)
    {
        var cache = Session.Host.CacheOf(statement.Analysis);
        if (cache is null || Session.Changes is { IsAny: true } || !Session.Host.Stable.AreAll(statement.Analysis))
            return null;
        // What a grant shows may change with the time although the statement does not.
        if (!statement.Filters.All(Session.Host.IsStable)) return null;
        return statement.Key is { } key ? new(cache, $"{Session.Settings["TimeZone"]}\0{key}") : null;
    }

    /// <summary>Returns a cursor, whose columns must be those that the client was given.</summary>
    async Task<SqlCursor> CheckedAsync(SqlCursor cursor)
    {
        if (cursor.Columns!.Select(c => c.PgType.Oid).SequenceEqual(columns.Select(c => c.PgType.Oid))) return cursor;
        await cursor.DisposeAsync();
        throw new FozException(ErrorKind.Sql, "cached plan must not change result type")
        {
            SqlState = "0A000", Hint = "prepare the statement again: a table's columns are others now",
        };
    }

    /// <summary>
    /// Waits for what is done with a statement; an error of it has its place in what the client wrote.
    /// </summary>
    static async Task<T> AtOriginalPlaces<T>(string sql, RewrittenSql translated, RewrittenSql replaced, Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (FozException e)
        {
            throw SqlPosition.Move(
                e, replaced.Text, sql, position => translated.ToOriginal(replaced.ToOriginal(position)));
        }
    }

    static LogicalType? TypeOf(IReadOnlyList<uint> parameterTypes, int number) =>
        number <= parameterTypes.Count ? PgTypes.Find(parameterTypes[number - 1]) : null;

    /// <summary>What the client says, else what the statement wants, else text, as PostgreSQL has it.</summary>
    static PgType ParameterType(StatementShape shape, IReadOnlyList<uint> parameterTypes, int number)
    {
        if (number <= parameterTypes.Count && parameterTypes[number - 1] is not 0 and not TypeOids.Unknown)
            return new(parameterTypes[number - 1], -1);
        var wanted = shape.Parameters.GetValueOrDefault(number.ToString(CultureInfo.InvariantCulture));
        return wanted is null || wanted.Id is TypeId.Invalid or TypeId.Any or TypeId.SqlNull
            ? new(TypeOids.Text, -1)
            : PgTypes.Of(wanted) with { Modifier = -1 };
    }
}
