using MongoDB.Bson;
using MongoDB.Driver;

namespace Foz.Connectors.MongoDb;

/// <summary>
/// A range of a collection's ids, by the order of their index. Conditions such as <c>$gte</c> would compare ids of one
/// type only, and lose the others.
/// </summary>
/// <param name="Min">The first id that may be in it; null for the least that there is.</param>
/// <param name="Max">The first id after it; null where it has no end.</param>
sealed record DocumentRange(RawBsonDocument? Min, RawBsonDocument? Max)
{
    /// <summary>All ids.</summary>
    public static DocumentRange All { get; } = new(null, null);
}

/// <summary>Divides a collection into ranges that hold every id once.</summary>
static class DocumentRanges
{
    const int RangesPerConnection = 4;
    const int SamplesPerRange = 16;
    static readonly BsonDocument byId = new("_id", 1);

    /// <summary>Returns the ranges; their ends are ids of a sample, in the server's own order.</summary>
    public static async Task<IReadOnlyList<DocumentRange>> DivideAsync(
        MongoDbSession session, MongoDbOptions options, string collection, CancellationToken cancellationToken)
    {
        if (options.ConnectionsMax == 1
            || await session.EstimateAsync(collection, cancellationToken) < options.SplitMin)
            return [DocumentRange.All];
        var count = options.ConnectionsMax * RangesPerConnection;
        var sample = await session.AskAsync($"dividing {collection} into ranges", async database =>
        {
            PipelineDefinition<RawBsonDocument, RawBsonDocument> pipeline = new BsonDocument[]
            {
                new("$sample", new BsonDocument("size", count * SamplesPerRange)), new("$project", byId),
                new("$sort", byId),
            };
            using var cursor = await database.GetCollection<RawBsonDocument>(collection).AggregateAsync(
                pipeline, cancellationToken: cancellationToken);
            var ids = new List<RawBsonDocument>();
            while (await cursor.MoveNextAsync(cancellationToken))
                foreach (var document in cursor.Current)
                    using (document)
                        if (RawDocuments.IdOf(RawDocuments.BytesOf(document).Span) is { } id) ids.Add(id);
            return ids;
        });
        return Of(sample);
    }

    /// <summary>Returns the ranges between every sixteenth of the ids.</summary>
    static List<DocumentRange> Of(List<RawBsonDocument> ids)
    {
        var ranges = new List<DocumentRange>();
        RawBsonDocument? last = null;
        for (var i = SamplesPerRange; i < ids.Count; i += SamplesPerRange)
        {
            // A sample may have a document twice.
            if (last is not null && Same(last, ids[i])) continue;
            ranges.Add(new(last, ids[i]));
            last = ids[i];
        }
        ranges.Add(new(last, null));
        return ranges;
    }

    /// <summary>Whether two documents are the same, bit by bit.</summary>
    public static bool Same(RawBsonDocument one, RawBsonDocument two) =>
        RawDocuments.BytesOf(one).Span.SequenceEqual(RawDocuments.BytesOf(two).Span);
}
