namespace Foz.Dbt.Jinja;

/// <summary>What names mean in a part of a template.</summary>
/// <param name="parent">The scope around it; null for the outermost one.</param>
sealed class JinjaScope(JinjaScope? parent = null)
{
    readonly Dictionary<string, object?> values = new(StringComparer.Ordinal);

    /// <summary>Gives what names mean that are not set; of the outermost scope.</summary>
    public Func<string, (bool IsKnown, object? Value)>? Fallback { get; init; }

    /// <summary>The names that <see cref="Fallback"/> knows, for hints.</summary>
    public Func<IEnumerable<string>>? FallbackNames { get; init; }

    /// <summary>Gives a name a value in this scope.</summary>
    public void Set(string name, object? value) => values[name] = value;

    /// <summary>The value of a name, here or further out.</summary>
    public bool TryGet(string name, out object? value)
    {
        for (var scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope.values.TryGetValue(name, out value)) return true;
            if (scope.Fallback is null) continue;
            (var isKnown, value) = scope.Fallback(name);
            if (isKnown) return true;
        }
        value = null;
        return false;
    }

    /// <summary>All names that have a value.</summary>
    public IEnumerable<string> Names =>
        values.Keys.Concat(FallbackNames?.Invoke() ?? []).Concat(Parent?.Names ?? []).Distinct(StringComparer.Ordinal);

    JinjaScope? Parent { get; } = parent;
}
