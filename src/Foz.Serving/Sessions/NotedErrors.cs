namespace Foz.Serving.Sessions;

/// <summary>
/// The last errors that were noted of a session's statements: what fails inside of another statement comes by more than
/// once, and is noted once.
/// </summary>
sealed class NotedErrors
{
    /// <summary>The one in <c>foz.queries</c>.</summary>
    public Exception? InQueries { get; set; }

    /// <summary>The one that was audited.</summary>
    public Exception? InAudit { get; set; }

    /// <summary>The one of which it was noted whether it ended the engine.</summary>
    public Exception? OfEngine { get; set; }
}
