using System.IO.Hashing;
using Foz.Lake;
using Foz.Lake.Configuration;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Foz.Connectors.MongoDb;

/// <summary>What a collection is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="HasIds">Whether it has an index of ids: no view and no time series.</param>
readonly record struct CollectionInfo(string Name, bool HasIds);

/// <summary>Asks a database.</summary>
sealed class MongoDbSession : IDisposable
{
    const string SystemPrefix = "system.";
    readonly MongoDbOptions options;
    readonly MongoDbFault fault;
    readonly Lazy<MongoClient> client;

    public MongoDbSession(MongoDbOptions options, Secrets secrets)
    {
        this.options = options;
        fault = new(options, secrets);
        client = new(() => new MongoClient(options.Client));
    }

    /// <summary>Checks that reads are of the primary, as those must be that continue from a cursor.</summary>
    /// <param name="stream">The stream.</param>
    /// <exception cref="FozException">They may be of a member that lags.</exception>
    public void CheckReadsPrimary(string stream)
    {
        if (options.Client.ReadPreference.ReadPreferenceMode is ReadPreferenceMode.Primary) return;
        throw new FozException(
            ErrorKind.Configuration,
            $"stream '{stream}' cannot be incremental with read_preference other than primary: documents that reach "
            + "a member late would be missed")
        {
            Hint = "set read_preference: primary, or mode: snapshot",
        };
    }

    IMongoDatabase Database => client.Value.GetDatabase(options.Database);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (client.IsValueCreated) client.Value.Dispose();
    }

    /// <summary>The documents of a collection, as the server sends them.</summary>
    public IMongoCollection<RawBsonDocument> Collection(string name) => Database.GetCollection<RawBsonDocument>(name);

    /// <summary>An error in the platform's words.</summary>
    public FozException Fault(Exception error, string doing) =>
        fault.Of(error, doing, client.IsValueCreated ? client.Value.Cluster.Description : null);

    /// <summary>Asks the server, and says what it was if it fails.</summary>
    /// <exception cref="FozException">It fails.</exception>
    public async Task<T> AskAsync<T>(string doing, Func<IMongoDatabase, Task<T>> ask)
    {
        try
        {
            return await ask(Database);
        }
        catch (Exception e) when (MongoDbFault.IsOfSource(e))
        {
            throw Fault(e, doing);
        }
    }

    /// <summary>The server's version.</summary>
    public async Task<string> VersionAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(
            "connecting",
            database => database.RunCommandAsync<BsonDocument>(
                new BsonDocument("buildInfo", 1), options.Client.ReadPreference, cancellationToken));
        return answer.GetValue("version", "unknown").ToString()!;
    }

    /// <summary>The collections and views that the user may read, in order.</summary>
    public async Task<IReadOnlyList<CollectionInfo>> ListAsync(CancellationToken cancellationToken)
    {
        var answer = await AskAsync(
            "listing collections",
            database => database.RunCommandAsync<BsonDocument>(
                new BsonDocument
                {
                    ["listCollections"] = 1, ["nameOnly"] = true, ["authorizedCollections"] = true,
                    ["cursor"] = new BsonDocument("batchSize", int.MaxValue),
                }, options.Client.ReadPreference, cancellationToken));
        return
        [
            .. answer["cursor"]["firstBatch"].AsBsonArray.Select(c => c.AsBsonDocument)
                .Select(c => new CollectionInfo(c["name"].AsString, c.GetValue("type", "collection") == "collection"))
                .Where(c => !c.Name.StartsWith(SystemPrefix, StringComparison.Ordinal))
                .OrderBy(c => c.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>The collection of a stream.</summary>
    /// <exception cref="FozException">There is none.</exception>
    public async Task<CollectionInfo> FindAsync(MongoDbStream stream, CancellationToken cancellationToken)
    {
        var all = await ListAsync(cancellationToken);
        if (all.FirstOrDefault(c => c.Name == stream.Collection) is { Name: not null } found) return found;
        throw new FozException(
            ErrorKind.NotFound,
            $"stream '{stream.Definition.Name}': the database {options.Database} has no collection "
                + $"'{stream.Collection}'")
        {
            Place = PlaceOf(stream.Definition, "collection"),
            Hint = NearestName.Hint(stream.Collection, all.Select(c => c.Name)),
        };
    }

    /// <summary>The first document of an order; null where there is none.</summary>
    public Task<byte[]?> FirstAsync(
        MongoDbStream stream, BsonDocument filter, BsonDocument? sort, BsonDocument? projection,
        CancellationToken cancellationToken) =>
        AskAsync<byte[]?>($"looking for the ends of {stream.Collection}", async database =>
        {
            using var cursor = await database.GetCollection<RawBsonDocument>(stream.Collection).FindAsync(
                new BsonDocumentFilterDefinition<RawBsonDocument>(filter),
                new FindOptions<RawBsonDocument> { Sort = sort, Limit = 1, Projection = projection },
                cancellationToken);
            while (await cursor.MoveNextAsync(cancellationToken))
                foreach (var document in cursor.Current)
                    using (document) return RawDocuments.BytesOf(document).ToArray();
            return null;
        });

    /// <summary>How many documents a filter leaves.</summary>
    public Task<long> CountAsync(MongoDbStream stream, BsonDocument filter, CancellationToken cancellationToken) =>
        AskAsync($"counting documents of {stream.Collection}", database => database
            .GetCollection<RawBsonDocument>(stream.Collection)
            .CountDocumentsAsync(
                new BsonDocumentFilterDefinition<RawBsonDocument>(filter), cancellationToken: cancellationToken));

    /// <summary>The sum of the hashes of the documents that a filter leaves, as far as the stream reads them.</summary>
    public Task<UInt128> HashAsync(MongoDbStream stream, BsonDocument filter, CancellationToken cancellationToken) =>
        AskAsync($"comparing documents of {stream.Collection}", async database =>
        {
            using var cursor = await database.GetCollection<RawBsonDocument>(stream.Collection).FindAsync(
                new BsonDocumentFilterDefinition<RawBsonDocument>(filter),
                new FindOptions<RawBsonDocument> { Projection = stream.Projection() }, cancellationToken);
            UInt128 sum = 0;
            while (await cursor.MoveNextAsync(cancellationToken))
                foreach (var document in cursor.Current)
                    using (document) sum += XxHash128.HashToUInt128(RawDocuments.BytesOf(document).Span);
            return sum;
        });

    /// <summary>About how many documents a collection has.</summary>
    public Task<long> EstimateAsync(string collection, CancellationToken cancellationToken) =>
        AskAsync($"counting documents of {collection}", database => database
            .GetCollection<RawBsonDocument>(collection)
            .EstimatedDocumentCountAsync(cancellationToken: cancellationToken));

    /// <summary>Two conditions as one.</summary>
    public static BsonDocument And(BsonDocument one, BsonDocument two) =>
        one.ElementCount == 0 ? two : two.ElementCount == 0 ? one : new("$and", new BsonArray { one, two });

    static Place? PlaceOf(StreamDefinition stream, string setting) =>
        stream.Settings.PlaceOf(setting) is { File: not null } place ? place
        : stream.Place is { File: not null } whole ? whole
        : null;
}
