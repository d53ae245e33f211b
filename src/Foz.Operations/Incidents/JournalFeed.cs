using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Journal;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.ChangeFeed;

namespace Foz.Operations.Incidents;

/// <summary>
/// Reads what runs record, whichever process makes them: from the segments of the journal while a run works, and from
/// the tables of the schema <c>foz</c>, so that nothing is missed while no host reads. A record can come twice. For one
/// thread.
/// </summary>
/// <param name="lake">The lake.</param>
sealed class JournalFeed(Lakehouse lake)
{
    /// <summary>How far back a host looks where none has looked before, and where the log has no changes.</summary>
    public static readonly TimeSpan Backlog = TimeSpan.FromDays(1);

    static readonly string[] tables = [StepRecord.Table, CheckRecord.Table, RunRecord.Table];

    // How far the segments were read: a file by its length, an object once; and how many of its records.
    readonly Dictionary<(string Run, long Number), (long Length, int Count)> segments = [];

    /// <summary>Reads the new records of segments, in their order.</summary>
    public async Task<IReadOnlyList<JournalRecord>> ReadSegmentsAsync(CancellationToken cancellationToken)
    {
        var found = new List<JournalRecord>();
        var present = await RunJournal.ListAsync(lake, cancellationToken);
        foreach (var segment in present)
        {
            var id = (segment.RunId, segment.Number);
            var known = segments.GetValueOrDefault(id);
            var length = LengthOf(segment);
            if (length == known.Length) continue;
            var count = 0;
            foreach (var json in await segment.ReadAsync(cancellationToken))
                if (++count > known.Count && Parse(json) is { } record) found.Add(record);
            segments[id] = (length, Math.Max(count, known.Count));
        }
        if (segments.Count > present.Count)
        {
            var there = present.Select(segment => (segment.RunId, segment.Number)).ToHashSet();
            foreach (var gone in segments.Keys.Where(id => !there.Contains(id)).ToList()) segments.Remove(gone);
        }
        return found;
    }

    /// <summary>Reads the rows that came to the tables since some versions.</summary>
    /// <param name="versions">The versions that were read; null where none was.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The records, and the versions that are read then: the same object where none is new.</returns>
    public async Task<(IReadOnlyList<JournalRecord> Records, IReadOnlyDictionary<string, long> Versions)>
        ReadTablesAsync(IReadOnlyDictionary<string, long>? versions, CancellationToken cancellationToken)
    {
        var found = new List<JournalRecord>();
        var read = new Dictionary<string, long>(versions ?? new Dictionary<string, long>());
        var isNew = versions is null;
        foreach (var name in tables)
        {
            var table = await lake.OpenTableAsync(new(TableName.SystemSchema, name), cancellationToken);
            if (await table.FindLatestAsync(cancellationToken) is not { } latest) continue;
            var since = read.TryGetValue(name, out var known) ? known : (long?)null;
            if (since == latest.Version) continue;
            found.AddRange(await ReadAsync(table, name, latest, since, cancellationToken));
            read[name] = latest.Version;
            isNew = true;
        }
        return (found, isNew ? read : versions!);
    }

    async Task<List<JournalRecord>> ReadAsync(
        LakeTable table, string name, TableSnapshot latest, long? since, CancellationToken cancellationToken)
    {
        var rows = TableRows.All(latest);
        // A table that was made again has fewer versions than were read.
        var isPart = since is { } from && from < latest.Version;
        if (isPart)
            try
            {
                rows = await (await table.ChangesSinceAsync(since!.Value, latest.Version, cancellationToken))
                    .NewRowsAsync(cancellationToken);
            }
            catch (FozException)
            {
                // The log has no longer all versions: what is lately written is read again, which harms nothing.
                isPart = false;
            }
        if (isPart && rows.FileCount == 0) return [];
        using var session = lake.Engines.Open(Workload.Models);
        using var relation = await rows.OpenAsync(session, filter: null, cancellationToken);
        var time = name switch
        {
            CheckRecord.Table => "checked_at",
            _ => "finished_at",
        };
        var after = (lake.Clock.GetUtcNow() - Backlog).ToString(
            "yyyy-MM-dd HH:mm:ss'+00'", CultureInfo.InvariantCulture);
        var columns = string.Join(", ", JournalTables.Fields[name].Where(field => latest.Fields.Any(
            present => present.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase))).Select(ColumnOf));
        var sql = $"SELECT to_json({{{columns}}})::VARCHAR FROM {relation.Sql} AS t"
            + (isPart ? "" : $" WHERE {time} > TIMESTAMPTZ {SqlText.Literal(after)}") + $" ORDER BY {time}";
        using var result = session.Query(sql, cancellationToken);
        return
        [
            .. result.Rows(cancellationToken)
                .Select(row => Parse(name, (string)row[0]!)).OfType<JournalRecord>(),
        ];
    }

    /// <summary>A column as JSON has it in the journal.</summary>
    static string ColumnOf(Field field)
    {
        var name = SqlText.Identifier(field.Name);
        var value = field.Type == DataType.Timestamp
            ? $"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
            : name;
        return $"{SqlText.Literal(field.Name)}: {value}";
    }

    /// <summary>A row as the record that it was: values that an older Foz did not write are the defaults.</summary>
    static JournalRecord? Parse(string table, string json)
    {
        var record = new JsonObject { ["record"] = table };
        foreach (var (name, value) in (JsonObject)JsonNode.Parse(json)!)
            if (value is not null) record[name] = value.DeepClone();
        return Parse(System.Text.Encoding.UTF8.GetBytes(record.ToJsonString()));
    }

    static JournalRecord? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, FeedJson.Default.JournalRecord);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            // A record of a later Foz is no reason to stay away from the others.
            return null;
        }
    }

    static long LengthOf(RunSegment segment) => segment switch
    {
        RunSegment.OfFile { Segment.Path: var path } => new FileInfo(path) is { Exists: true, Length: var length }
            ? length
            : 0,
        _ => 1,
    };
}

[JsonSerializable(typeof(JournalRecord))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
sealed partial class FeedJson : JsonSerializerContext;
