namespace Foz.Storage;

/// <summary>Turns the operating system's errors into those of stores.</summary>
public static class StorageError
{
    // errno on Linux and macOS, HRESULT on Windows.
    const int NotPermitted = 1;
    const int NoSpace = 28;
    const int ReadOnlyFileSystem = 30;
    const int QuotaLinux = 122;
    const int QuotaMacOS = 69;
    const int WindowsDiskFull = unchecked((int)0x80070070);
    const int WindowsWriteProtected = unchecked((int)0x80070013);

    /// <summary>The exception for a failed operation on an object.</summary>
    /// <param name="operation">A verb: <c>read</c>, <c>write</c>, <c>list</c>, <c>delete</c>.</param>
    /// <param name="root">The store's root.</param>
    /// <param name="path">The object's path.</param>
    /// <param name="error">What the operating system said.</param>
    public static StorageException Of(string operation, string root, string path, Exception error)
    {
        var (kind, hint) = Classify(error);
        return new StorageException(kind, $"cannot {operation} '{path}' in {root}: {hint} ({error.Message})", error)
        {
            Path = path,
        };
    }

    /// <summary>
    /// Whether a file system says by an error that it takes nothing: to wait for a lock does not help.
    /// </summary>
    public static bool IsLasting(Exception error) => Classify(error).Kind is not StorageErrorKind.Failed;

    static (StorageErrorKind Kind, string Hint) Classify(Exception error) => error switch
    {
        UnauthorizedAccessException or { HResult: NotPermitted } =>
            (StorageErrorKind.Denied, "permission denied; check the owner and mode of the folder"),
        { HResult: ReadOnlyFileSystem or WindowsWriteProtected } =>
            (StorageErrorKind.ReadOnly, "the file system is read-only"),
        { HResult: NoSpace or QuotaLinux or QuotaMacOS or WindowsDiskFull } =>
            (StorageErrorKind.Full, "the disk or quota is full; free space and try again"),
        _ => (StorageErrorKind.Failed, "the file system failed"),
    };
}
