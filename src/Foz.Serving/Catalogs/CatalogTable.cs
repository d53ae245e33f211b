using Foz.Delta;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Catalog;
using Foz.Lake.Data;
using Foz.Lake.Tables;
using Foz.Serving.PostgreSql.Types;
using Foz.Storage;

namespace Foz.Serving.Catalogs;

/// <summary>A column of a table or view, as the catalogs show it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">DuckDB's type of it.</param>
/// <param name="IsNullable">Whether it may be NULL.</param>
/// <param name="Comment">The description, for people; null if there is none.</param>
sealed record CatalogColumn(string Name, LogicalType Type, bool IsNullable, string? Comment)
{
    /// <summary>The column as grants see it: its name and tags.</summary>
    public Foz.Lake.Data.Field Field { get; init; } = new(Name, DataType.String);

    /// <summary>PostgreSQL's type for it.</summary>
    public PgType PgType => PgTypes.Of(Type);
}

/// <summary>A table or view of the lake, as the catalogs tell of it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsView">Whether it is a view.</param>
/// <param name="Columns">Its columns; none of a view that does not bind, and of a table that cannot be read.</param>
sealed record CatalogTable(TableName Name, bool IsView, IReadOnlyList<CatalogColumn> Columns)
{
    /// <summary>The description, for people; null if there is none.</summary>
    public string? Comment { get; init; }

    /// <summary>The view's SELECT; null for a table.</summary>
    public string? ViewSql { get; init; }

    /// <summary>Whether it has columns that are not shown.</summary>
    public bool HidesColumns { get; init; }

    /// <summary>Its rows; null where the log does not say it.</summary>
    public long? RowCount { get; init; }

    /// <summary>The bytes of its files.</summary>
    public long Bytes { get; init; }

    /// <summary>Its number.</summary>
    public uint Oid { get; } = PgOids.Of("table", Name.ToString());

    /// <summary>Reads a definition.</summary>
    public static async Task<CatalogTable?> ReadAsync(
        Definition definition, EnvironmentNameResolver names, CancellationToken cancellationToken)
    {
        if (definition is { Kind: DefinitionKind.View, Sql: { } sql })
            return new(definition.TableName, IsView: true, await DescribeAsync(sql, names, cancellationToken))
            {
                Comment = definition.Description, ViewSql = sql,
            };
        var table = names.Lake.Tables.Open(definition.Location!, definition.TableName);
        try
        {
            if (await table.FindLatestAsync(cancellationToken) is not { } snapshot) return null;
            return new(definition.TableName, IsView: false, [.. snapshot.Fields.Select(Column)])
            {
                Comment = definition.Description ?? snapshot.Description, RowCount = snapshot.RowCount,
                Bytes = snapshot.TotalBytes,
            };
        }
        catch (Exception e) when (e is FozException or DeltaException or StorageException)
        {
            // Reading the table reports what is wrong with it; all other tables are served.
            return new(definition.TableName, IsView: false, []) { Comment = definition.Description };
        }
    }

    static CatalogColumn Column(Foz.Lake.Data.Field field) =>
        new(field.Name, DeclaredColumns.TypeOf(field), field.IsNullable,
            field.Metadata.GetValueOrDefault(Foz.Lake.Data.Field.CommentKey))
        { Field = field };

    /// <summary>Returns the columns of a view; none if it does not bind, which reading the view reports.</summary>
    static async Task<IReadOnlyList<CatalogColumn>> DescribeAsync(
        string sql, EnvironmentNameResolver names, CancellationToken cancellationToken)
    {
        try
        {
            var described = await new StatementResolver(names, names.Lake.Engines).DescribeAsync(
                sql, cancellationToken);
            return
            [
                .. described.Shape.Columns.Select(c =>
                    new CatalogColumn(c.Name, c.Type, IsNullable: true, Comment: null)),
            ];
        }
        catch (FozException)
        {
            return [];
        }
    }
}
