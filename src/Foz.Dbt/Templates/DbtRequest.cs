using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Dbt.Templates;

/// <summary>What is rendered: the resource, and what is known of it.</summary>
sealed record DbtRequest
{
    /// <summary>The package that it is part of.</summary>
    public required string Package { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its file, relative to the project.</summary>
    public required string File { get; init; }

    /// <summary><c>model</c>, <c>snapshot</c>, <c>test</c> or <c>operation</c>.</summary>
    public string Kind { get; init; } = "model";

    /// <summary>Its own table; null where it has none.</summary>
    public TableName? This { get; init; }

    /// <summary>What is configured of it.</summary>
    public DbtConfig Config { get; init; } = new();

    /// <summary>Whether <c>config()</c> counts; else it was read before.</summary>
    public bool Configures { get; init; }

    /// <summary>Whether queries are run, and <c>execute</c> is true.</summary>
    public bool Executes { get; init; }

    /// <summary>Whether its table is there and gets new rows only.</summary>
    public bool IsIncremental { get; init; }

    /// <summary>The lake; null where none is at hand.</summary>
    public IProjectLake? Lake { get; init; }

    /// <summary>
    /// More names, which stand over all others; one of a package's macro has the package and a dot before it.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Values { get; init; } = new Dictionary<string, object?>();

    /// <summary>The rendering of a resource, its configuration complete.</summary>
    public static DbtRequest Of(DbtResource resource) => new()
    {
        Package = resource.Package.Name, Name = resource.Name, File = resource.File, Kind = resource.Kind,
        This = resource.Table, Config = resource.Config,
    };
}
