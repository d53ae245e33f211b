using System.Globalization;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Serving.Catalogs;

/// <summary>What the lake has at one moment, as PostgreSQL's system catalogs tell of it.</summary>
sealed class CatalogImage
{
    readonly Dictionary<uint, CatalogTable> byOid;

    public CatalogImage(long number, IReadOnlyList<CatalogTable> tables, IReadOnlyList<string> roles)
    {
        (Number, Tables, Roles) = (number, tables, roles);
        byOid = tables.GroupBy(t => t.Oid).ToDictionary(g => g.Key, g => g.First());
        Schemas =
        [
            .. tables.Select(t => t.Name.Schema.ToLowerInvariant()).Append("public").Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Its number, by which functions of SQL find it.</summary>
    public long Number { get; }

    /// <summary>The tables and views, by name.</summary>
    public IReadOnlyList<CatalogTable> Tables { get; }

    /// <summary>The users and roles.</summary>
    public IReadOnlyList<string> Roles { get; }

    /// <summary>The schemas of the lake, and <c>public</c>.</summary>
    public IReadOnlyList<string> Schemas { get; }

    /// <summary>The schema of the engine's that its relations are made in.</summary>
    public string EngineSchema => string.Create(CultureInfo.InvariantCulture, $"{OwnNames.Of("catalog")}_{Number}");

    /// <summary>The table of a number; null for none.</summary>
    public CatalogTable? Find(uint oid) => byOid.GetValueOrDefault(oid);

    /// <summary>The table of a name, without a schema looked for in some; null for none.</summary>
    public CatalogTable? Find(string? schema, string name, IEnumerable<string> searchPath) => schema is not null
        ? Tables.FirstOrDefault(t => t.Name == new TableName(schema, name))
        : searchPath.Select(s => Find(s, name, [])).FirstOrDefault(t => t is not null);
}
