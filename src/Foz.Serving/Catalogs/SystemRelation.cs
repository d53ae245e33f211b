namespace Foz.Serving.Catalogs;

/// <summary>A relation of a dialect's own catalogs. The hierarchy is closed.</summary>
abstract record SystemRelation
{
    SystemRelation()
    {
    }

    /// <summary>One that tells of an image of the catalog: it is made once for each.</summary>
    /// <param name="Name">The name of its table in the engine.</param>
    /// <param name="CreateSql">Gives the statements that make it in a schema of the engine's.</param>
    public sealed record OfImage(string Name, Func<string, CatalogImage, string> CreateSql) : SystemRelation;

    /// <summary>One whose rows are others each time.</summary>
    /// <param name="Select">What stands after FROM.</param>
    public sealed record OfMoment(string Select) : SystemRelation;
}
