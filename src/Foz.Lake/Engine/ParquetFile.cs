namespace Foz.Lake.Engine;

/// <summary>A Parquet file that the engine wrote.</summary>
/// <param name="Path">Its path.</param>
/// <param name="RowCount">Its rows, at least 1.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
/// <param name="Columns">What is known of the values of each leaf column.</param>
/// <param name="PartitionKeys">The partition columns and the value that all rows have, as text; null for NULL.</param>
sealed record ParquetFile(
    string Path,
    long RowCount,
    long SizeBytes,
    IReadOnlyList<ParquetColumnStatistics> Columns,
    IReadOnlyList<KeyValuePair<string, string?>> PartitionKeys);

/// <summary>
/// What is known of the values of one leaf column of a file. Values are text as DuckDB gives it: dates ISO, timestamps
/// <c>2020-06-01 00:00:00.123456</c> (with <c>+00</c> after instants), booleans 0 and 1, blobs in hexadecimal.
/// </summary>
/// <param name="Path">
/// The column's name, then the names of fields inside; <c>element</c>, <c>key</c> and <c>value</c> for those of lists
/// and maps.
/// </param>
/// <param name="Min">
/// A lower bound of the values without NULL and NaN; null if not known. Texts are cut at some 256 bytes.
/// </param>
/// <param name="Max">
/// An upper bound of the values without NULL and NaN; null if not known. A text that is cut is raised, so it is a
/// bound.
/// </param>
/// <param name="NullCount">
/// The number of NULLs; null if not known. For what lies in a list or map it counts elements, not rows.
/// </param>
/// <param name="HasNaN">Whether a value is NaN, which sorts above <paramref name="Max"/>.</param>
sealed record ParquetColumnStatistics(
    IReadOnlyList<string> Path, string? Min, string? Max, long? NullCount, bool HasNaN);

/// <summary>How Parquet files are written.</summary>
sealed record ParquetWriteOptions
{
    /// <summary>What the names of the files begin with.</summary>
    public string NamePrefix { get; init; } = "part";

    /// <summary>Rows of a row group; null for DuckDB's 122,880.</summary>
    public int? RowGroupRows { get; init; }

    /// <summary>
    /// The size from which on a next file is begun, in bytes, looked at after each row group; null for one file, or as
    /// many as <see cref="PerThreadOutput"/> and <see cref="PartitionBy"/> make.
    /// </summary>
    public long? FileSizeBytes { get; init; }

    /// <summary>Columns whose values make the folders <c>column=value</c>; they are left out of the files unless
    /// <see cref="WritesPartitionColumns"/>.</summary>
    public IReadOnlyList<string> PartitionBy { get; init; } = [];

    /// <summary>Whether files hold the columns of <see cref="PartitionBy"/> too.</summary>
    public bool WritesPartitionColumns { get; init; }

    /// <summary>
    /// Whether rows are sorted by <see cref="PartitionBy"/> first. It makes about one file per partition in bounded
    /// memory, however many there are; without it, some fifty partitions are fine, and thousands make ten files each or
    /// exhaust memory.
    /// </summary>
    public bool SortsPartitions { get; init; } = true;

    /// <summary>Whether each thread writes files of its own.</summary>
    public bool PerThreadOutput { get; init; }

    /// <summary>The Parquet field ids of the columns; empty for none.</summary>
    public IReadOnlyList<ParquetFieldId> FieldIds { get; init; } = [];
}

/// <summary>The Parquet field id of a column, and those of the fields inside.</summary>
/// <param name="Name">
/// The column or field; <c>element</c>, <c>key</c> and <c>value</c> for those of lists and maps.
/// </param>
/// <param name="Id">Its id; null for none of its own.</param>
/// <param name="Fields">Those of the fields inside.</param>
sealed record ParquetFieldId(string Name, int? Id, IReadOnlyList<ParquetFieldId> Fields);
