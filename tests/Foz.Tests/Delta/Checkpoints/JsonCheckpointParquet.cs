using System.Runtime.CompilerServices;
using Foz.Delta.Checkpoints;
using Foz.Delta.Log;

namespace Foz.Tests.Delta.Checkpoints;

/// <summary>Stands in for Parquet: the files hold the actions as JSON lines.</summary>
public sealed class JsonCheckpointParquet : ICheckpointParquet
{
    /// <summary>What to throw instead of writing.</summary>
    public Exception? WriteFault { get; set; }

    public int ReadCount { get; private set; }

    public static byte[] Encode(params IEnumerable<LogAction> actions) => ActionWriter.Write(actions).ToArray();

    public async IAsyncEnumerable<IReadOnlyList<LogAction>> ReadAsync(
        string file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ReadCount++;
        var actions = ActionReader.Read(await File.ReadAllBytesAsync(file, cancellationToken), file);
        foreach (var batch in actions.Chunk(3)) yield return batch;
    }

    public async ValueTask WriteAsync(
        string file, IEnumerable<LogAction> actions, bool isSidecar, CancellationToken cancellationToken)
    {
        var all = actions.Reverse().ToList();
        Assert.True(!isSidecar || all.TrueForAll(action => action is FileAction));
        await File.WriteAllBytesAsync(file, Encode(all), cancellationToken);
        if (WriteFault is not null) throw WriteFault;
    }
}
