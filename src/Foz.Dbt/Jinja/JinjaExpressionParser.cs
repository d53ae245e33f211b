using System.Globalization;

namespace Foz.Dbt.Jinja;

/// <summary>Reads expressions from the tokens of a template, by the precedence that Jinja has.</summary>
/// <param name="cursor">The tokens.</param>
sealed class JinjaExpressionParser(JinjaCursor cursor)
{
    const int DepthMax = 200;

    static readonly string[] Comparisons = ["==", "!=", "<", ">", "<=", ">="];
    static readonly HashSet<string> SpecialNames = new(StringComparer.Ordinal) { "varargs", "kwargs", "caller" };

    int depth;

    /// <summary>Which of <c>varargs</c>, <c>kwargs</c> and <c>caller</c> were met since it was emptied.</summary>
    public HashSet<string> Special { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Reads an expression, and any that follow after commas, which make it a tuple.</summary>
    /// <param name="hasConditional">Whether <c>a if b</c> is allowed in it.</param>
    public JinjaExpression ReadTuple(bool hasConditional = true)
    {
        var first = Read(hasConditional);
        if (!cursor.Current.IsOperator(",")) return first;
        var items = new List<JinjaExpression> { first };
        while (cursor.TakeOperator(","))
        {
            if (cursor.Current.Kind is JinjaTokenKind.BlockEnd or JinjaTokenKind.OutputEnd
                || cursor.Current.IsOperator(")")
                || cursor.Current.IsOperator("=")) break;
            items.Add(Read(hasConditional));
        }
        return new JinjaExpression.Listed(items, IsTuple: true, first.Place);
    }

    /// <summary>An expression.</summary>
    public JinjaExpression Read(bool hasConditional = true)
    {
        if (++depth > DepthMax)
            throw cursor.Error($"expressions stand in each other more than {DepthMax} deep", hint: null);
        var value = ReadOr();
        while (hasConditional && cursor.Current.IsName("if"))
        {
            cursor.Take();
            var condition = ReadOr();
            var other = cursor.TakeName("else") ? Read() : null;
            value = new JinjaExpression.Conditional(value, condition, other, value.Place);
        }
        depth--;
        return value;
    }

    JinjaExpression ReadOr()
    {
        var left = ReadAnd();
        while (cursor.TakeName("or")) left = new JinjaExpression.Binary("or", left, ReadAnd(), left.Place);
        return left;
    }

    JinjaExpression ReadAnd()
    {
        var left = ReadNot();
        while (cursor.TakeName("and")) left = new JinjaExpression.Binary("and", left, ReadNot(), left.Place);
        return left;
    }

    JinjaExpression ReadNot()
    {
        var place = cursor.Current.Place;
        if (!cursor.Current.IsName("not")) return ReadComparison();
        cursor.Take();
        if (++depth > DepthMax)
            throw cursor.Error($"expressions stand in each other more than {DepthMax} deep", hint: null);
        var value = new JinjaExpression.Unary("not", ReadNot(), place);
        depth--;
        return value;
    }

    JinjaExpression ReadComparison()
    {
        var first = ReadSum();
        var rest = new List<(string, JinjaExpression)>();
        while (true)
        {
            var token = cursor.Current;
            if (token.Kind is JinjaTokenKind.Operator && Comparisons.Contains(token.Text))
            {
                cursor.Take();
                rest.Add((token.Text, ReadSum()));
            }
            else if (cursor.TakeName("in")) rest.Add(("in", ReadSum()));
            else if (token.IsName("not") && cursor.Next.IsName("in"))
            {
                cursor.Take();
                cursor.Take();
                rest.Add(("not in", ReadSum()));
            }
            else break;
        }
        return rest.Count == 0 ? first : new JinjaExpression.Compare(first, rest, first.Place);
    }

    JinjaExpression ReadSum() => ReadBinary(ReadConcatenation, "+", "-");

    JinjaExpression ReadConcatenation() => ReadBinary(ReadProduct, "~");

    JinjaExpression ReadProduct() => ReadBinary(ReadPower, "*", "/", "//", "%");

    JinjaExpression ReadBinary(Func<JinjaExpression> operand, params ReadOnlySpan<string> operators)
    {
        var left = operand();
        while (cursor.Current.Kind is JinjaTokenKind.Operator && operators.Contains(cursor.Current.Text))
        {
            var token = cursor.Take();
            left = new JinjaExpression.Binary(token.Text, left, operand(), left.Place);
        }
        return left;
    }

    JinjaExpression ReadPower() => ReadBinary(() => ReadUnary(), "**");

    /// <summary>As Jinja has it, a sign binds more than <c>**</c> and than filters.</summary>
    JinjaExpression ReadUnary(bool hasFilter = true)
    {
        var token = cursor.Current;
        JinjaExpression value;
        if (token.IsOperator("-") || token.IsOperator("+"))
        {
            cursor.Take();
            if (++depth > DepthMax)
                throw cursor.Error($"expressions stand in each other more than {DepthMax} deep", hint: null);
            value = new JinjaExpression.Unary(token.Text, ReadUnary(hasFilter: false), token.Place);
            depth--;
        }
        else value = ReadPrimary();
        value = ReadPostfix(value);
        return hasFilter ? ReadFiltered(value) : value;
    }

    JinjaExpression ReadFiltered(JinjaExpression value)
    {
        while (true)
        {
            if (cursor.Current.IsOperator("|")) value = ReadFilter(value);
            else if (cursor.Current.IsName("is")) value = ReadTest(value);
            else if (cursor.Current.IsOperator("("))
                value = new JinjaExpression.Call(value, ReadArguments(), value.Place);
            else return value;
        }
    }

    /// <summary>The filter that a <c>|</c> brings, or with none before it the first of a filter block.</summary>
    public JinjaExpression.Filter ReadFilter(JinjaExpression? value)
    {
        cursor.TakeOperator("|");
        var place = cursor.Current.Place;
        var name = ReadDottedName("the name of a filter");
        var arguments = cursor.Current.IsOperator("(") ? ReadArguments() : JinjaCallArguments.None;
        return new(value, name, arguments, place);
    }

    string ReadDottedName(string what)
    {
        var name = cursor.ExpectName(what).Text;
        while (cursor.Current.IsOperator(".") && cursor.Next.Kind is JinjaTokenKind.Name)
        {
            cursor.Take();
            name += "." + cursor.Take().Text;
        }
        return name;
    }

    JinjaExpression.Test ReadTest(JinjaExpression value)
    {
        cursor.Take();
        var isNegated = cursor.TakeName("not");
        var place = cursor.Current.Place;
        var name = ReadDottedName("the name of a test");
        var arguments = JinjaCallArguments.None;
        if (cursor.Current.IsOperator("(")) arguments = ReadArguments();
        else if (StartsValue(cursor.Current))
        {
            var argument = ReadPostfix(ReadPrimary());
            arguments = new([argument], []);
        }
        return new(value, name, arguments, isNegated, place);
    }

    /// <summary>Whether a test can have this as its argument without brackets.</summary>
    static bool StartsValue(JinjaToken token) => token.Kind switch
    {
        JinjaTokenKind.Name => token.Text is not ("else" or "or" or "and" or "is" or "if" or "not" or "in"),
        JinjaTokenKind.Text or JinjaTokenKind.Integer or JinjaTokenKind.Float => true,
        JinjaTokenKind.Operator => token.Text is "[" or "{",
        _ => false,
    };

    JinjaExpression ReadPostfix(JinjaExpression value)
    {
        while (true)
        {
            if (cursor.Current.IsOperator("(")) value = new JinjaExpression.Call(value, ReadArguments(), value.Place);
            else if (cursor.Current.IsOperator("."))
            {
                cursor.Take();
                var key = cursor.Take();
                value = key.Kind switch
                {
                    JinjaTokenKind.Name => new JinjaExpression.Attribute(value, key.Text, key.Place),
                    JinjaTokenKind.Integer => new JinjaExpression.Item(
                        value, new JinjaExpression.Literal(IntegerOf(key), key.Place), key.Place),
                    _ => throw JinjaCursor.Error(
                        key, $"a name was expected after '.', not {key.Described}", hint: null),
                };
            }
            else if (cursor.Current.IsOperator("[")) value = ReadSubscript(value);
            else return value;
        }
    }

    JinjaExpression ReadSubscript(JinjaExpression value)
    {
        var place = cursor.Take().Place;
        var parts = new JinjaExpression?[3];
        var colons = 0;
        while (!cursor.TakeOperator("]"))
        {
            if (cursor.TakeOperator(":")) colons++;
            else if (colons < 3 && parts[colons] is null) parts[colons] = ReadTuple();
            else throw cursor.Error("']' was expected", hint: null);
        }
        if (colons == 0 && parts[0] is null)
            throw JinjaCursor.Error(cursor.Current, "[] says nothing of what is meant", hint: null);
        return colons switch
        {
            0 => new JinjaExpression.Item(value, parts[0]!, place),
            1 or 2 => new JinjaExpression.Slice(value, parts[0], parts[1], parts[2], place),
            _ => throw cursor.Error("a slice has at most three parts", hint: null),
        };
    }

    /// <summary>What stands in the brackets of a call.</summary>
    public JinjaCallArguments ReadArguments()
    {
        cursor.ExpectOperator("(");
        var positional = new List<JinjaExpression>();
        var named = new List<(string, JinjaExpression)>();
        JinjaExpression? list = null, mapping = null;
        while (!cursor.Current.IsOperator(")"))
        {
            if (cursor.TakeOperator("*")) list = Read();
            else if (cursor.TakeOperator("**")) mapping = Read();
            else if (cursor.Current.Kind is JinjaTokenKind.Name && cursor.Next.IsOperator("="))
            {
                var name = cursor.Take().Text;
                cursor.Take();
                named.Add((name, Read()));
            }
            else if (named.Count > 0)
                throw cursor.Error("a value without a name follows one with a name", "name it too");
            else positional.Add(Read());
            if (!cursor.TakeOperator(",")) break;
        }
        cursor.ExpectOperator(")");
        return new(positional, named, list, mapping);
    }

    JinjaExpression ReadPrimary()
    {
        var token = cursor.Take();
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                if (SpecialNames.Contains(token.Text)) Special.Add(token.Text);
                return token.Text switch
                {
                    "true" or "True" => new JinjaExpression.Literal(true, token.Place),
                    "false" or "False" => new JinjaExpression.Literal(false, token.Place),
                    "none" or "None" => new JinjaExpression.Literal(null, token.Place),
                    _ => new JinjaExpression.Variable(token.Text, token.Place),
                };
            case JinjaTokenKind.Text:
                var text = token.Text;
                while (cursor.Current.Kind is JinjaTokenKind.Text) text += cursor.Take().Text;
                return new JinjaExpression.Literal(text, token.Place);
            case JinjaTokenKind.Integer:
                return new JinjaExpression.Literal(IntegerOf(token), token.Place);
            case JinjaTokenKind.Float:
                return new JinjaExpression.Literal(double.Parse(token.Text, CultureInfo.InvariantCulture), token.Place);
            case JinjaTokenKind.Operator when token.Text == "(":
                return ReadBracket(token);
            case JinjaTokenKind.Operator when token.Text == "[":
                return new JinjaExpression.Listed(ReadItems("]"), IsTuple: false, token.Place);
            case JinjaTokenKind.Operator when token.Text == "{":
                return ReadMapping(token);
            default:
                throw JinjaCursor.Error(token, $"a value was expected, not {token.Described}", hint: null);
        }
    }

    static long IntegerOf(JinjaToken token) =>
        long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw JinjaCursor.Error(
                token, $"the number {token.Text} is too large", "whole numbers go up to 9223372036854775807");

    JinjaExpression ReadBracket(JinjaToken open)
    {
        if (cursor.TakeOperator(")")) return new JinjaExpression.Listed([], IsTuple: true, open.Place);
        var value = ReadTuple();
        cursor.ExpectOperator(")");
        return value;
    }

    List<JinjaExpression> ReadItems(string close)
    {
        var items = new List<JinjaExpression>();
        while (!cursor.Current.IsOperator(close))
        {
            items.Add(Read());
            if (!cursor.TakeOperator(",")) break;
        }
        cursor.ExpectOperator(close);
        return items;
    }

    JinjaExpression.Mapped ReadMapping(JinjaToken open)
    {
        var entries = new List<(JinjaExpression, JinjaExpression)>();
        while (!cursor.Current.IsOperator("}"))
        {
            var key = Read();
            cursor.ExpectOperator(":");
            entries.Add((key, Read()));
            if (!cursor.TakeOperator(",")) break;
        }
        cursor.ExpectOperator("}");
        return new(entries, open.Place);
    }
}
