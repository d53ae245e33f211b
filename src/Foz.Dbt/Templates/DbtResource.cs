using Foz.Dbt.Jinja;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;

namespace Foz.Dbt.Templates;

/// <summary>A model, seed, snapshot or analysis of a dbt project on its way to becoming one of Foz.</summary>
sealed class DbtResource
{
    /// <summary><c>model</c>, <c>seed</c>, <c>snapshot</c> or <c>analysis</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The package that it is part of.</summary>
    public required DbtPackage Package { get; init; }

    /// <summary>Its name; the same of all versions of a model.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the model; null where there is only one.</summary>
    public DbtVersion? Version { get; init; }

    /// <summary>What it is called among others: <c>orders</c>, or <c>orders.v2</c>.</summary>
    public string Key => Version?.Key ?? Name;

    /// <summary>Its file, relative to the project.</summary>
    public required string File { get; init; }

    /// <summary>The package, the folders and its name, by which <c>dbt_project.yml</c> configures it.</summary>
    public required IReadOnlyList<string> Path { get; init; }

    /// <summary>Its text; empty of a seed.</summary>
    public string Text { get; init; } = "";

    /// <summary>Its SELECT as a template; null of a seed.</summary>
    public JinjaTemplate? Template { get; init; }

    /// <summary>What YAML files say of it; null where they say nothing.</summary>
    public YamlNode.Mapping? Said { get; set; }

    /// <summary>Its configuration.</summary>
    public DbtConfig Config { get; set; } = new();

    /// <summary>The name of its table where none is configured, by which tests of it are called too.</summary>
    public string OwnAlias => Version is null ? Name : $"{Name}_v{Version.Number}";

    /// <summary>Its name in the lake.</summary>
    public TableName Table { get; set; } = TableName.None;

    /// <summary>What it refers to.</summary>
    public IReadOnlyList<DbtReference> References { get; set; } = [];

    /// <summary>Its SELECT, rendered.</summary>
    public SqlBody? Body { get; set; }

    /// <summary>Its SELECT as it is in any run.</summary>
    public string? Definition { get; set; }

    /// <summary>Whether its SELECT may be another in each run.</summary>
    public bool IsVolatile { get; set; }

    /// <summary>Renders its SELECT again for each run; null where it is the same in each.</summary>
    public ModelTemplate? Renewed { get; set; }

    /// <summary>Whether it is a model in Python.</summary>
    public bool IsPython => Kind == "model" && File.EndsWith(DbtPython.Extension, StringComparison.Ordinal);

    /// <summary>Whether it takes part.</summary>
    public bool IsEnabled => Config.Flag("enabled") ?? true;

    /// <summary>How it is materialized.</summary>
    public string Materialized => (Kind, Config.Text("materialized")) switch
    {
        // A project's views are those of its models in SQL.
        ("model", null or "view") => IsPython ? "table" : "view",
        ("model", { } stated) => stated,
        _ => Kind,
    };

    /// <summary>Where its definition starts.</summary>
    public Place Place => new(File, 1, 1);

    /// <summary>What dbt calls it in its artifacts.</summary>
    public string UniqueId => $"{Kind}.{Package.Name}.{Key}";
}

/// <summary>A table of a source, which other programs fill.</summary>
/// <param name="Package">The package that declares it.</param>
/// <param name="Source">The source's name.</param>
/// <param name="Name">The table's name.</param>
/// <param name="Table">Its name in the lake.</param>
/// <param name="Said">Its properties.</param>
/// <param name="OfSource">The properties of its source.</param>
sealed record DbtSourceTable(
    DbtPackage Package, string Source, string Name, TableName Table, YamlNode.Mapping Said, YamlNode.Mapping OfSource)
{
    /// <summary>Its configuration.</summary>
    public DbtConfig Config { get; init; } = new();

    /// <summary>SQL that reads it where it is no table but files; null where it is one.</summary>
    public string? Files { get; init; }

    /// <summary>The file that declares it.</summary>
    public string File => Said.Place.File;

    /// <summary>What dbt calls it in its artifacts.</summary>
    public string UniqueId => $"source.{Package.Name}.{Source}.{Name}";
}

/// <summary>A data test on its way to becoming a check or a SQL test.</summary>
sealed record DbtTest
{
    /// <summary>The test's own name: <c>not_null</c>, <c>dbt_utils.accepted_range</c>.</summary>
    public required string Test { get; init; }

    /// <summary>The name that was stated; null where none was.</summary>
    public string? StatedName { get; init; }

    /// <summary>The column that it is of; null where it is of a table.</summary>
    public string? Column { get; init; }

    /// <summary>Its arguments, as written.</summary>
    public required IReadOnlyList<YamlEntry> Arguments { get; init; }

    /// <summary>Its configuration.</summary>
    public required DbtConfig Config { get; init; }

    /// <summary>The package that declares it.</summary>
    public required DbtPackage Package { get; init; }

    /// <summary>Where it stands.</summary>
    public required Place Place { get; init; }
}
