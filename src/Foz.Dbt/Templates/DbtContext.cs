using Foz.Dbt.Jinja;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Templates;

/// <summary>
/// What a dbt project's templates are rendered in: its packages, macros, target, variables and names.
/// </summary>
sealed record DbtContext
{
    /// <summary>The project.</summary>
    public required DbtPackage Project { get; init; }

    /// <summary>The project and its packages, by name.</summary>
    public required IReadOnlyDictionary<string, DbtPackage> Packages { get; init; }

    /// <summary>All macros.</summary>
    public required DbtMacros Macros { get; init; }

    /// <summary>Where it runs.</summary>
    public required DbtTarget Target { get; init; }

    /// <summary>Environment variables.</summary>
    public required Variables Variables { get; init; }

    /// <summary>Variables of the command line.</summary>
    public JinjaDict Vars { get; init; } = new();

    /// <summary>Whether the rows that tests find are kept, where the tests do not say.</summary>
    public bool StoresFailures { get; init; }

    /// <summary>What dbt's environment variables ask for.</summary>
    public DbtEnvironment Environment { get; init; } = DbtEnvironment.None;

    /// <summary>When the command began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The command's own id.</summary>
    public required string InvocationId { get; init; }

    /// <summary>The things of the project, as <c>graph</c> in templates has them.</summary>
    public Func<JinjaDict> Graph { get; init; } = static () => new();

    /// <summary>The command that is run, as <c>flags.WHICH</c>.</summary>
    public string Command { get; init; } = "run";

    /// <summary>Whether the command rebuilds tables.</summary>
    public bool IsFullRefresh { get; init; }

    /// <summary>The relation that a reference means; null, where it is not known yet or not at all.</summary>
    public Func<DbtReference, string, DbtRelation?> Find { get; init; } = static (_, _) => null;
}
