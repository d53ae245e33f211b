using Foz.Lake.Engine;
using Foz.Lake.Tables;
using Foz.Storage;
using Foz.Tests;

namespace Foz.AcceptanceTests.Golden;

/// <summary>One engine for all tables of a class.</summary>
public sealed class GoldenEngine : IDisposable
{
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });

    /// <summary>A session of the engine.</summary>
    public EngineSession Open() => engines.Open(Workload.Query);

    /// <summary>Returns a table, read again.</summary>
    public LakeTable Table(GoldenTable golden) => Table(golden.Folder);

    /// <summary>Returns the table in the folder <c>delta</c> of a folder, read again.</summary>
    public LakeTable Table(string folder) => Table(folder, "delta");

    /// <summary>Returns a table below a folder, read again.</summary>
    public LakeTable Table(string folder, string name) =>
        new TableStore(new LocalObjectStore(folder), engines, TimeProvider.System).Open(name);

    public void Dispose() => engines.Dispose();
}
