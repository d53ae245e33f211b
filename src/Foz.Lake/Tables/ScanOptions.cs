using Foz.Delta.DeletionVectors;
using Foz.Delta.Log;
using Foz.Lake.Engine.Functions;

namespace Foz.Lake.Tables;

/// <summary>What a scan reads of files besides the columns of the table and the rows that the log lists.</summary>
public sealed record ScanOptions
{
    /// <summary>
    /// What takes rows out of a file in the place of its deletion vector, giving null for nothing; null for the
    /// deletion vector.
    /// </summary>
    public Func<AddFile, RowFilter?>? FilterOf { get; init; }

    /// <summary>Columns that files have besides the table's, NULL where a file lacks one.</summary>
    public IReadOnlyList<ExtraColumn> ExtraColumns { get; init; } = [];

    /// <summary>Columns that have one value in a file, after those.</summary>
    public IReadOnlyList<FileConstant> Constants { get; init; } = [];

    /// <summary>
    /// The values of <see cref="Constants"/>, by place and row, of a file whose rows differ in them, giving null for
    /// one whose rows do not; null where no file's do.
    /// </summary>
    public Func<AddFile, Func<int, long, string?>?>? RowValuesOf { get; init; }

    /// <summary>
    /// The columns from which <see cref="TrackedRows.RowId"/> and <see cref="TrackedRows.RowVersion"/> are read, after
    /// those; null where they are not.
    /// </summary>
    public TrackedRows? Tracked { get; init; }

    /// <summary>
    /// Whether the relation is for every session of the engine, and not only for the one that opens it.
    /// </summary>
    public bool IsForAnySession { get; init; }

    /// <summary>All columns that are read of files besides the table's.</summary>
    public IReadOnlyList<ExtraColumn> ColumnsOfFiles =>
        Tracked is null ? ExtraColumns : [.. ExtraColumns, .. Tracked.FileColumns];

    /// <summary>Returns the values that a scan gets for a file's columns that have one value in it.</summary>
    public IEnumerable<string?> ValuesOf(AddFile file)
    {
        var values = Constants.Select(constant => constant.ValueOf(file));
        return Tracked is null
            ? values
            : values.Append(Text(file.BaseRowId)).Append(Text(file.DefaultRowCommitVersion));

        static string? Text(long? number) => number?.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Excludes these rows.</summary>
    public static RowFilter? Without(RowSet rows) => rows.IsEmpty ? null : rows.Filter;

    /// <summary>Keeps these rows only.</summary>
    public static RowFilter Only(RowSet rows) => (numbers, live) =>
    {
        rows.Filter(numbers, live);
        foreach (ref var row in live) row = !row;
    };
}

/// <summary>A column of data files that is none of the table's.</summary>
/// <param name="Name">Its name, in the files and in the scan.</param>
/// <param name="Type">DuckDB's name of its type.</param>
public readonly record struct ExtraColumn(string Name, string Type);

/// <summary>A column that has one value in each file of a scan.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">DuckDB's name of its type.</param>
/// <param name="ValueOf">The value of a file, as text that is cast; null for NULL.</param>
public readonly record struct FileConstant(string Name, string Type, Func<AddFile, string?> ValueOf);
