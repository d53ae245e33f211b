using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Dbt.Jinja;

/// <summary>Gives the values of expressions.</summary>
/// <param name="evaluator">Counts steps and runs macros.</param>
sealed class JinjaExpressions(JinjaEvaluator evaluator)
{
    /// <summary>The value of an expression.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="scope">What names mean.</param>
    public object? Evaluate(JinjaExpression expression, JinjaScope scope)
    {
        evaluator.Step(expression.Place);
        return expression switch
        {
            JinjaExpression.Literal literal => literal.Value,
            JinjaExpression.Variable name => scope.TryGet(name.Text, out var value) ? value :
                new JinjaUndefined($"'{name.Text}'", () => HintFor(name.Text, scope.Names)),
            JinjaExpression.Listed { IsTuple: true } tuple =>
                new JinjaTuple([.. tuple.Items.Select(item => Evaluate(item, scope))]),
            JinjaExpression.Listed list => new JinjaList(list.Items.Select(item => Evaluate(item, scope))),
            JinjaExpression.Mapped mapped => DictOf(mapped, scope),
            JinjaExpression.Attribute attribute =>
                AttributeOf(Evaluate(attribute.Of, scope), attribute.Key, attribute.Place),
            JinjaExpression.Item item => ItemOf(Evaluate(item.Of, scope), Evaluate(item.Key, scope), item.Place),
            JinjaExpression.Slice slice => SliceOf(slice, scope),
            JinjaExpression.Call call => Call(call, scope, caller: null),
            JinjaExpression.Filter filter => Filter(filter, Evaluate(filter.Value!, scope), scope),
            JinjaExpression.Test test => TestOf(test, scope),
            JinjaExpression.Binary binary => BinaryOf(binary, scope),
            JinjaExpression.Unary unary => UnaryOf(unary, scope),
            JinjaExpression.Compare compare => Compare(compare, scope),
            JinjaExpression.Conditional choice =>
                JinjaValue.IsTrue(Evaluate(choice.If, scope)) ? Evaluate(choice.Then, scope)
                    : choice.Else is null
                        ? new JinjaUndefined("the value without an else")
                        : Evaluate(choice.Else, scope),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    static string? HintFor(string name, IEnumerable<string> known) =>
        NearestName.Find(name, known) is { } nearest ? $"did you mean '{nearest}'?" : null;

    JinjaDict DictOf(JinjaExpression.Mapped mapped, JinjaScope scope)
    {
        var dict = new JinjaDict();
        foreach (var (key, value) in mapped.Entries)
        {
            var name = Evaluate(key, scope);
            if (name is JinjaList or JinjaDict)
                throw Error(key.Place, $"{JinjaValue.ToCode(name)} cannot be a key: it can change", hint: null);
            dict[name] = Evaluate(value, scope);
        }
        return dict;
    }

    /// <summary>Returns the value of an attribute: of a mapping, its method, otherwise its item.</summary>
    public static object? AttributeOf(object? of, string key, Place place)
    {
        if (of is JinjaUndefined undefined) throw UndefinedError(undefined, place);
        if (JinjaMethods.Find(of, key) is { } method) return method;
        if (of is JinjaDict dict && dict.TryGet(key, out var item)) return item;
        if (of is JinjaObject known)
        {
            if (known.TryGet(key, out var value)) return value;
            return new JinjaUndefined($"'{key}' of {known.TypeName}", () => HintFor(key, known.Names));
        }
        return new JinjaUndefined($"'{key}' of {JinjaValue.TypeOf(of)}");
    }

    static FozException UndefinedError(JinjaUndefined undefined, Place place) =>
        new(ErrorKind.Configuration, $"{undefined.Name} is undefined")
        {
            Place = place, Hint = undefined.Hint,
        };

    /// <summary>An item by its key or index.</summary>
    public static object? ItemOf(object? of, object? key, Place place)
    {
        switch (of, key)
        {
            case (JinjaUndefined undefined, _):
                throw UndefinedError(undefined, place);
            case (JinjaDict dict, _) when key is not (JinjaList or JinjaDict) && dict.TryGet(key, out var value):
                return value;
            case (string or JinjaList or JinjaTuple, long index):
                var items = of as IReadOnlyList<object?> ?? (of as JinjaTuple)?.Items ?? [.. JinjaValue.ItemsOf(of)!];
                if (index < 0) index += items.Count;
                return index >= 0 && index < items.Count
                    ? items[(int)index]
                    : new JinjaUndefined($"item {key} of {items.Count}");
            case (JinjaObject { Items: { } all }, long index):
                return all.ElementAtOrDefault((int)index) ?? new JinjaUndefined($"item {key}");
            case (_, string name):
                return AttributeOf(of, name, place);
            default:
                return new JinjaUndefined($"{JinjaValue.ToCode(key)} of {JinjaValue.TypeOf(of)}");
        }
    }

    object? SliceOf(JinjaExpression.Slice slice, JinjaScope scope)
    {
        var of = Evaluate(slice.Of, scope);
        if (of is JinjaUndefined) return of;
        if (of is not (string or JinjaList or JinjaTuple))
            throw Error(slice.Place, $"{JinjaValue.ToCode(of)} has no parts to take", "texts and lists do");
        var items = JinjaValue.ItemsOf(of)!.ToList();
        var step = Bound(slice.Step) ?? 1;
        if (step == 0) throw Error(slice.Place, "the step of a slice cannot be 0", hint: null);
        var from = Bound(slice.From) is { } start ? Clamp(start) : step > 0 ? 0 : items.Count - 1;
        var to = Bound(slice.To) is { } end ? Clamp(end) : step > 0 ? items.Count : -1;
        var taken = new List<object?>();
        for (var i = from; step > 0 ? i < to : i > to; i += step) taken.Add(items[(int)i]);
        return of is string ? string.Concat(taken) : of is JinjaList ? new JinjaList(taken) : new JinjaTuple(taken);

        long? Bound(JinjaExpression? bound) => (bound is null ? null : Evaluate(bound, scope)) switch
        {
            null => null,
            long number => number,
            var other =>
                throw Error(slice.Place, $"a slice needs whole numbers, not {JinjaValue.ToCode(other)}", hint: null),
        };

        long Clamp(long bound)
        {
            if (bound < 0) bound += items.Count;
            return step > 0 ? Math.Clamp(bound, 0, items.Count) : Math.Clamp(bound, -1, items.Count - 1);
        }
    }

    /// <summary>What a call gives.</summary>
    /// <param name="call">The call.</param>
    /// <param name="scope">What names mean.</param>
    /// <param name="caller">What <c>caller</c> is in it; null where it is no call block.</param>
    public object? Call(JinjaExpression.Call call, JinjaScope scope, JinjaMacro? caller)
    {
        var callee = Evaluate(call.Callee, scope);
        var arguments = ArgumentsOf(call.Arguments, scope, call.Place, NameOf(call.Callee));
        if (caller is not null)
            arguments = arguments with
            {
                Named = new Dictionary<string, object?>(arguments.Named, StringComparer.Ordinal)
                {
                    ["caller"] = caller,
                },
            };
        return Invoke(callee, arguments);
    }

    /// <summary>What calling a value gives.</summary>
    public static object? Invoke(object? callee, JinjaArguments arguments) => callee switch
    {
        JinjaCallable function => function.Invoke(arguments),
        JinjaLoop { Recurse: { } recurse } => recurse(arguments),
        JinjaObject known when known.TryGet("__call__", out var inner) && inner is JinjaCallable function =>
            function.Invoke(arguments),
        JinjaUndefined undefined => throw UndefinedError(undefined, arguments.Place),
        _ => throw arguments.Error($"{JinjaValue.ToCode(callee)} cannot be called", hint: null),
    };

    static string NameOf(JinjaExpression expression) => expression switch
    {
        JinjaExpression.Variable name => name.Text,
        JinjaExpression.Attribute attribute => attribute.Key,
        _ => "the function",
    };

    JinjaArguments ArgumentsOf(JinjaCallArguments stated, JinjaScope scope, Place place, string name)
    {
        var positional = stated.Positional.Select(value => Evaluate(value, scope)).ToList();
        var named = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in stated.Named) named[key] = Evaluate(value, scope);
        if (stated.List is not null)
        {
            var list = Evaluate(stated.List, scope);
            positional.AddRange(
                JinjaValue.ItemsOf(list) ?? throw Error(place, $"*{JinjaValue.ToCode(list)} is no list", hint: null));
        }
        if (stated.Mapping is not null)
        {
            var mapping = Evaluate(stated.Mapping, scope) as JinjaDict
                ?? throw Error(place, "what stands behind ** is no mapping", hint: null);
            foreach (var (key, value) in mapping.Entries) named[JinjaValue.ToText(key)] = value;
        }
        return new(evaluator, place, name, positional, named);
    }

    /// <summary>What a filter makes of a value.</summary>
    public object? Filter(JinjaExpression.Filter filter, object? value, JinjaScope scope)
    {
        var arguments = ArgumentsOf(filter.Arguments, scope, filter.Place, filter.Name);
        return JinjaFilters.Apply(filter.Name, value, arguments);
    }

    object? TestOf(JinjaExpression.Test test, JinjaScope scope)
    {
        var value = Evaluate(test.Value, scope);
        var arguments = ArgumentsOf(test.Arguments, scope, test.Place, test.Name);
        return JinjaTests.Holds(test.Name, value, arguments) != test.IsNegated;
    }

    object? UnaryOf(JinjaExpression.Unary unary, JinjaScope scope)
    {
        var value = Evaluate(unary.Value, scope);
        if (unary.Operator == "not") return !JinjaValue.IsTrue(value);
        if (!JinjaValue.IsNumber(value))
            throw Error(unary.Place, $"'{unary.Operator}' needs a number, not {JinjaValue.ToCode(value)}", hint: null);
        return JinjaNumber.Calculate(unary.Operator, 0L, value!, unary.Place);
    }

    object? BinaryOf(JinjaExpression.Binary binary, JinjaScope scope)
    {
        var left = Evaluate(binary.Left, scope);
        switch (binary.Operator)
        {
            case "and": return JinjaValue.IsTrue(left) ? Evaluate(binary.Right, scope) : left;
            case "or": return JinjaValue.IsTrue(left) ? left : Evaluate(binary.Right, scope);
        }
        var right = Evaluate(binary.Right, scope);
        if (binary.Operator == "~") return Bounded(JinjaValue.ToText(left) + JinjaValue.ToText(right), binary.Place);
        if (left is JinjaUndefined missing) throw UndefinedError(missing, binary.Left.Place);
        if (right is JinjaUndefined other) throw UndefinedError(other, binary.Right.Place);
        return (binary.Operator, left, right) switch
        {
            ("+", string a, string b) => Bounded(a + b, binary.Place),
            ("+", JinjaList a, JinjaList b) => new JinjaList([.. a, .. b]),
            ("+", JinjaTuple a, JinjaTuple b) => new JinjaTuple([.. a.Items, .. b.Items]),
            ("*", string or JinjaList, long count) => Repeat(left, count, binary.Place),
            ("*", long count, string or JinjaList) => Repeat(right, count, binary.Place),
            ("%", string format, _) =>
                JinjaText.Printf(format, right is JinjaTuple tuple ? tuple.Items : [right], binary.Place),
            ("-", IJinjaArithmetic a, _) => a.Minus(right, binary.Place),
            ("+", IJinjaArithmetic a, _) => a.Plus(right, binary.Place),
            _ when JinjaValue.IsNumber(left) && JinjaValue.IsNumber(right) =>
                JinjaNumber.Calculate(binary.Operator, left!, right!, binary.Place),
            _ => throw Error(
                binary.Place,
                $"'{binary.Operator}' cannot take {JinjaValue.TypeOf(left)} and {JinjaValue.TypeOf(right)}",
                binary.Operator == "+" && (left is string || right is string)
                    ? "'~' puts texts together, whatever they are of"
                    : null),
        };
    }

    string Bounded(string text, Place place) => text.Length <= evaluator.Limits.CharactersMax ? text
        : throw new FozException(
            ErrorKind.Resource,
            $"a text has more than {evaluator.Limits.CharactersMax:N0} characters")
        { Place = place };

    object Repeat(object? value, long count, Place place)
    {
        count = Math.Max(0, count);
        var size = value is string text ? text.Length : ((JinjaList)value!).Count;
        if (size * (double)count > evaluator.Limits.ItemsMax)
            throw new FozException(ErrorKind.Resource, $"'*' makes more than {evaluator.Limits.ItemsMax:N0} items")
            {
                Place = place,
            };
        return value is string repeated ? string.Concat(Enumerable.Repeat(repeated, (int)count))
            : new JinjaList(Enumerable.Repeat((JinjaList)value!, (int)count).SelectMany(items => items));
    }

    bool Compare(JinjaExpression.Compare compare, JinjaScope scope)
    {
        var left = Evaluate(compare.First, scope);
        foreach (var (operation, expression) in compare.Rest)
        {
            var right = Evaluate(expression, scope);
            if (!Holds(operation, left, right, expression.Place)) return false;
            left = right;
        }
        return true;
    }

    /// <summary>Whether a comparison holds.</summary>
    public static bool Holds(string operation, object? left, object? right, Place place) => operation switch
    {
        "==" => JinjaValue.AreEqual(left, right),
        "!=" => !JinjaValue.AreEqual(left, right),
        "in" => Contains(right, left, place),
        "not in" => !Contains(right, left, place),
        _ => (JinjaValue.Compare(left, right), operation) switch
        {
            (null, _) => throw Error(
                place, $"'{operation}' cannot compare {JinjaValue.TypeOf(left)} and {JinjaValue.TypeOf(right)}",
                left is JinjaUndefined || right is JinjaUndefined
                    ? "one of them is undefined"
                    : "turn one into the other's type: | int, | string"),
            ({ } order, "<") => order < 0,
            ({ } order, "<=") => order <= 0,
            ({ } order, ">") => order > 0,
            ({ } order, _) => order >= 0,
        },
    };

    static bool Contains(object? where, object? value, Place place) => (where, value) switch
    {
        (string text, string part) => text.Contains(part, StringComparison.Ordinal),
        (JinjaDict dict, _) => value is not (JinjaList or JinjaDict) && dict.TryGet(value, out _),
        _ => (JinjaValue.ItemsOf(where) ?? throw Error(
            place, $"'in' looks into lists and texts, and {JinjaValue.ToCode(where)} is none", hint: null))
            .Any(item => JinjaValue.AreEqual(item, value)),
    };

    static FozException Error(Place place, string message, string? hint) =>
        new(ErrorKind.Configuration, message) { Place = place, Hint = hint };
}
