using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Pipelines.Batches;
using Foz.Storage;

namespace Foz.Pipelines.Environments;

/// <summary>
/// Tables of an environment that become those of its base: <c>_foz/promotions/&lt;id&gt;.open.json</c> while it is
/// under way, <c>&lt;id&gt;.json</c> afterwards. It is written before anything is changed and lists every change. Each
/// change can be repeated, so that the next process that works on the lake completes a promotion that a crash cut off.
/// </summary>
public sealed record Promotion
{
    const string Folder = "_foz/promotions", Suffix = ".json", OpenSuffix = ".open.json";

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The environment whose tables they were.</summary>
    public required string From { get; init; }

    /// <summary>The environment whose tables they become.</summary>
    public required string To { get; init; }

    IReadOnlyList<string> Environments => [From, To];

    /// <summary>When it began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The tables and views, each after those that it reads.</summary>
    public required ImmutableArray<PromotedTable> Tables { get; init; }

    /// <summary>
    /// Finds the promotions that are under way, or were cut off, of some environments, and of those that they share
    /// with them.
    /// </summary>
    /// <param name="lake">The lake.</param>
    /// <param name="environments">The environments; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<Promotion>> FindOpenAsync(
        Lakehouse lake, IReadOnlyList<string>? environments, CancellationToken cancellationToken)
    {
        var all = new List<Promotion>();
        await foreach (var info in lake.Store.ListAsync(Folder, startAfter: null, cancellationToken))
            if (info.Path.EndsWith(OpenSuffix, StringComparison.Ordinal)
                && await lake.Store.GetAsync(info.Path, cancellationToken) is { } stored)
                all.Add(Read(info.Path, stored));
        if (environments is null) return all;
        var scope = environments.ToHashSet(StringComparer.OrdinalIgnoreCase);
        while (all.Find(open =>
            scope.Overlaps(open.Environments) && !scope.IsSupersetOf(open.Environments)) is { } more)
            scope.UnionWith(more.Environments);
        return all.FindAll(open => scope.IsSupersetOf(open.Environments));
    }

    /// <summary>Some environments, and those of promotions; null for all.</summary>
    [return: NotNullIfNotNull(nameof(environments))]
    public static IReadOnlyList<string>? EnvironmentsOf(
        IReadOnlyList<string>? environments, IReadOnlyList<Promotion> promotions) => environments is null
        ? null
        :
        [
            .. environments.Concat(promotions.SelectMany(promotion => promotion.Environments))
                .Distinct(StringComparer.OrdinalIgnoreCase),
        ];

    /// <summary>Completes promotions that were cut off; only for a process that holds their environments.</summary>
    /// <returns>Their number.</returns>
    public static async Task<int> ResumeAsync(
        Lakehouse lake, IReadOnlyList<Promotion> open, CancellationToken cancellationToken)
    {
        foreach (var promotion in open) await promotion.ApplyAsync(lake, cancellationToken);
        return open.Count;
    }

    /// <summary>The promotions of a lake that are done, oldest first.</summary>
    public static async Task<IReadOnlyList<Promotion>> ListAsync(Lakehouse lake, CancellationToken cancellationToken)
    {
        var done = new List<Promotion>();
        await foreach (var info in lake.Store.ListAsync(Folder, startAfter: null, cancellationToken))
            if (!info.Path.EndsWith(OpenSuffix, StringComparison.Ordinal)
                && await lake.Store.GetAsync(info.Path, cancellationToken) is { } stored)
                done.Add(Read(info.Path, stored));
        return done;
    }

    /// <summary>Does it, from the beginning to the end; only for a process that holds its environments.</summary>
    public async Task RunAsync(Lakehouse lake, CancellationToken cancellationToken)
    {
        await lake.Store.TryCreateAsync($"{Folder}/{Id}{OpenSuffix}", Write(), cancellationToken);
        Failpoint.Hit("promote.opened");
        await ApplyAsync(lake, cancellationToken);
    }

    async Task ApplyAsync(Lakehouse lake, CancellationToken cancellationToken)
    {
        foreach (var table in Tables) await table.ApplyAsync(lake, this, cancellationToken);
        await lake.Store.PutAsync($"{Folder}/{Id}{Suffix}", Write(), cancellationToken);
        Failpoint.Hit("promote.done");
        await lake.Store.DeleteAsync($"{Folder}/{Id}{OpenSuffix}", cancellationToken);
    }

    byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, PromotionJson.Default.Promotion);

    static Promotion Read(string path, StoredObject stored)
    {
        try
        {
            return JsonSerializer.Deserialize(stored.Content.Span, PromotionJson.Default.Promotion)
                ?? throw new JsonException("it holds null");
        }
        catch (JsonException e)
        {
            throw new FozException(ErrorKind.Table, $"the promotion {path} cannot be read: {e.Message}", e)
            {
                Hint = "restore it from a backup; what it promotes may be promoted in part",
            };
        }
    }
}

/// <summary>A table or view that takes another name, and with it the place of a step's table.</summary>
public sealed record PromotedTable
{
    /// <summary>The definition of the name afterwards.</summary>
    public required Definition Definition { get; init; }

    /// <summary>The name that it had, which no longer exists afterwards.</summary>
    public required string From { get; init; }

    /// <summary>The step that made it.</summary>
    public required string FromStep { get; init; }

    /// <summary>The step that goes on with it.</summary>
    public required string Step { get; init; }

    /// <summary>The last batch of that step that it covers.</summary>
    public required long Batch { get; init; }

    /// <summary>The manifest of the batch; null for tables beside the step's main one.</summary>
    public StepManifest? Manifest { get; init; }

    /// <summary>The folder of the table whose place it takes; null where there was none.</summary>
    public string? Replaced { get; init; }

    internal async Task ApplyAsync(Lakehouse lake, Promotion promotion, CancellationToken cancellationToken)
    {
        if (Definition is { Kind: DefinitionKind.Table, Location: { } location })
            await CarryAsync(lake, location, promotion, cancellationToken);
        Failpoint.Hit("promote.carried");
        if (Manifest is not null) await new StepLog(lake.Store, Step).ReplaceAsync(Manifest, cancellationToken);
        Failpoint.Hit("promote.manifest");
        await lake.Catalog.DefineAsync(Definition.TableName, _ => Definition, cancellationToken);
        Failpoint.Hit("promote.swapped");
        await lake.Catalog.DropAsync(TableName.Parse(From), cancellationToken);
        Failpoint.Hit("promote.dropped");
        if (Manifest is null) return;
        await new StepLog(lake.Store, FromStep).DeleteAsync(cancellationToken);
        await lake.Store.DeleteAsync(Lakehouse.StepLease(promotion.From, FromStep), cancellationToken);
    }

    /// <summary>Commits to the table the batch number that its new step expects.</summary>
    async Task CarryAsync(Lakehouse lake, string location, Promotion promotion, CancellationToken cancellationToken)
    {
        var table = lake.Tables.Open(location, Definition.TableName);
        if (await table.FindLatestAsync(cancellationToken) is not { } present) return;
        var batches = new Dictionary<string, long>(StringComparer.Ordinal) { [Step] = Batch };
        if (present.BatchOf(FromStep + StepLog.ReleaseSuffix) is { } release)
            batches[Step + StepLog.ReleaseSuffix] = release;
        await table.CarryAsync(
            batches, "PROMOTE", [("from", promotion.From), ("to", promotion.To), ("promotion", promotion.Id)],
            cancellationToken);
    }
}

[JsonSerializable(typeof(Promotion))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(StreamInputsConverter)])]
sealed partial class PromotionJson : JsonSerializerContext;
