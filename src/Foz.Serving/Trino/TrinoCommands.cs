using System.Diagnostics;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;
using Foz.Serving.Trino.Types;

namespace Foz.Serving.Trino;

/// <summary>
/// Runs one statement of a Trino client: commands here, everything else as a statement of the session.
/// </summary>
/// <param name="service">What serves it.</param>
/// <param name="opened">The session.</param>
/// <param name="request">What the client sent.</param>
sealed class TrinoCommands(TrinoService service, TrinoSession opened, TrinoRequest request)
{
    readonly SqlSession session = opened.Session;

    static readonly ServedColumn[] described =
    [
        new("Column Name", LogicalType.Varchar), new("Catalog", LogicalType.Varchar),
        new("Schema", LogicalType.Varchar),
        new("Table", LogicalType.Varchar), new("Type", LogicalType.Varchar), new("Type Size", LogicalType.BigInt),
        new("Aliased", LogicalType.Boolean),
    ];

    /// <summary>Starts the statement.</summary>
    /// <exception cref="FozException">It failed.</exception>
    public async Task<TrinoStatement> StartAsync(CancellationToken cancellationToken)
    {
        var (sql, command) = (request.Sql, TrinoCommandReader.Read(request.Sql));
        switch (command)
        {
            case TrinoCommand.Execute execute:
                (sql, command) = Filled(Prepared(execute.Name), execute.Values);
                break;
            case TrinoCommand.ExecuteImmediate execute:
                (sql, command) = Filled(execute.Sql, execute.Values);
                break;
        }
        return command switch
        {
            null => Of(await QueryAsync(sql, cancellationToken)),
            TrinoCommand.Begin or TrinoCommand.End => await TransactAsync(command, cancellationToken),
            TrinoCommand.Show show => Of(await new TrinoShow(session, request).RunAsync(show, cancellationToken)),
            TrinoCommand.Validate validate => Of(await ValidateAsync(validate.Sql, cancellationToken)),
            TrinoCommand.DescribeInput input => Of(await DescribeInputAsync(input.Name, cancellationToken)),
            TrinoCommand.DescribeOutput output => Of(await DescribeOutputAsync(output.Name, cancellationToken)),
            TrinoCommand.Use use => await UseAsync(use, cancellationToken),
            _ => Do(command),
        };
    }

    /// <summary>A statement with values in the place of its parameters, and the command that it is.</summary>
    static (string Sql, TrinoCommand? Command) Filled(string sql, IReadOnlyList<string> values)
    {
        var filled = TrinoParameters.Fill(sql, values);
        var command = TrinoCommandReader.Read(filled);
        return command is TrinoCommand.Execute or TrinoCommand.ExecuteImmediate
            ? throw new FozException(ErrorKind.Sql, "a prepared statement cannot EXECUTE another")
            {
                SqlState = "0A000",
            }
            : (filled, command);
    }

    async Task<SqlCursor> QueryAsync(string sql, CancellationToken cancellationToken)
    {
        var statement = await session.PrepareAsync(sql, [], cancellationToken);
        return await statement.ExecuteAsync([], cancellationToken);
    }

    TrinoStatement Do(TrinoCommand command)
    {
        switch (command)
        {
            case TrinoCommand.SetProperty set:
                TrinoProperties.Check(set.Name, set.Value);
                return Done("SET SESSION", new() { SetProperty = (set.Name, set.Value) });
            case TrinoCommand.ResetProperty reset:
                TrinoProperties.Check(reset.Name, value: null);
                return Done("RESET SESSION", new() { ClearProperty = reset.Name });
            case TrinoCommand.SetRole:
                return Done("SET ROLE", TrinoEffects.None);
            case TrinoCommand.Prepare prepare:
                return Done("PREPARE", new() { AddedPrepare = (prepare.Name, prepare.Sql) });
            case TrinoCommand.Deallocate deallocate:
                Prepared(deallocate.Name);
                return Done("DEALLOCATE", new() { DeallocatedPrepare = deallocate.Name });
            case TrinoCommand.Kill kill:
                return service.Kill(session.User, kill.QueryId)
                    ? Done("CALL", TrinoEffects.None)
                    : throw new FozException(ErrorKind.NotFound, $"Target query not found: {kill.QueryId}")
                    {
                        SqlState = "42704",
                    };
            default:
                throw new UnreachableException($"a command {command}");
        }
    }

    async Task<TrinoStatement> UseAsync(TrinoCommand.Use use, CancellationToken cancellationToken)
    {
        var catalog = use.Catalog ?? request.Catalog ?? TableName.Catalog;
        await TrinoNames.CheckSchemaAsync(session, catalog, use.Schema, cancellationToken);
        // Clients receive it, and send it, in a header.
        if (use.Schema.Any(c => c is < ' ' or > '~'))
            throw new FozException(ErrorKind.Sql, $"USE takes names in ASCII alone, not '{use.Schema}'")
            {
                SqlState = "0A000", Hint = "write the schema before the names of its tables",
            };
        return Done("USE", new() { SetCatalog = catalog, SetSchema = use.Schema });
    }

    async Task<TrinoStatement> TransactAsync(TrinoCommand command, CancellationToken cancellationToken)
    {
        if (command is TrinoCommand.Begin begin)
        {
            if (request.TransactionId is not null)
                throw new FozException(ErrorKind.Sql, "Nested transactions not supported") { SqlState = "0A000" };
            session.Transactions.Begin(new(begin.ReadsOnly, Isolation: null));
            return new(new DoneCursor("START TRANSACTION"), request.HasPrecisions, static () => ValueTask.CompletedTask)
            {
                Effects = new() { StartedTransaction = service.Transactions.Add(opened) },
            };
        }
        if (request.TransactionId is null)
            throw new FozException(ErrorKind.Sql, "No transaction in progress") { SqlState = "25P01" };
        var isCommitted = ((TrinoCommand.End)command).IsCommitted;
        var isDone = await session.Transactions.EndAsync(isCommitted, cancellationToken);
        // What could not be committed has ended all the same.
        return isDone || !isCommitted
            ? new(new DoneCursor(isCommitted ? "COMMIT" : "ROLLBACK"), request.HasPrecisions, session.DisposeAsync)
            {
                Effects = new() { ClearsTransaction = true },
            }
            : throw new FozException(ErrorKind.Sql, "Current transaction is aborted, and was rolled back")
            {
                SqlState = "25P02",
            };
    }

    async Task<SqlCursor> ValidateAsync(string sql, CancellationToken cancellationToken)
    {
        await session.PrepareAsync(sql, [], cancellationToken);
        return await ConstantRows.OpenAsync(
            session, [new("Valid", LogicalType.Boolean)], ["(true)"], "EXPLAIN", cancellationToken);
    }

    async Task<SqlCursor> DescribeInputAsync(string name, CancellationToken cancellationToken)
    {
        var statement = await session.PrepareAsync(TrinoParameters.Number(Prepared(name)), [], cancellationToken);
        var rows = statement.ParameterTypes.Select((type, i) =>
            FormattableString.Invariant($"({i}, {SqlText.Literal(TypeOf(type))})"));
        return await ConstantRows.OpenAsync(
            session, [new("Position", LogicalType.BigInt), new("Type", LogicalType.Varchar)], rows, "DESCRIBE",
            cancellationToken);
    }

    async Task<SqlCursor> DescribeOutputAsync(string name, CancellationToken cancellationToken)
    {
        var prepared = Prepared(name);
        IReadOnlyList<ServedColumn> columns = TrinoCommandReader.Read(prepared) is null
            ? (await session.PrepareAsync(TrinoParameters.Number(prepared), [], cancellationToken)).Columns ?? []
            : [];
        var rows = columns.Select(column =>
            $"({SqlText.Literal(column.Name)}, '', '', '', "
                + $"{SqlText.Literal(TrinoType.Of(column.Type, hasPrecisions: true).Name)}, "
            + $"{TrinoType.BytesOf(column.Type)}, false)");
        return await ConstantRows.OpenAsync(session, described, rows, "DESCRIBE", cancellationToken);
    }

    static string TypeOf(PgType type) =>
        PgTypes.Find(type.Oid) is { } known ? TrinoType.Of(known, hasPrecisions: true).Name : "unknown";

    string Prepared(string name) => request.Prepared.GetValueOrDefault(name)
        ?? throw new FozException(ErrorKind.NotFound, $"Prepared statement not found: {name}") { SqlState = "26000" };

    TrinoStatement Done(string tag, TrinoEffects effects) =>
        new(new DoneCursor(tag), request.HasPrecisions, ReleaseAsync) { Effects = effects };

    TrinoStatement Of(SqlCursor rows) => new(rows, request.HasPrecisions, ReleaseAsync);

    ValueTask ReleaseAsync() =>
        request.TransactionId is { } id ? service.Transactions.ReturnAsync(id, opened) : session.DisposeAsync();
}
