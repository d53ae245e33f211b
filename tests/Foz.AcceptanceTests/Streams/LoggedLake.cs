using Foz.Lake;
using Foz.Lake.Sql;

namespace Foz.AcceptanceTests.Streams;

/// <summary>A project that reads the changes of tables of a database into its lake.</summary>
/// <param name="tables">The tables.</param>
public abstract class LoggedLake(string[] tables) : IDisposable
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public TestLake Lake { get; } = new();

    public void Dispose()
    {
        Lake.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Asserts that the rows which the changes of a table leave are those of the database, and that no change is there
    /// twice.
    /// </summary>
    public Task AssertSameAsync(string table, string keys, params string[] columns) =>
        AssertSameAsync(table, table, keys, columns);

    /// <summary>As the other, of a stream that has another name than its table.</summary>
    public async Task AssertSameAsync(string table, string stream, string keys, string[] columns)
    {
        var wanted = (await ReadAsync(table, columns)).Order(StringComparer.Ordinal).ToList();
        var actual = await CurrentAsync(stream, keys, columns);
        Assert.True(
            wanted.SequenceEqual(actual),
            $"{table}: missing {string.Join("; ", wanted.Except(actual).Take(5))}, and not expected "
                + $"{string.Join("; ", actual.Except(wanted).Take(5))}: {actual.Count} of {wanted.Count}");
        Assert.Empty(await Lake.QueryAsync(
            $"SELECT _cdc_lsn, _cdc_seq FROM bronze.{stream} WHERE _cdc_seq IS NOT NULL "
                + "GROUP BY ALL HAVING count(*) > 1"));
    }

    public async Task AssertAllSameAsync(string keys, params string[] columns)
    {
        foreach (var table in tables) await AssertSameAsync(table, keys, columns);
    }

    /// <summary>Runs the project in a process that dies at a failpoint; returns whether it did.</summary>
    public async Task<bool> KillAsync(string failpoint)
    {
        using var run = FozProcess.Start(Lake.Folder, failpoint, "run");
        var result = await run.WaitAsync();
        Assert.True(
            result.ExitCode is 0 or FozProcess.KilledExitCode, $"{failpoint}: {result.Output}\n{result.Errors}");
        return result.ExitCode == FozProcess.KilledExitCode;
    }

    /// <summary>Starts a host of the project.</summary>
    public FozProcess Serve() => FozProcess.Start(
        Lake.Folder, failpoint: null, "serve", "--insecure-loopback", "--pg-port", "0", "--trino-port", "0",
        "--http-port", "0");

    /// <summary>Waits until a query has the rows.</summary>
    public async Task WaitAsync(FozProcess host, string sql, params string[] rows)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        while (true)
        {
            IReadOnlyList<string> found;
            try
            {
                found = await Lake.QueryAsync(sql);
            }
            catch (FozException e)
            {
                found = [e.Message];
            }
            if (found.SequenceEqual(rows)) return;
            if (TimeProvider.System.GetElapsedTime(startedAt) > TimeSpan.FromMinutes(2))
            {
                host.Kill();
                var wrote = await host.WaitAsync();
                Assert.Fail(
                    $"{sql} gives {string.Join("; ", found)}, not {string.Join("; ", rows)}:\n{wrote.Output}\n{wrote.Errors}");
            }
            await Task.Delay(100, Cancel);
        }
    }

    /// <summary>The rows of a table of the database, values parted by bars.</summary>
    protected abstract Task<IReadOnlyList<string>> ReadAsync(string table, string[] columns);

    /// <summary>The rows that the changes of a table leave: unchanged values are those that the key had before.</summary>
    /// <param name="table">The stream.</param>
    /// <param name="keys">The columns of its key.</param>
    /// <param name="columns">The columns to return.</param>
    /// <param name="text">The SQL of a column's text; null for that of the engine.</param>
    public async Task<List<string>> CurrentAsync(
        string table, string keys, string[] columns, Func<string, string>? text = null)
    {
        text ??= static column => $"CAST({SqlText.Identifier(column)} AS VARCHAR)";
        var values = columns.Select(column =>
        {
            var name = SqlText.Identifier(column);
            // Of an insert that follows a delete of another key in its transaction, that key's values.
            return $"""
                COALESCE(last_value(CASE WHEN NOT list_contains(COALESCE(_cdc_unchanged, []), '{column}')
                    THEN struct_pack(v := {name}) END IGNORE NULLS) OVER w).v AS {name}
                """;
        });
        var rows = await Lake.QueryAsync($"""
            SELECT {string.Join(", ", columns.Select(text))} FROM (
                SELECT {string.Join(", ", values)}, _cdc_op, _cdc_lsn, _cdc_seq,
                    max(CASE WHEN _cdc_op = 't' THEN struct_pack(l := _cdc_lsn, s := COALESCE(_cdc_seq, -1)) END) OVER () AS foz_t,
                    row_number() OVER (PARTITION BY {keys} ORDER BY _cdc_lsn DESC, _cdc_seq DESC NULLS LAST) AS foz_n
                FROM bronze.{table}
                WINDOW w AS (PARTITION BY {keys} ORDER BY _cdc_lsn, _cdc_seq NULLS FIRST
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
            )
            WHERE foz_n = 1 AND _cdc_op NOT IN ('d', 't')
                AND (foz_t IS NULL OR struct_pack(l := _cdc_lsn, s := COALESCE(_cdc_seq, -1)) > foz_t)
            """);
        return [.. rows.Order(StringComparer.Ordinal)];
    }
}
