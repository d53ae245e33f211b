namespace Foz.Cli.Terminal.Editing;

/// <summary>How the input of a text ended.</summary>
enum LineEnd
{
    /// <summary>By Enter.</summary>
    Entered,

    /// <summary>By Ctrl-C.</summary>
    Interrupted,

    /// <summary>By Ctrl-D in an empty text.</summary>
    Closed,
}

/// <summary>What can stand where the user asked for completion.</summary>
/// <param name="Start">The character that the completed word begins at.</param>
/// <param name="Words">The words, in order; those that are many not all.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Common">What all of them begin with.</param>
readonly record struct Completion(int Start, IReadOnlyList<string> Words, int Count, string Common)
{
    /// <summary>Gets one without words.</summary>
    public static Completion None { get; } = new(0, [], 0, "");
}

/// <summary>
/// Reads texts that a user types at a terminal, with the keys of readline. Nothing well kept could be restored that
/// does: Foz has its own.
/// </summary>
/// <param name="shell">The terminal.</param>
/// <param name="keys">Its keys.</param>
/// <param name="history">The texts before; null for none.</param>
sealed class LineEditor(Shell shell, IKeys keys, LineHistory? history = null)
{
    const int MenuRowsMax = 6;
    const char Control = '\x1f';

    readonly LineBuffer buffer = new();
    readonly LineScreen screen = new(shell);
    IReadOnlyList<string> menu = [];

    /// <summary>Completes the text at a place; null where there is no completion.</summary>
    public Func<string, int, Completion>? Complete { get; init; }

    /// <summary>Called with the text after each key; must return at once.</summary>
    public Action<string>? Changed { get; init; }

    /// <summary>Returns whether Enter ends the text, or begins another line of it.</summary>
    public Func<string, bool> IsWhole { get; init; } = static _ => true;

    /// <summary>Whether the text is not shown.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Reads a text.</summary>
    /// <param name="prompt">What stands before it.</param>
    /// <param name="continuation">What stands before its other lines.</param>
    public (LineEnd End, string Text) Read(string prompt, string continuation = "")
    {
        buffer.Set("");
        history?.Begin();
        using var taken = keys.TakeInterrupts();
        Draw();
        while (true)
        {
            var key = keys.Read();
            menu = [];
            var end = Press(key);
            // Pasted text is drawn once.
            if (end is not null || !keys.IsPending) Draw(isLast: end is not null);
            Changed?.Invoke(buffer.Text);
            if (end is not { } ended) continue;
            screen.End();
            return (ended, ended is LineEnd.Entered ? buffer.Text : "");
        }

        void Draw(bool isLast = false)
        {
            var shown = IsSecret ? "" : buffer.Text;
            screen.Draw(prompt, continuation, shown, isLast || IsSecret ? shown.Length : buffer.Cursor, menu);
        }
    }

    /// <summary>Does what a key says; returns how the input ended, null where it goes on.</summary>
    LineEnd? Press(ConsoleKeyInfo key)
    {
        switch (Letter(key))
        {
            case Ctrl.C: return LineEnd.Interrupted;
            case Ctrl.D when buffer.Text.Length == 0: return LineEnd.Closed;
            case '\r' or '\n':
                if (IsWhole(buffer.Text)) return LineEnd.Entered;
                buffer.MoveEnd();
                buffer.Insert("\n");
                break;
            case '\t': PressTab(); break;
            case > Control and not '\x7f' and var letter when !key.Modifiers.HasFlag(ConsoleModifiers.Alt):
                buffer.Insert(letter.ToString());
                break;
            default: Edit(key); break;
        }
        return null;
    }

    /// <summary>Returns the character of a key; that of Ctrl and a letter where the console gives the letter.</summary>
    static char Letter(ConsoleKeyInfo key) =>
        key.Modifiers.HasFlag(ConsoleModifiers.Control) && key.Key is >= ConsoleKey.A and <= ConsoleKey.Z
            ? (char)(key.Key - ConsoleKey.A + 1)
            : key.Key is ConsoleKey.Enter ? '\r' : key.KeyChar;

    void Edit(ConsoleKeyInfo key)
    {
        var isWord = key.Modifiers.HasFlag(ConsoleModifiers.Alt) || key.Modifiers.HasFlag(ConsoleModifiers.Control);
        switch (key.Key)
        {
            case ConsoleKey.B when isWord && Letter(key) != Ctrl.B:
            case ConsoleKey.LeftArrow when isWord: buffer.MoveWordLeft(); break;
            case ConsoleKey.F when isWord && Letter(key) != Ctrl.F:
            case ConsoleKey.RightArrow when isWord: buffer.MoveWordRight(); break;
            case ConsoleKey.LeftArrow: buffer.Move(-1); break;
            case ConsoleKey.RightArrow: buffer.Move(1); break;
            case ConsoleKey.Home: buffer.MoveHome(); break;
            case ConsoleKey.End: buffer.MoveEnd(); break;
            case ConsoleKey.Delete: buffer.Delete(); break;
            case ConsoleKey.Backspace when isWord: buffer.DeleteWord(); break;
            case ConsoleKey.Backspace: buffer.Backspace(); break;
            case ConsoleKey.UpArrow: PressUp(); break;
            case ConsoleKey.DownArrow: PressDown(); break;
            default: EditByControl(Letter(key)); break;
        }
    }

    void EditByControl(char letter)
    {
        switch (letter)
        {
            case Ctrl.A: buffer.MoveHome(); break;
            case Ctrl.B: buffer.Move(-1); break;
            case Ctrl.D: buffer.Delete(); break;
            case Ctrl.E: buffer.MoveEnd(); break;
            case Ctrl.F: buffer.Move(1); break;
            case Ctrl.H or '\x7f': buffer.Backspace(); break;
            case Ctrl.K: buffer.DeleteToEnd(); break;
            case Ctrl.L: screen.Clear(); break;
            case Ctrl.N: PressDown(); break;
            case Ctrl.P: PressUp(); break;
            case Ctrl.R: Recall(history?.Search(buffer.Text)); break;
            case Ctrl.U: buffer.DeleteToHome(); break;
            case Ctrl.W: buffer.DeleteWord(); break;
        }
    }

    void PressUp()
    {
        if (!buffer.TryMoveUp()) Recall(history?.Older(buffer.Text));
    }

    void PressDown()
    {
        if (!buffer.TryMoveDown()) Recall(history?.Newer());
    }

    void Recall(string? text)
    {
        if (text is not null) buffer.Set(text);
    }

    void PressTab()
    {
        if (Complete is null || keys.IsPending)
        {
            if (!IsSecret) buffer.Insert("  ");
            return;
        }
        var completion = Complete(buffer.Text, buffer.Cursor);
        if (completion.Count == 0) return;
        if (completion.Common.Length >= buffer.Cursor - completion.Start)
            buffer.Replace(completion.Start, completion.Common);
        if (completion.Count > 1) menu = MenuOf(completion);
    }

    /// <summary>Returns the words in columns, in as many rows as there is room for.</summary>
    List<string> MenuOf(Completion completion)
    {
        var width = Math.Max(8, shell.Width - 1);
        var cell = completion.Words.Take(MenuRowsMax * width).Max(TextWidth.Of) + 2;
        var columns = Math.Max(1, width / cell);
        var rows = new List<string>();
        var shown = Math.Min(completion.Words.Count, columns * MenuRowsMax);
        for (var i = 0; i < shown; i += columns)
            rows.Add(string.Concat(completion.Words.Skip(i).Take(Math.Min(columns, shown - i))
                .Select(word => word + new string(' ', cell - TextWidth.Of(word)))).TrimEnd());
        if (shown < completion.Count) rows.Add(shell.Styled(Style.Dim, $"and {completion.Count - shown:N0} more"));
        return rows;
    }

    /// <summary>What the keys with Ctrl give.</summary>
    static class Ctrl
    {
        public const char A = '\u0001';
        public const char B = '\u0002';
        public const char C = '\u0003';
        public const char D = '\u0004';
        public const char E = '\u0005';
        public const char F = '\u0006';
        public const char H = '\u0008';
        public const char K = '\u000b';
        public const char L = '\u000c';
        public const char N = '\u000e';
        public const char P = '\u0010';
        public const char R = '\u0012';
        public const char U = '\u0015';
        public const char W = '\u0017';
    }
}
