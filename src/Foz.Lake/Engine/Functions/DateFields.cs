using Foz.DuckDB;

namespace Foz.Lake.Engine.Functions;

/// <summary>
/// <c>foz_date_field(field)</c>: returns the name of a part of a date unchanged. A part that DuckDB takes as a constant
/// only, because its value is no whole number, is refused: for values with a time zone DuckDB would end its database
/// there.
/// </summary>
public static class DateFields
{
    /// <summary>How the error ends: it names what is not supported.</summary>
    public const string Unsupported = "from a column is not supported";

    /// <summary>The name of the function.</summary>
    public const string Name = "foz_date_field";

    /// <summary>The function as DuckDB registers it.</summary>
    public static ScalarFunction Function => new()
    {
        Name = Name,
        Parameters = [LogicalType.Varchar],
        ReturnType = LogicalType.Varchar,
        Body = Check,
    };

    static void Check(DataChunk arguments, VectorWriter result)
    {
        var fields = arguments[0];
        for (var row = 0; row < arguments.RowCount; row++)
        {
            if (fields.IsNull(row))
            {
                result.SetNull(row);
                continue;
            }
            var field = fields.Text(row);
            var name = field.Trim().ToLowerInvariant();
            if (name is "epoch" or "julian" or "jd")
                throw new InvalidOperationException($"date_part with the field {name} {Unsupported}");
            result.SetText(row, field);
        }
    }
}
