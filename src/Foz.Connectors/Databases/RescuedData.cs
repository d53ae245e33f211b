using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Foz.Lake.Data;

namespace Foz.Connectors.Databases;

/// <summary>
/// The column that keeps what no other can hold, such as the date <c>0000-00-00</c>: the value's own column is null in
/// that row, and this one is a JSON object of the values as the database writes them. A table has it if one of its
/// columns could need it, so that its schema never depends on its rows.
/// </summary>
sealed class RescuedData
{
    /// <summary>Its name, as Databricks has it.</summary>
    public const string Name = "_rescued_data";

    const int WordsMin = 32;

    static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    readonly List<(int Row, byte[] Text)> texts = [];
    readonly Dictionary<string, string> values = [];

    /// <summary>The field of it.</summary>
    public static Field Field { get; } = new(Name, DataType.String)
    {
        Metadata = ImmutableSortedDictionary<string, string>.Empty.Add(
            Field.CommentKey, "JSON of the values that their columns cannot hold, as the source writes them"),
    };

    /// <summary>Keeps a value of the row that is being read.</summary>
    public void Add(string column, string value) => values[column] = value;

    /// <summary>Ends a row.</summary>
    public void EndRow(int row)
    {
        if (values.Count == 0) return;
        texts.Add((row, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(values, Json))));
        values.Clear();
    }

    /// <summary>The column of so many rows.</summary>
    public Column Build(int rows)
    {
        var (validity, offsets) = (new ulong[Math.Max(WordsMin, rows / 64 + 1)], new int[rows + 1]);
        foreach (var (row, text) in texts)
        {
            validity[row / 64] |= 1UL << row % 64;
            offsets[row + 1] = text.Length;
        }
        for (var row = 0; row < rows; row++) offsets[row + 1] += offsets[row];
        return new BytesColumn([.. texts.SelectMany(t => t.Text)], offsets, validity);
    }
}
