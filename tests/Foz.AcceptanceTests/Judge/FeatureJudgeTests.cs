using System.Text.Json;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;
using Foz.Delta.Transactions;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Storage;

namespace Foz.AcceptanceTests.Judge;

/// <summary>
/// Tables with each feature that Foz writes, read by ClickHouse with delta-kernel after every change, and appended to
/// by it between ours where it can.
/// </summary>
public sealed class FeatureJudgeTests(JudgeProcess judge) : IDisposable
{
    static readonly JsonElement True = JsonSerializer.SerializeToElement(true);
    static readonly StructField Id = new("id", DeltaType.Long), V = new("v", DeltaType.String),
        P = new("p", DeltaType.Integer);

    static readonly FeatureTable[] tables =
    [
        new("appendOnly") { Properties = ["delta.appendOnly=true"], IsAppendOnly = true, IsAppendedTo = true },
        new("invariants")
        {
            Columns = [Id with { Metadata = Invariant("id >= 0") }, V, P],
        },
        new("checkConstraints") { Properties = ["delta.constraints.positive=id >= 0"] },
        new("changeDataFeed") { Properties = ["delta.enableChangeDataFeed=true"], IsAppendedTo = true },
        new("generatedColumns")
        {
            Columns =
            [
                Id, V, P,
                new("g", DeltaType.Long, metadata: FieldMetadata.Empty.With("delta.generationExpression", "id * 2")),
            ],
        },
        new("columnMapping") { Properties = ["delta.columnMapping.mode=name"], PartitionBy = ["p"] },
        new("columnMapping") { Properties = ["delta.columnMapping.mode=id"] },
        new("identityColumns")
        {
            Columns = [Id, V, P, new("n", DeltaType.Long, metadata: FieldMetadata.Empty.With("delta.identity.start", 1)
                .With("delta.identity.step", 1).With("delta.identity.allowExplicitInsert", True))],
        },
        new("allowColumnDefaults")
        {
            Columns =
            [
                Id, V, P, new("d", DeltaType.Integer, metadata: FieldMetadata.Empty.With("CURRENT_DEFAULT", "7")),
            ],
        },
        new("deletionVectors") { Properties = ["delta.enableDeletionVectors=true"], IsAppendedTo = true },
        new("deletionVectors")
        {
            Properties = ["delta.enableDeletionVectors=true"], PartitionBy = ["p"], IsAppendedTo = true,
        },
        new("timestampNtz") { Columns = [Id, V, P, new("t", DeltaType.TimestampNtz)], IsAppendedTo = true },
        new("v2Checkpoint")
        {
            Properties = ["delta.checkpointPolicy=v2", "delta.checkpointInterval=2"], IsAppendedTo = true,
        },
        new("domainMetadata") { IsAppendedTo = true },
        new("rowTracking") { Properties = ["delta.enableRowTracking=true"] },
        new("clustering"),
        new("inCommitTimestamp") { Properties = ["delta.enableInCommitTimestamps=true"], IsAppendedTo = true },
        new("typeWidening") { Properties = ["delta.enableTypeWidening=true"] },
        new("vacuumProtocolCheck") { IsAppendedTo = true },
        new("icebergCompatV2") { Properties = ["delta.enableIcebergCompatV2=true"], PartitionBy = ["p"] },
        new("checkpointProtection"),
        new("materializePartitionColumns") { PartitionBy = ["p"], IsAppendedTo = true },
    ];

    readonly TestLake lake = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<int> Tables => [.. Enumerable.Range(0, tables.Length)];

    public void Dispose() => lake.Dispose();

    [Fact]
    public void Every_feature_that_is_written_is_among_the_tables() => Assert.Equal(
        TableFeature.All.Where(f =>
            f.CanWrite && !f.Name.StartsWith("icebergCompatV1", default) && f.Name is not "icebergCompatV3"
                and not "typeWidening-preview").Select(f => f.Name).Order(),
        tables.Select(table => table.Feature).Distinct().Order());

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task A_table_is_read_equally_after_every_change(int number)
    {
        var kind = tables[number];
        var folder = Path.Combine(lake.Folder, "feature");
        await CreateAsync(kind, folder);
        var table = lake.Lake.Tables.OpenFolder(folder);
        // A protocol without lists implies the features of its version.
        if (ProtocolOf(folder) is var protocol && protocol.Contains("writerFeatures", StringComparison.Ordinal))
            Assert.Contains(kind.Feature, protocol, StringComparison.Ordinal);

        var count = await AppendAsync(table, 0, 20);
        Assert.Equal(count, await AssertReadEquallyAsync(table));
        if (kind.IsAppendedTo)
        {
            await judge.AppendAsync(folder, JudgeRows(kind));
            Assert.Equal(count += 5, await AssertReadEquallyAsync(table));
        }
        else if (kind.Columns.Count == 3)
        {
            // Where it can one day, this should be tested too.
            await Assert.ThrowsAsync<InvalidOperationException>(() => judge.AppendAsync(folder, JudgeRows(kind)));
        }
        count += await AppendAsync(table, 100, 7);
        if (!kind.IsAppendOnly)
        {
            await ChangeAsync(table, w => w.UpdateAsync(
                table, new Dictionary<string, string> { ["v"] = "'changed'" }, "id < 4", new(), Cancel));
            await AssertReadEquallyAsync(table);
            await ChangeAsync(table, w => w.DeleteAsync(table, "id IN (1, 2, 101)", new(), Cancel));
            count -= 3;
        }
        Assert.Equal(count, await AssertReadEquallyAsync(table));
        if (kind.IsAppendedTo)
        {
            await judge.AppendAsync(folder, JudgeRows(kind));
            Assert.Equal(count += 5, await AssertReadEquallyAsync(table));
        }
        Assert.Equal(count, await judge.CountAsync(folder));
    }

    static async Task CreateAsync(FeatureTable kind, string folder)
    {
        var definition = new TableDefinition
        {
            Schema = new([.. kind.Columns]),
            PartitionColumns = kind.PartitionBy,
            Properties = new(
                kind.Properties.Select(p => p.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], (string?)p[1]))),
            Features = kind.Feature is "clustering" ? [kind.Feature, "domainMetadata"] : [kind.Feature],
        };
        var table = new DeltaTable(new LocalObjectStore(folder), null, TimeProvider.System);
        var create = Transaction.Create(table, definition, new() { Operation = "CREATE TABLE" });
        if (kind.Feature is "clustering")
            create.SetDomain("delta.clustering", """{"clusteringColumns":[["id"]],"domainName":"delta.clustering"}""");
        (await create.CommitAsync(Cancel)).OrThrow();
    }

    async Task<long> AppendAsync(LakeTable table, int from, int count)
    {
        var columns = (await table.LatestAsync(Cancel)).Fields.Any(f => f.Name == "t")
            ? ", TIMESTAMP '2024-01-31 10:00:00.123456' + to_hours(i) AS t"
            : "";
        await ChangeAsync(table, w => w.AppendAsync(
            table, $"SELECT i + {from} AS id, 'v' || i AS v, (i % 3)::INTEGER AS p{columns} FROM range({count}) r(i)",
            new(), Cancel));
        return count;
    }

    static string JudgeRows(FeatureTable kind) =>
        "SELECT toInt64(number + 5000) AS id, 'judge' AS v, toInt32(number % 2) AS p"
        + (kind.Columns.Count > 3 ? ", toDateTime64('2024-02-29 00:00:00.5', 6) AS t" : "") + " FROM numbers(5)";

    async Task ChangeAsync(LakeTable table, Func<TableWriter, Task<TableChange>> change)
    {
        using var session = lake.Open();
        await (await change(new(session))).CommitAsync(Cancel);
        Assert.NotNull(table);
    }

    async Task<long> AssertReadEquallyAsync(LakeTable table)
    {
        using var session = lake.Open();
        return await judge.AssertReadEquallyAsync(session, table);
    }

    static string ProtocolOf(string folder) => File.ReadLines(
        Path.Combine(
            folder, "_delta_log", "00000000000000000000.json")).First(line => line.Contains("\"protocol\"", default));

    static FieldMetadata Invariant(string condition) => FieldMetadata.Empty.With(
        "delta.invariants", $$$"""{"expression":{"expression":"{{{condition}}}"}}""");

    sealed record FeatureTable(string Feature)
    {
        public IReadOnlyList<StructField> Columns { get; init; } = [Id, V, P];

        public IReadOnlyList<string> Properties { get; init; } = [];

        public IReadOnlyList<string> PartitionBy { get; init; } = [];

        public bool IsAppendOnly { get; init; }

        /// <summary>Whether the judge can append to it.</summary>
        public bool IsAppendedTo { get; init; }
    }
}
