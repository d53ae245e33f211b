using System.Text;

namespace Foz.Cli.Terminal;

/// <summary>How text is written to a terminal, by what the locale says of its characters.</summary>
static class TerminalEncoding
{
    /// <summary>UTF-8, which is also what goes to files and other programs.</summary>
    public static readonly Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Gets the environment variables that are read; the first that is set counts.</summary>
    public static IReadOnlyList<string> VariableNames { get; } = ["LC_ALL", "LC_CTYPE", "LANG"];

    /// <summary>
    /// Returns UTF-8 where the locale says so or is not set, otherwise the locale's characters, with plain ones in
    /// place of lines and signs that it lacks.
    /// </summary>
    /// <param name="variable">Gives environment variables.</param>
    public static Encoding Of(Func<string, string?> variable)
    {
        if (OperatingSystem.IsWindows()) return Utf8;
        var locale = VariableNames.Select(variable)
            .FirstOrDefault(value => !string.IsNullOrEmpty(value));
        if (locale is null) return Utf8;
        var charset = locale.Contains('.', StringComparison.Ordinal)
            ? locale[(locale.IndexOf('.', StringComparison.Ordinal) + 1)..].Split('@')[0]
            : "";
        return charset.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant() switch
        {
            "UTF8" => Utf8,
            "ISO88591" or "ISO885915" => Plain("iso-8859-1"),
            _ => Plain("us-ascii"),
        };
    }

    static Encoding Plain(string name) =>
        Encoding.GetEncoding(name, new PlainFallback(), DecoderFallback.ReplacementFallback);

    /// <summary>Replaces what an encoding lacks by one plain character each, so that columns stay aligned.</summary>
    sealed class PlainFallback : EncoderFallback
    {
        public override int MaxCharCount => 1;

        public override EncoderFallbackBuffer CreateFallbackBuffer() => new Buffer();

        sealed class Buffer : EncoderFallbackBuffer
        {
            char next;

            public override int Remaining => next == default ? 0 : 1;

            public override bool Fallback(char charUnknown, int index)
            {
                next = charUnknown switch
                {
                    '─' or '–' or '—' => '-',
                    '│' => '|',
                    '├' or '└' => '+',
                    '…' => '~',
                    '✓' => '+',
                    '✗' => 'x',
                    '→' => '>',
                    '·' or '•' => '.',
                    >= '\u2800' and <= '\u28FF' => '*',
                    _ => '?',
                };
                return true;
            }

            public override bool Fallback(char charUnknownHigh, char charUnknownLow, int index)
            {
                next = '?';
                return true;
            }

            public override char GetNextChar()
            {
                var given = next;
                next = default;
                return given;
            }

            public override bool MovePrevious() => false;
        }
    }
}
