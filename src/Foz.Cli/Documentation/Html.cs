using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace Foz.Cli.Documentation;

/// <summary>A piece of HTML: what is put into it as text is escaped, what is HTML already stays unchanged.</summary>
/// <param name="Text">The HTML.</param>
readonly record struct Html(string Text)
{
    /// <summary>Nothing.</summary>
    public static readonly Html None = new("");

    /// <summary>HTML with values in it, each escaped unless it is HTML.</summary>
    public static Html Of(HtmlHandler html) => html.ToHtml();

    /// <summary>Joins pieces, one after the other.</summary>
    public static Html Join(IEnumerable<Html> pieces) => new(string.Concat(pieces.Select(piece => piece.Text)));

    /// <summary>The piece, or nothing.</summary>
    public static Html If(bool condition, HtmlHandler html) => condition ? html.ToHtml() : None;

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Puts HTML together out of an interpolated text.</summary>
[InterpolatedStringHandler]
ref struct HtmlHandler
{
    readonly StringBuilder builder;

    public HtmlHandler(int literalLength, int formattedCount) => builder = new(literalLength + formattedCount * 16);

    public readonly void AppendLiteral(string text) => builder.Append(text);

    public readonly void AppendFormatted(string? text) => builder.Append(WebUtility.HtmlEncode(text));

    public readonly void AppendFormatted(Html html) => builder.Append(html.Text);

    public readonly void AppendFormatted(IEnumerable<Html> pieces) => builder.AppendJoin("", pieces);

    public readonly void AppendFormatted<T>(T value) where T : IFormattable =>
        builder.Append(WebUtility.HtmlEncode(value.ToString(null, CultureInfo.InvariantCulture)));

    public readonly void AppendFormatted<T>(T value, string format) where T : IFormattable =>
        builder.Append(WebUtility.HtmlEncode(value.ToString(format, CultureInfo.InvariantCulture)));

    public readonly Html ToHtml() => new(builder.ToString());
}
