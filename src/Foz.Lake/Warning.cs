namespace Foz.Lake;

/// <summary>Something that the user should know and that stopped nothing.</summary>
/// <param name="Message">What, in one sentence without a full stop; never holds a secret.</param>
/// <param name="Hint">What to do about it; null where nothing better than the message is known.</param>
public sealed record Warning(string Message, string? Hint = null)
{
    /// <summary>Message and hint as one text of one or two lines.</summary>
    public string Describe() => Hint is null ? Message : $"{Message}\n  {Hint}";
}
