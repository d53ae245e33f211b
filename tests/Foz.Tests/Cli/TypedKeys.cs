using Foz.Cli.Terminal;

namespace Foz.Tests.Cli;

/// <summary>Keys that a user pressed already: text, in which control characters are keys with Ctrl.</summary>
/// <param name="text">The text.</param>
sealed class TypedKeys(string text) : IKeys
{
    /// <summary>Gets keys of a keyboard that give no letter.</summary>
    public const char Up = '\uE000', Down = '\uE001', Left = '\uE002', Right = '\uE003', Home = '\uE004',
        End = '\uE005',
        Delete = '\uE006', WordLeft = '\uE007', WordRight = '\uE008';

    static readonly Dictionary<char, (ConsoleKey Key, bool WithControl)> Named = new()
    {
        [Up] = (ConsoleKey.UpArrow, false), [Down] = (ConsoleKey.DownArrow, false),
        [Left] = (ConsoleKey.LeftArrow, false), [Right] = (ConsoleKey.RightArrow, false),
        [Home] = (ConsoleKey.Home, false), [End] = (ConsoleKey.End, false), [Delete] = (ConsoleKey.Delete, false),
        [WordLeft] = (ConsoleKey.LeftArrow, true), [WordRight] = (ConsoleKey.RightArrow, true),
    };

    int at;

    /// <summary>Gets or sets what happens before each key.</summary>
    public Action? Before { get; set; }

    public bool IsPending => false;

    public ConsoleKeyInfo Read()
    {
        Before?.Invoke();
        // Ctrl-C stops a command that asks for more than was typed; one that goes on asking has a fault.
        if (at > text.Length) throw new InvalidOperationException("more keys were read than were typed");
        var letter = at < text.Length ? text[at] : '\u0003';
        at++;
        if (Named.TryGetValue(letter, out var named))
            return new('\0', named.Key, shift: false, alt: false, named.WithControl);
        return letter switch
        {
            '\n' => new('\r', ConsoleKey.Enter, shift: false, alt: false, control: false),
            '\t' => new('\t', ConsoleKey.Tab, shift: false, alt: false, control: false),
            '\b' => new('\u007f', ConsoleKey.Backspace, shift: false, alt: false, control: false),
            < ' ' => new(letter, ConsoleKey.A + letter - 1, shift: false, alt: false, control: true),
            _ => new(letter, ConsoleKey.None, shift: false, alt: false, control: false),
        };
    }

    public IDisposable TakeInterrupts() => new MemoryStream();
}
