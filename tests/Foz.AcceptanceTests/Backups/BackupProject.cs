using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Operations.Backups;

namespace Foz.AcceptanceTests.Backups;

/// <summary>A project of one source and two models whose backups go to a folder beside it.</summary>
public abstract class BackupProject : IDisposable
{
    /// <summary>Gets the folder of the test, which goes with it.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("foz-backup-").FullName;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected string Project => Path.Combine(Folder, "project");

    protected string Store => Path.Combine(Folder, "store");

    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected void WriteProject(string retention = "30 days")
    {
        Directory.CreateDirectory(Path.Combine(Project, "in"));
        Write("foz.yml", $$"""
            name: shop
            lake: lake
            connections:
              files: {type: files, path: in}
            backup:
              to: ../store
              retention: {{retention}}
            """);
        Write("sources/files.yml", """
            connection: files
            schema: bronze
            streams:
              orders: {path: "*.csv", columns: {id: bigint, amount: bigint}}
            """);
        Write("models/silver/orders.sql", """
            /* @foz
            materialization: {type: incremental, strategy: append}
            @foz */
            select id, amount from stream(bronze.orders)
            """);
        Write("models/gold/total.sql", "select sum(amount) as total from silver.orders");
    }

    protected void Load(int day) => Write($"in/{day:000}.csv", $"id,amount\n{day},{day}\n");

    protected void Write(string path, string text)
    {
        var file = Path.Combine(Project, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    protected Task<BackupResult> MakeAsync(TestLake lake) =>
        Service(lake).MakeAsync(TimeSpan.FromSeconds(30), _ => { }, Cancel);

    protected BackupService Service(TestLake lake, TimeSpan? retention = null, string owner = "shop.default") => new(
        lake.Lake, new(new LakeLocation { Path = Store }, retention ?? TimeSpan.FromDays(30)), owner,
        async stop =>
        {
            var all = new List<Definition>();
            await foreach (var definition in lake.Lake.Catalog.ListAsync(stop)) all.Add(definition);
            return all;
        });

    protected static async Task<Definition?> FindAsync(TestLake lake, string name) =>
        await lake.Lake.Catalog.FindAsync(TableName.Parse(name), Cancel);

    protected sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }
}
