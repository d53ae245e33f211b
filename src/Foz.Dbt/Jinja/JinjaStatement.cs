using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>What a template does.</summary>
/// <param name="Place">Where it stands.</param>
abstract record JinjaStatement(Place Place)
{
    /// <summary>Text that is written unchanged.</summary>
    public sealed record Text(string Value, Place Place) : JinjaStatement(Place);

    /// <summary><c>{{ value }}</c></summary>
    public sealed record Output(JinjaExpression Value, Place Place) : JinjaStatement(Place);

    /// <summary><c>{% if %}</c> with its branches.</summary>
    public sealed record If(
        IReadOnlyList<(JinjaExpression Condition, IReadOnlyList<JinjaStatement> Body)> Branches,
        IReadOnlyList<JinjaStatement> Else, Place Place) : JinjaStatement(Place);

    /// <summary><c>{% for %}</c></summary>
    public sealed record For(JinjaTarget Target, JinjaExpression Items, JinjaExpression? Condition, Place Place)
        : JinjaStatement(Place)
    {
        /// <summary>Gets the statements for each item.</summary>
        public required IReadOnlyList<JinjaStatement> Body { get; init; }

        /// <summary>Gets the statements for an empty list.</summary>
        public required IReadOnlyList<JinjaStatement> Else { get; init; }

        /// <summary>Whether <c>loop()</c> goes through it again.</summary>
        public bool IsRecursive { get; init; }
    }

    /// <summary><c>{% set a = b %}</c></summary>
    public sealed record Set(JinjaTarget Target, JinjaExpression Value, Place Place) : JinjaStatement(Place);

    /// <summary><c>{% set a %} … {% endset %}</c></summary>
    public sealed record SetBlock(
        JinjaTarget Target, IReadOnlyList<JinjaExpression.Filter> Filters, IReadOnlyList<JinjaStatement> Body,
        Place Place)
        : JinjaStatement(Place);

    /// <summary><c>{% macro %}</c></summary>
    public sealed record Macro(JinjaMacroDefinition Definition, Place Place) : JinjaStatement(Place);

    /// <summary><c>{% call(a) b() %} … {% endcall %}</c></summary>
    public sealed record CallBlock(JinjaExpression.Call Call, JinjaMacroDefinition Caller, Place Place)
        : JinjaStatement(Place);

    /// <summary><c>{% do a %}</c></summary>
    public sealed record Do(JinjaExpression Value, Place Place) : JinjaStatement(Place);

    /// <summary><c>{% filter a %} … {% endfilter %}</c></summary>
    public sealed record FilterBlock(
        IReadOnlyList<JinjaExpression.Filter> Filters, IReadOnlyList<JinjaStatement> Body,
        Place Place) : JinjaStatement(Place);

    /// <summary><c>{% with a = b %} … {% endwith %}</c></summary>
    public sealed record With(
        IReadOnlyList<(JinjaTarget Target, JinjaExpression Value)> Values, IReadOnlyList<JinjaStatement> Body,
        Place Place)
        : JinjaStatement(Place);

    /// <summary>A block that only defines something, and writes nothing: dbt's snapshots and docs.</summary>
    /// <param name="Keyword"><c>snapshot</c>, <c>docs</c> or <c>materialization</c>.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Body">What it holds.</param>
    /// <param name="Place">Where it stands.</param>
    public sealed record Block(string Keyword, string Name, IReadOnlyList<JinjaStatement> Body, Place Place)
        : JinjaStatement(Place)
    {
        /// <summary>What stands between its tags.</summary>
        public required string BodyText { get; init; }
    }
}

/// <summary>The target of an assignment.</summary>
abstract record JinjaTarget
{
    /// <summary>A name.</summary>
    public sealed record Name(string Text) : JinjaTarget;

    /// <summary>An attribute of a namespace.</summary>
    public sealed record Attribute(string Of, string Key, Place Place) : JinjaTarget;

    /// <summary>Several targets, which get the items of a list.</summary>
    public sealed record Several(IReadOnlyList<JinjaTarget> Items, Place Place) : JinjaTarget;
}

/// <summary>A macro, or the content of a call block, as written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Its parameters, those with defaults last.</param>
/// <param name="Body">Its statements.</param>
/// <param name="Place">Its position in the file.</param>
sealed record JinjaMacroDefinition(
    string Name, IReadOnlyList<(string Name, JinjaExpression? Default)> Parameters, IReadOnlyList<JinjaStatement> Body,
    Place Place)
{
    /// <summary>Which of <c>varargs</c>, <c>kwargs</c> and <c>caller</c> it names.</summary>
    public required IReadOnlySet<string> Names { get; init; }

    /// <summary>The block that it stands in: <c>macro</c>, <c>test</c> or <c>call</c>.</summary>
    public string Keyword { get; init; } = "macro";

    /// <summary>Its text with its tags.</summary>
    public string Text { get; init; } = "";
}
