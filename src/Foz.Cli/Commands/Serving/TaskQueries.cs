using System.Globalization;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Operations.Tasks;
using Foz.Serving;
using Foz.Serving.Governance;
using Foz.Serving.Results;
using Foz.Serving.Statements;

namespace Foz.Cli.Commands.Serving;

/// <summary>Runs the SQL of tasks as the host serves it to clients: with grants, masks, limits and the audit.</summary>
/// <param name="sql">Serves the lake.</param>
/// <param name="folder">The project's folder, in which users are declared.</param>
/// <param name="clock">The time.</param>
sealed class TaskQueries(SqlService sql, string folder, TimeProvider clock)
{
    const string OwnerName = "foz";

    readonly UserDirectory users = new(folder, clock);

    /// <summary>Runs a statement; of its rows the first is returned.</summary>
    /// <exception cref="FozException">It failed, or there is no such user.</exception>
    public async Task<TaskRows> RunAsync(TaskQuery query, CancellationToken cancellationToken)
    {
        await using var session = sql.Open(UserOf(query.User), new() { ClientAddress = "task" });
        var statement = await session.PrepareAsync(query.Statement, [], cancellationToken);
        if (statement.TakesRows || statement.Copy is not null)
            throw new FozException(ErrorKind.Sql, "a task runs no COPY");
        if (statement.ParameterTypes.Count != query.Parameters.Count)
            throw new FozException(
                ErrorKind.Sql, $"the statement has {statement.ParameterTypes.Count} parameters, and "
                    + $"{query.Parameters.Count} values");
        TaskRows rows;
        await using (var cursor = await statement.ExecuteAsync([.. query.Parameters], cancellationToken))
        {
            IReadOnlyList<string?>? first = null;
            var hasMore = false;
            if (cursor.Columns is not null)
                while (!hasMore && await cursor.FetchAsync(rowsMax: 2, cancellationToken) is { } slice)
                {
                    hasMore = first is not null || slice.Count > 1;
                    first ??= [.. slice.Chunk.GetRow(slice.Start).Zip(cursor.Columns, Text)];
                }
            rows = new(
                [.. cursor.Columns?.Select(column => column.Name) ?? []], first, hasMore,
                cursor.Columns is null ? cursor.Tag : "");
        }
        await session.Work.EndImplicitAsync(cancellationToken);
        return rows;
    }

    SessionUser UserOf(string? name)
    {
        if (name is null) return new(OwnerName, IsOwner: true);
        var known = users.Current;
        return known.Find(name) is { } user
            ? new(user.Name, user.IsOwner)
            : throw new FozException(ErrorKind.Denied, $"there is no user '{name}' in {UserList.FolderName}/")
            {
                Hint = NearestName.Hint(name, known.All.Select(other => other.Name)),
            };
    }

    /// <summary>A value as an output has it.</summary>
    /// <exception cref="FozException">Outputs have no text for values of its type.</exception>
    static string? Text(object? value, ServedColumn column) => value switch
    {
        null => null,
        string text => text,
        bool flag => flag ? "true" : "false",
        DateTime time => time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        DateTimeOffset time =>
            time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFzzz", CultureInfo.InvariantCulture),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DecimalValue number => number.ToString(),
        IFormattable formattable => formattable.ToString(format: null, CultureInfo.InvariantCulture),
        _ => throw new FozException(
            ErrorKind.Sql, $"column {column.Name} is a {value.GetType().Name}, of which an output cannot be made")
        {
            Hint = $"cast it to text: {column.Name}::text",
        },
    };
}
