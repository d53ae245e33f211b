using System.Text;

namespace Foz.Serving.PostgreSql.Types;

/// <summary>
/// The numbers of what the lake has: made from names, so that they are the same in each process and session, as clients
/// that remember them expect.
/// </summary>
static class PgOids
{
    /// <summary>The first number that is no system object's.</summary>
    public const uint First = 16384;

    /// <summary>The owner of everything.</summary>
    public const uint Owner = 10;

    /// <summary>The database.</summary>
    public const uint Database = 16_400;

    /// <summary><c>pg_catalog</c>.</summary>
    public const uint Catalog = 11;

    /// <summary><c>public</c>.</summary>
    public const uint Public = 2200;

    /// <summary><c>information_schema</c>.</summary>
    public const uint InformationSchema = 13207;

    /// <summary>The number of a name (FNV-1a, of the range that is free).</summary>
    public static uint Of(string kind, string name)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes($"{kind}:{name.ToLowerInvariant()}")) hash = (hash ^ b) * 16777619u;
        return First + 1000 + (hash % (int.MaxValue - First - 1000));
    }

    /// <summary>The number of a schema.</summary>
    public static uint OfSchema(string schema) => schema switch
    {
        PgRelation.Catalog => Catalog,
        PgRelation.InformationSchema => InformationSchema,
        "public" => Public,
        _ => Of("schema", schema),
    };
}
