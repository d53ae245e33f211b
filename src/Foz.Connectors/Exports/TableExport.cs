using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Exports;

/// <summary>What targets that are tables of databases have in common.</summary>
abstract class TableExport : IExportTarget
{
    const string MayRepeatSetting = "may_repeat";

    /// <inheritdoc/>
    public SettingSpec Address { get; } = new("table", "a table of a database, as `schema.name`");

    /// <inheritdoc/>
    public abstract string? ConnectionType { get; }

    /// <inheritdoc/>
    public IReadOnlyList<ExportMode> Modes { get; } = [ExportMode.Replace, ExportMode.Upsert, ExportMode.Append];

    /// <inheritdoc/>
    public IReadOnlyList<SettingSpec> Settings { get; } =
    [
        new(
            MayRepeatSetting,
            "of `append` to a database that can note nothing beside the rows: `true` sends "
                + "them, and a crash may send some "
            + "twice")
        {
            Default = "`false`: the export fails",
        },
    ];

    /// <inheritdoc/>
    public void Validate(ExportDefinition export, string projectFolder)
    {
        MayRepeat(export);
        if (export.Mode is not ExportMode.Append && export.Settings.Names.Contains(MayRepeatSetting))
            throw new FozException(ErrorKind.Configuration, $"'{MayRepeatSetting}' is for a table with 'mode: append'")
            {
                Place = export.Settings.PlaceOf(MayRepeatSetting),
            };
    }

    /// <inheritdoc/>
    public abstract Task<long?> FindVersionAsync(OpenExport export, string name, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract Task<ExportOutcome> WriteAsync(
        OpenExport export, ExportRows rows, CancellationToken cancellationToken);

    /// <summary>
    /// Whether rows are appended although no version can be recorded with them, so that a crash may send some twice.
    /// </summary>
    private protected static bool MayRepeat(ExportDefinition export) =>
        export.Settings.Flag(MayRepeatSetting, otherwise: false);
}
