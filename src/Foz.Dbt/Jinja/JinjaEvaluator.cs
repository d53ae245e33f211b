using System.Runtime.CompilerServices;
using System.Text;
using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>Runs a template's statements. It is for one template at one time.</summary>
sealed class JinjaEvaluator
{
    readonly JinjaExpressions expressions;
    StringBuilder output = new();
    long characters;
    int calls;
    readonly List<(int Index, Place Place, bool IsText)> marks = [];
    int captures;

    /// <summary>An evaluator.</summary>
    /// <param name="context">What names mean that the template does not set.</param>
    /// <param name="limits">What it may take.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public JinjaEvaluator(JinjaScope context, JinjaLimits limits, CancellationToken cancellationToken)
    {
        Context = context;
        Rendering = new(limits, Run, cancellationToken);
        expressions = new(Rendering);
    }

    /// <summary>What names mean that the template does not set.</summary>
    public JinjaScope Context { get; }

    /// <summary>What functions that it calls may ask of it.</summary>
    public JinjaRendering Rendering { get; }

    /// <summary>
    /// Gets where the parts of the rendered text begin, and their positions in the template; a part of the template's
    /// text is at its position unchanged, other parts are rendered from there.
    /// </summary>
    public IReadOnlyList<(int Index, Place Place, bool IsText)> Marks => marks;

    /// <summary>What a template writes.</summary>
    /// <exception cref="FozException">It is wrong, or takes more than it may.</exception>
    public string Render(IReadOnlyList<JinjaStatement> body)
    {
        var text = Capture(body, new JinjaScope(Context));
        Rendering.Returned = default;
        return text;
    }

    /// <summary>The value of an expression.</summary>
    public object? Evaluate(JinjaExpression expression) =>
        expressions.Evaluate(expression, new JinjaScope(Context));

    /// <summary>Writes a text.</summary>
    public void Write(string text, Place place)
    {
        characters += text.Length;
        if (characters > Rendering.Limits.CharactersMax)
        {
            throw new FozException(
                ErrorKind.Resource, $"the template writes more than {Rendering.Limits.CharactersMax:N0} characters")
            {
                Place = place, Hint = "check for a very long loop",
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
        if (calls >= Rendering.Limits.CallsMax)
            throw arguments.Error(
                $"macros call each other more than {Rendering.Limits.CallsMax} deep",
                $"'{macro.Name}' perhaps calls itself");
        EnsureStack(macro.Place);
        var scope = new JinjaScope(outer);
        JinjaBinding.Bind(macro, arguments, scope, (expression, inner) => expressions.Evaluate(expression, inner));
        if (macro.Keyword == "call") return Capture(macro.Body, scope);
        calls++;
        var before = Rendering.Returned;
        Rendering.Returned = default;
        try
        {
            var text = Capture(macro.Body, scope);
            return Rendering.HasReturned ? Rendering.Returned.Value : text;
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
            Rendering.Returned = before;
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
            if (Rendering.HasReturned) return;
            Rendering.Step(statement.Place);
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
                if (Rendering.HasReturned) break;
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
                scope.Set(macro.Definition.Name, Rendering.Bind(macro.Definition, scope));
                break;
            case JinjaStatement.CallBlock call:
                var written = expressions.Call(call.Call, scope, Rendering.Bind(call.Caller, scope));
                Write(JinjaValue.ToText(written), call.Place);
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
            ErrorKind.Configuration, $"'for' needs a list, not {JinjaValue.ToCode(value)}")
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
            if (Rendering.HasReturned) return;
            Rendering.Step(loop.Place);
            var inner = new JinjaScope(scope);
            inner.Set("loop", state);
            Assign(loop.Target, items[state.Index], inner, loop.Place);
            Run(loop.Body, inner);
        }
    }

    bool Takes(JinjaStatement.For loop, object? item, JinjaScope scope)
    {
        Rendering.Step(loop.Place);
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
