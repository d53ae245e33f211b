using Foz.Serving.Results;

namespace Foz.Serving.Statements;

/// <summary>The rows of a run, fetched in its slot.</summary>
/// <param name="rows">The rows, which the cursor owns.</param>
/// <param name="run">The run.</param>
sealed class WorkloadCursor(SqlCursor rows, StatementRun run) : SqlCursor
{
    public override IReadOnlyList<ServedColumn>? Columns => rows.Columns;

    public override string Tag => rows.Tag;

    public override async ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken)
    {
        try
        {
            run.CheckRights();
            if (!run.TryResume()) await run.ResumeAsync(cancellationToken);
            var slice = await rows.FetchAsync(rowsMax, cancellationToken);
            RowCount = rows.RowCount;
            if (slice is null) run.End(RowCount);
            else run.Pause();
            return slice;
        }
        catch (Exception e)
        {
            await run.FailAsync(e, RowCount);
            throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await rows.DisposeAsync();
        run.End(RowCount);
        await base.DisposeAsync();
    }
}
