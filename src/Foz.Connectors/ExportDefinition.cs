using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors;

/// <summary>What becomes of the rows that a target has.</summary>
public enum ExportMode
{
    /// <summary>All of them are replaced by those of the table.</summary>
    Replace,

    /// <summary>
    /// Those of the same keys are replaced by what changed since the last export, and deleted ones deleted.
    /// </summary>
    Upsert,

    /// <summary>What changed since the last export is added.</summary>
    Append,
}

/// <summary>The target of a model's rows, which they reach once its checks have passed.</summary>
public sealed record ExportDefinition
{
    /// <summary>The key that names the address in the project: that of <see cref="IExportTarget.Address"/>.</summary>
    public required string Key { get; init; }

    /// <summary>Where the rows go, as the target reads it: a file's path, a table, the path of an endpoint.</summary>
    public required string Address { get; init; }

    /// <summary>The connection; null where the target needs none.</summary>
    public string? Connection { get; init; }

    /// <summary>What becomes of the rows that the target has.</summary>
    public ExportMode Mode { get; init; }

    /// <summary>The columns that identify a row; empty except for <see cref="ExportMode.Upsert"/>.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>What the project says of it, <see cref="IExportTarget.Settings"/> included.</summary>
    public Settings Settings { get; init; } = Settings.Empty;

    /// <summary>The environments in which it is done; empty for all.</summary>
    public IReadOnlyList<string> Environments { get; init; } = [];

    /// <summary>Where it stands in the project.</summary>
    public Place Place { get; init; }

    /// <summary>Gets the text that distinguishes it from the model's other exports, for the ledger.</summary>
    public string Target => $"{Connection ?? Key} {Address}";

    /// <summary>Whether it is done in an environment.</summary>
    /// <param name="environment">The environment's name.</param>
    public bool IsDoneIn(string environment) => Environments.Count == 0 || Environments.Contains(environment);
}
