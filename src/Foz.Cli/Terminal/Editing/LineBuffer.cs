using System.Globalization;

namespace Foz.Cli.Terminal.Editing;

/// <summary>Text with a place in it where letters are put, of one or several lines.</summary>
sealed class LineBuffer
{
    /// <summary>Gets the text.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Gets the place: a number of characters from the start.</summary>
    public int Cursor { get; private set; }

    /// <summary>Replaces all of it, with the place at its end.</summary>
    public void Set(string text) => (Text, Cursor) = (text, text.Length);

    /// <summary>Puts text at the place, and the place after it.</summary>
    public void Insert(string text) => Replace(Cursor, text);

    /// <summary>Replaces what is between a place and the current one.</summary>
    public void Replace(int start, string text)
    {
        Text = string.Concat(Text.AsSpan(0, start), text, Text.AsSpan(Cursor));
        Cursor = start + text.Length;
    }

    /// <summary>Moves by letters: negative ones to the left.</summary>
    public void Move(int letters)
    {
        for (; letters < 0 && Cursor > 0; letters++) Cursor = Before(Cursor);
        for (; letters > 0 && Cursor < Text.Length; letters--) Cursor = After(Cursor);
    }

    /// <summary>Moves to the start of the word, or of the one before.</summary>
    public void MoveWordLeft() => Cursor = WordStart();

    /// <summary>Moves to the end of the word, or of the one after.</summary>
    public void MoveWordRight()
    {
        while (Cursor < Text.Length && !char.IsLetterOrDigit(Text[Cursor])) Cursor++;
        while (Cursor < Text.Length && char.IsLetterOrDigit(Text[Cursor])) Cursor++;
    }

    /// <summary>Moves to the start of the line.</summary>
    public void MoveHome() => Cursor = LineStart(Cursor);

    /// <summary>Moves to the end of the line.</summary>
    public void MoveEnd() => Cursor = LineEnd(Cursor);

    /// <summary>Moves to the same column of the line above.</summary>
    /// <returns>Whether there is one.</returns>
    public bool TryMoveUp()
    {
        var start = LineStart(Cursor);
        if (start == 0) return false;
        var above = LineStart(start - 1);
        Cursor = Aligned(Math.Min(above + Cursor - start, start - 1));
        return true;
    }

    /// <summary>Moves to the same column of the line below.</summary>
    /// <returns>Whether there is one.</returns>
    public bool TryMoveDown()
    {
        var end = LineEnd(Cursor);
        if (end == Text.Length) return false;
        Cursor = Aligned(Math.Min(end + 1 + Cursor - LineStart(Cursor), LineEnd(end + 1)));
        return true;
    }

    /// <summary>Deletes the letter before the place.</summary>
    public void Backspace()
    {
        var start = Before(Cursor);
        Replace(start, "");
    }

    /// <summary>Deletes the letter after the place.</summary>
    public void Delete() => Text = Text.Remove(Cursor, After(Cursor) - Cursor);

    /// <summary>Deletes the word before the place.</summary>
    public void DeleteWord() => Replace(WordStart(), "");

    /// <summary>Deletes the line up to the place.</summary>
    public void DeleteToHome() => Replace(LineStart(Cursor), "");

    /// <summary>Deletes the rest of the line.</summary>
    public void DeleteToEnd() => Text = Text.Remove(Cursor, LineEnd(Cursor) - Cursor);

    int LineStart(int at) => at == 0 ? 0 : Text.LastIndexOf('\n', at - 1) + 1;

    int LineEnd(int at) => Text.IndexOf('\n', at) is var end && end < 0 ? Text.Length : end;

    int WordStart()
    {
        var at = Cursor;
        while (at > 0 && !char.IsLetterOrDigit(Text[at - 1])) at--;
        while (at > 0 && char.IsLetterOrDigit(Text[at - 1])) at--;
        return at;
    }

    /// <summary>A letter can be several characters: a pair, and marks on top of it.</summary>
    int After(int at) => at >= Text.Length ? at : at + StringInfo.GetNextTextElementLength(Text, at);

    int Before(int at)
    {
        if (at == 0) return 0;
        var start = LineStart(at);
        if (start == at) return at - 1;
        while (After(start) < at) start = After(start);
        return start;
    }

    int Aligned(int at) => at < Text.Length && char.IsLowSurrogate(Text[at]) ? at - 1 : at;
}
