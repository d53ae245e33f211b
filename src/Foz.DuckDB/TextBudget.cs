namespace Foz.DuckDB;

/// <summary>
/// The bytes of texts that the call of a function on a thread may still set; any number outside of calls.
/// </summary>
static class TextBudget
{
    [ThreadStatic]
    static Func<long, Exception>? tooMany;

    [ThreadStatic]
    static long most, left;

    /// <summary>Begins a call.</summary>
    /// <param name="bytesMax">The bytes that it may set.</param>
    /// <param name="error">Makes the exception of a call that sets more, which it is given.</param>
    public static void Begin(long bytesMax, Func<long, Exception> error) =>
        (most, left, tooMany) = (bytesMax, bytesMax, error);

    /// <summary>Ends the call.</summary>
    public static void End() => tooMany = null;

    /// <summary>Counts a text that is to be set.</summary>
    /// <exception cref="Exception">The call has no bytes left.</exception>
    public static void Take(int bytes)
    {
        if (tooMany is not null && (left -= bytes) < 0) throw tooMany(most);
    }
}
