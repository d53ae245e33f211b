namespace Foz.Dbt.Jinja;

/// <summary>What a template may take.</summary>
sealed record JinjaLimits
{
    /// <summary>Gets the limits of templates for which no others are set.</summary>
    public static JinjaLimits Default { get; } = new();

    /// <summary>How many values and statements it may come to.</summary>
    public long StepsMax { get; init; } = 20_000_000;

    /// <summary>How many macros may call each other.</summary>
    public int CallsMax { get; init; } = 100;

    /// <summary>How many characters it may write, also into texts that are set.</summary>
    public int CharactersMax { get; init; } = 16 << 20;

    /// <summary>How many items <c>range</c> and repetition may make.</summary>
    public int ItemsMax { get; init; } = 1_000_000;
}
