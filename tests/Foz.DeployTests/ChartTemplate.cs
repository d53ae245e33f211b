using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Foz.DeployTests;

/// <summary>
/// The subset of Helm's templates that the chart uses: <c>if</c>, <c>else</c>, <c>with</c>, <c>range</c>, <c>define</c>,
/// pipes, and a few functions. What it does not know is an error.
/// </summary>
sealed partial class ChartTemplate
{
    readonly Dictionary<string, Node> defined = new(StringComparer.Ordinal);

    /// <summary>Takes the definitions of a file.</summary>
    public void Define(string text) => Parse(text);

    /// <summary>Writes a file with values.</summary>
    public string Render(string text, object? values)
    {
        var output = new StringBuilder();
        Parse(text).Write(this, new(values, []), output);
        return output.ToString();
    }

    Node.All Parse(string text)
    {
        var tokens = new Queue<string>(Tokens(text));
        var node = ParseList(tokens, out var end);
        return end is null ? node : throw new InvalidOperationException($"'{end}' ends nothing");
    }

    /// <summary>Returns texts and actions in turns, actions after a NUL; blanks beside <c>-</c> are gone.</summary>
    static IEnumerable<string> Tokens(string text)
    {
        var (at, trims) = (0, false);
        foreach (Match action in Action.Matches(text))
        {
            yield return Trimmed(text[at..action.Index], trims, action.Groups["left"].Success);
            var body = action.Groups["body"].Value.Trim();
            if (!body.StartsWith("/*", StringComparison.Ordinal)) yield return "\0" + body;
            (at, trims) = (action.Index + action.Length, action.Groups["right"].Success);
        }
        yield return Trimmed(text[at..], trims, isRight: false);
    }

    static string Trimmed(string text, bool isLeft, bool isRight)
    {
        if (isLeft) text = text.TrimStart();
        return isRight ? text.TrimEnd() : text;
    }

    Node.All ParseList(Queue<string> tokens, out string? end)
    {
        var nodes = new List<Node>();
        while (tokens.TryDequeue(out var token))
        {
            if (!token.StartsWith('\0'))
            {
                nodes.Add(new Node.Text(token));
                continue;
            }
            var words = Words(token[1..]);
            switch (words[0])
            {
                case "end" or "else":
                    end = words[0];
                    return new Node.All(nodes);
                case "define":
                    defined[words[1].Trim('"')] = ParseList(tokens, out _);
                    break;
                case "if" or "with" or "range":
                    nodes.Add(ParseBlock(words, tokens));
                    break;
                default:
                    nodes.Add(new Node.Output(words));
                    break;
            }
        }
        end = null;
        return new Node.All(nodes);
    }

    Node.Block ParseBlock(List<string> words, Queue<string> tokens)
    {
        var body = ParseList(tokens, out var end);
        var otherwise = end == "else" ? ParseList(tokens, out end) : new Node.All([]);
        if (end != "end") throw new InvalidOperationException($"{words[0]} has no end");
        var declared = words.IndexOf(":=");
        return new(words[0], words[(declared + 1 is 0 ? 1 : declared + 1)..], body, otherwise)
        {
            Names = declared < 0 ? [] : [.. words[1..declared].Where(word => word != ",")],
        };
    }

    static List<string> Words(string action) => [.. Word.Matches(action).Select(match => match.Value)];

    object? Evaluate(ReadOnlySpan<string> words, Scope scope)
    {
        object? piped = null;
        var isPiped = false;
        for (var at = 0; at < words.Length;)
        {
            var arguments = new List<object?>();
            string? function = null;
            for (; at < words.Length && words[at] != "|"; at++)
            {
                if (words[at] == "(")
                {
                    var (end, depth) = (at + 1, 1);
                    for (; depth > 0; end++) depth += words[end] is "(" ? 1 : words[end] is ")" ? -1 : 0;
                    arguments.Add(Evaluate(words[(at + 1)..(end - 1)], scope));
                    at = end - 1;
                }
                else if (function is null && arguments.Count == 0 && char.IsAsciiLetter(words[at][0]))
                    function = words[at];
                else arguments.Add(ValueOf(words[at], scope));
            }
            if (isPiped) arguments.Add(piped);
            piped = function is null ? arguments.Single() : Call(function, arguments);
            isPiped = true;
            at++;
        }
        return piped;
    }

    object? Call(string function, List<object?> arguments) => (function, arguments) switch
    {
        ("include", [string name, var value]) => Included(name, value),
        ("toYaml", [var value]) => ChartValues.Write(value),
        ("nindent", [long spaces, string text]) => string.Concat(
            text.Split('\n').Select(line => "\n" + new string(' ', (int)spaces) + line)),
        ("quote", [var value]) => ChartValues.Quote(TextOf(value)),
        ("default", [var other, var value]) => IsTrue(value) ? value : other,
        ("int", [long number]) => number,
        ("gt", [long a, long b]) => a > b,
        ("eq", [string a, string b]) => a == b,
        ("and", [var a, var b]) => IsTrue(a) ? b : a,
        ("fail", [string message]) => throw new ChartException(message),
        _ => throw new InvalidOperationException($"{function} with {arguments.Count} arguments"),
    };

    string Included(string name, object? value)
    {
        var output = new StringBuilder();
        defined[name].Write(this, new(value, []), output);
        return output.ToString();
    }

    static object? ValueOf(string word, Scope scope)
    {
        if (word[0] == '$') return scope.Variables[word];
        if (word[0] == '"') return word[1..^1];
        if (word[0] != '.') return long.Parse(word, CultureInfo.InvariantCulture);
        var value = scope.Dot;
        foreach (var name in word.Split('.', StringSplitOptions.RemoveEmptyEntries))
            value = value is SortedDictionary<string, object?> mapping
                ? mapping.TryGetValue(name, out var found) ? found
                    : throw new ChartException($"no value {word}")
                : throw new ChartException($"no value {word}");
        return value;
    }

    static bool IsTrue(object? value) => value switch
    {
        null or false or 0L or "" => false,
        List<object?> list => list.Count > 0,
        SortedDictionary<string, object?> mapping => mapping.Count > 0,
        _ => true,
    };

    static string TextOf(object? value) => value switch
    {
        string text => text,
        bool truth => truth ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        _ => throw new ChartException($"{value ?? "nothing"} is no text"),
    };

    /// <summary>What names mean at a place.</summary>
    readonly record struct Scope(object? Dot, IReadOnlyDictionary<string, object?> Variables)
    {
        public Scope(object? dot, Dictionary<string, object?> variables)
            : this(dot, (IReadOnlyDictionary<string, object?>)variables)
        {
        }
    }

    abstract record Node
    {
        public abstract void Write(ChartTemplate template, Scope scope, StringBuilder output);

        public sealed record Text(string Value) : Node
        {
            public override void Write(ChartTemplate template, Scope scope, StringBuilder output) =>
                output.Append(Value);
        }

        public sealed record All(IReadOnlyList<Node> Nodes) : Node
        {
            public override void Write(ChartTemplate template, Scope scope, StringBuilder output)
            {
                foreach (var node in Nodes) node.Write(template, scope, output);
            }
        }

        public sealed record Output(List<string> Words) : Node
        {
            public override void Write(ChartTemplate template, Scope scope, StringBuilder output) =>
                output.Append(TextOf(template.Evaluate([.. Words], scope)));
        }

        public sealed record Block(string Kind, List<string> Words, Node Body, Node Otherwise) : Node
        {
            public List<string> Names { get; init; } = [];

            public override void Write(ChartTemplate template, Scope scope, StringBuilder output)
            {
                var value = template.Evaluate([.. Words], scope);
                if (!IsTrue(value)) Otherwise.Write(template, scope, output);
                else if (Kind != "range") Body.Write(template, Kind == "with" ? scope with { Dot = value } : scope, output);
                else if (value is List<object?> list)
                    foreach (var item in list) Body.Write(template, scope with { Dot = item }, output);
                else
                    foreach (var (key, item) in (SortedDictionary<string, object?>)value!)
                        Body.Write(
                            template,
                            new(item, new Dictionary<string, object?> { [Names[0]] = key, [Names[1]] = item }), output);
            }
        }
    }

    [GeneratedRegex(@"\{\{(?<left>-)?(?<body>.*?)(?<right>-)?\}\}", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Action { get; }

    [GeneratedRegex("\"[^\"]*\"|:=|[()|,]|[^\\s()|,\"]+")]
    private static partial Regex Word { get; }
}

/// <summary>A chart that refuses its values.</summary>
sealed class ChartException(string message) : Exception(message);
