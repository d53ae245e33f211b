using System.Collections.Concurrent;
using System.Text;
using Foz.DuckDB;
using Foz.Lake.Sql;

namespace Foz.Lake.Engine.Functions;

/// <summary>Marks, of some rows of one file, the ones that are deleted.</summary>
/// <param name="rows">Numbers of rows in the file, from 0.</param>
/// <param name="live">One flag for each of them; set to false where the row is deleted, otherwise unchanged.</param>
public delegate void RowFilter(ReadOnlySpan<long> rows, Span<bool> live);

/// <summary>What a scan knows of one file.</summary>
/// <param name="Deleted">Marks deleted rows; null where the file has none.</param>
/// <param name="PartitionValues">The file's values of the partition columns, in order; null for SQL NULL.</param>
public sealed record ScanFile(RowFilter? Deleted, IReadOnlyList<string?> PartitionValues)
{
    /// <summary>
    /// The value of a column of these, by its place, for a row by its number; null where all rows have the same.
    /// </summary>
    public Func<int, long, string?>? RowValues { get; init; }
}

/// <summary>What a scan knows of its files, by the path that the engine reads each from.</summary>
public sealed class ScanFiles
{
    readonly Dictionary<string, ScanFile> files = new(StringComparer.Ordinal);
    readonly Dictionary<string, ScanFile>.AlternateLookup<ReadOnlySpan<char>> byChars;

    /// <summary>A scan without files.</summary>
    public ScanFiles() => byChars = files.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Adds a file.</summary>
    public void Add(string path, ScanFile file) => files.Add(path, file);

    /// <summary>The file of a path in UTF-8.</summary>
    internal ScanFile Find(ReadOnlySpan<byte> path)
    {
        Span<char> chars = stackalloc char[path.Length];
        return byChars[chars[..Encoding.UTF8.GetChars(path, chars)]];
    }
}

/// <summary>A scan's files as SQL names them.</summary>
/// <param name="value">The first argument of the functions.</param>
/// <param name="remove">Takes them away.</param>
public sealed class ScanToken(long value, Action remove) : IDisposable
{
    /// <summary>The first argument of the functions.</summary>
    public long Value { get; } = value;

    /// <summary>Unregisters the files from the engine.</summary>
    public void Dispose() => remove();
}

/// <summary>
/// The scalar functions that a scan of a Delta table needs. <see cref="Live"/><c>(token, filename, file_row_number)</c>
/// is false for rows that a deletion vector deletes; <see cref="Partition"/><c>(token, ordinal, filename)</c> is the
/// text of a file's partition value, and <see cref="RowValue"/><c>(token, ordinal, filename, file_row_number)</c> that
/// of a row where rows of a file differ in it. All are keyed on the file's name, which a vector holds in long runs.
/// </summary>
sealed class ScanFunctions
{
    /// <summary>The name of the function that returns which rows exist.</summary>
    public static readonly string Live = OwnNames.Of("live");

    /// <summary>The name of the function that returns values of partition columns.</summary>
    public static readonly string Partition = OwnNames.Of("partition");

    /// <summary>The name of the function that returns values of rows that their file does not hold.</summary>
    public static readonly string RowValue = OwnNames.Of("row_value");

    readonly ConcurrentDictionary<long, ScanFiles> scans = new();
    long lastToken;

    /// <summary>The functions as DuckDB registers them.</summary>
    public IReadOnlyList<ScalarFunction> Functions =>
    [
        new()
        {
            Name = Live,
            Parameters = [LogicalType.BigInt, LogicalType.Varchar, LogicalType.BigInt],
            ReturnType = LogicalType.Boolean,
            Body = FindLive,
        },
        new()
        {
            Name = Partition,
            Parameters = [LogicalType.BigInt, LogicalType.BigInt, LogicalType.Varchar],
            ReturnType = LogicalType.Varchar,
            Body = FindPartition,
        },
        new()
        {
            Name = RowValue,
            Parameters = [LogicalType.BigInt, LogicalType.BigInt, LogicalType.Varchar, LogicalType.BigInt],
            ReturnType = LogicalType.Varchar,
            Body = FindRowValue,
        },
    ];

    /// <summary>Makes a scan's files known until the token is disposed.</summary>
    public ScanToken Add(ScanFiles files)
    {
        var token = Interlocked.Increment(ref lastToken);
        scans[token] = files;
        return new ScanToken(token, () => scans.TryRemove(token, out _));
    }

    void FindLive(DataChunk arguments, VectorWriter result)
    {
        var files = FilesOf(arguments);
        var names = arguments[1];
        var rows = arguments[2].Values<long>();
        var live = result.Values<bool>()[..arguments.RowCount];
        live.Fill(true);
        for (int start = 0, end; start < live.Length; start = end)
        {
            end = names.EndOfRun(start);
            files.Find(names.Bytes(start)).Deleted?.Invoke(rows[start..end], live[start..end]);
        }
    }

    void FindPartition(DataChunk arguments, VectorWriter result)
    {
        var files = FilesOf(arguments);
        var ordinal = (int)arguments[1].Values<long>()[0];
        var names = arguments[2];
        for (int start = 0, end; start < arguments.RowCount; start = end)
        {
            end = names.EndOfRun(start);
            var value = files.Find(names.Bytes(start)).PartitionValues[ordinal];
            var utf8 = value is null ? null : Encoding.UTF8.GetBytes(value);
            for (var row = start; row < end; row++)
            {
                if (utf8 is null) result.SetNull(row);
                else result.SetBytes(row, utf8);
            }
        }
    }

    void FindRowValue(DataChunk arguments, VectorWriter result)
    {
        var files = FilesOf(arguments);
        var ordinal = (int)arguments[1].Values<long>()[0];
        var names = arguments[2];
        var rows = arguments[3].Values<long>();
        for (int start = 0, end; start < arguments.RowCount; start = end)
        {
            end = names.EndOfRun(start);
            var file = files.Find(names.Bytes(start));
            for (var row = start; row < end; row++)
            {
                var value = file.RowValues is { } valueOf ? valueOf(ordinal, rows[row]) : file.PartitionValues[ordinal];
                if (value is null) result.SetNull(row);
                else result.SetBytes(row, Encoding.UTF8.GetBytes(value));
            }
        }
    }

    ScanFiles FilesOf(DataChunk arguments)
    {
        var token = arguments[0].Values<long>()[0];
        return scans.TryGetValue(token, out var files)
            ? files
            : throw new InvalidOperationException($"the files of scan {token} are not registered, or not any more");
    }
}
