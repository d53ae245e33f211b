using Foz.DuckDB;
using Foz.Lake.Data.Formats;

namespace Foz.Lake.Engine.Functions;

/// <summary>
/// <c>foz_format(format, text)</c>: a text as a <see cref="ValueFormat"/> writes it, NULL where it is none.
/// </summary>
static class FormatFunctions
{
    /// <summary>The function as DuckDB registers it.</summary>
    public static ScalarFunction Format => new()
    {
        Name = "foz_format",
        Parameters = [LogicalType.Varchar, LogicalType.Varchar],
        ReturnType = LogicalType.Varchar,
        Body = Normalize,
    };

    static void Normalize(DataChunk arguments, VectorWriter result)
    {
        var names = arguments[0];
        var texts = arguments[1];
        for (int start = 0, end; start < arguments.RowCount; start = end)
        {
            end = names.EndOfRun(start);
            if (names.IsNull(start)) continue;
            var format = ValueFormat.ByName[names.Text(start)];
            for (var row = start; row < end; row++)
            {
                if (texts.IsNull(row) || format.Normalize(texts.Text(row)) is not { } normal) result.SetNull(row);
                else result.SetText(row, normal);
            }
        }
    }
}
