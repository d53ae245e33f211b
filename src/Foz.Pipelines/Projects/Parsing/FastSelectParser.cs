using Foz.Lake.Sql;

namespace Foz.Pipelines.Projects.Parsing;

/// <summary>
/// Reads SELECTs of a plain grammar without DuckDB, whose parse tree costs a hundred times as much. What it accepts,
/// DuckDB's parser accepts with the same tables: all that it is not certain of, a keyword where a name could be or an
/// operator that binds otherwise than it looks, it does not accept, and DuckDB reads it.
/// </summary>
sealed class FastSelectParser
{
    const int DepthMax = 60;

    readonly string sql;
    readonly SqlTokens tokens;
    readonly List<PlainTable> tables = [];
    readonly List<string> commonTables = [];
    int at;
    int depth;

    FastSelectParser(string sql) => (this.sql, tokens) = (sql, SqlTokens.Read(sql));

    /// <summary>The tables and table functions in the order of the text; null where it is not certain.</summary>
    public static IReadOnlyList<PlainTable>? Find(string sql)
    {
        // How comments are nested is not checked.
        if (sql.Contains("/*", StringComparison.Ordinal)) return null;
        var select = new FastSelectParser(sql);
        if (!select.Query()) return null;
        if (select.Symbol(';') && select.at < select.tokens.Count) return null;
        return select.at == select.tokens.Count ? select.tables : null;
    }

    bool Query()
    {
        if (++depth > DepthMax) return false;
        var known = commonTables.Count;
        if (Word("with") && !CommonTables()) return false;
        if (!Select()) return false;
        while (Word("union"))
        {
            Word("all");
            if (Word("by") && !Word("name")) return false;
            if (!Select()) return false;
        }
        if (Word("order") && !(Word("by") && Orders())) return false;
        if (Word("limit") && !Take(SqlTokenKind.Number)) return false;
        commonTables.RemoveRange(known, commonTables.Count - known);
        depth--;
        return true;
    }

    bool CommonTables()
    {
        var known = commonTables.Count;
        do
        {
            if (!IsPlainName(at)) return false;
            var name = tokens.NameOf(at++);
            if (commonTables.Skip(known).Contains(name, StringComparer.OrdinalIgnoreCase)) return false;
            if (!Word("as") || !Symbol('(') || !Query() || !Symbol(')')) return false;
            commonTables.Add(name);
        }
        while (Symbol(','));
        return true;
    }

    bool Select()
    {
        if (!Word("select")) return false;
        Word("distinct");
        do
        {
            if (!Item()) return false;
        }
        while (Symbol(','));
        if (!Word("from") || !From()) return false;
        if (Word("where") && !Condition()) return false;
        if (Word("group") && !(Word("by") && (Word("all") || Conditions()))) return false;
        if (Word("having") && !Condition()) return false;
        return !Word("qualify") || Condition();
    }

    bool Item()
    {
        if (IsOnlyStar(at)) return Next();
        if (IsPlainName(at) && tokens.IsSymbol(at + 1, '.') && IsOnlyStar(at + 2))
        {
            at += 3;
            return true;
        }
        return Condition() && (!Word("as") || PlainName());
    }

    bool From()
    {
        if (!Source()) return false;
        while (true)
        {
            var isCross = Word("cross");
            if (isCross ? Word("join") : Symbol(','))
            {
                if (!Source()) return false;
                continue;
            }
            if (isCross) return false;
            var isJoin = Word("inner");
            if (!isJoin && (Word("left") || Word("right") || Word("full")))
            {
                isJoin = true;
                Word("outer");
            }
            if (!Word("join")) return !isJoin;
            if (!Source() || !(Word("using") ? Names() : Word("on") && Condition())) return false;
        }
    }

    /// <summary>A table, a call of a table function, or a subquery, with its alias.</summary>
    bool Source()
    {
        if (Symbol('(')) return Query() && Symbol(')') && Alias();
        if (!IsPlainName(at)) return false;
        var first = at;
        if (!DottedName()) return false;
        var (start, parts) = (tokens[first].Start, PartsFrom(first));
        if (Symbol('(')) return parts is [var function] && Call(function.ToLowerInvariant(), start) && Alias();
        if (parts.Count > 1) tables.Add(new(parts, Function: null, start));
        else if (!commonTables.Contains(parts[0], StringComparer.OrdinalIgnoreCase)) return false;
        return Alias();
    }

    bool Call(string function, int start)
    {
        var first = at;
        // DuckDB's parser has another name for a count of nothing.
        if (Symbol(')') ? function is "count" : !(Conditions() && Symbol(')'))) return false;
        var last = at;
        at = first;
        // Only a name alone is a table to functions that take one.
        List<string> argument = IsPlainName(at) && DottedName() && at == last - 1 ? PartsFrom(first) : [];
        at = last;
        tables.Add(new(argument, function, start));
        // An argument such as a = b is one with a name.
        return argument.Count > 0 || !function.Equals("stream", StringComparison.Ordinal);
    }

    bool Alias()
    {
        if (!Word("as") && !IsPlainName(at)) return true;
        if (!PlainName()) return false;
        return !tokens.IsSymbol(at, '(') || Names();
    }

    bool Names()
    {
        if (!Symbol('(')) return false;
        do
        {
            if (!PlainName()) return false;
        }
        while (Symbol(','));
        return Symbol(')');
    }

    bool Orders()
    {
        if (Word("all")) return !Word("asc") && !Word("desc");
        do
        {
            if (!Condition()) return false;
            if (!Word("asc")) Word("desc");
            if (Word("nulls") && !Word("first") && !Word("last")) return false;
        }
        while (Symbol(','));
        return true;
    }

    bool Conditions()
    {
        do
        {
            if (!Condition()) return false;
        }
        while (Symbol(','));
        return true;
    }

    bool Condition()
    {
        if (++depth > DepthMax) return false;
        do
        {
            Word("not");
            if (!Comparison()) return false;
        }
        while (Word("and") || Word("or"));
        depth--;
        return true;
    }

    /// <summary>At most one comparison: several without parentheses do not parse.</summary>
    bool Comparison()
    {
        if (Word("exists")) return Symbol('(') && Query() && Symbol(')');
        if (!Sum()) return false;
        if (ComparisonOperator()) return Sum();
        if (Word("is"))
        {
            Word("not");
            return Word("null");
        }
        var isNot = Word("not");
        if (Word("in")) return Symbol('(') && (tokens.IsWord(at, "select") ? Query() : Conditions()) && Symbol(')');
        if (Word("like") || Word("ilike")) return Sum();
        if (Word("between")) return Sum() && Word("and") && Sum();
        return !isNot;
    }

    bool ComparisonOperator()
    {
        var length = OperatorLength(at);
        var text = length == 0 ? "" : sql.Substring(tokens[at].Start, length);
        if (text is not ("=" or "<" or ">" or "<=" or ">=" or "<>" or "!=")) return false;
        at += length;
        return true;
    }

    bool Sum()
    {
        do
        {
            if (tokens.IsSymbol(at, '-') && OperatorLength(at) == 1) at++;
            if (!Operand()) return false;
        }
        while (ArithmeticOperator());
        return true;
    }

    bool ArithmeticOperator()
    {
        var length = OperatorLength(at);
        if (length == 0 || sql.AsSpan(tokens[at].Start, length) is not ("+" or "-" or "*" or "/" or "%" or "||"))
            return false;
        at += length;
        return true;
    }

    bool Operand()
    {
        if (!Value()) return false;
        while (tokens.IsSymbol(at, ':') && OperatorLength(at) == 2 && tokens.IsSymbol(at + 1, ':'))
        {
            at += 2;
            if (!Type()) return false;
        }
        return true;
    }

    bool Value()
    {
        if (at >= tokens.Count) return false;
        switch (tokens[at].Kind)
        {
            case SqlTokenKind.Number:
                return IsPlainNumber(tokens.TextOf(at)) && Next();
            case SqlTokenKind.Text:
                return IsWhole(at, '\'') && Next();
            case SqlTokenKind.Symbol:
                return Symbol('(') && (tokens.IsWord(at, "select") || tokens.IsWord(at, "with") ? Query() : Condition())
                    && Symbol(')');
        }
        if (Word("case")) return Case();
        if (Word("null") || Word("true") || Word("false")) return true;
        if (Word("cast")) return Symbol('(') && Condition() && Word("as") && Type() && Symbol(')');
        if ((tokens.IsWord(at, "date") || tokens.IsWord(at, "timestamp") || tokens.IsWord(at, "interval"))
            && at + 1 < tokens.Count && tokens[at + 1].Kind is SqlTokenKind.Text) return Next() && Value();
        return NameOrCall();
    }

    bool NameOrCall()
    {
        var isFunction = tokens.IsSymbol(at + 1, '(');
        if (Word("coalesce")) return Symbol('(') && Conditions() && Symbol(')');
        if (Word("nullif")) return Symbol('(') && Condition() && Symbol(',') && Condition() && Symbol(')');
        if (!IsPlainName(at)) return false;
        if (!isFunction) return DottedName() && !tokens.IsSymbol(at, '(');
        at += 2;
        var isCount = tokens.IsWord(at - 2, "count");
        if (!(isCount && IsOnlyStar(at) && tokens.IsSymbol(at + 1, ')') && Next()) && !tokens.IsSymbol(at, ')'))
        {
            Word("distinct");
            if (!Conditions()) return false;
        }
        if (!Symbol(')')) return false;
        if (Word("filter") && !(Symbol('(') && Word("where") && Condition() && Symbol(')'))) return false;
        return !Word("over") || Window();
    }

    bool Window()
    {
        if (!Symbol('(')) return false;
        if (Word("partition") && !(Word("by") && Conditions())) return false;
        if (Word("order") && !(Word("by") && Orders())) return false;
        return Symbol(')');
    }

    bool Case()
    {
        if (!tokens.IsWord(at, "when") && !Condition()) return false;
        if (!tokens.IsWord(at, "when")) return false;
        while (Word("when"))
            if (!Condition() || !Word("then") || !Condition()) return false;
        if (Word("else") && !Condition()) return false;
        return Word("end");
    }

    bool Type()
    {
        if (at >= tokens.Count || tokens[at].Kind is not SqlTokenKind.Word
            || !SqlKeywords.Types.Contains(tokens.TextOf(at).ToString()))
            return false;
        var hasSize = tokens.IsWord(at, "decimal") || tokens.IsWord(at, "numeric") || tokens.IsWord(at, "varchar");
        at++;
        if (!hasSize || !Symbol('(')) return !tokens.IsSymbol(at, '[') && !tokens.IsSymbol(at, '(');
        if (!Take(SqlTokenKind.Number) || (Symbol(',') && !Take(SqlTokenKind.Number))) return false;
        return Symbol(')') && !tokens.IsSymbol(at, '[');
    }

    /// <summary>Takes a name of at most three parts; false where it is more than that.</summary>
    bool DottedName()
    {
        var parts = 0;
        do
        {
            if (!IsPlainName(at++) || ++parts > 3) return false;
        }
        while (Symbol('.'));
        return !tokens.IsSymbol(at, '[');
    }

    /// <summary>The parts of the name that was taken from a token on.</summary>
    List<string> PartsFrom(int first)
    {
        var parts = new List<string>();
        for (; first < at; first += 2) parts.Add(tokens.NameOf(first));
        return parts;
    }

    bool PlainName() => IsPlainName(at) && Next();

    bool IsPlainName(int index) => index < tokens.Count && tokens[index].Kind switch
    {
        SqlTokenKind.QuotedName => IsWhole(index, '"') && tokens[index].End - tokens[index].Start > 2,
        SqlTokenKind.Word => IsPlainWord(tokens.TextOf(index)),
        _ => false,
    };

    /// <summary>Whether a token is in quotes of a kind, and they end.</summary>
    bool IsWhole(int index, char quote) =>
        sql[tokens[index].Start] == quote && tokens.TextOf(index).Count(quote) % 2 == 0;

    static bool IsPlainWord(ReadOnlySpan<char> word)
    {
        foreach (var c in word)
            if (!char.IsAsciiLetterOrDigit(c) && c != '_') return false;
        return !SqlKeywords.Keywords.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);
    }

    static bool IsPlainNumber(ReadOnlySpan<char> number)
    {
        foreach (var c in number)
            if (!char.IsAsciiDigit(c) && c != '.') return false;
        return number[^1] != '.' && number.Count('.') <= 1;
    }

    /// <summary>Returns how many characters of operators follow one another.</summary>
    int OperatorLength(int index)
    {
        var length = 0;
        while (index + length < tokens.Count && tokens[index + length] is { Kind: SqlTokenKind.Symbol } token
            && IsOperator(sql[token.Start]) && (length == 0 || tokens[index + length - 1].End == token.Start))
            length++;
        return length;
    }

    static bool IsOperator(char c) => c is not ('(' or ')' or ',' or ';' or '.' or '[' or ']' or '{' or '}');

    bool IsOnlyStar(int index) => tokens.IsSymbol(index, '*') && OperatorLength(index) == 1;

    bool Word(string word) => tokens.IsWord(at, word) && Next();

    bool Symbol(char symbol) => tokens.IsSymbol(at, symbol) && Next();

    bool Take(SqlTokenKind kind) =>
        at < tokens.Count && tokens[at].Kind == kind && !tokens.TextOf(at).ContainsAnyExceptInRange('0', '9') && Next();

    bool Next() => ++at > 0;
}
