using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Foz.DuckDB;
using Foz.DuckDB.Connections;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Lake.Engine.Functions;

/// <summary>
/// The table function <c>foz_stream…(token)</c>: lets a statement read a <see cref="ColumnStream"/> as a relation, one
/// thread a partition.
/// </summary>
sealed class StreamFunction
{
    static readonly string Name = OwnNames.Of("stream");
    readonly ConcurrentDictionary<long, StreamRelation> streams = new();
    long lastToken;

    /// <summary>The function as DuckDB registers it.</summary>
    public TableFunction Function => new() { Name = Name, Parameters = [LogicalType.BigInt], Bind = Bind };

    /// <summary>Makes a stream readable once, by the relation that is returned, until it is disposed.</summary>
    public StreamRelation Add(ColumnStream stream, Action<StreamRelation> removed)
    {
        var token = Interlocked.Increment(ref lastToken);
        return streams[token] = new StreamRelation(
            stream, string.Create(CultureInfo.InvariantCulture, $"{Name}({token})"),
            relation =>
            {
                streams.TryRemove(token, out _);
                removed(relation);
            });
    }

    TableFunctionBinding Bind(TableFunctionArguments arguments)
    {
        if (!streams.TryGetValue((long)arguments.Positional[0]!, out var relation))
            throw new InvalidOperationException($"stream {arguments.Positional[0]} is not registered, or not any more");
        var stream = relation.Stream;
        return new()
        {
            Columns =
            [
                .. stream.Schema.Select(f =>
                    new Foz.DuckDB.Connections.Column(f.Name, ColumnTypes.ToLogicalType(f.Type))),
            ],
            RowCount = stream.RowCountEstimate,
            Open = columns => new Scan(relation, columns),
        };
    }

    sealed class Scan(StreamRelation relation, IReadOnlyList<int> columns) : TableScan
    {
        readonly ConcurrentQueue<IAsyncEnumerable<ColumnBatch>> partitions = new(relation.Stream.Partitions);

        public override int ThreadsMax => Math.Max(1, relation.Stream.Partitions.Count);

        public override ChunkProducer CreateProducer() => new Producer(relation, partitions, columns);
    }

    /// <summary>Reads partition after partition, and hands each batch on in slices of one chunk.</summary>
    sealed class Producer(
        StreamRelation relation, ConcurrentQueue<IAsyncEnumerable<ColumnBatch>> partitions,
        IReadOnlyList<int> columns) : ChunkProducer
    {
        readonly IReadOnlyList<Foz.Lake.Data.Field> schema = relation.Stream.Schema;
        IAsyncEnumerator<ColumnBatch>? partition;
        ColumnBatch? batch;
        int row;

        public override void Produce(DataChunk output)
        {
            try
            {
                ProduceNext(output);
            }
            catch (Exception e)
            {
                relation.Fail(e);
                throw;
            }
        }

        void ProduceNext(DataChunk output)
        {
            while (batch is null || row == batch.RowCount)
                if (!Advance()) return;
            var count = Math.Min(DataChunk.RowsMax, batch.RowCount - row);
            for (var i = 0; i < columns.Count; i++)
            {
                var writer = output.Writer(i);
                ColumnWriter.Write(batch.Columns[columns[i]], schema[columns[i]].Type, row, count, ref writer);
            }
            output.RowCount = count;
            row += count;
        }

        protected override void Dispose(bool disposing)
        {
            // A partition's reader ends without waiting for others.
            if (disposing && partition is not null) Wait(partition.DisposeAsync());
            base.Dispose(disposing);
        }

        bool Advance()
        {
            (batch, row) = (null, 0);
            while (true)
            {
                if (partition is null)
                {
                    if (!partitions.TryDequeue(out var next)) return false;
                    partition = next.GetAsyncEnumerator(relation.Canceled);
                }
                if (Wait(partition.MoveNextAsync()))
                {
                    batch = partition.Current;
                    if (batch.RowCount > 0) return true;
                    continue;
                }
                Wait(partition.DisposeAsync());
                partition = null;
            }
        }

        // The engine's callbacks are synchronous.
        static T Wait<T>(ValueTask<T> task) =>
            task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();

        static void Wait(ValueTask task)
        {
            if (!task.IsCompletedSuccessfully) task.AsTask().GetAwaiter().GetResult();
        }
    }
}

/// <summary>A stream that SQL reads as a relation.</summary>
public sealed class StreamRelation : IDisposable
{
    readonly CancellationTokenSource cancellation = new();
    readonly Action<StreamRelation> remove;
    Exception? failure;

    internal StreamRelation(ColumnStream stream, string sql, Action<StreamRelation> remove) =>
        (Stream, Sql, this.remove) = (stream, sql, remove);

    /// <summary>What to write after FROM.</summary>
    public string Sql { get; }

    internal ColumnStream Stream { get; }

    internal CancellationToken Canceled => cancellation.Token;

    /// <summary>Unregisters the stream from the engine.</summary>
    public void Dispose() => remove(this);

    internal void Cancel() => cancellation.Cancel();

    /// <summary>Keeps the first thing that reading the stream threw.</summary>
    internal void Fail(Exception exception) => Interlocked.CompareExchange(ref failure, exception, null);

    /// <summary>Throws what reading the stream threw, if it did.</summary>
    internal void ThrowFailure()
    {
        if (Interlocked.Exchange(ref failure, null) is { } thrown) ExceptionDispatchInfo.Throw(thrown);
    }
}
