using Foz.Lake;
using Foz.Lake.Sql;

namespace Foz.Serving.Sql;

/// <summary>Places of errors in statements.</summary>
public static class SqlPosition
{
    /// <summary>
    /// Returns which character of a statement an error is about, counted from 1 in code points, as PostgreSQL reports
    /// it; null if unknown.
    /// </summary>
    public static int? Of(string sql, FozException error)
    {
        if (error.Place is not { File: SqlPlaces.File } place || place.Line == 0) return null;
        var position = Math.Clamp(SqlPlaces.PositionOf(sql, place), 0, sql.Length);
        // A value that came with a parameter stands nowhere in the statement.
        if (error.Kind is ErrorKind.Data && position == sql.Length) return null;
        return sql[..position].EnumerateRunes().Count() + 1;
    }

    /// <summary>The error of a part of a statement, with its place in the statement.</summary>
    /// <param name="error">The error; its place is in the part.</param>
    /// <param name="part">The part.</param>
    /// <param name="whole">The statement.</param>
    /// <param name="start">
    /// The character of the statement that the part begins at; null where it is no part as it is.
    /// </param>
    internal static FozException Shift(FozException error, string part, string whole, int? start) =>
        Move(error, part, whole, position => start + position);

    /// <summary>The error of a statement, with its place in the text that the statement was made from.</summary>
    /// <param name="error">The error; its place is in the statement.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="original">The text.</param>
    /// <param name="toOriginal">Where in the text a character comes from; null where that is not known.</param>
    internal static FozException Move(FozException error, string sql, string original, Func<int, int?> toOriginal)
    {
        if (error.Place is not { File: SqlPlaces.File } place) return error;
        return new(error.Kind, error.Message, error)
        {
            Place = toOriginal(SqlPlaces.PositionOf(sql, place)) is { } position
                ? SqlPlaces.At(original, position)
                : null,
            Hint = error.Hint, SqlState = error.SqlState, IsTransient = error.IsTransient,
        };
    }
}
