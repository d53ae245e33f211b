using Foz.Serving.Trino;

namespace Foz.Serving.Sessions;

/// <summary>How a session begins.</summary>
public sealed record SessionOptions
{
    /// <summary>Settings that the client asks for, by name; unknown ones are an error, as of SET.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the client is, for people; null where nobody knows.</summary>
    public string? ClientAddress { get; init; }

    /// <summary>Whose SQL the statements are.</summary>
    public SqlDialect Dialect { get; init; }

    /// <summary>The statements that <c>system.runtime.queries</c> lists in Trino's SQL.</summary>
    internal Func<IReadOnlyList<TrinoQueryRow>> Queries { get; init; } = static () => [];
}
