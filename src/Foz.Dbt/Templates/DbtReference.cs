using Foz.Lake;

namespace Foz.Dbt.Templates;

/// <summary>A name in <c>ref()</c> or <c>source()</c>, and where it stands.</summary>
/// <param name="IsSource">Whether it is that of a source.</param>
/// <param name="Package">The package, or the source's name; null where none is stated.</param>
/// <param name="Name">The name.</param>
/// <param name="Place">Where it stands.</param>
readonly record struct DbtReference(bool IsSource, string? Package, string Name, Place Place)
{
    /// <summary>The version of the model that is asked for; null for the latest.</summary>
    public string? Version { get; init; }

    /// <summary>As it is written.</summary>
    public override string ToString() =>
        $"{(IsSource ? "source" : "ref")}"
            + $"({(Package is null ? "" : $"'{Package}', ")}'{Name}'{(Version is null ? "" : $", v={Version}")})";
}
