using Foz.Lake;

namespace Foz.Operations.Tasks.Work;

/// <summary>Runs the statements of tasks and sensors.</summary>
/// <param name="query">Runs a statement.</param>
sealed class SqlTasks(Func<TaskQuery, CancellationToken, Task<TaskRows>> query)
{
    /// <summary>Runs a statement: the columns of its one row become outputs.</summary>
    /// <exception cref="FozException">It failed.</exception>
    public async Task<TaskEnd> RunAsync(
        TaskAttempt attempt, TaskAction.Sql sql, Action<string> log, CancellationToken cancellationToken)
    {
        var rows = await QueryAsync(attempt, sql, cancellationToken);
        if (rows.Tag.Length > 0) log(rows.Tag);
        if (rows.First is not { } row) return new(TaskState.Succeeded);
        if (rows.HasMore)
            return TaskEnd.Failed("it gave more than one row: the outputs of a task are the columns of one");
        var outputs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (column, value) in rows.Columns.Zip(row))
        {
            if (!TaskOutput.IsName(column))
                return TaskEnd.Failed($"its column '{column}' is not a name for an output");
            outputs[column] = value ?? "";
            log($"{column} = {value ?? "NULL"}");
        }
        return outputs.Sum(output => output.Value.Length) > TaskOutput.BytesMax
            ? TaskEnd.Failed($"its outputs are larger than {TaskOutput.BytesMax:N0} characters")
            : new(TaskState.Succeeded) { Outputs = outputs };
    }

    /// <summary>Returns whether the first value is neither NULL, false nor 0.</summary>
    /// <exception cref="FozException">It failed.</exception>
    public async Task<SensorLook> LookAsync(
        TaskAttempt attempt, TaskAction.Sql sql, CancellationToken cancellationToken)
    {
        var rows = await QueryAsync(attempt, sql, cancellationToken);
        var value = rows.First is [var first, ..] ? first : null;
        var isThere = value is not null and not "" and not "0" and not "f"
            && !value.Equals("false", StringComparison.OrdinalIgnoreCase);
        return new(isThere, $"the value is {value ?? "NULL"}");
    }

    Task<TaskRows> QueryAsync(TaskAttempt attempt, TaskAction.Sql sql, CancellationToken cancellationToken) => query(
        new(sql.Statement, [.. sql.Values.Select(value => value.Fill(attempt.Scope))], sql.User), cancellationToken);
}
