namespace Foz.Lake.Configuration;

/// <summary>A setting that something takes: the one place where it is declared for checks and documents.</summary>
/// <param name="Name">Its name in YAML.</param>
/// <param name="Description">
/// What it does, with its unit: a phrase of Markdown, without a capital and a full stop.
/// </param>
public sealed record SettingSpec(string Name, string Description)
{
    /// <summary>What it is where it is not set, in Markdown; null where it is nothing then.</summary>
    public string? Default { get; init; }

    /// <summary>The values it takes; empty where it takes any.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>Whether it must be set.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether it is a secret: given as <c>${NAME}</c> only, and masked wherever it is shown.</summary>
    public bool IsSecret { get; init; }

    /// <summary>The keys of a setting that is a mapping; empty where it takes any, or is none.</summary>
    public IReadOnlyList<SettingSpec> Keys { get; init; } = [];

    /// <summary>Whether a key of a mapping of any keys is one whose value is a secret.</summary>
    public Func<string, bool> IsSecretKey { get; init; } = static _ => false;

    /// <summary>What holds for a key of the mapping.</summary>
    internal SettingSpec? KeyOf(string key) => Keys.Count > 0
        ? Keys.FirstOrDefault(k => k.Name == key)
        : new(key, "") { IsSecret = IsSecret || IsSecretKey(key) };
}
