using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Foz.DuckDB;
using Foz.Lake;
using Foz.Lake.Sql;
using Foz.Serving.Sql;

namespace Foz.Serving.PostgreSql.Functions;

/// <summary>
/// Numbers that became too large: the engine goes on with Infinity, where PostgreSQL has an error. What a table holds
/// may be Infinity; what
/// a statement computed is taken for too large.
/// </summary>
static class PgOverflow
{
    static readonly FrozenSet<string> functions = FrozenSet.ToFrozenSet(
    [
        "avg", "corr", "covar_pop", "covar_samp", "exp", "pow", "power", "regr_avgx", "regr_avgy", "regr_slope",
        "stddev", "stddev_pop", "stddev_samp", "sum", "var_pop", "var_samp", "variance",
    ], StringComparer.Ordinal);

    /// <summary>Makes sure that no value is one that became too large.</summary>
    /// <param name="chunk">Rows of a statement's result.</param>
    /// <param name="sql">The statement as the client wrote it.</param>
    /// <exception cref="FozException">One is.</exception>
    public static void Check(DataChunk chunk, string sql)
    {
        for (var i = 0; i < chunk.ColumnCount; i++)
            if (HasInfinity(chunk[i], chunk.RowCount) && IsComputed(sql, i, chunk.ColumnCount))
                throw new FozException(ErrorKind.Data, "value out of range: overflow") { SqlState = "22003" };
    }

    static bool HasInfinity(in Vector vector, int rows)
    {
        const long Infinity = 0x7FF0_0000_0000_0000, Negative = unchecked((long)0xFFF0_0000_0000_0000);
        const int InfinityOfFloat = 0x7F80_0000, NegativeOfFloat = unchecked((int)0xFF80_0000);
        var found = vector.Type.Id switch
        {
            TypeId.Double =>
                MemoryMarshal.Cast<double, long>(vector.Values<double>()[..rows]).ContainsAny(Infinity, Negative),
            TypeId.Float =>
                MemoryMarshal.Cast<float, int>(vector.Values<float>()[..rows])
                    .ContainsAny(InfinityOfFloat, NegativeOfFloat),
            _ => false,
        };
        if (!found) return false;
        for (var row = 0; row < rows; row++)
            if (!vector.IsNull(row) && double.IsInfinity(Value(vector, row))) return true;
        return false;
    }

    static double Value(in Vector vector, int row) =>
        vector.Type.Id == TypeId.Double ? vector.Values<double>()[row] : vector.Values<float>()[row];

    /// <summary>
    /// Whether a column, or a query inside of the statement, computes with numbers, none of which is written as
    /// infinite.
    /// </summary>
    static bool IsComputed(string sql, int column, int columns)
    {
        var tokens = new PgTokens(sql);
        for (var i = 0; i < tokens.Count; i++)
            if (tokens.KindOf(i) == SqlTokenKind.Text
                && tokens.List.TextOf(i).Contains("inf", StringComparison.OrdinalIgnoreCase)) return false;
        var items = new SelectStructure(tokens).Items;
        List<SelectItem> outer = [.. items.Where(item => item.Query < 0)];
        return items.Where(item => item.Query >= 0 || outer.Count != columns || item == outer[column])
            .Any(item => Computes(tokens, item));
    }

    static bool Computes(PgTokens tokens, SelectItem item)
    {
        for (var i = item.Start; i < item.End; i++)
        {
            if (tokens.IsName(i) && tokens.IsSymbol(i + 1, '(') && functions.Contains(tokens.NameOf(i))) return true;
            if (i > item.Start && tokens.EndsOperand(i - 1)
                && tokens.KindOf(i) == SqlTokenKind.Symbol && "*+-/^".Contains(tokens.List.TextOf(i)[0])) return true;
        }
        return false;
    }
}
