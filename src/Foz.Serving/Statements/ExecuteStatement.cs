using System.Globalization;
using Foz.Lake;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Sql;

namespace Foz.Serving.Statements;

/// <summary>A statement that was prepared by a name, run with values that SQL says.</summary>
sealed class ExecuteStatement : ServedStatement
{
    readonly SqlStatement prepared;
    readonly QueryStatement? values;

    ExecuteStatement(SqlSession session, string text, SqlStatement prepared, QueryStatement? values)
        : base(session, text) => (this.prepared, this.values) = (prepared, values);

    public override IReadOnlyList<ServedColumn>? Columns => prepared.Columns;

    public static async Task<ExecuteStatement> PrepareAsync(
        ServedContext context, string sql, SessionStatement.Execute execute, CancellationToken cancellationToken)
    {
        var known = context.Session.Statements.Get(execute.Name);
        if (known.TakesRows || known.Copy is not null)
            throw new FozException(ErrorKind.Sql, "COPY cannot be run with EXECUTE") { SqlState = "0A000" };
        if (execute.Values.Count != known.ParameterTypes.Count)
            throw new FozException(
                ErrorKind.Sql, $"wrong number of parameters for prepared statement \"{execute.Name}\"")
            {
                SqlState = "42601",
                Hint = string.Create(
                    CultureInfo.InvariantCulture,
                    $"expected {known.ParameterTypes.Count} parameters but got {execute.Values.Count}"),
            };
        if (execute.Values.Count == 0) return new(context.Session, sql, known, values: null);
        var given = await WithoutPlaceAsync(QueryStatement.PrepareAsync(
            context, $"SELECT {string.Join(", ", execute.Values.Select(value => $"({value}\n)::text"))}", [],
            cancellationToken));
        return given.ParameterTypes.Count == 0
            ? new(context.Session, sql, known, given)
            : throw new FozException(ErrorKind.Sql, "there is no parameter $1") { SqlState = "42P02" };
    }

    /// <summary>The types of parameters as PREPARE writes them.</summary>
    /// <exception cref="FozException">There is no such type.</exception>
    public static uint[] TypesOf(SessionStatement.Prepare prepare) =>
        [.. prepare.Types.Select(type => PgTypes.FindByName(type) ?? throw new FozException(
            ErrorKind.Sql, $"type \"{type}\" does not exist") { SqlState = "42704" })];

    private protected override async Task<SqlCursor> StartAsync(
        ServedContext context, IReadOnlyList<object?> parameters, CancellationToken cancellationToken) =>
        await WithoutPlaceAsync(prepared.ExecuteAsync(await ReadValuesAsync(cancellationToken), cancellationToken));

    async Task<IReadOnlyList<object?>> ReadValuesAsync(CancellationToken cancellationToken)
    {
        if (values is null) return [];
        await using var cursor = await WithoutPlaceAsync(values.ExecuteAsync([], cancellationToken));
        return await cursor.FetchAsync(rowsMax: 1, cancellationToken) is { } slice
            ? slice.Chunk.GetRow(slice.Start)
            : [];
    }

    /// <summary>Waits for what is done with other text than the client's: an error has no place in that.</summary>
    static async Task<T> WithoutPlaceAsync<T>(Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (FozException e)
        {
            throw SqlPosition.Shift(e, "", "", start: null);
        }
    }
}
