using System.Runtime.CompilerServices;
using System.Text;
using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>Runs a template's statements. It is for one template at one time.</summary>
sealed class JinjaEvaluator
{
    readonly JinjaExpressions expressions;
    readonly CancellationToken cancellationToken;
    StringBuilder output = new();
    long steps;
    long characters;
    int calls;
    readonly List<string> names = [];
    readonly List<(int Index, Place Place, bool IsText)> marks = [];
    int captures;
    (bool IsSet, object? Value) returned;

    /// <summary>An evaluator.</summary>
    /// <param name="surroundings">What names mean that the template does not set.</param>
    /// <param name="limits">What it may take.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public JinjaEvaluator(JinjaScope surroundings, JinjaLimits limits, CancellationToken cancellationToken)
    {
        (Surroundings, Limits, this.cancellationToken) = (surroundings, limits, cancellationToken);
        expressions = new(this);
    }

    /// <summary>What names mean that the template does not set.</summary>
    public JinjaScope Surroundings { get; }

    /// <summary>What it may take.</summary>
    public JinjaLimits Limits { get; }

    /// <summary>The macros that are running, the innermost last.</summary>
    public IReadOnlyList<string> Calls => names;

    /// <summary>
    /// Gets where the parts of the rendered text begin, and their positions in the template; a part of the template's
    /// text is at its position unchanged, other parts are rendered from there.
    /// </summary>
    public IReadOnlyList<(int Index, Place Place, bool IsText)> Marks => marks;

    /// <summary>What a template writes.</summary>
    /// <exception cref="FozException">It is wrong, or takes more than it may.</exception>
    public string Render(IReadOnlyList<JinjaStatement> body)
    {
        var text = Capture(body, new JinjaScope(Surroundings));
        returned = default;
        return text;
    }

    /// <summary>The value of an expression.</summary>
    public object? Evaluate(JinjaExpression expression) =>
        expressions.Evaluate(expression, new JinjaScope(Surroundings));

    /// <summary>Creates a macro whose names have their meaning in a scope.</summary>
    public JinjaMacro Bind(JinjaMacroDefinition definition, JinjaScope scope) =>
        new(definition, arguments => Run(definition, scope, arguments));

    /// <summary>Whether the macro that is running has ended, though what it is in the middle of has not.</summary>
    public bool HasReturned => returned.IsSet;

    /// <summary>Ends the macro that is running, with a value: dbt's <c>return</c>.</summary>
    public void Return(object? value) => returned = (true, value);

    /// <summary>Counts an operation.</summary>
    /// <exception cref="FozException">Thrown when there are more than allowed.</exception>
    public void Step(Place place)
    {
        if (++steps > Limits.StepsMax)
        {
            throw new FozException(ErrorKind.Resource, $"the template does not end within {Limits.StepsMax:N0} steps")
            {
                Place = place, Hint = "look for a loop over far too much, or macros that call each other",
            };
        }
        if ((steps & 0xFFF) == 0) cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Writes a text.</summary>
    public void Write(string text, Place place)
    {
        characters += text.Length;
        if (characters > Limits.CharactersMax)
        {
            throw new FozException(
                ErrorKind.Resource, $"the template writes more than {Limits.CharactersMax:N0} characters")
            {
                Place = place, Hint = "look for a loop over far too much",
            };
        }
        output.Append(text);
    }

    string Capture(IReadOnlyList<JinjaStatement> body, JinjaScope scope)
    {
        var outer = output;
        output = new();
        captures++;
        try
        {
            Run(body, scope);
            return output.ToString();
        }
        finally
        {
            captures--;
            output = outer;
        }
    }

    void Mark(Place place, bool isText)
    {
        // Only the outermost text is that of the template.
        if (captures == 1) marks.Add((output.Length, place, isText));
    }

    object? Run(JinjaMacroDefinition macro, JinjaScope outer, JinjaArguments arguments)
    {
        if (calls >= Limits.CallsMax)
            throw arguments.Error(
                $"macros call each other more than {Limits.CallsMax} deep", $"'{macro.Name}' perhaps calls itself");
        EnsureStack(macro.Place);
        var scope = new JinjaScope(outer);
        JinjaBinding.Bind(macro, arguments, scope, (expression, inner) => expressions.Evaluate(expression, inner));
        if (macro.Keyword == "call") return Capture(macro.Body, scope);
        calls++;
        names.Add(macro.Name);
        var before = returned;
        returned = default;
        try
        {
            var text = Capture(macro.Body, scope);
            return returned.IsSet ? returned.Value : text;
        }
        catch (FozException e) when (e.Place is { } place && place.File != arguments.Place.File
            && arguments.Place.Line > 0
            && e.Hint?.Contains("called at", StringComparison.Ordinal) != true)
        {
            throw new FozException(e.Kind, e.Message, e)
            {
                Place = place, Hint = $"{(e.Hint is null ? "" : e.Hint + "; ")}called at {arguments.Place}",
            };
        }
        finally
        {
            returned = before;
            names.RemoveAt(names.Count - 1);
            calls--;
        }
    }

    /// <summary>Refuses what would need more of the thread's stack than it has.</summary>
    public static void EnsureStack(Place place)
    {
        if (RuntimeHelpers.TryEnsureSufficientExecutionStack()) return;
        throw new FozException(ErrorKind.Resource, "the template is nested too deep") { Place = place };
    }

    void Run(IReadOnlyList<JinjaStatement> body, JinjaScope scope)
    {
        foreach (var statement in body)
        {
            if (returned.IsSet) return;
            Step(statement.Place);
            Run(statement, scope);
        }
    }

    void Run(JinjaStatement statement, JinjaScope scope)
    {
        switch (statement)
        {
            case JinjaStatement.Text text:
                Mark(text.Place, isText: true);
                Write(text.Value, text.Place);
                break;
            case JinjaStatement.Output shown:
                var value = expressions.Evaluate(shown.Value, scope);
                if (returned.IsSet) break;
                Mark(shown.Place, isText: false);
                Write(JinjaValue.ToText(value), shown.Place);
                break;
            case JinjaStatement.If choice:
                Run(BranchOf(choice, scope), scope);
                break;
            case JinjaStatement.For loop:
                RunLoop(loop, expressions.Evaluate(loop.Items, scope), scope, depth: 1);
                break;
            case JinjaStatement.Set set:
                Assign(set.Target, expressions.Evaluate(set.Value, scope), scope, set.Place);
                break;
            case JinjaStatement.SetBlock block:
                object? text2 = Capture(block.Body, new JinjaScope(scope));
                foreach (var filter in block.Filters) text2 = expressions.Filter(filter, text2, scope);
                Assign(block.Target, text2, scope, block.Place);
                break;
            case JinjaStatement.Macro macro:
                scope.Set(macro.Definition.Name, Bind(macro.Definition, scope));
                break;
            case JinjaStatement.CallBlock call:
                Write(JinjaValue.ToText(expressions.Call(call.Call, scope, Bind(call.Caller, scope))), call.Place);
                break;
            case JinjaStatement.Do done:
                expressions.Evaluate(done.Value, scope);
                break;
            case JinjaStatement.FilterBlock block:
                object? filtered = Capture(block.Body, new JinjaScope(scope));
                foreach (var filter in block.Filters) filtered = expressions.Filter(filter, filtered, scope);
                Write(JinjaValue.ToText(filtered), block.Place);
                break;
            case JinjaStatement.With with:
                var inner = new JinjaScope(scope);
                foreach (var (target, expression) in with.Values)
                    Assign(target, expressions.Evaluate(expression, scope), inner, with.Place);
                Run(with.Body, inner);
                break;
        }
    }

    IReadOnlyList<JinjaStatement> BranchOf(JinjaStatement.If choice, JinjaScope scope)
    {
        foreach (var (condition, body) in choice.Branches)
            if (JinjaValue.IsTrue(expressions.Evaluate(condition, scope))) return body;
        return choice.Else;
    }

    void RunLoop(JinjaStatement.For loop, object? value, JinjaScope scope, int depth)
    {
        EnsureStack(loop.Place);
        var items = (JinjaValue.ItemsOf(value) ?? throw new FozException(
            ErrorKind.Configuration, $"for goes through a list, and {JinjaValue.ToCode(value)} is none")
        { Place = loop.Place }).ToList();
        if (loop.Condition is not null) items = [.. items.Where(item => Takes(loop, item, scope))];
        if (items.Count == 0)
        {
            Run(loop.Else, scope);
            return;
        }
        var state = new JinjaLoop(items, depth);
        if (loop.IsRecursive)
        {
            state.Recurse = arguments =>
            {
                var outer = output;
                output = new();
                try
                {
                    RunLoop(loop, arguments.Single(), scope, depth + 1);
                    return output.ToString();
                }
                finally
                {
                    output = outer;
                }
            };
        }
        for (; state.Index < items.Count; state.Index++)
        {
            if (returned.IsSet) return;
            Step(loop.Place);
            var inner = new JinjaScope(scope);
            inner.Set("loop", state);
            Assign(loop.Target, items[state.Index], inner, loop.Place);
            Run(loop.Body, inner);
        }
    }

    bool Takes(JinjaStatement.For loop, object? item, JinjaScope scope)
    {
        Step(loop.Place);
        var inner = new JinjaScope(scope);
        Assign(loop.Target, item, inner, loop.Place);
        return JinjaValue.IsTrue(expressions.Evaluate(loop.Condition!, inner));
    }

    static void Assign(JinjaTarget target, object? value, JinjaScope scope, Place place)
    {
        switch (target)
        {
            case JinjaTarget.Name name:
                scope.Set(name.Text, value);
                break;
            case JinjaTarget.Attribute attribute:
                if (!scope.TryGet(attribute.Of, out var found) || found is not JinjaNamespace known)
                {
                    throw new FozException(
                        ErrorKind.Configuration,
                        $"'{attribute.Of}' is no namespace, and only attributes of those can be set")
                    {
                        Place = attribute.Place,
                        Hint = $"write {{% set {attribute.Of} = namespace({attribute.Key}=…) %}} before",
                    };
                }
                known.Values[attribute.Key] = value;
                break;
            case JinjaTarget.Several several:
                var items = JinjaValue.ItemsOf(value)?.ToList();
                if (items?.Count != several.Items.Count)
                {
                    throw new FozException(
                        ErrorKind.Configuration,
                        items is null
                            ? $"{JinjaValue.ToCode(value)} has no items to put into {several.Items.Count} names"
                            : $"{items.Count} items cannot be put into {several.Items.Count} names")
                    { Place = place };
                }
                foreach (var (item, inner) in items.Zip(several.Items)) Assign(inner, item, scope, place);
                break;
        }
    }
}
