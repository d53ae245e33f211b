using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>What has a value in a template.</summary>
/// <param name="Place">Where it stands.</param>
abstract record JinjaExpression(Place Place)
{
    /// <summary>A literal value.</summary>
    public sealed record Literal(object? Value, Place Place) : JinjaExpression(Place);

    /// <summary>A name.</summary>
    public sealed record Variable(string Text, Place Place) : JinjaExpression(Place);

    /// <summary><c>[a, b]</c>, or <c>(a, b)</c>.</summary>
    public sealed record Listed(IReadOnlyList<JinjaExpression> Items, bool IsTuple, Place Place)
        : JinjaExpression(Place);

    /// <summary><c>{'a': b}</c></summary>
    public sealed record Mapped(IReadOnlyList<(JinjaExpression Key, JinjaExpression Value)> Entries, Place Place)
        : JinjaExpression(Place);

    /// <summary><c>a.b</c></summary>
    public sealed record Attribute(JinjaExpression Of, string Key, Place Place) : JinjaExpression(Place);

    /// <summary><c>a[b]</c></summary>
    public sealed record Item(JinjaExpression Of, JinjaExpression Key, Place Place) : JinjaExpression(Place);

    /// <summary><c>a[b:c:d]</c></summary>
    public sealed record Slice(
        JinjaExpression Of, JinjaExpression? From, JinjaExpression? To, JinjaExpression? Step,
        Place Place) : JinjaExpression(Place);

    /// <summary><c>a(b, c=d)</c></summary>
    public sealed record Call(JinjaExpression Callee, JinjaCallArguments Arguments, Place Place)
        : JinjaExpression(Place);

    /// <summary><c>a | name(b)</c>; without a value, that of a filter block.</summary>
    public sealed record Filter(JinjaExpression? Value, string Name, JinjaCallArguments Arguments, Place Place)
        : JinjaExpression(Place);

    /// <summary><c>a is name(b)</c></summary>
    public sealed record Test(
        JinjaExpression Value, string Name, JinjaCallArguments Arguments, bool IsNegated, Place Place)
        : JinjaExpression(Place);

    /// <summary>Two values and an operator: arithmetic, <c>~</c>, <c>and</c>, <c>or</c>.</summary>
    public sealed record Binary(string Operator, JinjaExpression Left, JinjaExpression Right, Place Place)
        : JinjaExpression(Place);

    /// <summary><c>not</c>, <c>-</c> or <c>+</c> before a value.</summary>
    public sealed record Unary(string Operator, JinjaExpression Value, Place Place) : JinjaExpression(Place);

    /// <summary><c>a &lt; b &lt;= c</c>, also <c>in</c> and <c>not in</c>.</summary>
    public sealed record Compare(
        JinjaExpression First, IReadOnlyList<(string Operator, JinjaExpression Value)> Rest,
        Place Place) : JinjaExpression(Place);

    /// <summary><c>a if b else c</c></summary>
    public sealed record Conditional(JinjaExpression Then, JinjaExpression If, JinjaExpression? Else, Place Place)
        : JinjaExpression(Place);
}

/// <summary>The arguments of a call, as written.</summary>
/// <param name="Positional">The values without names.</param>
/// <param name="Named">Those with names.</param>
/// <param name="List">A list of more of the former (<c>*a</c>).</param>
/// <param name="Mapping">A mapping of more of the latter (<c>**a</c>).</param>
sealed record JinjaCallArguments(
    IReadOnlyList<JinjaExpression> Positional, IReadOnlyList<(string Name, JinjaExpression Value)> Named,
    JinjaExpression? List = null, JinjaExpression? Mapping = null)
{
    /// <summary>None.</summary>
    public static JinjaCallArguments None { get; } = new([], []);
}
