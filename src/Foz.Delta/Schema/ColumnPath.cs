using System.Collections.Immutable;
using System.Text;

namespace Foz.Delta.Schema;

/// <summary>The names that lead from a table's top level to a column, for example <c>address.city</c>.</summary>
public sealed class ColumnPath : IEquatable<ColumnPath>
{
    /// <summary>The path to the table itself.</summary>
    public static readonly ColumnPath Root = new([]);

    ColumnPath(ImmutableArray<string> names) => Names = names;

    /// <summary>The names, outermost first.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>The path of <paramref name="names"/>, outermost first, taken unchanged.</summary>
    public static ColumnPath Of(params ImmutableArray<string> names) => new(names);

    /// <summary>
    /// Reads a path of names separated by dots; a name with other characters is quoted in backticks, as Spark has it,
    /// or in double quotes, as SQL has it, the quote itself doubled.
    /// </summary>
    /// <exception cref="FormatException">An empty name, or a quote that is not closed.</exception>
    public static ColumnPath Parse(string text)
    {
        var names = ImmutableArray.CreateBuilder<string>(1);
        var at = 0;
        while (true)
        {
            names.Add(at < text.Length && text[at] is '`' or '"'
                ? ReadQuoted(text, ref at)
                : ReadPlain(text, ref at));
            if (at == text.Length) return new(names.ToImmutable());
            if (text[at] != '.') throw new FormatException($"a dot is missing at position {at} of column path {text}");
            at++;
        }
    }

    /// <summary>The path one level up; the root's own is the root.</summary>
    public ColumnPath Parent => Names.Length > 1 ? new(Names.RemoveAt(Names.Length - 1)) : Root;

    /// <summary>The path one level deeper.</summary>
    public ColumnPath Then(string name) => new(Names.Add(name));

    /// <summary>Whether a path is this one or leads through it.</summary>
    public bool IsPrefixOf(ColumnPath path) => path.Names.Length >= Names.Length
        && path.Names.AsSpan()[..Names.Length].SequenceEqual(Names.AsSpan(), StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether both have the same names, ignoring case.</summary>
    public bool Equals(ColumnPath? other) => other is not null
        && Names.AsSpan().SequenceEqual(other.Names.AsSpan(), StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ColumnPath);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var name in Names) hash.Add(name, StringComparer.OrdinalIgnoreCase);
        return hash.ToHashCode();
    }

    /// <summary>The names with dots between them, those with other characters in backticks.</summary>
    public override string ToString()
    {
        if (Names is [var only] && IsPlain(only)) return only;
        var text = new StringBuilder();
        foreach (var name in Names)
        {
            if (text.Length > 0) text.Append('.');
            if (IsPlain(name)) text.Append(name);
            else text.Append('`').Append(name.Replace("`", "``", StringComparison.Ordinal)).Append('`');
        }
        return text.ToString();
    }

    static bool IsPlain(string name) =>
        name.Length > 0 && name.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '$' or '@' or '#');

    static string ReadPlain(string text, ref int at)
    {
        var end = text.IndexOf('.', at);
        if (end < 0) end = text.Length;
        var name = text[at..end];
        if (name.Length == 0) throw new FormatException($"an empty name at position {at} of column path {text}");
        at = end;
        return name;
    }

    static string ReadQuoted(string text, ref int at)
    {
        var quote = text[at];
        var start = at + 1;
        for (var i = start; i < text.Length; i++)
        {
            if (text[i] != quote) continue;
            if (i + 1 < text.Length && text[i + 1] == quote)
            {
                i++;
                continue;
            }
            at = i + 1;
            return text[start..i].Replace(new string(quote, 2), quote.ToString(), StringComparison.Ordinal);
        }
        throw new FormatException($"the quote at position {at} of column path {text} is not closed");
    }
}
