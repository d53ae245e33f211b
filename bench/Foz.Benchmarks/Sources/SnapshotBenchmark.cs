namespace Foz.Benchmarks.Sources;

/// <summary>A PostgreSQL table of 5 M rows × 8 columns into bronze, against <c>psql \copy</c> to nowhere.</summary>
sealed class SnapshotBenchmark : IBenchmark
{
    public string Name => "postgresql-snapshot";

    public Task<IReadOnlyList<Figure>> RunAsync(WorkFolder folder) => throw new SkippedException("not measured yet");
}
