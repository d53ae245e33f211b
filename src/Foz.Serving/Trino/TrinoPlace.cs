namespace Foz.Serving.Trino;

/// <summary>Where names are looked for that are written without a catalog or a schema.</summary>
/// <param name="Catalog">The catalog; null for none.</param>
/// <param name="Schema">The schema; null for none.</param>
sealed record TrinoPlace(string? Catalog, string? Schema);
