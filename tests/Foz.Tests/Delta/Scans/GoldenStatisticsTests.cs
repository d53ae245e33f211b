using System.Text;
using System.Text.Json;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Scans;
using Foz.Delta.Schema;
using Foz.Delta.Snapshots;
using Foz.Storage;

namespace Foz.Tests.Delta.Scans;

/// <summary>Statistics and partition values as other writers spell them.</summary>
public sealed class GoldenStatisticsTests(ITestOutputHelper output)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_are_kept_for_their_own_bounds_and_mostly_dropped_beyond_them()
    {
        int kept = 0, dropped = 0, partitions = 0;
        var faults = new List<string>();
        foreach (var golden in GoldenTable.All())
        {
            if (await ReadAsync(golden) is not { } snapshot) continue;
            foreach (var file in snapshot.Files.Take(200))
            {
                foreach (var column in snapshot.TableSchema.PartitionColumns)
                {
                    var text = file.PartitionValues.Find(column.PhysicalName(snapshot.TableSchema.Mapping));
                    var path = ColumnPath.Of(column.Name);
                    Predicate own = string.IsNullOrEmpty(text)
                        ? new Predicate.IsNull(path)
                        : new Predicate.Compare(path, Comparison.Equal, text);
                    if (!new FilePruner(snapshot.TableSchema, own).MayMatch(file))
                        faults.Add($"{golden}: {file.Path} dropped by {own}");
                    if (new FilePruner(snapshot.TableSchema, !own).MayMatch(file))
                        faults.Add($"{golden}: {file.Path} kept by not {own}");
                    partitions++;
                }
                foreach (var (path, min, max) in BoundsOf(file, snapshot.TableSchema))
                {
                    foreach (var literal in new[] { min, max })
                    {
                        var own = new Predicate.Compare(path, Comparison.Equal, literal);
                        if (!new FilePruner(snapshot.TableSchema, own).MayMatch(file))
                            faults.Add($"{golden}: {file.Path} dropped by {own}");
                        kept++;
                    }
                    var beyond = new Predicate.Compare(path, Comparison.Less, min);
                    if (new FilePruner(snapshot.TableSchema, beyond).MayMatch(file))
                        output.WriteLine($"{golden}: {beyond} keeps {file.Path}");
                    else dropped++;
                }
            }
        }
        output.WriteLine($"{kept} bounds keep, {dropped} drop, {partitions} partition values");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.InRange(kept, 1_000, int.MaxValue);
        Assert.InRange(dropped, 0.45 * kept, 0.5 * kept);
        Assert.InRange(partitions, 200, int.MaxValue);
    }

    static async Task<Snapshot?> ReadAsync(GoldenTable golden)
    {
        try
        {
            var snapshot = await new DeltaTable(
                new LocalObjectStore(golden.Root), null, TimeProvider.System).LatestSnapshotAsync(Cancellation);
            _ = snapshot.TableSchema;
            return snapshot;
        }
        // Refused tables, and those of which only a checkpoint is left, are other tests' business.
        catch (DeltaException)
        {
            return null;
        }
    }

    static List<(ColumnPath Path, string Min, string Max)> BoundsOf(AddFile file, TableSchema schema)
    {
        var bounds = new List<(ColumnPath, string, string)>();
        if (file.Stats.IsNone || !Encoding.UTF8.GetString(file.Stats.Utf8.Span).StartsWith('{')) return bounds;
        using var json = JsonDocument.Parse(file.Stats.Utf8);
        foreach (var (path, field) in schema.Columns.Leaves())
        {
            if (field.Type is not DecimalType
                and not PrimitiveType
                {
                    Kind: not (PrimitiveKind.Variant or PrimitiveKind.Void
                    or PrimitiveKind.Binary)
                })
                continue;
            if (schema.IsPartitionColumn(path.Names[0])) continue;
            var physical = schema.PhysicalPath(path)!;
            if (ValueOf(json.RootElement, "minValues", physical) is { } min
                && ValueOf(json.RootElement, "maxValues", physical) is { } max)
                bounds.Add((path, min, max));
        }
        return bounds;
    }

    static string? ValueOf(JsonElement json, string statistic, ColumnPath path)
    {
        if (!json.TryGetProperty(statistic, out var value)) return null;
        foreach (var name in path.Names)
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value)) return null;
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => null,
        };
    }
}
