using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;
using Foz.Core.Data;

namespace Foz.Core.Connectors.Databases;

/// <summary>Reads a table by several connections, which take ranges of it until none is left.</summary>
/// <param name="session">Makes connections.</param>
/// <param name="select">The SELECT without a condition.</param>
/// <param name="columns">Its columns.</param>
/// <param name="ranges">What is to be read.</param>
sealed class DatabaseReading(DatabaseSession session, string select, IReadOnlyList<DatabaseColumn> columns, Queue<KeyCondition> ranges)
{
    const int RowsMax = 8_192;
    const long TextBytesMax = 8 << 20;

    /// <summary>One reader.</summary>
    public async IAsyncEnumerable<ColumnBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await session.OpenAsync(cancellationToken);
        while (Next() is { } range)
        {
            await using var command = session.Command(
                connection, range.Sql.Length == 0 ? select : $"{select} WHERE {range.Sql}", range.Values);
            await using var reader = await ExecuteAsync(command, cancellationToken);
            while (await NextAsync(reader, cancellationToken) is { } batch) yield return batch;
        }
    }

    KeyCondition? Next()
    {
        lock (ranges) return ranges.TryDequeue(out var range) ? range : null;
    }

    async Task<DbDataReader> ExecuteAsync(DbCommand command, CancellationToken cancellationToken)
    {
        try
        {
            return await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess | CommandBehavior.SingleResult, cancellationToken);
        }
        catch (Exception e) when (DatabaseSession.IsFault(e))
        {
            throw session.Fault("reading", e);
        }
    }

    async Task<ColumnBatch?> NextAsync(DbDataReader reader, CancellationToken cancellationToken)
    {
        var values = columns.Select(c => ReaderColumn.For(c.Field.Type)).ToArray();
        var at = 0;
        try
        {
            var (rows, bytes) = (0, 0L);
            while (rows < RowsMax && bytes < TextBytesMax && await reader.ReadAsync(cancellationToken))
            {
                for (at = 0; at < values.Length; at++) values[at].Add(reader, at);
                if ((++rows & 63) == 0) bytes = values.Sum(v => v.TextBytes);
            }
            return rows == 0 ? null : new(rows, [.. values.Select(v => v.Build())]);
        }
        catch (Exception e) when (DatabaseSession.IsFault(e))
        {
            throw session.Fault(
                e is InvalidCastException or OverflowException or FormatException && at < columns.Count
                    ? $"reading column {columns[at].Name}" : "reading", e);
        }
    }
}
