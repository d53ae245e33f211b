using Foz.Connectors.Changes;
using Foz.Connectors.PostgreSql;
using Foz.Connectors.PostgreSql.Changes;
using Foz.Tests.Connectors.PostgreSql.Changes;

namespace Foz.AcceptanceTests.PostgreSql;

/// <summary>
/// A consumer of changes as a stream of Foz will be: it keeps a batch and its position together, then confirms.
/// </summary>
public sealed class ChangeReader(IChangeSource source, ChangePosition from, ILookup<string, Dictionary<string, string?>> rows)
    : IAsyncDisposable
{
    IChangeStream? stream;

    public ReplayedTables Tables { get; } = new(rows);

    /// <summary>What was kept last.</summary>
    public ChangePosition Position { get; private set; } = from;

    public List<ChangePart.End> Batches { get; } = [];

    public List<ChangePart.Message> Messages { get; } = [];

    public List<ReplayedChange> Changes { get; } = [];

    public long ChangeCount { get; private set; }

    /// <summary>Whether all changes are remembered.</summary>
    public bool Remembers { get; init; } = true;

    public static PgOptions Options(PostgreSqlDatabase database) => new()
    {
        Host = "localhost", Port = database.Server.Port, Database = database.Name, User = "foz",
        Password = PostgreSqlServer.Password,
    };

    /// <summary>A source of all tables that the user owns, by a slot of the database's name.</summary>
    public static PgChangeSource Source(PostgreSqlDatabase database, params string[] tables) => new(
        Options(database),
        new PgChangeOptions($"slot_{database.Name}", "pub") { Tables = tables, SpoolMemoryBytesMax = 1 << 20 });

    // The server refuses to change one role by two sessions at once.
    static readonly SemaphoreSlim preparing = new(1);

    /// <summary>Lets the user read changes of the database, and own its tables.</summary>
    public static async Task PrepareAsync(PostgreSqlDatabase database, params string[] tables)
    {
        await preparing.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            await database.ExecuteAsync($"ALTER ROLE foz REPLICATION; GRANT ALL ON DATABASE {database.Name} TO foz; "
                + "GRANT ALL ON SCHEMA public TO foz; "
                + string.Join(' ', tables.Select(table => $"ALTER TABLE {table} OWNER TO foz;")));
        }
        finally
        {
            preparing.Release();
        }
    }

    /// <summary>A reader from now on, of tables that are empty.</summary>
    public static async Task<ChangeReader> StartAsync(
        PostgreSqlDatabase database, bool remembers = true, params string[] tables)
    {
        await PrepareAsync(database, tables);
        var source = Source(database, tables);
        await using var start = await source.StartAsync(TestContext.Current.CancellationToken);
        return new ChangeReader(
            source, start.Position, Array.Empty<string>().ToLookup(t => t, _ => new Dictionary<string, string?>()))
        {
            Remembers = remembers,
        };
    }

    /// <summary>Reads batches until one ends at or after the log's current place.</summary>
    public async Task ReadToNowAsync(PostgreSqlDatabase database, ChangeLimits? limits = null)
    {
        await database.ExecuteAsync("SELECT pg_logical_emit_message(true, 'test.end', '')");
        while (Messages.Count == 0 || Messages[^1].Prefix != "test.end") await ReadAsync(limits);
        Messages.RemoveAt(Messages.Count - 1);
    }

    /// <summary>Reads a batch, keeps it, and confirms it.</summary>
    public async Task<ChangePart.End> ReadAsync(ChangeLimits? limits = null)
    {
        var end = await ReadUnconfirmedAsync(limits);
        await stream!.ConfirmAsync(end.Position, TestContext.Current.CancellationToken);
        return end;
    }

    public async Task<ChangePart.End> ReadUnconfirmedAsync(ChangeLimits? limits = null)
    {
        stream ??= Assert.IsType<ChangeOpening.Opened>(
            await source.OpenAsync(Position, TestContext.Current.CancellationToken)).Stream;
        var batch = new List<ChangePart>();
        await foreach (var part in stream.ReadBatchAsync(
            limits ?? new ChangeLimits { WaitMax = TimeSpan.Zero }, TestContext.Current.CancellationToken))
            batch.Add(part);
        var end = Assert.IsType<ChangePart.End>(batch[^1]);
        Assert.True(Assert.IsType<PositionOrder.Ordered>(Position.CompareWith(end.Position)).Sign <= 0);
        var count = 0;
        foreach (var part in batch)
        {
            if (part is ChangePart.Schema schema) Tables.Open(schema.Table);
            if (part is ChangePart.Message message) Messages.Add(message);
            if (part is not ChangePart.Rows rows) continue;
            foreach (var change in ReplayedChange.Of(rows.Changes))
            {
                Tables.Apply(change);
                if (Remembers) Changes.Add(change);
                count++;
            }
        }

        Assert.Equal(end.ChangeCount, count);
        ChangeCount += count;
        Batches.Add(end);
        Position = end.Position;
        return end;
    }

    /// <summary>Loses the connection, as a process that ends.</summary>
    public async Task CloseAsync()
    {
        if (stream is not null) await stream.DisposeAsync();
        stream = null;
    }

    public Task BeatAsync() => stream!.BeatAsync(TestContext.Current.CancellationToken);

    /// <summary>Compares a table with the server's, row by row.</summary>
    public async Task AssertSameAsync(PostgreSqlDatabase database, string table, params string[] columns)
    {
        var expected = (await database.QueryAsync($"SELECT {string.Join(", ", columns)} FROM {table}"))
            .Select(row => columns.Zip(row).ToDictionary(c => c.First, c => c.Second));
        Assert.Equal(
            ReplayedTables.Lines(expected, _ => true),
            // A column that was added is null in the rows that were there.
            ReplayedTables.Lines(
                Tables.Rows(table).Select(row => columns.ToDictionary(c => c, row.GetValueOrDefault)), _ => true));
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await source.DisposeAsync();
    }
}
