using Foz.Lake.Data;

namespace Foz.Pipelines.Plans;

/// <summary>A column that would not be as it is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Before">Its type; null where it would be new.</param>
/// <param name="Now">The type that it would have; null where it would go away.</param>
public sealed record ColumnChange(string Name, string? Before, string? Now)
{
    /// <summary>
    /// The columns that are not the same in two lists: those that go away, then those that come or change.
    /// </summary>
    public static IReadOnlyList<ColumnChange> Between(IReadOnlyList<Field> before, IReadOnlyList<Field> now)
    {
        var old = before.ToDictionary(field => field.Name, field => $"{field.Type}", StringComparer.OrdinalIgnoreCase);
        var current = now.Select(field => field.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. before.Where(field => !current.Contains(field.Name))
                .Select(field => new ColumnChange(field.Name, $"{field.Type}", Now: null)),
            .. now.Where(field => old.GetValueOrDefault(field.Name) != $"{field.Type}")
                .Select(field => new ColumnChange(field.Name, old.GetValueOrDefault(field.Name), $"{field.Type}")),
        ];
    }
}
