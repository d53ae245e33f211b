using System.Globalization;
using Foz.Delta.Schema;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables.Expressions;

/// <summary>Reads a Spark SQL expression by its precedences and writes it in DuckDB's SQL as it goes.</summary>
/// <param name="text">Spark SQL.</param>
/// <param name="find">What a column is in DuckDB's SQL; null where there is none.</param>
sealed class SparkParser(string text, Func<ColumnPath, SqlValue?> find) : SparkCursor(text)
{
    const int DepthMax = 200;

    static readonly Dictionary<string, string> comparisons = new(StringComparer.Ordinal)
    {
        ["="] = "=", ["=="] = "=", ["<>"] = "<>", ["!="] = "<>", ["<"] = "<", [">"] = ">", ["<="] = "<=", [">="] = ">=",
        ["<=>"] = "IS NOT DISTINCT FROM",
    };

    int depth;

    /// <summary>The columns that were named so far.</summary>
    public List<ColumnPath> Columns { get; } = [];

    /// <summary>A function that was called and gives another value each time; null if there is none.</summary>
    public string? VolatileFunction { get; private set; }

    public SqlValue Parse()
    {
        var value = Or();
        return Current.Kind == SparkTokenKind.End ? value : throw Unexpected();
    }

    /// <summary>An expression of any kind, as an argument is.</summary>
    public SqlValue Or()
    {
        Enter();
        var left = And();
        while (TakeWord("OR")) left = Boolean($"({left.Sql} OR {And().Sql})");
        depth--;
        return left;
    }

    static SqlValue Boolean(string sql) => new(sql, DeltaType.Boolean);

    SqlValue And()
    {
        var left = Not();
        while (TakeWord("AND")) left = Boolean($"({left.Sql} AND {Not().Sql})");
        return left;
    }

    SqlValue Not()
    {
        if (!TakeWord("NOT") && !TakeSymbol("!")) return Predicate();
        Enter();
        var negated = Not();
        depth--;
        return Boolean($"(NOT {negated.Sql})");
    }

    void Enter()
    {
        if (++depth > DepthMax) throw Fault($"it is nested deeper than {DepthMax} levels");
    }

    SqlValue Predicate()
    {
        var left = BitOr();
        while (true)
        {
            if (Current.Kind == SparkTokenKind.Symbol && comparisons.TryGetValue(Current.Value, out var operation))
            {
                Skip();
                left = Boolean($"({left.Sql} {operation} {BitOr().Sql})");
                continue;
            }
            if (TakeWord("IS"))
            {
                left = Is(left);
                continue;
            }
            var isNot = Current.IsWord("NOT");
            if (isNot) Skip();
            if (Matching(left) is { } matched) left = isNot ? Boolean($"(NOT {matched.Sql})") : matched;
            else if (isNot) throw Unexpected();
            else return left;
        }
    }

    SqlValue Is(SqlValue left)
    {
        var not = TakeWord("NOT") ? "NOT " : "";
        if (TakeWord("DISTINCT"))
        {
            ExpectWord("FROM");
            return Boolean($"({left.Sql} IS {not}DISTINCT FROM {BitOr().Sql})");
        }
        foreach (var word in (ReadOnlySpan<string>)["NULL", "TRUE", "FALSE"])
            if (TakeWord(word)) return Boolean($"({left.Sql} IS {not}{word})");
        if (TakeWord("UNKNOWN")) return Boolean($"({left.Sql} IS {not}NULL)");
        throw Unexpected();
    }

    SqlValue? Matching(SqlValue left)
    {
        if (TakeWord("BETWEEN"))
        {
            var low = BitOr();
            ExpectWord("AND");
            return Boolean($"({left.Sql} BETWEEN {low.Sql} AND {BitOr().Sql})");
        }
        if (TakeWord("IN"))
        {
            ExpectSymbol("(");
            return Boolean($"({left.Sql} IN ({string.Join(", ", Arguments().Select(v => v.Sql))}))");
        }
        if (TakeWord("RLIKE") || TakeWord("REGEXP")) return Boolean($"regexp_matches({left.Sql}, {BitOr().Sql})");
        var like = Current.IsWord("LIKE") ? "LIKE" : Current.IsWord("ILIKE") ? "ILIKE" : null;
        if (like is null) return null;
        Skip();
        var pattern = BitOr();
        var escape = TakeWord("ESCAPE") ? BitOr().Sql : @"'\'";
        return Boolean($"({left.Sql} {like} {pattern.Sql} ESCAPE {escape})");
    }

    SqlValue BitOr()
    {
        var left = BitXor();
        while (TakeSymbol("|")) left = new($"({left.Sql} | {BitXor().Sql})", left.Type);
        return left;
    }

    SqlValue BitXor()
    {
        var left = BitAnd();
        while (TakeSymbol("^")) left = new($"xor({left.Sql}, {BitAnd().Sql})", left.Type);
        return left;
    }

    SqlValue BitAnd()
    {
        var left = Sum();
        while (TakeSymbol("&")) left = new($"({left.Sql} & {Sum().Sql})", left.Type);
        return left;
    }

    SqlValue Sum()
    {
        var left = Product();
        while (true)
        {
            if (TakeSymbol("||")) left = SparkValues.Concat([left, Product()]);
            else if (TakeSymbol("+")) left = Arithmetic(left, "+", Product());
            else if (TakeSymbol("-")) left = Arithmetic(left, "-", Product());
            else return left;
        }
    }

    SqlValue Product()
    {
        var left = Unary();
        while (true)
        {
            if (TakeSymbol("*")) left = Arithmetic(left, "*", Unary());
            else if (TakeSymbol("/")) left = SparkValues.Divide(left, Unary());
            else if (TakeSymbol("%")) left = Arithmetic(left, "%", Unary());
            else if (TakeWord("DIV")) left = new($"CAST(({left.Sql} // {Unary().Sql}) AS BIGINT)", DeltaType.Long);
            else return left;
        }
    }

    static SqlValue Arithmetic(SqlValue left, string operation, SqlValue right) =>
        new($"({left.Sql} {operation} {right.Sql})", SparkValues.ArithmeticType(left.Type, right.Type));

    SqlValue Unary()
    {
        Enter();
        var value = TakeSymbol("-") ? Unary() is var negated ? negated with { Sql = $"(-{negated.Sql})" } : default
            : TakeSymbol("+") ? Unary()
            : TakeSymbol("~") ? Unary() is var inverted ? inverted with { Sql = $"(~{inverted.Sql})" } : default
            : Postfix(Primary());
        depth--;
        return value;
    }

    SqlValue Postfix(SqlValue value)
    {
        while (true)
        {
            if (TakeSymbol("::"))
            {
                value = SparkValues.Cast(value, TakeType());
            }
            else if (TakeSymbol("["))
            {
                var index = Or();
                ExpectSymbol("]");
                value = value.Type switch
                {
                    // Spark counts elements from 0, DuckDB from 1; after the end both give NULL.
                    ArrayType array => new($"({value.Sql})[({index.Sql}) + 1]", array.Element),
                    MapType map => new($"({value.Sql})[{index.Sql}]", map.Value),
                    _ => throw Fault("[ ] follows a value that is neither an array nor a map"),
                };
            }
            else if (value.Type is StructType parent && TakeSymbol("."))
            {
                var name = TakeName();
                var field = parent.Find(name) ?? throw Fault($"there is no field {name}");
                value = new($"({value.Sql}).{SqlText.Identifier(field.Name)}", field.Type);
            }
            else
            {
                return value;
            }
        }
    }

    SqlValue Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case SparkTokenKind.Number:
                Skip();
                return SparkLiterals.Number(token.Value) ?? throw FaultAt(token, "a number is malformed");
            case SparkTokenKind.Text:
                Skip();
                return new(SqlText.Literal(token.Value), DeltaType.String);
            case SparkTokenKind.Symbol when TakeSymbol("("):
                var inner = Or();
                ExpectSymbol(")");
                return inner with { Sql = $"({inner.Sql})" };
            case SparkTokenKind.QuotedName:
                return Column();
            case SparkTokenKind.Word:
                return Word(token);
            default:
                throw Unexpected();
        }
    }

    SqlValue Word(SparkToken token)
    {
        var next = Next;
        var word = token.Value.ToUpperInvariant();
        if (next.IsSymbol("(")) return Call(token.Value.ToLowerInvariant());
        switch (word)
        {
            case "TRUE" or "FALSE":
                Skip();
                return Boolean(word);
            case "NULL":
                Skip();
                return new("NULL", null);
            case "CASE":
                Skip();
                return Case();
            case "DATE" or "TIMESTAMP" or "TIMESTAMP_NTZ" or "TIMESTAMP_LTZ" when next.Kind == SparkTokenKind.Text:
                Skip(2);
                return SparkLiterals.Time(word, next.Value);
            case "X" when next.Kind == SparkTokenKind.Text:
                Skip(2);
                return new($"unhex({SqlText.Literal(next.Value)})", DeltaType.Binary);
            case "INTERVAL":
                Skip();
                return Interval();
            case "CURRENT_DATE" or "CURRENT_TIMESTAMP" when find(ColumnPath.Of(token.Value)) is null:
                Skip();
                VolatileFunction = token.Value.ToLowerInvariant();
                return SparkFunctions.Call(VolatileFunction, [], this);
            default:
                return Column();
        }
    }

    SqlValue Column()
    {
        var start = Current;
        var path = ColumnPath.Of(TakeName());
        while (Current.IsSymbol(".") && Next.Kind is SparkTokenKind.Word or SparkTokenKind.QuotedName)
        {
            Skip();
            path = path.Then(TakeName());
        }
        if (find(path) is not { } value)
            throw FaultAt(start, $"there is no column {path}");
        Columns.Add(path);
        return value;
    }

    SqlValue Call(string name)
    {
        Skip(2);
        if (name is "cast" or "try_cast")
        {
            var value = Or();
            ExpectWord("AS");
            var type = TakeType();
            ExpectSymbol(")");
            return SparkValues.Cast(value, type, name == "try_cast");
        }
        if (name == "extract")
        {
            var field = TakeName().ToLowerInvariant();
            ExpectWord("FROM");
            var source = Or();
            ExpectSymbol(")");
            return SparkFunctions.Call(field, [source], this);
        }
        var result = SparkFunctions.Call(name, Arguments(), this);
        if (SparkFunctions.IsVolatile(name)) VolatileFunction = name;
        return result;
    }

    List<SqlValue> Arguments()
    {
        var arguments = new List<SqlValue>();
        if (TakeSymbol(")")) return arguments;
        do arguments.Add(Or());
        while (TakeSymbol(","));
        ExpectSymbol(")");
        return arguments;
    }

    SqlValue Case()
    {
        var subject = Current.IsWord("WHEN") ? "" : $" {Or().Sql}";
        var branches = new List<string>();
        DeltaType? type = null;
        while (TakeWord("WHEN"))
        {
            var condition = Or();
            ExpectWord("THEN");
            var value = Or();
            type ??= value.Type;
            branches.Add($" WHEN {condition.Sql} THEN {value.Sql}");
        }
        if (branches.Count == 0) throw Unexpected();
        if (TakeWord("ELSE")) branches.Add($" ELSE {Or().Sql}");
        ExpectWord("END");
        return new($"(CASE{subject}{string.Concat(branches)} END)", type);
    }

    SqlValue Interval()
    {
        var sign = TakeSymbol("-") ? "-" : "";
        var count = Current.Kind is SparkTokenKind.Number or SparkTokenKind.Text
            ? TakeToken().Value.Trim()
            : throw Unexpected();
        if (!long.TryParse(count, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            throw Fault($"INTERVAL takes a whole number, not '{count}'");
        var unit = TakeName().ToLowerInvariant().TrimEnd('s');
        if (unit is not ("year" or "quarter" or "month" or "week" or "day" or "hour" or "minute" or "second"
            or "millisecond"
            or "microsecond"))
            throw Fault($"there is no unit {unit}");
        return new($"(INTERVAL '{sign}{number}' {unit})", null);
    }
}
