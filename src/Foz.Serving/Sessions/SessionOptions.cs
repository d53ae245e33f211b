namespace Foz.Serving.Sessions;

/// <summary>How a session begins.</summary>
public sealed record SessionOptions
{
    /// <summary>Settings that the client asks for, by name; unknown ones are an error, as of SET.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the client is, for people; null where it is unknown.</summary>
    public string? ClientAddress { get; init; }

    /// <summary>Whose SQL the statements are; null for the host's.</summary>
    internal ISqlDialect? Dialect { get; init; }
}
