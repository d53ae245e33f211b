using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Lake.Statements;

namespace Foz.Tests.Lake.Statements;

/// <summary>A lake of a test's own, in which statements are carried out.</summary>
public abstract class StatementLake : IDisposable
{
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });

    protected StatementLake()
    {
        Lake = new(Folder, engines, TimeProvider.System);
        Session = engines.Open(Workload.Query);
        Names = new(Lake, prefix: "", static _ => null);
    }

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected string Folder { get; } = Directory.CreateTempSubdirectory("foz-statements-").FullName;

    private protected EngineSession Session { get; }

    private protected Lakehouse Lake { get; }

    private protected EnvironmentNameResolver Names { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Session.Dispose();
        engines.Dispose();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected async Task<StatementResult> ResultAsync(string sql,
        EnvironmentNameResolver? environment = null) =>
        await new StatementRunner(new(Session, environment ?? Names, Lake.Tables)).RunAsync(
            StatementReader.Read(sql)!, Cancel);

    /// <summary>The rows of a query in the order of all their columns, their values with bars between them.</summary>
    private protected async Task<List<string>> RowsAsync(string sql)
    {
        using var bound = await new StatementBinder(Session, Names).BindAsync($"FROM ({sql}) ORDER BY ALL", Cancel);
        using var rows = Session.Query(bound.Sql, Cancel);
        return [.. rows.Rows(Cancel).Select(row => string.Join('|', row.Select(value =>
            value is DateOnly day
                ? day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)
                : value?.ToString())))];
    }
}
