using Foz.Delta.Log;

namespace Foz.Delta.Transactions;

/// <summary>A staged removal.</summary>
/// <param name="File">The file as the snapshot has it.</param>
/// <param name="DataChange">False if its rows are in other files of the commit.</param>
readonly record struct RemovedFile(AddFile File, bool DataChange);
