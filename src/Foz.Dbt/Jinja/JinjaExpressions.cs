using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>Evaluates expressions.</summary>
/// <param name="rendering">What they are part of.</param>
sealed class JinjaExpressions(JinjaRendering rendering)
{
    /// <summary>The value of an expression.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="scope">What names mean.</param>
    public object? Evaluate(JinjaExpression expression, JinjaScope scope)
    {
        rendering.Step(expression.Place);
        return expression switch
        {
            JinjaExpression.Literal literal => literal.Value,
            JinjaExpression.Variable name => scope.TryGet(name.Text, out var value) ? value :
                new JinjaUndefined($"'{name.Text}'", () => JinjaOperators.HintFor(name.Text, scope.Names)),
            JinjaExpression.Listed { IsTuple: true } tuple =>
                new JinjaTuple([.. tuple.Items.Select(item => Evaluate(item, scope))]),
            JinjaExpression.Listed list => new JinjaList(list.Items.Select(item => Evaluate(item, scope))),
            JinjaExpression.Mapped mapped => DictOf(mapped, scope),
            JinjaExpression.Attribute attribute =>
                JinjaOperators.AttributeOf(Evaluate(attribute.Of, scope), attribute.Key, attribute.Place),
            JinjaExpression.Item item =>
                JinjaOperators.ItemOf(Evaluate(item.Of, scope), Evaluate(item.Key, scope), item.Place),
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
        return JinjaOperators.Invoke(callee, arguments);
    }

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
                ?? throw Error(place, "the value after ** is no mapping", hint: null);
            foreach (var (key, value) in mapping.Entries) named[JinjaValue.ToText(key)] = value;
        }
        return new(rendering, place, name, positional, named);
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
        if (left is JinjaUndefined missing) throw JinjaOperators.UndefinedError(missing, binary.Left.Place);
        if (right is JinjaUndefined other) throw JinjaOperators.UndefinedError(other, binary.Right.Place);
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

    string Bounded(string text, Place place) => text.Length <= rendering.Limits.CharactersMax ? text
        : throw new FozException(
            ErrorKind.Resource,
            $"a text has more than {rendering.Limits.CharactersMax:N0} characters")
        { Place = place };

    object Repeat(object? value, long count, Place place)
    {
        count = Math.Max(0, count);
        var size = value is string text ? text.Length : ((JinjaList)value!).Count;
        if (size * (double)count > rendering.Limits.ItemsMax)
            throw new FozException(ErrorKind.Resource, $"'*' makes more than {rendering.Limits.ItemsMax:N0} items")
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
            if (!JinjaOperators.Holds(operation, left, right, expression.Place)) return false;
            left = right;
        }
        return true;
    }

    static FozException Error(Place place, string message, string? hint) =>
        new(ErrorKind.Configuration, message) { Place = place, Hint = hint };
}
