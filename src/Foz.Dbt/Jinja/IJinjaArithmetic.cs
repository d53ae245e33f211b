using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>A value that <c>+</c>, <c>-</c> and <c>&lt;</c> can take and that is no number: dates and times.</summary>
interface IJinjaArithmetic
{
    /// <summary>Which of the value and another one is less; null where they cannot be compared.</summary>
    int? Compare(object? other);

    /// <summary>The value and another one.</summary>
    object? Plus(object? other, Place place);

    /// <summary>The value without another one.</summary>
    object? Minus(object? other, Place place);
}
