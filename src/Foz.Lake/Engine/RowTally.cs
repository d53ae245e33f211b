using System.Collections.Concurrent;
using System.Globalization;
using Foz.DuckDB;
using Foz.Lake.Sql;

namespace Foz.Lake.Engine;

/// <summary>
/// A hash of the rows that a statement reads, whatever their order, made while they pass. In SQL it is
/// <c>foz_tally(number, hash)</c>, true for every row. Safe for use by many threads.
/// </summary>
public sealed class RowTally : IDisposable
{
    const string Name = "foz_tally";

    static readonly ConcurrentDictionary<long, RowTally> Open = new();
    static long last;

    readonly long number = Interlocked.Increment(ref last);
    long rows;
    long sum;

    /// <summary>A tally of no rows yet.</summary>
    public RowTally() => Open[number] = this;

    /// <summary>How many rows have passed.</summary>
    public long Rows => Interlocked.Read(ref rows);

    /// <summary>The rows' number and the sum of their hashes, each 64 bits.</summary>
    public string Hash => string.Create(CultureInfo.InvariantCulture, $"{Rows}-{(ulong)Interlocked.Read(ref sum):x16}");

    /// <summary>The function as DuckDB registers it.</summary>
    internal static ScalarFunction Function { get; } = new()
    {
        Name = Name,
        Parameters = [LogicalType.BigInt, LogicalType.UBigInt],
        ReturnType = LogicalType.Boolean,
        IsVolatile = true,
        Body = Run,
    };

    /// <summary>A SELECT of the same rows, which counts them.</summary>
    /// <param name="select">The rows.</param>
    /// <param name="columns">The columns that are hashed.</param>
    public string Over(string select, IEnumerable<EngineColumn> columns) => string.Create(
        CultureInfo.InvariantCulture,
        $"SELECT * FROM ({select}\n) AS t WHERE {Name}({number}, "
            + $"hash({string.Join(", ", columns.SelectMany(Values).DefaultIfEmpty("0"))}))");

    /// <inheritdoc/>
    public void Dispose() => Open.TryRemove(number, out _);

    /// <summary>
    /// Returns what distinguishes the values of a column: to the engine's hash zeros are equal, and so are some lists.
    /// </summary>
    static IEnumerable<string> Values(EngineColumn column)
    {
        var name = $"t.{SqlText.Identifier(column.Name)}";
        return column.Type.Id switch
        {
            TypeId.Float or TypeId.Double => [name, $"signbit({name})"],
            TypeId.List or TypeId.Map or TypeId.Struct or TypeId.Union or TypeId.Array => [$"to_json({name})"],
            _ => [name],
        };
    }

    static void Run(DataChunk arguments, VectorWriter result)
    {
        result.Values<bool>()[..arguments.RowCount].Fill(true);
        if (arguments.RowCount == 0 || !Open.TryGetValue(arguments[0].Values<long>()[0], out var tally)) return;
        var total = 0UL;
        // The engine joins the hashes of columns by XOR: mixed once more, values that rows swap do not cancel out.
        foreach (var hash in arguments[1].Values<ulong>()[..arguments.RowCount]) total += Mix(hash);
        Interlocked.Add(ref tally.rows, arguments.RowCount);
        Interlocked.Add(ref tally.sum, (long)total);
    }

    /// <summary>The last step of MurmurHash3: each bit of the hash changes about half of the bits.</summary>
    static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        return hash ^ (hash >> 33);
    }
}
