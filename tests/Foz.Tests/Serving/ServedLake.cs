using System.Text.Json;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Statements;
using Foz.Serving;
using Foz.Serving.Governance;
using Foz.Serving.Results;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving;

/// <summary>A lake with the table silver.orders (id, name, amount), of five rows, and a service over it.</summary>
sealed class ServedLake : IAsyncDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-serving-").FullName;
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });

    ServedLake(
        Func<AccessList> access, bool isAudited, TimeProvider clock, Func<SqlServiceOptions, SqlServiceOptions>? choose,
        long? resultBytesMax,
        int sessionsMax)
    {
        Lake = new(folder, engines, clock);
        Names = new(Lake, prefix: "", name => Pending.GetValueOrDefault(name));
        if (isAudited) Audit = AuditLog.Open(Lake, new() { CommitInterval = TimeSpan.FromHours(1) });
        var options = new SqlServiceOptions
        {
            SessionsMax = sessionsMax, CursorsMax = 3, StatementsMax = 3, Access = access, Audit = Audit,
        };
        if (resultBytesMax is { } bytes) options = options with { ResultBytesMax = bytes };
        if (choose is not null)
        {
            Queries = BackgroundLog.Open(
                Lake, QueryRecord.Table,
                new() { CommitInterval = TimeSpan.FromHours(1), WriteInterval = TimeSpan.FromMilliseconds(1) });
            options = choose(options with { Queries = Queries });
        }
        Service = new(Names, options);
    }

    public Lakehouse Lake { get; }

    public EnvironmentNameResolver Names { get; }

    public SqlService Service { get; }

    /// <summary>What is audited; null where nothing is.</summary>
    public AuditLog? Audit { get; }

    /// <summary>The log of queries; null if queries are not recorded.</summary>
    public BackgroundLog? Queries { get; }

    /// <summary>Rows that are on their way to tables of the schema foz.</summary>
    public Dictionary<TableName, Func<Task<PendingRows?>>> Pending { get; } = [];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="access">Who may read what.</param>
    /// <param name="isAudited">Whether it is audited.</param>
    /// <param name="clock">The time.</param>
    /// <param name="choose">
    /// Changes how it is served, with <see cref="Queries"/>; null leaves it as it is, without.
    /// </param>
    /// <param name="resultBytesMax">The most bytes of results that are kept; null for the default.</param>
    /// <param name="sessionsMax">How many sessions there can be.</param>
    public static async Task<ServedLake> CreateAsync(
        Func<AccessList>? access = null, bool isAudited = false, TimeProvider? clock = null,
        Func<SqlServiceOptions, SqlServiceOptions>? choose = null, long? resultBytesMax = null, int sessionsMax = 4)
    {
        var lake = new ServedLake(
            access ?? (static () => AccessList.Empty), isAudited, clock ?? TimeProvider.System, choose, resultBytesMax,
            sessionsMax);
        await lake.ChangeAsync(
            "CREATE TABLE silver.orders (id bigint NOT NULL, name string COMMENT 'who', amount decimal(10,2))");
        await lake.ChangeAsync(
            "INSERT INTO silver.orders VALUES (1, 'a', 1.50), (2, 'b', 2.50), (3, NULL, "
                + "NULL), (4, 'd', 4), (5, 'e', 5)");
        return lake;
    }

    public async Task ChangeAsync(string sql)
    {
        using var session = engines.Open(Workload.Query);
        await new StatementRunner(new(session, Names, Lake.Tables)).RunAsync(StatementReader.Read(sql)!, Cancel);
    }

    /// <summary>Deletes all files of rows: reading the rows again fails.</summary>
    public void DeleteDataFiles()
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*.parquet", SearchOption.AllDirectories))
            if (!file.Contains("_delta_log", StringComparison.Ordinal)) File.Delete(file);
    }

    /// <summary>Another service of the same lake, with engines of its own, that keeps no results.</summary>
    public SqlService ServeWithoutResults(EnginePool pool) => new(
        new(new Lakehouse(folder, pool, TimeProvider.System), prefix: "", static _ => null),
        new() { Access = Service.Options.Access, ResultBytesMax = 0 });

    public SqlSession Open(string user = "ana", bool isOwner = true, params (string Name, string Value)[] settings) =>
        Service.Open(new(user, isOwner), new() { Settings = settings.ToDictionary(s => s.Name, s => s.Value) });

    /// <summary>What was audited, as it stands on the disk.</summary>
    public IReadOnlyList<AuditRecord> Audited() =>
    [
        .. RecordSegments.In(Lake.JournalFolder, AuditRecord.Table)
            .SelectMany(segment => JournalSegment.Read(segment.Path))
            .Select(json => (AuditRecord)JsonSerializer.Deserialize(json.Span, JournalJson.Default.JournalRecord)!),
    ];

    /// <summary>Returns the recorded queries, in order.</summary>
    public async Task<IReadOnlyList<QueryRecord>> QueriesAsync()
    {
        await Queries!.FlushAsync(Cancel);
        return
        [
            .. RecordSegments.In(Lake.JournalFolder, QueryRecord.Table)
                .SelectMany(segment => JournalSegment.Read(segment.Path))
                .Select(json => (QueryRecord)JsonSerializer.Deserialize(json.Span, JournalJson.Default.JournalRecord)!),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        Service.Dispose();
        if (Queries is not null) await Queries.DisposeAsync();
        if (Audit is not null) await Audit.DisposeAsync();
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>What tests do with sessions.</summary>
static class ServedSessionExtensions
{
    extension(SqlSession session)
    {
        /// <summary>Runs a statement; returns its rows, with values between bars, and its tag after them.</summary>
        public async Task<IReadOnlyList<string>> RunAsync(string sql, params object?[] values)
        {
            var statement = await session.PrepareAsync(sql, [], TestContext.Current.CancellationToken);
            await using var cursor = await statement.ExecuteAsync(values, TestContext.Current.CancellationToken);
            return [.. await RowsOfAsync(cursor), cursor.Tag];
        }

        /// <summary>The SQLSTATE with which a statement fails.</summary>
        public async Task<string> FailAsync(string sql, params object?[] values)
        {
            var error = await Assert.ThrowsAsync<FozException>(() => session.RunAsync(sql, values));
            return error.SqlState ?? error.Kind.SqlState;
        }
    }

    /// <summary>The rows that are left of a cursor.</summary>
    public static async Task<List<string>> RowsOfAsync(SqlCursor cursor, int rowsMax = int.MaxValue)
    {
        var rows = new List<string>();
        while (await cursor.FetchAsync(rowsMax, TestContext.Current.CancellationToken) is { } slice)
            for (var row = slice.Start; row < slice.Start + slice.Count; row++)
                rows.Add(string.Join('|', slice.Chunk.GetRow(row).Select(Text)));
        return rows;
    }

    static string Text(object? value) => value switch
    {
        null => "NULL",
        string text => text,
        Foz.DuckDB.DecimalValue number => Foz.Serving.PostgreSql.Types.PgValueText.Of(number),
        System.Collections.IEnumerable list => $"[{string.Join(',', list.Cast<object?>().Select(Text))}]",
        _ => FormattableString.Invariant($"{value}"),
    };
}
