using Foz.Delta.Schema;

namespace Foz.Lake.Tables.Expressions;

/// <summary>Spark's functions of texts.</summary>
static class SparkTextFunctions
{
    public static IReadOnlyList<SparkFunction> All { get; } =
    [
        SparkFunction.Same("upper,ucase", "upper", 1, DeltaType.String),
        SparkFunction.Same("lower,lcase", "lower", 1, DeltaType.String),
        SparkFunction.Same("trim", "trim", 1, DeltaType.String),
        SparkFunction.Same("ltrim", "ltrim", 1, DeltaType.String),
        SparkFunction.Same("rtrim", "rtrim", 1, DeltaType.String),
        SparkFunction.Same("reverse", "reverse", 1, DeltaType.String),
        SparkFunction.Same("repeat", "repeat", 2, DeltaType.String),
        SparkFunction.Same("left", "left", 2, DeltaType.String),
        SparkFunction.Same("right", "right", 2, DeltaType.String),
        SparkFunction.Same("instr", "instr", 2, DeltaType.Integer),
        SparkFunction.Same("startswith", "starts_with", 2, DeltaType.Boolean),
        SparkFunction.Same("endswith", "ends_with", 2, DeltaType.Boolean),
        SparkFunction.Same("contains", "contains", 2, DeltaType.Boolean),
        SparkFunction.Same("regexp_like,regexp", "regexp_matches", 2, DeltaType.Boolean),
        SparkFunction.Same("md5", "md5", 1, DeltaType.String),
        SparkFunction.Same("sha,sha1", "sha1", 1, DeltaType.String),
        SparkFunction.Same("ascii", "ascii", 1, DeltaType.Integer),
        SparkFunction.Two("locate,position", (part, text) => new($"instr({text.Sql}, {part.Sql})", DeltaType.Integer)),
        SparkFunction.Two("sha2", (text, bits) => bits.Sql is "256" or "0"
            ? new SqlValue($"sha256({text.Sql})", DeltaType.String)
            : null),
        SparkFunction.One("length,char_length,character_length,len", value => new(
            value.Type == DeltaType.Binary
                ? $"octet_length({value.Sql})"
                : $"length({SparkValues.Cast(value, DeltaType.String).Sql})",
            DeltaType.Integer)),
        new(["replace"], 2, 3, values => new(
            $"replace({values[0].Sql}, {values[1].Sql}, {(values.Count > 2 ? values[2].Sql : "''")})",
            DeltaType.String)),
        new(["lpad"], 2, 3, values => Pad("lpad", values)),
        new(["rpad"], 2, 3, values => Pad("rpad", values)),
        new(["substring", "substr"], 2, 3, Substring),
        new(["regexp_extract"], 3, 3, values => new(
            $"regexp_extract({values[0].Sql}, {values[1].Sql}, {values[2].Sql})", DeltaType.String)),
        new(["concat"], 1, int.MaxValue, values => SparkValues.Concat(values)),
        new(["concat_ws"], 2, int.MaxValue, values => new(
            $"concat_ws({string.Join(", ", values.Select(v => SparkValues.Cast(v, DeltaType.String).Sql))})",
            DeltaType.String)),
    ];

    static SqlValue? Pad(string function, IReadOnlyList<SqlValue> values) => new(
        $"{function}({values[0].Sql}, {values[1].Sql}, {(values.Count > 2 ? values[2].Sql : "' '")})",
        DeltaType.String);

    // Position 0 is the first character too.
    static SqlValue? Substring(IReadOnlyList<SqlValue> values)
    {
        var start = int.TryParse(values[1].Sql, out var constant) && constant > 0
            ? values[1].Sql
            : $"(CASE WHEN {values[1].Sql} = 0 THEN 1 ELSE {values[1].Sql} END)";
        var text = SparkValues.Cast(values[0], DeltaType.String).Sql;
        return new(
            values.Count == 2 ? $"substring({text}, {start})" : $"substring({text}, {start}, {values[2].Sql})",
            DeltaType.String);
    }
}
