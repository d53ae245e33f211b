using Foz.Lake.Tables.Writing;

namespace Foz.Lake.Tables.Merging;

/// <summary>
/// Changes tables by keys, and by MERGE. Every method writes data files and returns the future change; nothing
/// of it is in the table before <see cref="TableChange.CommitAsync"/>.
/// </summary>
public static class TableMerging
{
    /// <summary>
    /// Puts the newest row of each key in the place of all that the table has, with their own columns; makes the table
    /// if there is none.
    /// </summary>
    /// <param name="writer">What writes.</param>
    /// <param name="table">The table.</param>
    /// <param name="select">The rows; of those of a key no two that are the newest.</param>
    /// <param name="options">
    /// The keys, by what rows are newer where several of a key may come, and how they are written.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// The statement failed, its rows do not fit the table, or two of the newest have equal keys.
    /// </exception>
    public static Task<TableChange> OverwriteByKeysAsync(
        this TableWriter writer, LakeTable table, string select, MergeOptions options,
        CancellationToken cancellationToken) =>
        new KeyMerge(writer, table, select, options).OverwriteAsync(cancellationToken);

    /// <summary>
    /// Adds rows in the place of the ones that have equal keys; makes the table if there is none.
    /// </summary>
    /// <param name="writer">What writes.</param>
    /// <param name="table">The table.</param>
    /// <param name="select">The rows; no two with equal keys.</param>
    /// <param name="options">The keys, and how rows are written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// The statement failed, its rows do not fit the table, or two of them have equal keys.
    /// </exception>
    public static Task<TableChange> MergeAsync(
        this TableWriter writer, LakeTable table, string select, MergeOptions options,
        CancellationToken cancellationToken) =>
        new KeyMerge(writer, table, select, options).MergeAsync(cancellationToken);

    /// <summary>
    /// Adds rows, and takes all rows away that have equal keys; makes the table if there is none. Of one key there may
    /// be any number of rows.
    /// </summary>
    /// <param name="writer">What writes.</param>
    /// <param name="table">The table.</param>
    /// <param name="select">The rows.</param>
    /// <param name="options">The keys, and how rows are written; columns to update have no meaning here.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">The statement failed, or its rows do not fit the table.</exception>
    public static Task<TableChange> ReplaceByKeysAsync(
        this TableWriter writer, LakeTable table, string select, MergeOptions options,
        CancellationToken cancellationToken) =>
        new KeyMerge(writer, table, select, options).ReplaceKeysAsync(cancellationToken);

    /// <summary>Merges rows into a table, in full: MERGE as Spark has it.</summary>
    /// <param name="writer">What writes.</param>
    /// <param name="table">The table; it must exist.</param>
    /// <param name="merge">What is merged, and how.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// A text does not bind, a clause does not fit, or several rows of the source change one row of the table.
    /// </exception>
    public static Task<TableChange> MergeAsync(
        this TableWriter writer, LakeTable table, MergeDefinition merge, CancellationToken cancellationToken) =>
        new TableMerge(writer.Session, table, merge).RunAsync(cancellationToken);
}
