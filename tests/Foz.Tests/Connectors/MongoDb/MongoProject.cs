using Foz.Connectors;
using Foz.Connectors.MongoDb;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Tests.Connectors.Files;

namespace Foz.Tests.Connectors.MongoDb;

/// <summary>One stream of a test's server, and what is read of it.</summary>
sealed class MongoProject : IAsyncDisposable
{
    readonly string workFolder = Directory.CreateTempSubdirectory("foz-mongo-").FullName;
    readonly List<StreamRows> opened = [];

    public MongoProject(
        MongoServer server, StreamDefinition stream, Func<MongoDbOptions, MongoDbOptions>? change = null,
        params (string Name, object Value)[] connection)
    {
        Stream = stream;
        (string Name, object Value)[] usual = [("url", server.Url), ("timeout", "5s")];
        var settings = Settings.Of(
            [.. connection, .. usual.Where(u => connection.All(c => c.Name != u.Name))]);
        Definition = new()
        {
            Name = "shop", Connection = new("shop", "mongodb", settings), Streams = [stream],
        };
        var options = MongoDbOptions.Read(settings);
        Source = new MongoDbSource(Definition, change?.Invoke(options) ?? options, TimeProvider.System);
    }

    public SourceDefinition Definition { get; }

    public StreamDefinition Stream { get; }

    public ISource Source { get; }

    public List<StreamInputs> History { get; } = [];

    public IReadOnlyList<Warning> Warnings { get; private set; } = [];

    public IReadOnlyList<Field> Fields { get; private set; } = [];

    /// <summary>How many rows the last batch rejected, as it counted them.</summary>
    public long RejectedCount { get; private set; }

    /// <summary>The rows that the last batch rejected: text and reason.</summary>
    public List<(string Text, string Reason)> Rejected { get; } = [];

    public static StreamDefinition Of(
        string name, Dictionary<string, string>? columns = null, string? cursor = null,
        params (string Name, object Value)[] settings) => new()
        {
            Name = name, Columns = columns ?? [], Settings = Settings.Of(settings), Cursor = cursor,
            Mode = cursor is null ? StreamMode.Snapshot : StreamMode.Incremental,
        };

    /// <summary>The rows of the next batch; empty where nothing is new.</summary>
    public async Task<List<object?[]>> ReadAsync()
    {
        var ct = TestContext.Current.CancellationToken;
        var plan = await Source.PlanAsync(Stream, History, ct);
        Warnings = plan.Warnings;
        Rejected.Clear();
        if (plan.Inputs is not { } inputs) return [];
        var work = Directory.CreateDirectory(Path.Combine(workFolder, Path.GetRandomFileName())).FullName;
        var rows = (StreamRows.Streamed)await Source.ReadAsync(
            Stream, inputs, new() { Engine = FilesProject.Engine, WorkFolder = work }, ct);
        opened.Add(rows);
        using var session = FilesProject.Engine.Open(Workload.Ingestion);
        using var relation = session.Register(rows.Stream);
        var values = new List<object?[]>();
        using (var result = session.Query($"SELECT * FROM {relation.Sql}", ct))
            values.AddRange(result.Rows(ct).Select(r => r.ToArray()));
        History.Add(inputs);
        Warnings = [.. Warnings, .. rows.Warnings];
        Fields = rows.Fields;
        RejectedCount = rows.CountRejected();
        using var rejected = session.Query(rows.RejectedSql!, ct);
        Rejected.AddRange(rejected.Rows(ct).Select(r => ((string)r[2]!, (string)r[3]!)));
        return values;
    }

    /// <summary>The rows of the next batch as lines, in order.</summary>
    public async Task<List<string>> LinesAsync() =>
    [
        .. (await ReadAsync()).Select(row => string.Join('|', row.Select(Shown))).Order(StringComparer.Ordinal),
    ];

    public async ValueTask DisposeAsync()
    {
        foreach (var rows in opened) await rows.DisposeAsync();
        await Source.DisposeAsync();
        Directory.Delete(workFolder, recursive: true);
    }

    static string Shown(object? value) => value switch
    {
        null => "NULL",
        bool flag => flag ? "true" : "false",
        byte[] bytes => Convert.ToHexStringLower(bytes),
        IFormattable other => other.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
