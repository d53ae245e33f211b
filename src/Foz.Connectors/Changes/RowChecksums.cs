namespace Foz.Connectors.Changes;

/// <summary>How many rows a part of a table has, and the sum of the hashes of their texts.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Sum">The sum, as digits.</param>
public readonly record struct RowChecksum(long Rows, string Sum);

/// <summary>
/// SQL of checksums that PostgreSQL, MySQL, MariaDB and DuckDB read alike. Rows whose checksums are the same are the
/// same. Those of equal rows may differ, where databases write a value differently: such rows are then compared one by
/// one.
/// </summary>
/// <param name="number">Makes a number of 15 hexadecimal digits, in SQL.</param>
/// <param name="textOf">Makes a text of a column, in SQL.</param>
public sealed class RowChecksums(Func<string, string> number, Func<string, string> textOf)
{
    // A function of PostgreSQL takes at most 100 arguments.
    const int ArgumentsMax = 50;

    /// <summary>Returns SQL of the name of the part that a row is in.</summary>
    /// <param name="keys">The columns of the key.</param>
    public string PartOf(IEnumerable<string> keys) => $"substr(md5({TextOf(keys)}), 1, 3)";

    /// <summary>Returns the condition of rows that are in some parts.</summary>
    /// <param name="keys">The columns of the key.</param>
    /// <param name="names">The names of the parts, which are hexadecimal digits.</param>
    public string IsIn(IEnumerable<string> keys, IEnumerable<string> names) =>
        $"{PartOf(keys)} IN ({string.Join(", ", names.Select(name => $"'{name}'"))})";

    /// <summary>Returns SQL of all parts of a table: name, number of rows, and sum of the hashes.</summary>
    /// <param name="table">The table.</param>
    /// <param name="keys">The columns of the key.</param>
    /// <param name="columns">All columns that are compared.</param>
    public string Select(string table, IEnumerable<string> keys, IEnumerable<string> columns) =>
        $"SELECT foz_part, count(*), sum({number("substr(foz_hash, 1, 15)")}) FROM ("
            + $"SELECT {PartOf(keys)} AS foz_part, md5({TextOf(columns)}) AS foz_hash FROM {table}) AS foz_rows "
            + "GROUP BY foz_part";

    /// <summary>SQL of a text of columns, from which each of them could be read again.</summary>
    string TextOf(IEnumerable<string> columns)
    {
        var texts = columns.Select(column =>
        {
            var text = textOf(column);
            return $"CASE WHEN {text} IS NULL THEN '-' ELSE concat(char_length({text}), ':', {text}) END";
        });
        var parts = texts.Chunk(ArgumentsMax).Select(chunk => $"concat({string.Join(", ", chunk)}, '')");
        return $"concat({string.Join(", ", parts)}, '')";
    }
}
