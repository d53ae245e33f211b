using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>What a token of a template is.</summary>
enum JinjaTokenKind
{
    /// <summary>Literal text.</summary>
    Data,

    /// <summary><c>{%</c></summary>
    BlockBegin,

    /// <summary><c>%}</c></summary>
    BlockEnd,

    /// <summary><c>{{</c></summary>
    OutputBegin,

    /// <summary><c>}}</c></summary>
    OutputEnd,

    /// <summary>A name or keyword.</summary>
    Name,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number with a fraction or exponent.</summary>
    Float,

    /// <summary>A text in quotes.</summary>
    Text,

    /// <summary>An operator, bracket or comma.</summary>
    Operator,

    /// <summary>Nothing more.</summary>
    End,
}

/// <summary>A token of a template.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Text">Its text; of a quoted text, its value.</param>
/// <param name="Index">Where it starts in the template.</param>
/// <param name="Place">Its position in the file.</param>
readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Index, Place Place)
{
    /// <summary>Whether it is this operator.</summary>
    public bool IsOperator(string text) => Kind is JinjaTokenKind.Operator && Text == text;

    /// <summary>Whether it is this word.</summary>
    public bool IsName(string text) => Kind is JinjaTokenKind.Name && Text == text;

    /// <summary>What it is, as an error message says it.</summary>
    public string Described => Kind switch
    {
        JinjaTokenKind.Data => "text",
        JinjaTokenKind.BlockBegin => "'{%'",
        JinjaTokenKind.BlockEnd => "'%}'",
        JinjaTokenKind.OutputBegin => "'{{'",
        JinjaTokenKind.OutputEnd => "'}}'",
        JinjaTokenKind.End => "the end of the file",
        _ => $"'{Text}'",
    };
}
