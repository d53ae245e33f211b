namespace Foz.Pipelines.Projects;

/// <summary>A SELECT of the project that makes nothing: it is rendered for people who run it themselves.</summary>
public sealed record Analysis
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The SELECT.</summary>
    public required SqlBody Body { get; init; }

    /// <summary>The description, for people; null if the project gives none.</summary>
    public string? Description { get; init; }

    /// <summary>Its tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The tables that it reads, by their names in the project.</summary>
    public IReadOnlyList<StatedName> Reads { get; init; } = [];

    /// <summary>The tables that it reads; filled in when the project is whole.</summary>
    public IReadOnlyList<Reference> References { get; init; } = [];

    /// <summary>The file, relative to the project.</summary>
    public required string File { get; init; }
}
