using System.Runtime.CompilerServices;
using Foz.Delta;
using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Lake.Engine;
using Foz.Storage;
using Foz.Storage.Addresses;

namespace Foz.Lake.Tables;

/// <summary>
/// A table's data files as the engine finds them: on the local disk, or brought there from an object store.
/// </summary>
static class TableFiles
{
    static readonly ConditionalWeakTable<DeletionVectorDescriptor, RowSet> deletedRows = [];

    const int VectorsAtOnceMax = 16;

    /// <summary>The folder of the paths under which the engine reads a table's files.</summary>
    public static string FolderOf(TableSnapshot table) => table.Store.IsLocal
        ? table.Store.Root
        : Path.GetDirectoryName(table.Store.LocalPath("data")) ?? table.Store.Root;

    /// <summary>Makes sure that a session may read files of a table.</summary>
    /// <exception cref="FozException">
    /// A file lies where no table does, or the session cannot be moved any more.
    /// </exception>
    public static void Reach(EngineSession session, TableSnapshot table, IEnumerable<AddFile> files)
    {
        if (!session.IsConfined) return;
        var folders = new HashSet<string>(StringComparer.Ordinal) { FolderOf(table) };
        foreach (var file in files)
            if (file.Path.IsAbsolute && Path.GetDirectoryName(LocalPath(table, file)) is { } folder)
                folders.Add(folder);
        session.Reach(folders);
    }

    /// <summary>The path from which the engine reads a file.</summary>
    /// <exception cref="FozException">The file is not on a local disk, nor in the table's store.</exception>
    public static string LocalPath(TableSnapshot table, AddFile file)
    {
        if (PathBelow(table, file) is { } path)
            return table.Store.LocalPath(path) ?? throw new FozException(
                ErrorKind.Storage, $"{path} of {table.State.Table} is not on a local disk");
        return table.Store.IsLocal && !ObjectStores.IsUrl(file.Path.Value)
            ? file.Path.Value
            : throw new FozException(
                ErrorKind.Storage, $"{file.Path.Value} of {table.State.Table} lies outside of {table.Store.Root}")
            {
                Hint = "copy the table: files of other stores are not read",
            };
    }

    /// <summary>Brings files to the local disk, where they are not there already, and holds them.</summary>
    public static ValueTask<LocalObjects> FetchAsync(
        TableSnapshot table, IReadOnlyCollection<AddFile> files, CancellationToken cancellationToken) =>
        table.Store.IsLocal || table.Store.LocalPath("data") is null
            ? new(LocalObjects.None)
            : table.Store.FetchAsync(
                [
                    .. files.Select(file =>
                        new ObjectRef(PathBelow(table, file) ?? LocalPath(table, file), file.SizeBytes)),
                ],
                cancellationToken);

    /// <summary>Reads the deletion vectors of files of an object store, several at a time.</summary>
    public static Task ReadVectorsAsync(
        TableSnapshot table, IReadOnlyCollection<AddFile> files, CancellationToken cancellationToken)
    {
        if (table.Store.IsLocal) return Task.CompletedTask;
        var options = new ParallelOptions
        {
            CancellationToken = cancellationToken, MaxDegreeOfParallelism = VectorsAtOnceMax,
        };
        return Parallel.ForEachAsync(
            files.Where(file => file.DeletionVector is not null), options,
            async (file, token) => await DeletedRowsAsync(table, file, token));
    }

    /// <summary>A file's path below the table's folder; null if it lies elsewhere.</summary>
    static string? PathBelow(TableSnapshot table, AddFile file)
    {
        if (!file.Path.IsAbsolute) return file.Path.Value;
        var root = table.Store.Root + "/";
        return !table.Store.IsLocal && file.Path.Value.StartsWith(root, StringComparison.Ordinal)
            ? file.Path.Value[root.Length..]
            : null;
    }

    /// <summary>The rows that a file's deletion vector deletes; empty where it has none.</summary>
    public static async ValueTask<RowSet> DeletedRowsAsync(
        TableSnapshot table, AddFile file, CancellationToken cancellationToken)
    {
        if (file.DeletionVector is not { } vector) return RowSet.Empty;
        if (deletedRows.TryGetValue(vector, out var rows)) return rows;
        try
        {
            rows = await DeletionVectorFile.ReadAsync(table.Store, vector, cancellationToken);
        }
        catch (DeltaException fault)
        {
            throw new DeltaException(
                fault.Kind, $"{table.State.Table} at version {table.Version}: {file.Path.Value}: {fault.Message}",
                fault)
            { Path = fault.Path, Version = table.Version };
        }
        catch (StorageException fault)
        {
            throw new StorageException(
                fault.Kind, $"{table.State.Table} at version {table.Version}: {file.Path.Value}: {fault.Message}",
                fault)
            { Path = fault.Path };
        }
        Keep(vector, rows);
        return rows;
    }

    /// <summary>Keeps what a deletion vector deletes, so that it need not be read.</summary>
    public static void Keep(DeletionVectorDescriptor vector, RowSet rows) => deletedRows.AddOrUpdate(vector, rows);
}
