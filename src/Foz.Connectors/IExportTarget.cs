using Foz.Connectors.Registry;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors;

/// <summary>
/// A kind of target of exports. A target is one file or folder below <c>Exports</c> and one line in
/// <see cref="ExportRegistry"/>. Several may have one key, each for connections of another type.
/// </summary>
public interface IExportTarget
{
    /// <summary>The key that names where rows go, such as <c>table</c>, which errors take as the word for it.</summary>
    SettingSpec Address { get; }

    /// <summary>The type of the connections that it takes; null where it needs none.</summary>
    string? ConnectionType { get; }

    /// <summary>What may become of the rows that it has.</summary>
    IReadOnlyList<ExportMode> Modes { get; }

    /// <summary>What an export can be set to besides its address, connection, mode, keys and environments.</summary>
    IReadOnlyList<SettingSpec> Settings => [];

    /// <summary>Checks an export of one of <see cref="Modes"/>; does no I/O.</summary>
    /// <param name="export">The export.</param>
    /// <param name="projectFolder">The project's folder, from which relative paths start.</param>
    /// <exception cref="FozException">Thrown when the export is wrong.</exception>
    void Validate(ExportDefinition export, string projectFolder)
    {
    }

    /// <summary>What exports of no other model may write; null where several may write one address.</summary>
    /// <param name="export">The export.</param>
    /// <param name="projectFolder">The project's folder, that relative paths start from.</param>
    string? FindOwned(ExportDefinition export, string projectFolder) => null;

    /// <summary>The version of a table that the target itself knows to have.</summary>
    /// <param name="export">The export.</param>
    /// <param name="name">The name that <see cref="ExportRows.Name"/> had.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The version; null where it has none, or keeps none.</returns>
    /// <exception cref="FozException">The target does not answer.</exception>
    Task<long?> FindVersionAsync(OpenExport export, string name, CancellationToken cancellationToken) =>
        Task.FromResult<long?>(null);

    /// <summary>Writes rows to the target, unless another run took over (<see cref="ExportRows.Fence"/>).</summary>
    /// <param name="export">The export.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether the target has them now.</returns>
    /// <exception cref="FozException">The target does not answer, or does not take them.</exception>
    Task<ExportOutcome> WriteAsync(OpenExport export, ExportRows rows, CancellationToken cancellationToken);
}

/// <summary>An export with what its target needs of the platform.</summary>
/// <param name="Definition">The export.</param>
/// <param name="Connection">Its connection, with secrets filled in; null where the target needs none.</param>
/// <param name="ProjectFolder">The project's folder, from which relative paths start.</param>
/// <param name="Clock">The time.</param>
/// <param name="Warn">Called with warnings for the user.</param>
public sealed record OpenExport(
    ExportDefinition Definition, ConnectionDefinition? Connection, string ProjectFolder, TimeProvider Clock,
    Action<Warning> Warn)
{
    /// <summary>The settings of the connection; none where there is no connection.</summary>
    public Settings ConnectionSettings => Connection?.Settings ?? Settings.Empty;
}
