using System.IO.Compression;
using System.Text;
using Foz.Connectors;
using Foz.Connectors.Files;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Lake.Tables;

namespace Foz.Tests.Connectors.Files;

/// <summary>A folder of files and what the connector makes of it, run as the platform runs it.</summary>
public sealed class FilesProject : IAsyncDisposable
{
    static readonly Lazy<EnginePool> Pool = new(() => new(new EngineOptions { MemoryBytes = 1L << 30 }));
    static readonly DateTime ModifiedAt = new(2025, 3, 1, 12, 30, 0, DateTimeKind.Utc);
    readonly List<StreamRows> opened = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("foz-files-").FullName;

    public static EnginePool Engine => Pool.Value;

    public ISource Source { get; private set; } = null!;

    public StreamDefinition Stream { get; private set; } = null!;

    /// <summary>The columns that the table has so far.</summary>
    public IReadOnlyList<Field> TableFields { get; set; } = [];

    /// <summary>Whether columns of the table may take wider types.</summary>
    public bool WidensTypes { get; init; }

    public List<StreamInputs> History { get; } = [];

    /// <summary>The warnings of the last batch.</summary>
    public IReadOnlyList<Warning> Warnings { get; private set; } = [];

    /// <summary>Whether the last batch took the slow path.</summary>
    public bool HasRecovered { get; private set; }

    public FilesProject Define(
        string path, StreamMode mode = StreamMode.Incremental, Dictionary<string, string>? columns = null,
        TimeProvider? clock = null, params (string Name, object Value)[] settings)
    {
        Stream = new StreamDefinition
        {
            Name = "rows",
            Mode = mode,
            Columns = columns ?? [],
            Settings = Settings.Of([("path", path), .. settings]),
        };
        Source = new FilesConnector(clock ?? TimeProvider.System).Open(
            new SourceDefinition
            {
                Name = "files",
                Connection = new("files", "files", Settings.Empty),
                Streams = [Stream],
            }, Folder);
        return this;
    }

    public FilesProject Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    public FilesProject Write(string path, byte[] bytes)
    {
        var full = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        if (path.EndsWith(".gz", StringComparison.Ordinal)) bytes = Gzip(bytes);
        File.WriteAllBytes(full, bytes);
        File.SetLastWriteTimeUtc(full, ModifiedAt);
        return this;
    }

    /// <summary>A file of lines that the engine compresses as the extension says.</summary>
    public void WriteLines(string path, IEnumerable<string> lines)
    {
        using var session = Engine.Open(Workload.Ingestion);
        var values = string.Join(", ", lines.Select((line, i) => $"({i}, {SqlText.Literal(line)})"));
        session.Execute(
            $"""
            COPY (SELECT line FROM (VALUES {values}) t(i, line) ORDER BY i)
            TO {SqlText.Literal(Path.Combine(Folder, path))} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '')
            """, TestContext.Current.CancellationToken);
    }

    public void WriteParquet(string path, string sql)
    {
        var full = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        using var session = Engine.Open(Workload.Ingestion);
        session.Execute(
            $"COPY ({sql}) TO {SqlText.Literal(full)} (FORMAT parquet)", TestContext.Current.CancellationToken);
    }

    public async Task<BatchPlan> PlanAsync() =>
        await Source.PlanAsync(Stream, History, TestContext.Current.CancellationToken);

    /// <summary>Plans and reads a batch; the table has its columns from then on.</summary>
    public async Task<Batch> ReadAsync()
    {
        var ct = TestContext.Current.CancellationToken;
        var inputs = (await PlanAsync()).Inputs ?? throw new InvalidOperationException("nothing is new");
        History.Add(inputs);
        var work = Directory.CreateDirectory(Path.Combine(Folder, ".work", Path.GetRandomFileName())).FullName;
        var context = new ReadContext
        {
            Engine = Engine, WorkFolder = work, TableFields = TableFields,
            Widen = WidensTypes ? DeltaTypes.Wider : null,
        };
        var rows = (StreamRows.Selected)await Source.ReadAsync(Stream, inputs, context, ct);
        opened.Add(rows);
        Warnings = rows.Warnings;
        HasRecovered = false;
        using var session = Engine.Open(Workload.Ingestion);
        IReadOnlyList<object?[]> values;
        try
        {
            values = Run(session, rows.Sql);
        }
        catch (FozException e) when (rows.Recover is not null)
        {
            rows = await rows.Recover(e, ct) ?? throw new InvalidOperationException("not recovered", e);
            opened.Add(rows);
            HasRecovered = true;
            values = Run(session, rows.Sql);
        }
        var names = session.Describe(rows.Sql, ct);
        Assert.Equal(
            [.. rows.Fields.Select(f => f.Name), ChangeColumns.CommitTs, ChangeColumns.Source],
            names.Select(n => n.Name));
        Assert.Equal(
            rows.Fields.Select(f => ColumnTypes.NameOf(f.Type)), names.SkipLast(2).Select(n => n.Type.ToString()));
        var rejected = rows.RejectedSql is null ? [] : Run(session, rows.RejectedSql)
            .Select(r => new RejectedRow((string)r[0]!, (long)r[1]!, (string)r[2]!, (string)r[3]!))
            .OrderBy(r => r.File, StringComparer.Ordinal).ThenBy(r => r.Line).ToList();
        TableFields = rows.Fields;
        return new(rows.Fields, values, rejected);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var rows in opened) await rows.DisposeAsync();
        if (Source is not null) await Source.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }

    static IReadOnlyList<object?[]> Run(EngineSession session, string sql)
    {
        using var rows = session.Query(sql, TestContext.Current.CancellationToken);
        return [.. rows.Rows(TestContext.Current.CancellationToken)];
    }
}

/// <summary>What a batch arrives with.</summary>
public sealed record Batch(
    IReadOnlyList<Field> Fields, IReadOnlyList<object?[]> Rows, IReadOnlyList<RejectedRow> Rejected)
{
    /// <summary>The rows as lines: values between bars, null as nothing, sorted.</summary>
    public IEnumerable<string> Lines => Rows.Select(r => Text(r.SkipLast(2))).Order(StringComparer.Ordinal);

    public string Names => string.Join(",", Fields.Select(f => f.Name));

    public string Types => string.Join(",", Fields.Select(f => f.Type));

    static string Text(IEnumerable<object?> values) => string.Join("|", values.Select(v => v switch
    {
        null => "∅",
        DateTime t => t.ToString("yyyy-MM-dd HH:mm:ss.ffffff"),
        IFormattable f => f.ToString(null, null),
        _ => v.ToString(),
    }));
}
