using System.Globalization;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Statements;
using Foz.Lake.Tables;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Wire.PostgreSql;
using Field = Foz.Lake.Data.Field;

namespace Foz.Serving.Changes;

/// <summary>
/// The types of parameters in a statement that changes rows: what the client says, else that of the column which gets
/// the value, else what the expression wants, else text.
/// </summary>
/// <param name="context">The statement of a session.</param>
/// <param name="statement">The statement as it was read.</param>
/// <param name="given">The types that the client says; 0 where it says nothing.</param>
sealed class ChangeParameters(ServedContext context, Statement statement, IReadOnlyList<uint> given)
{
    readonly SqlSession session = context.Session;
    readonly Dictionary<int, PgType> found = [];

    /// <summary>The types of the parameters, in order.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The statement names what is not there, or does not bind.</exception>
    public async Task<IReadOnlyList<PgType>> FindAsync(int count, CancellationToken cancellationToken)
    {
        if (Enumerable.Range(1, count).Any(n => !IsGiven(n)))
        {
            await new WriteRights(context).CheckGrantsAsync(statement, cancellationToken);
            await CheckAsync(cancellationToken);
        }
        return
        [
            .. Enumerable.Range(1, count).Select(n =>
                IsGiven(n) ? new PgType(given[n - 1], -1) : found.GetValueOrDefault(n, PgTypes.Text)),
        ];
    }

    bool IsGiven(int number) => number <= given.Count && given[number - 1] is not 0 and not TypeOids.Unknown;

    async Task CheckAsync(CancellationToken cancellationToken)
    {
        using var engine = session.Host.Lake.Engines.Open(Workload.Serving);
        switch (statement)
        {
            case Statement.Insert insert:
                if (!FindInValues(insert, await ColumnsAsync(engine, insert.Table, cancellationToken)))
                    await DescribeAsync(insert.Query, cancellationToken);
                break;
            case Statement.Update update:
                var columns = await ColumnsAsync(engine, update.Table, cancellationToken);
                var values = update.Assignments.Select(pair => Find(columns, pair.Key) is { } column
                    ? $"CAST(({pair.Value}\n) AS {DeclaredColumns.TypeOf(column)})"
                    : $"({pair.Value}\n)");
                await DescribeAsync(
                    Over(update.Table, update.Alias, string.Join(", ", values), update.Condition), cancellationToken);
                break;
            case Statement.Delete delete:
                await DescribeAsync(Over(delete.Table, delete.Alias, "1", delete.Condition), cancellationToken);
                break;
            case Statement.Merge merge:
                await DescribeAsync(merge.Definition.Source, cancellationToken);
                break;
        }
    }

    static string Over(TableTarget table, string alias, string values, string condition) =>
        $"SELECT {values} FROM {table} AS {SqlText.Identifier(alias)} WHERE ({condition}\n)";

    static Field? Find(IReadOnlyList<Field> columns, string name) =>
        columns.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    async Task<IReadOnlyList<Field>> ColumnsAsync(
        EngineSession engine, TableTarget target, CancellationToken cancellationToken)
    {
        var table = await new StatementContext(engine, session.Host.Names, session.Host.Lake.Tables)
            .OpenAsync(target, cancellationToken);
        return (await table.LatestAsync(cancellationToken)).Fields;
    }

    /// <summary>Finds parameters that are whole values of rows.</summary>
    /// <returns>Whether the rows are VALUES.</returns>
    bool FindInValues(Statement.Insert insert, IReadOnlyList<Field> columns)
    {
        var tokens = SqlTokens.Read(insert.Query);
        if (!tokens.IsWord(0, "VALUES")) return false;
        List<string> names = insert.Columns?.Select(name => name.Trim('"', '`')).ToList()
            ?? [.. columns.Select(field => field.Name)];
        var (depth, place) = (0, 0);
        for (var i = 1; i < tokens.Count; i++)
        {
            if (tokens.IsSymbol(i, '(') && ++depth == 1) place = 0;
            else if (tokens.IsSymbol(i, ')')) depth--;
            else if (tokens.IsSymbol(i, ',') && depth == 1) place++;
            else if (depth == 1 && tokens.IsSymbol(i, '$') && place < names.Count
                && Find(columns, names[place]) is { } column
                && (tokens.IsSymbol(i - 1, '(') || tokens.IsSymbol(i - 1, ','))
                && (tokens.IsSymbol(i + 2, ')') || tokens.IsSymbol(i + 2, ','))
                && int.TryParse(tokens.TextOf(i + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                found.TryAdd(number, PgTypes.Of(DeclaredColumns.TypeOf(column)) with { Modifier = -1 });
        }
        return true;
    }

    /// <summary>What a query wants of its parameters.</summary>
    async Task DescribeAsync(string query, CancellationToken cancellationToken)
    {
        var translated = await session.Dialect.TranslateAsync(context, query, parameterTypes: null, cancellationToken);
        var typed = SqlParameters.Read(translated.Text).Replace(n =>
            IsGiven(n) && PgTypes.Find(given[n - 1]) is { } type ? $"CAST(${n} AS {type})" : null);
        var described = await new StatementResolver(
            new SessionNameResolver(context, Workload.Serving), session.Host.Lake.Engines)
            .DescribeAsync(typed.Text, cancellationToken);
        foreach (var (name, type) in described.Shape.Parameters)
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && type.Id is not (TypeId.Invalid or TypeId.Any or TypeId.SqlNull))
                found.TryAdd(number, PgTypes.Of(type) with { Modifier = -1 });
    }
}
