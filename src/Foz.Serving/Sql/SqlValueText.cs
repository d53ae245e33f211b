using System.Globalization;
using Foz.Lake.Sql;

namespace Foz.Serving.Sql;

/// <summary>Values of .NET as SQL writes them.</summary>
static class SqlValueText
{
    /// <summary>A value that a table's description has.</summary>
    public static string Of(object? value) => value switch
    {
        null => "NULL",
        bool truth => truth ? "true" : "false",
        string text => SqlText.Literal(text),
        IEnumerable<KeyValuePair<string, string>> map =>
            $"MAP {{{string.Join(", ", map.Select(e => $"{SqlText.Literal(e.Key)}: {SqlText.Literal(e.Value)}"))}}}",
        IEnumerable<object?> list => $"[{string.Join(", ", list.Select(Of))}]",
        DateTimeOffset instant =>
            SqlText.Literal(instant.ToString("yyyy-MM-dd HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture)),
        IFormattable number => SqlText.Literal(number.ToString(null, CultureInfo.InvariantCulture)),
        _ => SqlText.Literal(value.ToString() ?? ""),
    };
}
