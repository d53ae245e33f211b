using System.Runtime.CompilerServices;
using Foz.Connectors.Files.Csv;
using Foz.Lake;
using Foz.Lake.Data;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Foz.Connectors.MongoDb;

/// <summary>Reads the documents of a stream through several readers, which take ranges until none is left.</summary>
/// <param name="session">Asks the database.</param>
/// <param name="options">How it is read.</param>
/// <param name="stream">What is read.</param>
/// <param name="clock">Waits between tries.</param>
sealed class DocumentReading(
    MongoDbSession session, MongoDbOptions options, MongoDbStream stream, TimeProvider clock)
{
    readonly MongoDbSession session = session;
    readonly MongoDbOptions options = options;
    readonly MongoDbStream stream = stream;
    readonly TimeProvider clock = clock;

    /// <summary>Which documents are read.</summary>
    public required BsonDocument Filter { get; init; }

    /// <summary>The ranges that are left; one that is all where the collection has no index of ids.</summary>
    public required Queue<DocumentRange> Ranges { get; init; }

    /// <summary>Whether documents come in the order of their ids, so that reading can go on where it was cut.</summary>
    public required bool IsOrdered { get; init; }

    /// <summary>Takes the documents that cannot be read.</summary>
    public required RejectedRows Rejected { get; init; }

    /// <summary>One reader.</summary>
    public async IAsyncEnumerable<ColumnBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var rows = new DocumentRows(stream, stream.Columns, Rejected);
        while (Next() is { } range)
        {
            await using var documents = new RangeReader(this, range);
            while (await documents.MoveAsync(cancellationToken))
            {
                rows.Add(documents.Current.Span);
                if (rows.IsFull && rows.Take() is { } full) yield return full;
            }
        }
        if (rows.Take() is { } last) yield return last;
        Rejected.Flush();
    }

    DocumentRange? Next()
    {
        lock (Ranges) return Ranges.TryDequeue(out var range) ? range : null;
    }

    /// <summary>Reads one range; where the server or the way to it fails, it continues after the last row.</summary>
    sealed class RangeReader(DocumentReading reading, DocumentRange range) : IAsyncDisposable
    {
        static readonly TimeSpan waitMin = TimeSpan.FromSeconds(0.5), waitMax = TimeSpan.FromSeconds(30);
        static readonly BsonDocument byId = new("_id", 1);

        IAsyncCursor<RawBsonDocument>? cursor;
        IEnumerator<RawBsonDocument>? documents;
        RawBsonDocument? current;
        RawBsonDocument? last;
        int failures;
        bool goesOn;
        bool hasBegun;

        /// <summary>The document, until the next call.</summary>
        public ReadOnlyMemory<byte> Current { get; private set; }

        /// <summary>Goes to the next document.</summary>
        /// <returns>False at the end.</returns>
        /// <exception cref="FozException">The server fails, and trying again does not help.</exception>
        public async ValueTask<bool> MoveAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                if (documents?.MoveNext() == true)
                {
                    if (Take(documents.Current)) return true;
                    continue;
                }
                try
                {
                    cursor ??= await OpenAsync(cancellationToken);
                    if (!await cursor.MoveNextAsync(cancellationToken)) return false;
                    documents = cursor.Current.GetEnumerator();
                }
                catch (Exception e) when (MongoDbFault.IsOfSource(e))
                {
                    await RecoverAsync(e, cancellationToken);
                }
            }
        }

        /// <inheritdoc/>
        public ValueTask DisposeAsync()
        {
            current?.Dispose();
            Close();
            return ValueTask.CompletedTask;
        }

        /// <summary>Takes a document, unless it is the one after which reading goes on.</summary>
        bool Take(RawBsonDocument document)
        {
            current?.Dispose();
            (current, Current, hasBegun) = (document, RawDocuments.BytesOf(document), true);
            if (!reading.IsOrdered) return true;
            var id = IdOf(Current.Span);
            var isKnown = goesOn && last is not null && id is not null && DocumentRanges.Same(last, id);
            goesOn = false;
            if (isKnown) return false;
            (last, failures) = (id, 0);
            return true;
        }

        /// <summary>The id of a document; null of one that is no BSON, after which reading cannot go on.</summary>
        static RawBsonDocument? IdOf(ReadOnlySpan<byte> document)
        {
            try
            {
                return RawDocuments.IdOf(document);
            }
            catch (Foz.Wire.WireException)
            {
                return null;
            }
        }

        async Task<IAsyncCursor<RawBsonDocument>> OpenAsync(CancellationToken cancellationToken)
        {
            var stream = reading.stream;
            var find = new FindOptions<RawBsonDocument>
            {
                BatchSize = reading.options.BatchSize, Projection = stream.Projection(),
            };
            if (reading.IsOrdered)
            {
                (find.Sort, find.Hint) = (byId, byId);
                (find.Min, find.Max) = (last ?? range.Min, range.Max);
            }
            goesOn = last is not null;
            return await reading.session.Collection(stream.Collection).FindAsync(
                new BsonDocumentFilterDefinition<RawBsonDocument>(reading.Filter), find, cancellationToken);
        }

        /// <summary>Waits before the next try, if there is one.</summary>
        async Task RecoverAsync(Exception error, CancellationToken cancellationToken)
        {
            Close();
            var canGoOn = reading.IsOrdered ? !hasBegun || last is not null : !hasBegun;
            if (!canGoOn || !MongoDbFault.IsTransient(error) || failures >= reading.options.Retries)
                throw reading.session.Fault(error, $"reading {reading.stream.Collection}{Tries()}");
            var wait = TimeSpan.FromTicks(Math.Min(waitMax.Ticks, waitMin.Ticks << Math.Min(failures, 16)));
            failures++;
            await Task.Delay(wait, reading.clock, cancellationToken);
        }

        string Tries() => failures == 0 ? "" : $" (tried {failures + 1} times)";

        void Close()
        {
            documents?.Dispose();
            cursor?.Dispose();
            (documents, cursor) = (null, null);
        }
    }
}
