using System.Globalization;
using Foz.Lake;
using Foz.Serving.Copying;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Sql;

namespace Foz.Serving.Statements;

/// <summary>A query whose rows are sent as a copy.</summary>
sealed class CopyStatement : ServedStatement
{
    readonly QueryStatement query;

    CopyStatement(SqlSession session, string text, QueryStatement query, CopyOptions options)
        : base(session, text) => (this.query, Copy) = (query, options);

    public override IReadOnlyList<ServedColumn> Columns => query.Columns;

    public override CopyOptions Copy { get; }

    public static async Task<CopyStatement> PrepareAsync(
        ServedContext context, string sql, CopyOut copy, CancellationToken cancellationToken)
    {
        try
        {
            var rows = await QueryStatement.PrepareAsync(context, copy.Query, [], cancellationToken);
            return new(context.Session, sql, rows, copy.Options);
        }
        catch (FozException e)
        {
            throw SqlPosition.Shift(e, copy.Query, sql, copy.QueryStart);
        }
    }

    private protected override async Task<SqlCursor> StartAsync(
        ServedContext context, IReadOnlyList<object?> parameters, CancellationToken cancellationToken) =>
        new CopyCursor(await query.ExecuteAsync([], cancellationToken));

    /// <summary>The query's rows, reported as a copy.</summary>
    sealed class CopyCursor(SqlCursor rows) : SqlCursor
    {
        public override IReadOnlyList<ServedColumn>? Columns => rows.Columns;

        public override string Tag => string.Create(CultureInfo.InvariantCulture, $"COPY {RowCount}");

        public override async ValueTask<RowSlice?> FetchAsync(int rowsMax, CancellationToken cancellationToken)
        {
            if (await rows.FetchAsync(rowsMax, cancellationToken) is not { } slice) return null;
            RowCount += slice.Count;
            return slice;
        }

        public override async ValueTask DisposeAsync()
        {
            await rows.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
