using System.Globalization;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Lake.Tables;

namespace Foz.Lake.Catalog;

/// <summary>
/// Resolves names in a query of the owner: to tables and views of the lake at their newest version, or at the one that
/// <c>AT (VERSION =&gt; 3)</c> asks for, and <c>delta_scan('folder', version := 3)</c> to any Delta table.
/// </summary>
/// <param name="lake">The lake; null where there is none.</param>
/// <param name="tables">Opens folders.</param>
/// <param name="pending">
/// Gives what reads the rows of a system table that are still on their way to it; null where there are none.
/// </param>
public sealed class LakeNameResolver(Lakehouse? lake, TableStore tables, Func<TableName,
    Func<Task<PendingRows?>>?> pending)
    : INameResolver
{
    /// <summary>The function that reads any Delta table of this machine.</summary>
    public const string DeltaScan = "delta_scan";

    /// <summary>The function that reads what versions changed in a table.</summary>
    public const string TableChangesFunction = "table_changes";

    /// <summary>Whether names can refer to tables of a lake.</summary>
    public bool HasLake => lake is not null || Fault is not null;

    /// <summary>
    /// Why the lake that should be there is not, which answers a name of its tables; null where nothing is wrong.
    /// </summary>
    public FozException? Fault { get; init; }

    /// <inheritdoc/>
    public async ValueTask<RelationBinding?> FindAsync(TableReference reference, CancellationToken cancellationToken)
    {
        if (reference.IsText || reference.Schema is null || !IsOfLake(reference)) return null;
        var name = new TableName(reference.Schema, reference.Name);
        if (lake is null) return Fault is null || IsEnginesOwn(name) ? null : throw Fault;
        var definition = await lake.Catalog.FindAsync(name, cancellationToken);
        if (definition is { Kind: DefinitionKind.View, Sql: { } sql }) return new RelationBinding.View(sql);
        var table = definition is null ? null : lake.Tables.Open(definition.Location!, name);
        var snapshot = table is null ? null : await VersionAsync(table, reference.At, cancellationToken);
        if (name.Schema.Equals(TableName.SystemSchema, StringComparison.OrdinalIgnoreCase))
            return await SystemTableAsync(name, snapshot, isNewest: reference.At is null, cancellationToken);
        return snapshot is null
            ? IsEnginesOwn(name) ? null : throw await lake!.Catalog.UnknownAsync(name, cancellationToken)
            : new RelationBinding.Rows(TableRows.All(snapshot))
            {
                Batched = reference.At is null ? BatchedTable.Of(lake, name, table!, snapshot) : null,
            };
    }

    /// <inheritdoc/>
    public async ValueTask<RelationBinding?> FindAsync(TableFunctionCall call, CancellationToken cancellationToken)
    {
        if (call.Name == TableChangesFunction) return await ChangesAsync(call, cancellationToken);
        if (call.Name != DeltaScan) return null;
        if (call.Arguments is not [{ Name: null, Value: { } folder }, ..])
            throw new FozException(ErrorKind.Sql, $"{DeltaScan} takes the folder of a Delta table as text")
            {
                Hint = $"{DeltaScan}('lake/silver/orders'), with version := 3 or timestamp := '2026-01-31' if need be",
            };
        var table = tables.OpenFolder(folder);
        var snapshot = (call.Find("version")?.Value, call.Find("timestamp")?.Value) switch
        {
            (null, null) => await table.LatestAsync(cancellationToken),
            ({ } version, null) => await table.VersionAsync(ParseVersion(version), cancellationToken),
            (null, { } instant) => await table.VersionAtAsync(Instant.ParseSql(instant), cancellationToken),
            _ => throw new FozException(ErrorKind.Sql, "a version and a timestamp cannot both be asked for"),
        };
        return new RelationBinding.Rows(TableRows.All(snapshot));
    }

    /// <summary>
    /// <c>table_changes('silver.orders', from, to)</c>, by versions or instants, as Spark and Databricks have it.
    /// </summary>
    async ValueTask<RelationBinding> ChangesAsync(TableFunctionCall call, CancellationToken cancellationToken)
    {
        if (call.Arguments is not [{ Name: null } named, { Name: null, Value: { } from }, ..]
            || call.Arguments.Skip(2).ToArray() is not ([] or [{ Name: null, Value: not null }]))
            throw new FozException(
                ErrorKind.Sql, $"{TableChangesFunction} takes a table, and the versions or instants from and to which")
            {
                Hint = $"{TableChangesFunction}('silver.orders', 3), {TableChangesFunction}('silver.orders', "
                    + "'2026-01-31', '2026-02-01')",
            };
        var table = await NamedAsync(named, cancellationToken);
        var range = ChangeRange.Parse(from, call.Arguments.ElementAtOrDefault(2)?.Value);
        var changes = await range.ReadAsync(table, cancellationToken);
        return new RelationBinding.Rows(await changes.RowsAsync(cancellationToken));
    }

    /// <summary>The table that an argument names: by its name in the lake, as text or not, or by its folder.</summary>
    async ValueTask<LakeTable> NamedAsync(TableFunctionArgument argument, CancellationToken cancellationToken)
    {
        var text = argument.Value ?? string.Join('.', argument.Parts);
        if (text.Contains('/', StringComparison.Ordinal) || text.Contains('\\', StringComparison.Ordinal))
            return tables.OpenFolder(text);
        if (lake is null)
            throw Fault ?? new FozException(ErrorKind.NotFound, $"there is no lake that could have a table {text}")
            {
                Hint = "name a table by its folder: './orders'",
            };
        var name = TableName.Parse(text);
        return await lake.Catalog.FindAsync(name, cancellationToken) is { Kind: DefinitionKind.Table } definition
            ? tables.Open(definition.Location!, name)
            : throw await lake!.Catalog.UnknownAsync(name, cancellationToken);
    }

    static bool IsOfLake(TableReference reference) =>
        reference.Catalog is null || reference.Catalog.Equals(TableName.Catalog, StringComparison.OrdinalIgnoreCase);

    static bool IsEnginesOwn(TableName name) =>
        name.Schema.ToLowerInvariant() is "main" or "temp" or "information_schema" or "pg_catalog";

    static async ValueTask<TableSnapshot?> VersionAsync(
        LakeTable table, TimeTravel? at, CancellationToken cancellationToken) => at switch
        {
            null => await table.FindLatestAsync(cancellationToken),
            { Unit: "VERSION", Value: { } version } =>
                await table.VersionAsync(ParseVersion(version), cancellationToken),
            { Value: { } instant } => await table.VersionAtAsync(Instant.ParseSql(instant), cancellationToken),
            _ => throw new FozException(ErrorKind.Sql, "AT takes a constant"),
        };

    static long ParseVersion(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : throw new FozException(ErrorKind.Sql, $"'{text}' is not a version: it is a number from 0 on");

    async ValueTask<RelationBinding> SystemTableAsync(
        TableName name, TableSnapshot? snapshot, bool isNewest, CancellationToken cancellationToken)
    {
        var onTheWay = isNewest && pending(name) is { } read ? await read() : null;
        return (snapshot, onTheWay) switch
        {
            ({ }, _) => new RelationBinding.Rows(TableRows.All(snapshot)) { Pending = onTheWay },
            (null, { }) => new RelationBinding.Relation($"({onTheWay.Select})") { Pending = onTheWay },
            (null, null) => throw await lake!.Catalog.UnknownAsync(name, cancellationToken),
        };
    }
}
