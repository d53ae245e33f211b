using System.Globalization;
using System.Text.Json;
using Foz.Connectors;
using Foz.Connectors.Changes;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Reading;
using Foz.Streams.Tables;
using Foz.Tests.Connectors.PostgreSql.Changes;
using Foz.Tests.Wire.PostgreSql.Replication;

namespace Foz.Tests.Streams;

/// <summary>
/// What Debezium 3.4 sent for a workload is what the view of its changes has, but for what the guide names.
/// </summary>
public sealed class EnvelopeTests
{
    const string Unavailable = "__debezium_unavailable_value";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Events_are_those_that_Debezium_sent_for_the_same_changes()
    {
        string[] tables = ["acct", "parent", "child", "toast", "toast_full", "rep_index", "nopk_full"];
        var changes = RecordedStream.Assemble(RecordedMessages.Of("pgoutput_v1"), RecordedStream.Raw)
            .OfType<ChangePart.Rows>().Select(part => part.Changes).Where(rows => tables.Contains(rows.Table.Name))
            .ToLookup(rows => rows.Table.Name);
        var events = Recorded();
        using var engines = new EnginePool(new EngineOptions { MemoryBytes = 1L << 30, Threads = 2 });
        var compared = tables.Sum(table =>
        {
            using var session = engines.Open(Workload.Models);
            var actual = Envelopes(session, table, [.. changes[table]]).ToList();
            Assert.Equal(events[table].DistinctBy(e => (e.Transaction, e.Order)).Select(e => e.ToString()), actual);
            return actual.Count;
        });
        Assert.True(compared > 150);
    }

    /// <summary>The events that Debezium sent; those that it sent twice after it was killed are there twice.</summary>
    static ILookup<string, Event> Recorded()
    {
        using var file = new ZstdSharp.DecompressionStream(
            File.OpenRead(Path.Combine(RecordedMessages.Folder, "debezium_full.jsonl.zst")));
        using var lines = new StreamReader(file);
        var events = new List<Event>();
        while (lines.ReadLine() is { } line)
        {
            using var read = JsonDocument.Parse(line);
            if (read.RootElement.GetProperty("value") is { ValueKind: JsonValueKind.Object } value
                && value.TryGetProperty("op", out var op) && op.GetString() is "c" or "u" or "d" or "t"
                && value.GetProperty("transaction") is { ValueKind: JsonValueKind.Object } transaction)
                events.Add(Event.Of(op.GetString()!, value, transaction));
        }
        return events.ToLookup(e => e.Table);
    }

    static IEnumerable<string> Envelopes(EngineSession session, string table, IReadOnlyList<TableChanges> changes)
    {
        session.Execute(
            $"CREATE TEMP TABLE {table} AS SELECT now() AS _cdc_synced_at, 'app.x' AS _cdc_source WHERE false", Cancel);
        // The columns of a table change on the way, as they do in bronze.
        foreach (var batch in changes)
        {
            var fields = ChangeRows.FieldsOf(batch.Table);
            foreach (var field in fields)
                session.Execute(
                    $"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {SqlText.Identifier(field.Name)} "
                        + ColumnTypes.NameOf(field.Type),
                    Cancel);
            using var stream = session.Register(new ColumnStream(fields, [Batches(batch)]));
            session.Execute(
                $"INSERT INTO {table} BY NAME SELECT *, now() AS _cdc_synced_at, 'app.x' AS _cdc_source "
                    + $"FROM {stream.Sql}",
                Cancel);
        }
        using var rows = session.Query(
            $"""
            SELECT op, to_json(before)::VARCHAR, to_json(after)::VARCHAR, source."table", source."txId", source.ts_us,
                transaction.total_order, array_to_string(unchanged, ','), source.schema, source.snapshot, source.connector
            FROM ({ViewOf("temp", table)}) ORDER BY source.commit_lsn, transaction.total_order
            """, Cancel);
        foreach (var row in rows.Rows(Cancel))
        {
            Assert.Equal(["app", "false", "postgresql"], row[8..11].Cast<string>());
            var unchanged = ((string?)row[7])?.Split(',') ?? [];
            yield return new Event(
                (string)row[3]!, (string)row[0]!, TextOf((string?)row[1], []), TextOf((string?)row[2], unchanged),
                (long)row[4]!, (long)row[6]!, (long)row[5]!).ToString();
        }

        static string TextOf(string? json, string[] unchanged)
        {
            if (json is null) return "null";
            using var read = JsonDocument.Parse(json);
            return Event.TextOf(read.RootElement, unchanged);
        }
    }

    /// <summary>The SQL of the view of a table.</summary>
    internal static string ViewOf(string schema, string table)
    {
        var definition = new StreamDefinition
        {
            Name = table, Mode = StreamMode.Changes, Settings = Settings.Of(("table", $"app.{table}")),
        };
        var stream = new ProjectStream { Definition = definition, Name = new(schema, table), Table = new(schema, table) };
        var source = new ProjectSource
        {
            Definition = new()
            {
                Name = "src", Connection = new("src", "postgresql", Settings.Empty), Schema = schema,
                Streams = [definition],
            },
            Streams = [stream], Schema = schema, File = "",
        };
        return EnvelopeModel.Of(source, stream).Sql;
    }

    static async IAsyncEnumerable<ColumnBatch> Batches(TableChanges changes)
    {
        await Task.Yield();
        yield return ChangeRows.Of(changes, offset: 0);
    }

    /// <summary>An event, its values as texts.</summary>
    sealed record Event(
        string Table, string Op, string Before, string After, long Transaction, long Order, long CommittedAt)
    {
        public static Event Of(string op, JsonElement value, JsonElement transaction)
        {
            var source = value.GetProperty("source");
            var table = source.GetProperty("table").GetString()!;
            var before = TextOf(value.GetProperty("before"), []);
            // What the server did not send of a deleted row is NULL here; Debezium fills it in where it is NOT NULL.
            if (table == "acct") before = before.Replace(", name=", "", StringComparison.Ordinal);
            if (table == "rep_index") before = before.Replace("id=0, code", "code", StringComparison.Ordinal);
            return new(
                table, op, before,
                TextOf(value.GetProperty("after"), []), source.GetProperty("txId").GetInt64(),
                transaction.GetProperty("total_order").GetInt64(), source.GetProperty("ts_us").GetInt64());
        }

        /// <summary>A row without NULLs: a view has all columns that the table ever had.</summary>
        public static string TextOf(JsonElement row, string[] unchanged) => row.ValueKind is JsonValueKind.Null
            ? "null"
            : string.Join(
                ", ", row.EnumerateObject()
                    .Where(column => unchanged.Contains(column.Name) || column.Value.ValueKind is not JsonValueKind.Null)
                    .Select(column => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{column.Name}={(unchanged.Contains(column.Name) ? Unavailable : column.Value)}")));
    }
}
