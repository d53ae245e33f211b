namespace Foz.Lake.Engine.Functions;

/// <summary>
/// The failure of a function of Foz. The engine passes on the message alone, so the SQLSTATE is put in front of it.
/// </summary>
/// <param name="SqlState">The SQLSTATE.</param>
/// <param name="Message">What failed.</param>
public readonly record struct FunctionFault(string SqlState, string Message)
{
    const string Divider = ": ";

    const int StateLength = 5;

    /// <summary>The exception to throw from a function's body.</summary>
    public static FozException Of(string sqlState, string message) =>
        new(ErrorKind.Data, $"{sqlState}{Divider}{message}");

    /// <summary>Returns the fault that a message of the engine reports; null where it reports none.</summary>
    public static FunctionFault? Read(string message)
    {
        if (message.Length <= StateLength + Divider.Length
            || !message.AsSpan(StateLength).StartsWith(Divider, StringComparison.Ordinal))
            return null;
        foreach (var c in message.AsSpan(0, StateLength))
            if (!char.IsAsciiDigit(c) && !char.IsAsciiLetterUpper(c)) return null;
        return new(message[..StateLength], message[(StateLength + Divider.Length)..]);
    }
}
