namespace Foz.DuckDB;

/// <summary>The bytes of texts that the call of a function on a thread may still set; any number outside of calls.</summary>
static class TextBudget
{
    [ThreadStatic]
    static ScalarFunction? function;

    [ThreadStatic]
    static long most, left;

    /// <summary>Begins a call.</summary>
    public static void Begin(ScalarFunction called)
    {
        if (called.TextBytesMax is null) return;
        function = called;
        most = left = called.TextBytesMax();
    }

    /// <summary>Ends the call.</summary>
    public static void End() => function = null;

    /// <summary>Counts a text that is to be set.</summary>
    /// <exception cref="Exception">The call has no bytes left: <see cref="ScalarFunction.TooManyTextBytes"/>.</exception>
    public static void Take(int bytes)
    {
        if (function is not null && (left -= bytes) < 0) throw function.TooManyTextBytes!(most);
    }
}
