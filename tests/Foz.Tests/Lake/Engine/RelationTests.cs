using Foz.Lake.Engine;

namespace Foz.Tests.Lake.Engine;

public sealed class RelationTests : IDisposable
{
    readonly EnginePool engines = new(new() { MemoryBytes = 256L << 20, Threads = 1, Workloads = [Workload.Models] });

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => engines.Dispose();

    [Fact]
    public void Columns_are_asked_for_once_and_those_that_are_known_never()
    {
        using var session = engines.Open(Workload.Models);
        session.Execute("CREATE TEMP TABLE t AS SELECT 1 AS a", Cancel);
        var rows = new Relation(session, "SELECT a FROM t");
        var known = new Relation(session, "SELECT a FROM gone", columns: rows.Describe(Cancel));
        session.Execute("DROP TABLE t", Cancel);
        Assert.Equal("a", Assert.Single(rows.Describe(Cancel)).Name);
        Assert.Same(rows.Describe(Cancel), known.Describe(Cancel));
    }

    [Fact]
    public void What_rows_need_goes_with_them_and_not_with_those_that_are_made_of_them()
    {
        using var session = engines.Open(Workload.Models);
        var folder = engines.CreateTempFolder();
        using (var rows = new Relation(session, "SELECT 1 AS a", new Folder(folder)))
        {
            using (rows.Derive($"SELECT * FROM ({rows.Sql})")) Assert.True(Directory.Exists(folder.FullName));
            Assert.True(Directory.Exists(folder.FullName));
        }
        Assert.False(Directory.Exists(folder.FullName));
    }

    sealed class Folder(DirectoryInfo folder) : IDisposable
    {
        public void Dispose() => folder.Delete(recursive: true);
    }
}
