using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Foz.Cli.Terminal;

/// <summary>
/// Text that does nothing to a terminal but to be read: names, comments and messages of others can hold characters that
/// move the cursor, rename the window, or type.
/// </summary>
static partial class TerminalText
{
    // Text between these is shown in another order than it has.
    const string Directions =
        "\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069\u2028\u2029";

    static readonly SearchValues<char> controls = SearchValues.Create(Controls());

    /// <summary>
    /// A text in which control characters stand as <c>\e</c>, <c>\r</c> or <c>\u0007</c>; line ends, tabs and Foz's own
    /// colours stay.
    /// </summary>
    public static string Printable(string text) => Printable(text, keepsColors: true);

    /// <summary>The same, of a text that has no colours, in one line.</summary>
    public static string Line(string text) =>
        Printable(text, keepsColors: false).Replace("\n", "\\n", StringComparison.Ordinal);

    static string Printable(string text, bool keepsColors)
    {
        if (!text.AsSpan().ContainsAny(controls)) return text;
        var printable = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n') continue;
            if (!controls.Contains(text[i])) printable.Append(text[i]);
            else if (keepsColors && text[i] == '\e' && Color.Match(text, i) is { Success: true } color)
            {
                printable.Append(color.Value);
                i += color.Length - 1;
            }
            else printable.Append(EscapeOf(text[i]));
        }
        return printable.ToString();
    }

    static string Controls()
    {
        var text = new StringBuilder(Directions);
        for (var c = '\0'; c < 0xA0; c++)
            if (char.IsControl(c) && c is not ('\n' or '\t')) text.Append(c);
        return text.ToString();
    }

    static string EscapeOf(char c) => c switch
    {
        '\e' => "\\e",
        '\r' => "\\r",
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
    };

    /// <summary>The colours of <see cref="Style"/>.</summary>
    [GeneratedRegex(
        "\\G\\e\\[(0|1|2|31|32|33|36)m", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Color { get; }
}

/// <summary>The writer for all text to a terminal.</summary>
/// <param name="inner">The terminal.</param>
sealed class TerminalWriter(TextWriter inner) : TextWriter(CultureInfo.InvariantCulture)
{
    /// <summary>The terminal, for what moves its cursor.</summary>
    public TextWriter Inner => inner;

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => inner.Write(TerminalText.Printable(value.ToString()));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) =>
        inner.Write(TerminalText.Printable(new(buffer, index, count)));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer) => inner.Write(TerminalText.Printable(buffer.ToString()));

    /// <inheritdoc/>
    public override void Write(string? value)
    {
        if (value is not null) inner.Write(TerminalText.Printable(value));
    }

    /// <inheritdoc/>
    public override void WriteLine(string? value)
    {
        Write(value);
        inner.WriteLine();
    }

    /// <inheritdoc/>
    public override void WriteLine() => inner.WriteLine();

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync() => inner.FlushAsync();
}
