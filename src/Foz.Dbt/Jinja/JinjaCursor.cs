using Foz.Lake;

namespace Foz.Dbt.Jinja;

/// <summary>The tokens of a template, one after the other.</summary>
/// <param name="tokens">The tokens, <see cref="JinjaTokenKind.End"/> last.</param>
sealed class JinjaCursor(IReadOnlyList<JinjaToken> tokens)
{
    int at;

    /// <summary>The token that is next.</summary>
    public JinjaToken Current => tokens[at];

    /// <summary>Gets the token after the current one.</summary>
    public JinjaToken Next => tokens[Math.Min(at + 1, tokens.Count - 1)];

    /// <summary>The one that was taken last.</summary>
    public JinjaToken Last => tokens[Math.Max(0, at - 1)];

    /// <summary>Takes the next token.</summary>
    public JinjaToken Take()
    {
        var token = Current;
        if (at < tokens.Count - 1) at++;
        return token;
    }

    /// <summary>Takes the next token if it is this operator.</summary>
    public bool TakeOperator(string text) => Current.IsOperator(text) && Taken();

    /// <summary>Takes the next token if it is this word.</summary>
    public bool TakeName(string text) => Current.IsName(text) && Taken();

    /// <summary>Reads a name.</summary>
    /// <param name="what">The thing that the name is for, for the error.</param>
    /// <param name="hint">How to fix a missing name.</param>
    public JinjaToken ExpectName(string what, string? hint = null) => Current.Kind is JinjaTokenKind.Name
        ? Take()
        : throw Error($"{what} was expected, not {Current.Described}", hint);

    /// <summary>Takes an operator that must stand here.</summary>
    public void ExpectOperator(string text)
    {
        if (!TakeOperator(text)) throw Error($"'{text}' was expected, not {Current.Described}", hint: null);
    }

    /// <summary>Takes a token that must stand here.</summary>
    public JinjaToken Expect(JinjaTokenKind kind, string text) =>
        Current.Kind == kind ? Take() : throw Error($"'{text}' was expected, not {Current.Described}", hint: null);

    /// <summary>An error at the next token.</summary>
    public FozException Error(string message, string? hint) => Error(Current, message, hint);

    /// <summary>An error at a token.</summary>
    public static FozException Error(JinjaToken token, string message, string? hint) =>
        new(ErrorKind.Configuration, message) { Place = token.Place, Hint = hint };

    bool Taken()
    {
        Take();
        return true;
    }
}
