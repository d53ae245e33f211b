using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Connectors.Processes;

namespace Foz.Pipelines.Destinations;

/// <summary>
/// A destination of the Airbyte protocol: records become rows of Delta tables. A state is reported only after all
/// records before it are committed. The tables therefore have all that a killed sync reported, and the source resumes
/// after it.
/// </summary>
public sealed class AirbyteDestination
{
    const int LinesMax = 1_000;
    const int LineCharsMax = 64 << 20;

    // What lines that wait may take together, counted in pieces: at least the longest line.
    const int PieceChars = 64 << 10;
    const int PiecesMax = 2 * LineCharsMax / PieceChars;

    readonly Lakehouse lake;
    readonly AirbyteConfig config;
    readonly AirbyteMessages messages;
    readonly Dictionary<(string? Namespace, string Name), Sync> syncs;
    readonly Queue<State> states = new();
    long committedAt;
    bool tellsStatus;

    /// <summary>A destination.</summary>
    /// <param name="lake">The lake.</param>
    /// <param name="config">What the platform configures.</param>
    /// <param name="catalog">The configured catalog, JSON.</param>
    /// <param name="tableOf">
    /// The table in the lake for a table of the project: with the environment's prefix, if it has one.
    /// </param>
    /// <param name="messages">Where states and remarks go.</param>
    /// <exception cref="FozException">The catalog is none, or a table may not be written.</exception>
    public AirbyteDestination(
        Lakehouse lake, AirbyteConfig config, string catalog, Func<TableName, TableName> tableOf,
        AirbyteMessages messages)
    {
        (this.lake, this.config, this.messages) = (lake, config, messages);
        syncs = AirbyteStream.ParseCatalog(catalog, config.Schema).ToDictionary(
            s => (s.Namespace, s.Name),
            s => new Sync(s, tableOf(s.Table), new(lake, s, tableOf(s.Table), text => messages.Log("WARN", text))));
    }

    /// <summary>The tables that records go to, without the environment's prefix.</summary>
    public IEnumerable<TableName> Tables => syncs.Values.Select(s => s.Stream.Table);

    /// <summary>Makes sure that a lake can be written.</summary>
    /// <exception cref="Foz.Delta.DeltaException">It cannot.</exception>
    public static async Task CheckAsync(Lakehouse lake, CancellationToken cancellationToken)
    {
        const string probe = $"{Lakehouse.SystemFolder}/airbyte-check";
        await lake.Store.PutAsync(probe, "{}"u8.ToArray(), cancellationToken);
        await lake.Store.DeleteAsync(probe, cancellationToken);
    }

    /// <summary>
    /// Makes sure that no step of a project made a table that records go to: two writers of one table would undo what
    /// the other did.
    /// </summary>
    /// <exception cref="FozException">One did.</exception>
    public async Task CheckFreeAsync(CancellationToken cancellationToken)
    {
        foreach (var sync in syncs.Values)
        {
            var made = sync.Table;
            var isMade = await lake.Catalog.FindAsync(made, cancellationToken) switch
            {
                null => false,
                { Kind: DefinitionKind.View } => true,
                _ => (await (await lake.OpenTableAsync(made, cancellationToken))
                    .FindLatestAsync(cancellationToken))?.BatchOf($"{made}") is not null,
            };
            if (isMade)
                throw new FozException(
                    ErrorKind.Configuration, $"{sync.Stream.Table} was made by a project, which cannot be read now")
                {
                    Hint = "foz check tells what is wrong with it; let the records go to a schema of their own",
                };
        }
    }

    /// <summary>Reads messages up to the end of the input.</summary>
    /// <exception cref="FozException">
    /// A message is none, a table cannot be written, or a stream that replaces its table did not complete.
    /// </exception>
    public async Task WriteAsync(TextReader input, CancellationToken cancellationToken)
    {
        committedAt = lake.Clock.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lines = Channel.CreateBounded<BoundedLine>(LinesMax);
        using var room = new SemaphoreSlim(PiecesMax);
        // Not waited for at an error: it may hang in the input.
        _ = Task.Run(() => ReadAsync(input, lines.Writer, room, stop.Token), CancellationToken.None);
        try
        {
            var number = 0L;
            await foreach (var line in lines.Reader.ReadAllAsync(cancellationToken))
            {
                await TakeAsync(line, ++number, cancellationToken);
                room.Release(PiecesOf(line));
            }
            await FinishAsync(cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            foreach (var sync in syncs.Values) sync.Waiting.Dispose();
        }
    }

    static int PiecesOf(BoundedLine line) => line.Text.Length / PieceChars + 1;

    static async Task ReadAsync(
        TextReader input, ChannelWriter<BoundedLine> lines, SemaphoreSlim room, CancellationToken cancellationToken)
    {
        try
        {
            var reader = new BoundedLineReader(input, LineCharsMax, passesRest: false);
            while (await reader.ReadAsync() is { } line)
            {
                for (var pieces = PiecesOf(line); pieces > 0; pieces--) await room.WaitAsync(cancellationToken);
                await lines.WriteAsync(line, cancellationToken);
                if (line.IsCut) break;
            }
            lines.Complete();
        }
        catch (Exception e)
        {
            lines.TryComplete(e);
        }
    }

    async Task TakeAsync(BoundedLine line, long number, CancellationToken cancellationToken)
    {
        if (line.IsCut)
            throw new FozException(
                ErrorKind.Data, $"line {number} of the input has more than {LineCharsMax:N0} characters");
        if (string.IsNullOrWhiteSpace(line.Text)) return;
        try
        {
            using var document = JsonDocument.Parse(line.Text, new() { MaxDepth = 256 });
            var message = document.RootElement;
            switch (message.ValueKind is JsonValueKind.Object && message.TryGetProperty("type", out var type)
                ? type.GetString()
                : null)
            {
                case "RECORD":
                    Add(message.GetProperty("record"));
                    break;
                case "STATE":
                    states.Enqueue(StateOf(line.Text));
                    if (IsDue()) await CommitAsync(isEnd: false, cancellationToken);
                    break;
                case "TRACE":
                    await NoteAsync(message.GetProperty("trace"), cancellationToken);
                    break;
                case null:
                    throw new FozException(ErrorKind.Data, $"line {number} of the input is no message of Airbyte");
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FozException(
                ErrorKind.Data, $"line {number} of the input is no message of Airbyte: {e.Message}", e);
        }
    }

    void Add(JsonElement record)
    {
        var sync = Find(record);
        sync.Waiting.Add(record.GetProperty("data"), EmittedAt(record) ?? lake.Clock.GetUtcNow());
        sync.RecordsSinceState++;
    }

    /// <summary>When a record was read; null where it does not say.</summary>
    static DateTimeOffset? EmittedAt(JsonElement record)
    {
        if (!record.TryGetProperty("emitted_at", out var emitted) || !emitted.TryGetInt64(out var ms)) return null;
        return ms >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
            && ms <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : throw new FozException(
                ErrorKind.Data, $"'emitted_at' of a record is {ms}, which is no time in milliseconds since 1970");
    }

    Sync Find(JsonElement named)
    {
        var name = (named.TryGetProperty("stream", out var stream) ? stream : named.GetProperty("name")).GetString()!;
        var space = named.TryGetProperty("namespace", out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;
        return syncs.GetValueOrDefault((space, name))
            ?? throw new FozException(
                ErrorKind.Data,
                $"a message is of stream '{(space is null ? name : $"{space}.{name}")}', "
                    + "which the catalog does not have")
            {
                Hint = NearestName.Hint(name, syncs.Keys.Select(k => k.Name)),
            };
    }

    /// <summary>A state, with the records since the one before of the same stream.</summary>
    State StateOf(string line)
    {
        var message = (JsonObject)JsonNode.Parse(line)!;
        Sync? sync = null;
        if (message["state"]?["stream"]?["stream_descriptor"] is JsonObject descriptor)
        {
            using var named = JsonDocument.Parse(descriptor.ToJsonString());
            sync = Find(named.RootElement);
        }
        IEnumerable<Sync> concerned = sync is null ? syncs.Values : [sync];
        var records = 0L;
        foreach (var one in concerned)
        {
            records += one.RecordsSinceState;
            one.RecordsSinceState = 0;
        }
        return new(message, sync, records);
    }

    async Task NoteAsync(JsonElement trace, CancellationToken cancellationToken)
    {
        if (!trace.TryGetProperty("stream_status", out var status)) return;
        tellsStatus = true;
        var sync = Find(status.GetProperty("stream_descriptor"));
        var word = status.GetProperty("status").GetString();
        if (word != "COMPLETE") return;
        sync.IsComplete = true;
        if (!sync.IsAtOnce || sync.IsCommitted) return;
        await CommitAsync(sync, cancellationToken);
        Report();
    }

    bool IsDue() => syncs.Values.Where(s => !s.IsAtOnce).Sum(s => s.Waiting.Count) >= config.BatchRows
        || lake.Clock.GetElapsedTime(committedAt) >= TimeSpan.FromSeconds(config.BatchSeconds);

    /// <summary>Commits the waiting records, and reports the states that are committed then.</summary>
    async Task CommitAsync(bool isEnd, CancellationToken cancellationToken)
    {
        foreach (var sync in syncs.Values)
            if (sync.IsAtOnce
                ? isEnd && !sync.IsCommitted && (!tellsStatus || sync.IsComplete)
                : sync.Waiting.Count > 0 || (isEnd && !sync.IsCommitted))
                await CommitAsync(sync, cancellationToken);
        committedAt = lake.Clock.GetTimestamp();
        Report();
    }

    async Task CommitAsync(Sync sync, CancellationToken cancellationToken)
    {
        var count = await sync.Waiting.CommitAsync(cancellationToken);
        sync.IsCommitted = true;
        if (count > 0)
            messages.Log(
                "INFO",
                $"{count:N0} {(count == 1 ? "record" : "records")} of stream "
                    + $"'{sync.Stream.Name}' are in {sync.Stream.Table}");
    }

    async Task FinishAsync(CancellationToken cancellationToken)
    {
        await CommitAsync(isEnd: true, cancellationToken);
        if (syncs.Values.FirstOrDefault(s => s.IsAtOnce && !s.IsCommitted) is { } cut)
            throw new FozException(
                ErrorKind.Data, $"stream '{cut.Stream.Name}' did not complete: {cut.Stream.Table} stays as it was")
            {
                Hint = "see what the source says, and let the sync run again",
            };
        if (syncs.Values.FirstOrDefault(s => s.IsAtOnce && s.Waiting.Count > 0) is { } late)
            throw new FozException(
                ErrorKind.Data,
                $"{late.Waiting.Count:N0} {(late.Waiting.Count == 1 ? "record" : "records")} of stream "
                    + $"'{late.Stream.Name}' came after it was complete: {late.Stream.Table} has those before")
            {
                Hint = "see what the source says, and let the sync run again",
            };
    }

    /// <summary>Reports the states that no uncommitted record precedes, each stream's in their order.</summary>
    void Report()
    {
        var isHeld = new HashSet<Sync>();
        for (var left = states.Count; left > 0; left--)
        {
            var state = states.Dequeue();
            IEnumerable<Sync> concerned = state.Of is null ? syncs.Values : [state.Of];
            if (concerned.Any(s => isHeld.Contains(s) || s.Waiting.Count > 0 || (s.IsAtOnce && !s.IsCommitted)))
            {
                isHeld.UnionWith(concerned);
                states.Enqueue(state);
            }
            else messages.State(state.Message, state.Records);
        }
    }

    sealed record State(JsonObject Message, Sync? Of, long Records);

    /// <summary>A stream at work.</summary>
    sealed class Sync(AirbyteStream stream, TableName table, WaitingRecords waiting)
    {
        public AirbyteStream Stream => stream;

        /// <summary>Its table in the lake.</summary>
        public TableName Table => table;

        public WaitingRecords Waiting => waiting;

        /// <summary>Whether all of its records arrive in one commit.</summary>
        public bool IsAtOnce => stream.Mode is AirbyteSyncMode.Overwrite;

        public long RecordsSinceState { get; set; }

        public bool IsComplete { get; set; }

        public bool IsCommitted { get; set; }
    }
}
