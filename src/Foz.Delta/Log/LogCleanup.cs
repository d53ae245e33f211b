namespace Foz.Delta.Log;

/// <summary>What a clean-up of a table's log deleted.</summary>
/// <param name="FilesDeleted">The number of files.</param>
/// <param name="BytesDeleted">Their size.</param>
/// <param name="Error">What ended it before its time; null if nothing did. What is left goes the next time.</param>
public readonly record struct LogCleanup(int FilesDeleted, long BytesDeleted, Exception? Error = null);
