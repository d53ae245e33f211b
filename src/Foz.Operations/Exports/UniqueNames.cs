using System.Text;

namespace Foz.Operations.Exports;

/// <summary>Gives things names of the letters that another tool allows, each thing its own.</summary>
/// <param name="isAllowed">Which characters of ASCII a name may have besides letters and digits.</param>
/// <param name="other">What replaces all others.</param>
/// <param name="lengthMax">How long a name may be.</param>
sealed class UniqueNames(Func<char, bool> isAllowed, char other, int lengthMax)
{
    readonly HashSet<string> given = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Returns a name that was not given before.</summary>
    public string Next(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name) text.Append(char.IsAsciiLetterOrDigit(c) || isAllowed(c) ? c : other);
        if (text.Length == 0 || !char.IsAsciiLetterOrDigit(text[0])) text.Insert(0, 't');
        var found = Cut(text.ToString(), "");
        for (var number = 2; !given.Add(found); number++) found = Cut(text.ToString(), $"{other}{number}");
        return found;
    }

    /// <summary>Returns a name for each task, by the task's own.</summary>
    public Dictionary<string, string> For(IReadOnlyList<ExportedTask> tasks) =>
        tasks.ToDictionary(task => task.Name, task => Next(task.Name), StringComparer.Ordinal);

    string Cut(string text, string end) => text[..Math.Min(text.Length, lengthMax - end.Length)] + end;
}
