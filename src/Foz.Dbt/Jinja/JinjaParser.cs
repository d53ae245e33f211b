using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Jinja;

/// <summary>Reads a template: its text, outputs and blocks.</summary>
sealed class JinjaParser
{
    const int DepthMax = 100;

    /// <summary>What Jinja has and dbt projects cannot use: a template is one file.</summary>
    static readonly Dictionary<string, string> Unsupported = new(StringComparer.Ordinal)
    {
        ["extends"] = "a template extends no other", ["block"] = "a template extends no other",
        ["include"] = "a template includes no other: write what they share as a macro in macros/",
        ["import"] = "macros of the project are there without it",
        ["from"] = "macros of the project are there without it",
        ["autoescape"] = "nothing is escaped", ["trans"] = "nothing is translated",
        ["break"] = "loops end by their condition: {% for a in b if c %}",
        ["continue"] = "loops leave items out by their condition: {% for a in b if c %}",
        ["pluralize"] = "nothing is translated",
    };

    static readonly HashSet<string> Definitions = new(StringComparer.Ordinal) { "snapshot", "docs", "materialization" };

    static readonly string[] Known =
        [
            "if", "for", "set", "macro", "test", "data_test", "call", "do", "filter", "with", "raw", "snapshot", "docs",
            "materialization",
        ];

    readonly string text;
    readonly JinjaCursor cursor;
    readonly JinjaExpressionParser expressions;
    int depth;

    /// <summary>A parser of a template.</summary>
    /// <param name="text">The template.</param>
    /// <param name="start">Where it starts.</param>
    public JinjaParser(string text, Place start)
    {
        this.text = text;
        cursor = new(new JinjaLexer(text, start).Read());
        expressions = new(cursor);
    }

    /// <summary>Reads all of it.</summary>
    /// <exception cref="FozException">It cannot be read.</exception>
    public IReadOnlyList<JinjaStatement> Read()
    {
        var body = ReadBody();
        return cursor.Current.Kind is JinjaTokenKind.End
            ? body
            : throw cursor.Error($"{cursor.Current.Described} means nothing here", hint: null);
    }

    /// <summary>
    /// Reads up to one of some words, which then are the next token; up to the end where there are none.
    /// </summary>
    List<JinjaStatement> ReadBody(params IReadOnlyList<string> ends)
    {
        if (++depth > DepthMax) throw cursor.Error($"blocks stand in each other more than {DepthMax} deep", hint: null);
        var opened = cursor.Last;
        var body = new List<JinjaStatement>();
        while (true)
        {
            var token = cursor.Take();
            switch (token.Kind)
            {
                case JinjaTokenKind.Data:
                    body.Add(new JinjaStatement.Text(token.Text, token.Place));
                    break;
                case JinjaTokenKind.OutputBegin:
                    body.Add(new JinjaStatement.Output(expressions.ReadTuple(), token.Place));
                    cursor.Expect(JinjaTokenKind.OutputEnd, "}}");
                    break;
                case JinjaTokenKind.BlockBegin:
                    if (cursor.Current.Kind is JinjaTokenKind.Name && ends.Contains(cursor.Current.Text))
                    {
                        depth--;
                        return body;
                    }
                    body.Add(ReadBlock(ends));
                    break;
                case JinjaTokenKind.End when ends.Count == 0:
                    depth--;
                    return body;
                default:
                    throw JinjaCursor.Error(
                        opened, $"the block that begins here is never closed: {{% {ends[^1]} %}} is missing",
                        hint: null);
            }
        }
    }

    JinjaStatement ReadBlock(IReadOnlyList<string> ends)
    {
        var start = cursor.Last;
        var word = cursor.ExpectName("the name of a block");
        switch (word.Text)
        {
            case "if": return ReadIf(word.Place);
            case "for": return ReadFor(word.Place);
            case "set": return ReadSet(word.Place);
            case "macro" or "test" or "data_test": return ReadMacro(start, word);
            case "call": return ReadCall(word.Place);
            case "do":
                var done = expressions.ReadTuple();
                Close();
                return new JinjaStatement.Do(done, word.Place);
            case "filter": return ReadFilterBlock(word.Place);
            case "with": return ReadWith(word.Place);
            case var name when Definitions.Contains(name): return ReadDefinition(word);
            case var name when Unsupported.TryGetValue(name, out var reason):
                throw JinjaCursor.Error(word, $"the Jinja block '{name}' is not supported", reason);
            case var name when name.StartsWith("end", StringComparison.Ordinal) || name is "else" or "elif":
                throw JinjaCursor.Error(
                    word, $"'{name}' closes nothing here", ends.Count > 0 ? $"'{ends[^1]}' was expected" : null);
            default:
                throw JinjaCursor.Error(word, $"unknown Jinja block '{word.Text}'", NearestName.Hint(word.Text, Known));
        }
    }

    /// <summary>Returns where the text continues after the last closed tag.</summary>
    int AfterTag() => text.IndexOf("%}", cursor.Last.Index, StringComparison.Ordinal) + 2;

    void Close() => cursor.Expect(JinjaTokenKind.BlockEnd, "%}");

    /// <summary>Reads the end of a block whose word is next.</summary>
    void End()
    {
        cursor.Take();
        Close();
    }

    JinjaStatement.If ReadIf(Place place)
    {
        var branches = new List<(JinjaExpression, IReadOnlyList<JinjaStatement>)>();
        IReadOnlyList<JinjaStatement> other = [];
        while (true)
        {
            var condition = expressions.ReadTuple();
            Close();
            branches.Add((condition, ReadBody("elif", "else", "endif")));
            if (cursor.TakeName("elif")) continue;
            if (cursor.Current.IsName("else"))
            {
                End();
                other = ReadBody("endif");
            }
            End();
            return new(branches, other, place);
        }
    }

    JinjaStatement.For ReadFor(Place place)
    {
        var target = ReadTarget();
        if (!cursor.TakeName("in"))
            throw cursor.Error($"'in' was expected, not {cursor.Current.Described}", "write {% for a in b %}");
        var items = expressions.ReadTuple(hasConditional: false);
        var condition = cursor.TakeName("if") ? expressions.Read() : null;
        var isRecursive = cursor.TakeName("recursive");
        Close();
        var body = ReadBody("else", "endfor");
        IReadOnlyList<JinjaStatement> other = [];
        if (cursor.Current.IsName("else"))
        {
            End();
            other = ReadBody("endfor");
        }
        End();
        return new(target, items, condition, place) { Body = body, Else = other, IsRecursive = isRecursive };
    }

    JinjaTarget ReadTarget()
    {
        var first = ReadSingleTarget();
        if (!cursor.Current.IsOperator(",")) return first;
        var place = cursor.Current.Place;
        var items = new List<JinjaTarget> { first };
        while (cursor.TakeOperator(","))
            if (cursor.Current.Kind is JinjaTokenKind.Name or JinjaTokenKind.Operator && !cursor.Current.IsName("in"))
                items.Add(ReadSingleTarget());
        return new JinjaTarget.Several(items, place);
    }

    JinjaTarget ReadSingleTarget()
    {
        if (cursor.TakeOperator("("))
        {
            var inner = ReadTarget();
            cursor.ExpectOperator(")");
            return inner;
        }
        var name = cursor.ExpectName("a name to put a value into");
        if (!cursor.TakeOperator(".")) return new JinjaTarget.Name(name.Text);
        var key = cursor.ExpectName("the name of an attribute");
        return new JinjaTarget.Attribute(name.Text, key.Text, key.Place);
    }

    JinjaStatement ReadSet(Place place)
    {
        var target = ReadTarget();
        if (cursor.TakeOperator("="))
        {
            var value = expressions.ReadTuple();
            Close();
            return new JinjaStatement.Set(target, value, place);
        }
        var filters = ReadFilters();
        Close();
        var body = ReadBody("endset");
        End();
        return new JinjaStatement.SetBlock(target, filters, body, place);
    }

    List<JinjaExpression.Filter> ReadFilters()
    {
        var filters = new List<JinjaExpression.Filter>();
        while (cursor.Current.IsOperator("|")) filters.Add(expressions.ReadFilter(null));
        return filters;
    }

    JinjaStatement.FilterBlock ReadFilterBlock(Place place)
    {
        List<JinjaExpression.Filter> filters = [expressions.ReadFilter(null), .. ReadFilters()];
        Close();
        var body = ReadBody("endfilter");
        End();
        return new(filters, body, place);
    }

    JinjaStatement.With ReadWith(Place place)
    {
        var values = new List<(JinjaTarget, JinjaExpression)>();
        while (cursor.Current.Kind is not JinjaTokenKind.BlockEnd)
        {
            var target = ReadSingleTarget();
            cursor.ExpectOperator("=");
            values.Add((target, expressions.Read()));
            if (!cursor.TakeOperator(",")) break;
        }
        Close();
        var body = ReadBody("endwith");
        End();
        return new(values, body, place);
    }

    JinjaStatement.Macro ReadMacro(JinjaToken start, JinjaToken word)
    {
        var name = cursor.ExpectName($"the name of a {word.Text}");
        var parameters = ReadParameters();
        Close();
        var (body, names) = ReadMacroBody("end" + word.Text);
        End();
        var definition = new JinjaMacroDefinition(name.Text, parameters, body, name.Place)
        {
            Names = names, Keyword = word.Text == "data_test" ? "test" : word.Text,
            Text = text[start.Index..AfterTag()],
        };
        return new(definition, word.Place);
    }

    (List<JinjaStatement> Body, IReadOnlySet<string> Names) ReadMacroBody(string end)
    {
        var outer = expressions.Special;
        expressions.Special = new(StringComparer.Ordinal);
        var body = ReadBody(end);
        var names = expressions.Special;
        expressions.Special = outer;
        return (body, names);
    }

    List<(string, JinjaExpression?)> ReadParameters()
    {
        var parameters = new List<(string Name, JinjaExpression? Default)>();
        cursor.ExpectOperator("(");
        while (!cursor.Current.IsOperator(")"))
        {
            var name = cursor.ExpectName("the name of a parameter");
            var value = cursor.TakeOperator("=") ? expressions.Read() : null;
            if (value is null && parameters.Any(p => p.Default is not null))
                throw JinjaCursor.Error(
                    name, $"the parameter '{name.Text}' without a default follows one with a default",
                    "give it a default too");
            if (parameters.Any(p => p.Name == name.Text))
                throw JinjaCursor.Error(name, $"the parameter '{name.Text}' stands here twice", hint: null);
            parameters.Add((name.Text, value));
            if (!cursor.TakeOperator(",")) break;
        }
        cursor.ExpectOperator(")");
        return parameters;
    }

    JinjaStatement.CallBlock ReadCall(Place place)
    {
        var parameters = cursor.Current.IsOperator("(") ? ReadParameters() : [];
        var call = expressions.Read() as JinjaExpression.Call
            ?? throw new FozException(ErrorKind.Configuration, "a call block must call something")
            {
                Place = place, Hint = "write {% call a() %}",
            };
        Close();
        var (body, names) = ReadMacroBody("endcall");
        End();
        return new(call, new("caller", parameters, body, place) { Names = names, Keyword = "call" }, place);
    }

    /// <summary>
    /// Reads <c>{% snapshot name %}</c>, <c>{% docs name %}</c> or <c>{% materialization name, adapter='a' %}</c>.
    /// </summary>
    JinjaStatement.Block ReadDefinition(JinjaToken word)
    {
        var name = cursor.ExpectName($"the name of a {word.Text}");
        while (cursor.Current.Kind is not (JinjaTokenKind.BlockEnd or JinjaTokenKind.End)) cursor.Take();
        Close();
        var from = AfterTag();
        var body = ReadBody("end" + word.Text);
        var to = cursor.Last.Index;
        End();
        return new(word.Text, name.Text, body, word.Place) { BodyText = text[from..to] };
    }
}
