using System.Data.Common;
using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Sql;
using Microsoft.Data.SqlClient;

namespace Foz.Connectors.Exports;

/// <summary>What targets that are tables of databases have in common.</summary>
abstract class TableExport : IExportTarget
{
    const string MayRepeatSetting = "may_repeat";
    const int AttemptsMax = 5;
    const int SqlServerDeadlock = 1205;
    static readonly TimeSpan RetryWait = TimeSpan.FromMilliseconds(100);

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
    public async Task<ExportOutcome> WriteAsync(
        OpenExport export, ExportRows rows, CancellationToken cancellationToken)
    {
        CheckKeys(export.Definition, rows, cancellationToken);
        for (var attempt = 1; ; attempt++)
            try
            {
                return await WriteOnceAsync(export, rows, cancellationToken);
            }
            catch (FozException e) when (IsUndone(e.InnerException) && attempt < AttemptsMax)
            {
                await Task.Delay(attempt * RetryWait, TimeProvider.System, cancellationToken);
            }
    }

    /// <summary>Writes the rows in one transaction.</summary>
    private protected abstract Task<ExportOutcome> WriteOnceAsync(
        OpenExport export, ExportRows rows, CancellationToken cancellationToken);

    /// <summary>
    /// Whether a database undid a transaction that waited for another one which waited for it, as exports that begin
    /// together may.
    /// </summary>
    static bool IsUndone(Exception? error) =>
        error is SqlException { Number: SqlServerDeadlock } or DbException { SqlState: "40001" or "40P01" };

    /// <summary>Refuses an upsert of rows whose key the target could not find again.</summary>
    /// <exception cref="FozException">The rows lack a column of the key, or have NULL in one.</exception>
    static void CheckKeys(ExportDefinition export, ExportRows rows, CancellationToken cancellationToken)
    {
        if (export.Mode is not ExportMode.Upsert) return;
        var columns = rows.Fields.Select(field => field.Name).ToList();
        foreach (var key in export.Keys.Except(columns, StringComparer.OrdinalIgnoreCase))
            throw Refused($"keys names the column '{key}', which the rows do not have", NearestName.Hint(key, columns));
        var names = export.Keys.Select(SqlText.Identifier).ToList();
        var nulls = rows.Session.QueryScalar<long>(
            $"SELECT count(*) FROM ({rows.Sql}\n) WHERE {string.Join(" OR ", names.Select(name => $"{name} IS NULL"))}",
            cancellationToken);
        if (nulls > 0)
            throw Refused(
                string.Create(CultureInfo.InvariantCulture, $"{nulls:N0} of its rows have NULL in the key ")
                    + $"{string.Join(", ", export.Keys)}: the next export could not find them to replace them",
                "leave these rows out of the model: WHERE "
                    + string.Join(" AND ", names.Select(name => $"{name} IS NOT NULL")));

        FozException Refused(string message, string? hint) =>
            new(ErrorKind.Data, $"export to {export.Target}: {message}")
            {
                Place = export.Place is { File: not null } place ? place : null, Hint = hint,
            };
    }

    /// <summary>
    /// Whether rows are appended although no version can be recorded with them, so that a crash may send some twice.
    /// </summary>
    private protected static bool MayRepeat(ExportDefinition export) =>
        export.Settings.Flag(MayRepeatSetting, otherwise: false);
}
