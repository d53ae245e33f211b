using Foz.DuckDB;

namespace Foz.Serving.Results;

/// <summary>Some rows of a chunk, valid until the next ones are fetched or the cursor is disposed.</summary>
/// <param name="Chunk">The chunk; who fetched does not dispose it.</param>
/// <param name="Start">The first row.</param>
/// <param name="Count">How many rows: one or more.</param>
public readonly record struct RowSlice(DataChunk Chunk, int Start, int Count);
