using System.Globalization;
using System.Text;
using System.Text.Json;
using Foz.Connectors;
using Foz.Connectors.Files.Json;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Merging;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Runs.Screening;

namespace Foz.Pipelines.Destinations;

/// <summary>Records of one stream that are on the disk, and not in their table yet.</summary>
/// <param name="lake">The lake.</param>
/// <param name="stream">Their stream.</param>
/// <param name="table">Their table.</param>
/// <param name="warn">Tells of what the user should know.</param>
sealed class WaitingRecords(Lakehouse lake, AirbyteStream stream, TableName table, Action<string> warn) : IDisposable
{
    const string OrderField = "foz.order";
    const string GenerationProperty = "foz.airbyteGeneration";
    const string Incoming = "incoming", Present = "present";

    DirectoryInfo? folder;
    SpooledRows? rows;

    /// <summary>How many there are.</summary>
    public long Count => rows?.Count ?? 0;

    /// <summary>Adds a record.</summary>
    public void Add(JsonElement data, DateTimeOffset extractedAt)
    {
        folder ??= lake.Engines.CreateTempFolder();
        rows ??= new(folder.FullName, $"airbyte.{stream.Name}");
        var extra = string.Create(
            CultureInfo.InvariantCulture,
            $"\"{AirbyteStream.ExtractedAt}\":\"{extractedAt.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fff}Z\"");
        if (stream.Mode is AirbyteSyncMode.AppendDedup)
            extra = string.Create(CultureInfo.InvariantCulture, $"\"{OrderField}\":{rows.Count},{extra}");
        rows.Add(Encoding.UTF8.GetBytes(data.GetRawText()), Encoding.UTF8.GetBytes(extra));
    }

    /// <summary>Brings them into the table, in one commit.</summary>
    /// <returns>How many there were.</returns>
    public async Task<long> CommitAsync(CancellationToken cancellationToken)
    {
        folder ??= lake.Engines.CreateTempFolder();
        rows ??= new(folder.FullName, $"airbyte.{stream.Name}");
        var count = rows.Count;
        var target = await lake.DefineTableAsync(table, description: null, owner: null, cancellationToken);
        var present = await target.FindLatestAsync(cancellationToken);
        var replaces = present is not null && Replaces(present);
        var fields = present is null || replaces ? [] : Own(present.Fields);
        var known = fields.Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var definition = new StreamDefinition
        {
            Name = stream.Name,
            // What the table has keeps its type; values that do not fit are rejected.
            Columns = Declared().Where(c => !known.Contains(c.Key))
                .ToDictionary(c => c.Key, c => c.Value, StringComparer.OrdinalIgnoreCase),
        };
        var context = new ReadContext { TableFields = fields, Engine = lake.Engines, WorkFolder = folder.FullName };
        var read = await Task.Run(
            () => rows.Read(definition, context, new(new StreamInputs.OfAll(), []), cancellationToken),
            cancellationToken);
        try
        {
            try
            {
                await LoadAsync(target, (StreamRows.Selected)read, present, replaces, cancellationToken);
            }
            catch (FozException e) when (read is StreamRows.Selected { Recover: { } recover })
            {
                if (await recover(e, cancellationToken) is not { } recovered) throw;
                read = recovered;
                await LoadAsync(target, recovered, present, replaces, cancellationToken);
            }
        }
        finally
        {
            await read.DisposeAsync();
        }
        Dispose();
        return count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        rows?.Dispose();
        folder?.Delete(recursive: true);
        (rows, folder) = (null, null);
    }

    /// <summary>Whether rows of before go: those of a generation that may not stay.</summary>
    bool Replaces(TableSnapshot present)
    {
        long? generation = present.Properties.GetValueOrDefault(GenerationProperty) is { } text
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        return stream.Generation is null
            ? stream.Mode is AirbyteSyncMode.Overwrite
            // The platform tries a sync again under the same number: what is there of it stays.
            : generation != stream.Generation
                && (stream.Mode is AirbyteSyncMode.Overwrite || (generation ?? 0) < stream.GenerationMin);
    }

    IEnumerable<KeyValuePair<string, string>> Declared() => stream.Mode is AirbyteSyncMode.AppendDedup
        ? stream.Columns.Append(new(OrderField, "bigint"))
        : stream.Columns;

    static List<Field> Own(IEnumerable<Field> fields)
    {
        var change = ChangeColumns.Fields.Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. fields.Where(f => !change.Contains(f.Name))];
    }

    async Task LoadAsync(
        LakeTable target, StreamRows.Selected read, TableSnapshot? present, bool replaces,
        CancellationToken cancellationToken)
    {
        var syncedAt = lake.Clock.GetUtcNow();
        using var session = lake.Engines.Open(Workload.Ingestion);
        var select = ChangeColumnsSql.Select(read, syncedAt);
        var fields = read.Fields;
        if (stream.Mode is AirbyteSyncMode.AppendDedup)
        {
            select = LastOfKeys(select, fields);
            fields = [.. fields.Where(f => f.Name != OrderField)];
        }
        var options = new WriteOptions
        {
            Fields = fields,
            Properties = stream.Generation is { } generation
                ? [new(GenerationProperty, generation.ToString(CultureInfo.InvariantCulture))]
                : [],
        };
        await RejectAsync(session, read.RejectedSql, syncedAt, replaces, cancellationToken);
        var writer = new TableWriter(session);
        await using var change = (stream.Mode, present, replaces) switch
        {
            (_, not null, true) =>
                await writer.OverwriteAsync(target, WithoutDeleted(select, fields), options, cancellationToken),
            (AirbyteSyncMode.AppendDedup, not null, _) =>
                await writer.MergeAsync(
                    target, Merge(session, select, fields, present, options, cancellationToken), cancellationToken),
            _ => await writer.AppendAsync(target, WithoutDeleted(select, fields), options, cancellationToken),
        };
        if ((await change.CommitAsync(cancellationToken)).Warning is { } warning) warn(warning.Describe());
    }

    /// <summary>The last row of each key: of the greatest cursor, of several the one that came last.</summary>
    string LastOfKeys(string select, IReadOnlyList<Field> fields)
    {
        foreach (var name in stream.Keys)
            if (Find(fields, name) is null)
                throw new FozException(
                    ErrorKind.Data,
                    $"records of stream '{stream.Name}' have no field '{name}', which is of its primary key");
        var cursor = stream.Cursor is { } stated && Find(fields, stated) is { } found
            ? $"{SqlText.Identifier(found.Name)} DESC NULLS LAST, "
            : "";
        return $"SELECT * EXCLUDE ({SqlText.Identifier(OrderField)}) FROM ({select}) QUALIFY row_number() OVER "
            + $"(PARTITION BY {SqlText.Identifiers(stream.Keys)} ORDER BY "
            + $"{cursor}{SqlText.Identifier(OrderField)} DESC) = 1";
    }

    MergeDefinition Merge(
        EngineSession session, string select, IReadOnlyList<Field> fields, TableSnapshot present, WriteOptions options,
        CancellationToken cancellationToken)
    {
        // Of keys without NULL an equality finds rows by indexes, and files by statistics.
        var noKey = string.Join(" OR ", stream.Keys.Select(k => $"{SqlText.Identifier(k)} IS NULL"));
        var equals = session.QueryScalar<bool>(
            $"SELECT EXISTS (SELECT 1 FROM ({select}) WHERE {noKey})",
            cancellationToken) ? "IS NOT DISTINCT FROM" : "=";
        var deleted = IsDeleted(fields, $"{Incoming}.");
        // A record that is older than the row that is there comes too late.
        var isLater = stream.Cursor is { } cursor && Find(fields, cursor) is { } found
            && Find(present.Fields, cursor) is not null
            ? $"({Present}.{SqlText.Identifier(found.Name)} IS NULL OR {Incoming}.{SqlText.Identifier(found.Name)} >= "
                + $"{Present}.{SqlText.Identifier(found.Name)})"
            : null;
        var clauses = new List<MergeClause>();
        if (deleted is not null)
            clauses.Add(
                new(MergeMatch.Matched, new MergeAction.Delete(), isLater is null
                    ? deleted
                    : $"{deleted} AND {isLater}"));
        var isLive = deleted is null ? null : $"NOT ({deleted})";
        clauses.Add(
            new(MergeMatch.Matched, new MergeAction.UpdateAll(), isLive is not null && isLater is not null
                ? $"{isLive} AND {isLater}"
                : isLive ?? isLater));
        clauses.Add(new(MergeMatch.NotMatched, new MergeAction.InsertAll(), isLive));
        return new()
        {
            Source = select, SourceAlias = Incoming, TargetAlias = Present,
            On = string.Join(
                " AND ",
                stream.Keys.Select(k =>
                    $"{Incoming}.{SqlText.Identifier(k)} {equals} {Present}.{SqlText.Identifier(k)}")),
            Clauses = clauses, EvolvesSchema = true, Write = options,
        };
    }

    string WithoutDeleted(string select, IReadOnlyList<Field> fields) =>
        stream.Mode is AirbyteSyncMode.AppendDedup && IsDeleted(fields, "") is { } deleted
            ? $"SELECT * FROM ({select}) WHERE NOT ({deleted})"
            : select;

    static string? IsDeleted(IReadOnlyList<Field> fields, string alias) =>
        Find(fields, AirbyteStream.DeletedAt) is { } field
            ? $"{alias}{SqlText.Identifier(field.Name)} IS NOT NULL"
            : null;

    static Field? Find(IEnumerable<Field> fields, string name) =>
        fields.FirstOrDefault(f => string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Keeps the records that could not be read; before the others.</summary>
    async Task RejectAsync(
        EngineSession session, string? rejectedSql, DateTimeOffset syncedAt, bool replaces,
        CancellationToken cancellationToken)
    {
        if (rejectedSql is null) return;
        var target = await lake.DefineTableAsync(
            table.Rejected, $"Rows that could not be read into {table}", owner: null, cancellationToken);
        var select = $"SELECT *, {ChangeColumnsSql.Instant(syncedAt)} AS {ChangeColumns.SyncedAt} FROM ({rejectedSql})";
        var options = new WriteOptions { Fields = RejectedRow.Fields };
        var writer = new TableWriter(session);
        await using var change = replaces
            ? await writer.OverwriteAsync(target, select, options, cancellationToken)
            : await writer.AppendAsync(target, select, options, cancellationToken);
        if (change.RowsAdded == 0 && !replaces) return;
        await change.CommitAsync(cancellationToken);
        if (change.RowsAdded > 0)
            warn($"{change.RowsAdded:N0} {(change.RowsAdded == 1 ? "record" : "records")} of stream '{stream.Name}' "
                + $"could not be read: see {table.Rejected}");
    }
}
