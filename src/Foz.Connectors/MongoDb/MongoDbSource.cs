using Foz.Connectors.Files.Csv;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Wire.Bson;
using MongoDB.Bson;
using BsonType = Foz.Wire.Bson.BsonType;

namespace Foz.Connectors.MongoDb;

/// <summary>A database of MongoDB as a source.</summary>
/// <param name="definition">The source.</param>
/// <param name="options">How the database is reached.</param>
/// <param name="clock">Waits between tries.</param>
sealed class MongoDbSource(SourceDefinition definition, MongoDbOptions options, TimeProvider clock) : ISource
{
    readonly MongoDbSession session = new(options, definition.Connection.Secrets);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        session.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<string> CheckAsync(CancellationToken cancellationToken)
    {
        var version = await session.VersionAsync(cancellationToken);
        foreach (var stream in definition.Streams)
            await session.FindAsync(MongoDbStream.Read(definition.Name, stream), cancellationToken);
        return $"{options.Target}, MongoDB {version}";
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DiscoveredStream>> DiscoverAsync(CancellationToken cancellationToken)
    {
        var streams = new Dictionary<string, DiscoveredStream>(StringComparer.OrdinalIgnoreCase);
        foreach (var collection in await session.ListAsync(cancellationToken))
        {
            var clean = string.Concat(collection.Name.Select(c => char.IsLetterOrDigit(c) ? c : '_'));
            var unique = clean;
            for (var number = 2; streams.ContainsKey(unique); number++) unique = $"{clean}_{number}";
            var stream = new StreamDefinition
            {
                Name = unique, Settings = Settings.Of(("collection", collection.Name)),
                Keys = collection.HasIds ? [MongoDbStream.IdName] : [],
            };
            var fields = MongoDbStream.Read(definition.Name, stream).Columns.Select(c => c.Field);
            streams[unique] = new(stream, [.. fields])
            {
                RowCountEstimate = collection.HasIds
                    ? await session.EstimateAsync(collection.Name, cancellationToken)
                    : null,
                Propose = token => DocumentProposal.Of(session, collection.Name, token),
            };
        }
        return [.. streams.Values];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> FindKeysAsync(
        StreamDefinition stream, CancellationToken cancellationToken)
    {
        var read = MongoDbStream.Read(definition.Name, stream);
        var column = read.Columns.First(c => c.Path?.Text == MongoDbStream.IdName);
        if (!(await session.FindAsync(read, cancellationToken)).HasIds) return [];
        // The text of an id tells ids of one type apart; JSON tells all apart.
        return column.Form is DocumentForm.Text && await MixedIdsAsync(read, cancellationToken) is not null
            ? []
            : [column.Name];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Field>> FindFieldsAsync(
        StreamDefinition stream, ReadContext context, CancellationToken cancellationToken)
    {
        var read = MongoDbStream.Read(definition.Name, stream);
        await session.FindAsync(read, cancellationToken);
        return [.. read.WithTypes(context.Engine).Columns.Select(c => c.Field)];
    }

    /// <inheritdoc/>
    public async Task<BatchPlan> PlanAsync(
        StreamDefinition stream, IReadOnlyList<StreamInputs> history, CancellationToken cancellationToken)
    {
        var read = MongoDbStream.Read(definition.Name, stream);
        if (read.Cursor is null) return new(new StreamInputs.OfAll(), []);
        session.CheckReadsPrimary(stream.Name);
        await session.FindAsync(read, cancellationToken);
        var ends = new CursorEnds(session, read);
        var kind = await ends.KindAsync(cancellationToken);
        if (kind is null)
        {
            if (history.Count > 0) return new(null, []);
            await ends.CheckExistsAsync(cancellationToken);
            return new(CursorPlan.NoRowsYet, []);
        }
        return await CursorPlan.MakeAsync(history, new($"{read.Cursor.Text} ({kind}) of {read.Collection}", stream)
        {
            Max = from => ends.MaxAsync(kind, from, cancellationToken),
            Count = value => ends.CountAsync(kind, value, cancellationToken),
            Hash = value => ends.HashAsync(kind, value, cancellationToken),
        });
    }

    /// <inheritdoc/>
    public async Task<StreamRows> ReadAsync(
        StreamDefinition stream, StreamInputs inputs, ReadContext context, CancellationToken cancellationToken)
    {
        var read = MongoDbStream.Read(definition.Name, stream).WithTypes(context.Engine);
        var collection = await session.FindAsync(read, cancellationToken);
        var isCursor = inputs is StreamInputs.OfCursor { To: not null };
        var isOrdered = collection.HasIds && !isCursor;
        var ranges = isOrdered
            ? await DocumentRanges.DivideAsync(session, options, read.Collection, cancellationToken)
            : [DocumentRange.All];
        var readers = Math.Min(options.ConnectionsMax, ranges.Count);
        var rejected = new RejectedRows(Path.Combine(context.WorkFolder, "rejected.csv"));
        var reading = new DocumentReading(session, options, read, clock)
        {
            Filter = isCursor
                ? MongoDbSession.And(read.Filter, CursorEnds.Condition(read, (StreamInputs.OfCursor)inputs))
                : read.Filter,
            Ranges = new(ranges), IsOrdered = isOrdered, Rejected = rejected,
        };
        var fields = read.Columns.Select(c => c.Field).ToList();
        var rows = new ColumnStream(
            fields, [.. Enumerable.Range(0, readers).Select(_ => reading.ReadAsync(CancellationToken.None))]);
        return new StreamRows.Streamed(rows)
        {
            Fields = fields,
            RejectedSql = rejected.SelectLater(),
            CountRejected = () => rejected.Count,
            Warnings = collection.HasIds ? await MixedKeyAsync(read, cancellationToken) : [],
            OnDispose = () =>
            {
                rejected.Dispose();
                return ValueTask.CompletedTask;
            },
        };
    }

    /// <summary>Warns of a key that is the text of ids of several types.</summary>
    async Task<IReadOnlyList<Warning>> MixedKeyAsync(MongoDbStream stream, CancellationToken cancellationToken) =>
        stream.Definition.Keys is [var key] && key == stream.IdColumn
            && await MixedIdsAsync(stream, cancellationToken) is { } types
            ? [
                new($"{stream.Definition.Name}: the ids are of several types ({types}), and ids of different types may "
                        + "have one text",
                    $"declare columns: {{{key}: json}}, which tells them apart"),
            ]
            : [];

    /// <summary>
    /// The types of the least and of the largest id where they differ; null where all ids are of one type, as their
    /// index is ordered by type.
    /// </summary>
    async Task<string?> MixedIdsAsync(MongoDbStream stream, CancellationToken cancellationToken)
    {
        var ends = await Task.WhenAll(EndAsync(1), EndAsync(-1));
        return ends is [{ } least, { } most] && Class(least) != Class(most) ? $"{least}, {most}" : null;

        async Task<BsonType?> EndAsync(int order)
        {
            if (await session.FirstAsync(
                stream, [], new BsonDocument("_id", order), new BsonDocument("_id", 1),
                    cancellationToken) is not { } id)
                return null;
            var elements = new BsonElements(id);
            return elements.Read() ? elements.Type : null;
        }

        static BsonType Class(BsonType type) => type switch
        {
            BsonType.Int32 or BsonType.Int64 or BsonType.Double or BsonType.Decimal128 => BsonType.Int64,
            BsonType.Symbol => BsonType.String,
            _ => type,
        };
    }
}
