using System.Runtime.InteropServices;

namespace Foz.Lake.Catalog;

/// <summary>
/// Rows on their way to a table of the schema <c>foz</c>, in a file that is deleted with this object. It is a handle,
/// so that .NET also deletes the file of rows that were never read, as where only a statement's columns were asked for.
/// </summary>
public sealed class PendingRows : SafeHandle
{
    readonly DirectoryInfo? folder;

    /// <param name="select">A SELECT of them, with columns of the table's names.</param>
    /// <param name="folder">The folder of the file; null where there is none.</param>
    public PendingRows(string select, DirectoryInfo? folder = null)
        : base(invalidHandleValue: 0, ownsHandle: true) => (Select, this.folder) = (select, folder);

    /// <summary>A SELECT of them.</summary>
    public string Select { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => false;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        try
        {
            folder?.Delete(recursive: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It goes with the process's own folder.
            return false;
        }
    }
}
