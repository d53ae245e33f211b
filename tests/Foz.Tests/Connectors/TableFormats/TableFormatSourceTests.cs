using Foz.Connectors;
using Foz.Connectors.TableFormats;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;

namespace Foz.Tests.Connectors.TableFormats;

/// <summary>What the sources of tables of others share.</summary>
public sealed class TableFormatSourceTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-tables-").FullName;
    readonly EnginePool engines = new(new() { MemoryBytes = 1L << 28, Threads = 1 });

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        engines.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_held_of_a_table_once_it_is_read_or_cannot_be(bool fails)
    {
        await using var source = new Source(
            new(new("s", "delta", Settings.Of(("path", "."))), folder, TimeProvider.System), fails);
        var context = new ReadContext { Engine = engines, WorkFolder = folder };
        var reading = source.ReadAsync(new() { Name = "t" }, new StreamInputs.OfVersions { To = 0 }, context, Cancel);
        if (fails) Assert.Equal("not readable", (await Assert.ThrowsAsync<FozException>(() => reading)).Message);
        else
        {
            var rows = await reading;
            Assert.True(Directory.Exists(source.Held));
            await rows.DisposeAsync();
            Assert.True(source.IsRelationDisposed);
        }
        Assert.False(Directory.Exists(source.Held));
        Assert.Throws<ObjectDisposedException>(() => source.Session!.Execute("SELECT 1", Cancel));
    }

    sealed class Source(TableFolder folder, bool fails)
        : TableFormatSource(folder, TimeProvider.System, "Delta", "_delta_log"), IDisposable
    {
        public string? Held { get; private set; }

        public EngineSession? Session { get; private set; }

        public bool IsRelationDisposed { get; private set; }

        public void Dispose() => IsRelationDisposed = true;

        protected override bool IsMark(string file) => true;

        protected override Task<DiscoveredStream> DescribeAsync(
            string location, EnginePool engine, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        protected override Task<BatchPlan> PlanAsync(
            StreamDefinition stream, string location, StreamInputs.OfVersions? last,
            CancellationToken cancellationToken) => throw new NotSupportedException();

        protected override Task<TableFormatRows> ReadAsync(
            StreamDefinition stream, string location, StreamInputs.OfVersions inputs, TableReading reading,
            CancellationToken cancellationToken)
        {
            // The reader that fetches makes the folder of this process.
            (Session, Held) =
                (reading.Session, Path.GetFullPath(Path.Combine(reading.Cache.FolderOf("s3://x"), "..", "..")));
            Assert.True(Directory.Exists(Held));
            return fails
                ? throw new FozException(ErrorKind.Source, "not readable")
                : Task.FromResult(new TableFormatRows("SELECT 1", [], this));
        }
    }
}
