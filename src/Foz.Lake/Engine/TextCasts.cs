namespace Foz.Lake.Engine;

/// <summary>Casts of texts to types.</summary>
public static class TextCasts
{
    /// <summary>
    /// SQL of whether a text has no value of a type, or only one that loses some of it; false for null.
    /// </summary>
    /// <param name="session">The session that knows the type.</param>
    /// <param name="text">SQL of the text.</param>
    /// <param name="type">The type in DuckDB's words.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">There is no such type.</exception>
    public static string Misfits(EngineSession session, string text, string type, CancellationToken cancellationToken)
    {
        var known = session.Describe($"SELECT CAST(NULL AS {type}) AS t", cancellationToken)[0].ToField().Type;
        var loses = LosslessText.Test(text, known) is { } test ? $" OR NOT {test}" : "";
        return $"({text} IS NOT NULL AND (TRY_CAST({text} AS {type}) IS NULL{loses}))";
    }
}
