using System.Text.Json;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Storage;

namespace Foz.Tests.Lake.Tables;

/// <summary>A Delta table whose log and data files a test writes by hand, read by the engine.</summary>
sealed class ScanTable : IDisposable
{
    readonly Foz.Tests.Delta.TempFolder folder = new();
    readonly EnginePool engines = new(new EngineOptions { MemoryBytes = 1L << 28, Threads = 2 });
    readonly List<string> configuration = [];

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ScanTable() => Session = engines.Open(Workload.Query);

    /// <summary>The engine.</summary>
    public EngineSession Session { get; }

    /// <summary>The table's folder.</summary>
    public string Root => folder.Path;

    /// <summary>The table, opened again.</summary>
    public LakeTable Table =>
        new TableStore(new LocalObjectStore(Path.GetDirectoryName(Root)!), engines, TimeProvider.System)
            .Open(Path.GetFileName(Root));

    /// <summary>Sets a property for the next metadata.</summary>
    public ScanTable With(string key, string value)
    {
        configuration.Add($"{JsonSerializer.Serialize(key)}:{JsonSerializer.Serialize(value)}");
        return this;
    }

    /// <summary>Writes a data file; <paramref name="options"/> are those of COPY after a comma.</summary>
    public void Write(string file, string select, string options = "") => Session.Execute(
        $"COPY ({select}) TO {SqlText.Literal(Path.Combine(Root, file))} (FORMAT parquet{options})", Ct);

    /// <summary>Writes version 0: protocol, metadata and files.</summary>
    /// <param name="schema">The fields of the schema as JSON.</param>
    /// <param name="protocol">The fields of the protocol as JSON.</param>
    /// <param name="actions">Further actions; those that do not begin with a brace are paths of files to add.</param>
    /// <param name="partitionBy">Partition columns.</param>
    public void Create(string schema, string protocol, IEnumerable<string> actions, params string[] partitionBy)
    {
        var schemaString = JsonSerializer.Serialize($$"""{"type":"struct","fields":[{{schema}}]}""");
        Commit(0, [
            "{\"protocol\":{" + protocol + "}}",
            "{\"metaData\":{\"id\":\"t\",\"format\":{\"provider\":\"parquet\",\"options\":{}},\"schemaString\":"
                + schemaString
                + ",\"partitionColumns\":" + JsonSerializer.Serialize(partitionBy)
                + ",\"configuration\":{" + string.Join(',', configuration) + "}}}",
            .. actions.Select(action => action.StartsWith('{') ? action : Add(action)),
        ]);
    }

    /// <summary>Writes a commit.</summary>
    public void Commit(long version, params IEnumerable<string> actions)
    {
        Directory.CreateDirectory(Path.Combine(Root, "_delta_log"));
        File.WriteAllLines(Path.Combine(Root, "_delta_log", $"{version:D20}.json"), actions);
    }

    /// <summary>An action that adds a file.</summary>
    /// <param name="path">The path as the log has it.</param>
    /// <param name="partitionValues">The fields of the partition values as JSON.</param>
    /// <param name="more">Further fields as JSON after a comma.</param>
    public static string Add(string path, string partitionValues = "", string more = "") =>
        "{\"add\":{\"path\":\"" + path + "\",\"partitionValues\":{" + partitionValues
        + "},\"size\":1,\"modificationTime\":0,\"dataChange\":true" + more + "}}";

    /// <summary>The rows of a version as JSON, ordered; null for the newest.</summary>
    public async Task<string[]> RowsAsync(string columns = "*", long? version = null)
    {
        var snapshot = version is { } v ? await Table.VersionAsync(v, Ct) : await Table.LatestAsync(Ct);
        using var rows = await snapshot.OpenAsync(Session, Ct);
        using var result = Session.Query(
            $"SELECT CAST(to_json(r) AS VARCHAR) FROM (SELECT {columns} FROM {rows.Sql}) r ORDER BY 1", Ct);
        return [.. result.Rows(Ct).Select(row => (string)row[0]!)];
    }

    public void Dispose()
    {
        Session.Dispose();
        engines.Dispose();
        folder.Dispose();
    }
}
