using Foz.Pipelines.Batches;

namespace Foz.AcceptanceTests.Materializations;

/// <summary>A project of one model of events: <c>silver.m</c>, from <c>bronze.t</c>.</summary>
sealed class CdcProject : IDisposable
{
    /// <summary>The columns of events, for VALUES.</summary>
    public const string Columns = "(id, v, w, n, op)";

    public TestLake Lake { get; }

    public CdcProject(TimeProvider? clock = null) => Lake = new(clock: clock);

    /// <summary>Writes the model.</summary>
    /// <param name="words">The words of the strategy.</param>
    /// <param name="select">Its SELECT.</param>
    /// <param name="more">Other keys of the model.</param>
    public CdcProject Model(
        string words = "keys: id, sequence_by: n, apply_as_delete_when: op = 'd', except_columns: [op]",
        string select = "SELECT * FROM STREAM(bronze.t)", string more = "")
    {
        Lake.Write("foz.yml", "name: events\n");
        Lake.Write("models/silver/m.sql", $$"""
            /* @foz
            materialization: {type: incremental, strategy: cdc, {{words}}}
            {{more}}
            @foz */
            {{select}}
            """);
        return this;
    }

    /// <summary>Adds events, and runs the model.</summary>
    /// <param name="values">Rows of VALUES.</param>
    public async Task<RunResult> ApplyAsync(string values)
    {
        await AppendAsync(values);
        return await Lake.RunWellAsync();
    }

    /// <summary>Adds events.</summary>
    public Task AppendAsync(string values) =>
        Lake.AppendAsync("bronze.t", $"SELECT * FROM (VALUES {values}) AS t{Columns}");

    /// <summary>The rows of the table.</summary>
    public Task<List<string>> RowsAsync() => Lake.RowsAsync("silver.m");

    public void Dispose() => Lake.Dispose();
}
