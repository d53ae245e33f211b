namespace Foz.Dbt.Jinja;

/// <summary>What <c>loop</c> is in a <c>for</c>.</summary>
/// <param name="items">What it goes through.</param>
/// <param name="depth">How many loops of the same kind are around it, itself counted.</param>
sealed class JinjaLoop(IReadOnlyList<object?> items, int depth) : JinjaObject
{
    object? changed = new object();

    /// <summary>Which item it is at, counted from 0.</summary>
    public int Index { get; set; }

    /// <summary>Goes through another list by the same loop; null where it is not recursive.</summary>
    public Func<JinjaArguments, object?>? Recurse { get; set; }

    /// <inheritdoc/>
    public override IEnumerable<string> Names =>
    [
        "index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0", "previtem",
        "nextitem", "cycle", "changed",
    ];

    /// <inheritdoc/>
    public override bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "index" => Index + 1L,
            "index0" => (long)Index,
            "revindex" => (long)(items.Count - Index),
            "revindex0" => (long)(items.Count - Index - 1),
            "first" => Index == 0,
            "last" => Index == items.Count - 1,
            "length" => (long)items.Count,
            "depth" => (long)depth,
            "depth0" => depth - 1L,
            "previtem" => Index > 0 ? items[Index - 1] : new JinjaUndefined("'loop.previtem'"),
            "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new JinjaUndefined("'loop.nextitem'"),
            "cycle" => new JinjaCallable("cycle", arguments => arguments.Positional.Count == 0
                ? throw arguments.Error("cycle() needs values", hint: null)
                : arguments.Positional[Index % arguments.Positional.Count]),
            "changed" => new JinjaCallable("changed", arguments => HasChanged(arguments)),
            _ => null,
        };
        return value is not null || name is "previtem" or "nextitem";
    }

    /// <inheritdoc/>
    public override string ToString() => $"<LoopContext {Index + 1}/{items.Count}>";

    bool HasChanged(JinjaArguments arguments)
    {
        var now = new JinjaTuple(arguments.Positional);
        var isChanged = !JinjaValue.AreEqual(changed, now);
        changed = now;
        return isChanged;
    }
}
