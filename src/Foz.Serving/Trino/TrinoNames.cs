using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Serving.Sessions;

namespace Foz.Serving.Trino;

/// <summary>
/// Resolves names in Trino's SQL other than tables and views of the lake, and makes the errors of names that do not
/// exist.
/// </summary>
static class TrinoNames
{
    /// <summary>The relation of the catalogs that a name refers to; null for a table or view of the lake.</summary>
    /// <exception cref="FozException">There is no such catalog, or no such relation in one of the system's.</exception>
    public static TrinoRelation? Find(TableReference reference, TrinoPlace place)
    {
        var catalog = (reference.Catalog ?? place.Catalog ?? TableName.Catalog).ToLowerInvariant();
        if (!TrinoRelation.Catalogs.Contains(catalog)) throw MissingCatalog(catalog);
        var schema = (reference.Schema ?? place.Schema)?.ToLowerInvariant();
        if (schema is null) throw MissingSchemaName();
        var relation = TrinoRelation.Find(catalog, schema, reference.Name.ToLowerInvariant());
        return relation is null && (catalog != TableName.Catalog || schema == TrinoRelation.InformationSchema)
            ? throw MissingTable(catalog, schema, reference.Name)
            : relation;
    }

    /// <summary>
    /// Returns the error of a table that does not exist, or not for the user: that of its schema if that does not exist
    /// either.
    /// </summary>
    public static async ValueTask<FozException> MissingAsync(
        TableReference reference, TrinoPlace place, SqlSession session, CancellationToken cancellationToken)
    {
        var schema = (reference.Schema ?? place.Schema)!.ToLowerInvariant();
        try
        {
            await CheckSchemaAsync(session, TableName.Catalog, schema, cancellationToken);
        }
        catch (FozException e)
        {
            return e;
        }
        return MissingTable(TableName.Catalog, schema, reference.Name);
    }

    /// <summary>Checks that a schema exists for the user.</summary>
    /// <exception cref="FozException">It does not.</exception>
    public static async ValueTask CheckSchemaAsync(
        SqlSession session, string catalog, string schema, CancellationToken cancellationToken)
    {
        if (!TrinoRelation.Catalogs.Contains(catalog)) throw MissingCatalog(catalog);
        var (view, _) = await session.Catalog.ViewAsync(cancellationToken);
        if (!TrinoRelation.SchemasOf(catalog, view.Image).Contains(schema, StringComparer.OrdinalIgnoreCase))
            throw new FozException(ErrorKind.NotFound, $"Schema '{schema}' does not exist") { SqlState = "3F000" };
    }

    /// <summary>The error of a catalog that is not there.</summary>
    public static FozException MissingCatalog(string catalog) =>
        new(ErrorKind.NotFound, $"Catalog '{catalog}' not found") { SqlState = "3D000" };

    /// <summary>The error of a table that is not there.</summary>
    public static FozException MissingTable(string catalog, string schema, string table) =>
        new(ErrorKind.NotFound, $"Table '{catalog}.{schema}.{table}' does not exist") { SqlState = "42P01" };

    /// <summary>The error of a name without a schema.</summary>
    public static FozException MissingSchemaName() =>
        new(ErrorKind.Sql, "Schema must be specified when session schema is not set") { SqlState = "3F001" };
}
