using Foz.Lake;
using Foz.Lake.Configuration;
using MongoDB.Bson;

namespace Foz.Connectors.MongoDb;

/// <summary>Finds how far the cursor of a stream has come, and makes sure that queries can follow it.</summary>
sealed class CursorEnds(MongoDbSession session, MongoDbStream stream)
{
    readonly string path = string.Join('.', stream.Cursor!.Names);
    readonly DocumentShape shape = new([stream.Cursor!]);

    /// <summary>The kind of the cursors; null where no document has one.</summary>
    /// <exception cref="FozException">They are of several kinds, or have no order.</exception>
    public async Task<string?> KindAsync(CancellationToken cancellationToken)
    {
        // The server orders values by type first: where both ends are of one kind, all are.
        var has = new BsonDocument(path, new BsonDocument("$ne", BsonNull.Value));
        var least = await EndAsync(has, 1, cancellationToken);
        if (least is null) return null;
        var most = await EndAsync(has, -1, cancellationToken) ?? least;
        return least.Kind == most.Kind ? least.Kind : throw DocumentCursor.NotAlike(stream, least, most);
    }

    /// <summary>The largest cursor, if it is above another; null where there is none.</summary>
    public async Task<string?> MaxAsync(string kind, string? from, CancellationToken cancellationToken) =>
        (await EndAsync(
            new BsonDocument(
                path, from is null ? new BsonDocument("$ne", BsonNull.Value)
                    : new BsonDocument("$gt", new DocumentCursor(kind, from).ToBson())), -1, cancellationToken))?.Text;

    /// <summary>How many documents have a cursor; of null, have none.</summary>
    public Task<long> CountAsync(string kind, string? value, CancellationToken cancellationToken) =>
        session.CountAsync(stream, WithCursor(kind, value), cancellationToken);

    /// <summary>The sum of the hashes of those documents.</summary>
    public Task<UInt128> HashAsync(string kind, string? value, CancellationToken cancellationToken) =>
        session.HashAsync(stream, WithCursor(kind, value), cancellationToken);

    BsonDocument WithCursor(string kind, string? value) => MongoDbSession.And(
        stream.Filter, new(path, value is null ? BsonNull.Value : new DocumentCursor(kind, value).ToBson()));

    /// <summary>Makes sure that a cursor which no document has is not merely misspelt.</summary>
    /// <exception cref="FozException">There are documents.</exception>
    public async Task CheckExistsAsync(CancellationToken cancellationToken)
    {
        if (await session.FirstAsync(stream, stream.Filter, sort: null, projection: null, cancellationToken)
            is not { } document) return;
        throw new FozException(
            ErrorKind.NotFound,
            $"stream '{stream.Definition.Name}': no document of {stream.Collection} has the cursor '{path}'")
        {
            Place = stream.Definition.Place is { File: not null } place ? place : null,
            Hint = NearestName.Hint(path, RawDocuments.NamesOf(document)),
        };
    }

    /// <summary>The condition of a batch.</summary>
    public static BsonDocument Condition(MongoDbStream stream, StreamInputs.OfCursor inputs)
    {
        var name = string.Join('.', stream.Cursor!.Names);
        var kind = KindOf(inputs.Of);
        var to = new DocumentCursor(kind, inputs.To!).ToBson();
        var range = inputs.From is { } from
            ? new BsonDocument
            {
                [inputs.Rereads ? "$gte" : "$gt"] = new DocumentCursor(kind, from).ToBson(), ["$lte"] = to,
            }
            : new BsonDocument("$lte", to);
        return inputs.From is not null && !inputs.ReadsNulls
            ? new(name, range)
            : new("$or", new BsonArray { new BsonDocument(name, range), new BsonDocument(name, BsonNull.Value) });
    }

    /// <summary>The kind that the identity of a cursor names: <see cref="StreamInputs.OfCursor.Of"/>.</summary>
    static string KindOf(string? of)
    {
        var end = of?.LastIndexOf(") of ", StringComparison.Ordinal) ?? -1;
        var start = end < 0 ? -1 : of!.LastIndexOf('(', end);
        return start < 0 ? "" : of![(start + 1)..end];
    }

    async Task<DocumentCursor?> EndAsync(BsonDocument condition, int order, CancellationToken cancellationToken)
    {
        var document = await session.FirstAsync(
            stream, MongoDbSession.And(stream.Filter, condition), new(path, order), new(path, 1), cancellationToken);
        if (document is null) return null;
        try
        {
            return shape.Find(document) is { } fault
                ? throw DocumentCursor.NotOrdered(path, fault, stream.Definition.Name)
                : shape.Found[0] is { } found ? DocumentCursor.Read(stream, found, document) : null;
        }
        catch (Foz.Wire.WireException e)
        {
            throw DocumentCursor.NotOrdered(path, e.Message, stream.Definition.Name);
        }
    }
}
