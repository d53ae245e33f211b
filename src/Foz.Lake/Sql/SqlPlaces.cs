using System.Text;

namespace Foz.Lake.Sql;

/// <summary>Places in the texts of statements, for errors.</summary>
public static class SqlPlaces
{
    /// <summary>
    /// The file in the <see cref="FozException.Place"/> of an error that has a place in the statement.
    /// </summary>
    public const string File = "sql";

    /// <summary>The place so many bytes of UTF-8 into a statement.</summary>
    public static Place OfByte(string sql, int bytePosition)
    {
        var bytes = Encoding.UTF8.GetBytes(sql);
        return At(sql, Encoding.UTF8.GetCharCount(bytes, 0, Math.Clamp(bytePosition, 0, bytes.Length)));
    }

    /// <summary>The place so many characters, counted as code points, into a statement.</summary>
    public static Place OfCodePoint(string sql, int position) =>
        At(sql, sql.EnumerateRunes().Take(Math.Max(0, position)).Sum(rune => rune.Utf16SequenceLength));

    /// <summary>The place of a character.</summary>
    public static Place At(string sql, int position)
    {
        var before = sql.AsSpan(0, Math.Clamp(position, 0, sql.Length));
        return new(File, before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'));
    }

    /// <summary>The character of a place.</summary>
    public static int PositionOf(string sql, Place place)
    {
        var start = 0;
        for (var line = 1; line < place.Line; line++) start = sql.IndexOf('\n', start) + 1;
        return start + place.Column - 1;
    }
}
