namespace Foz.Serving.Sessions;

/// <summary>What a client is to know that is no error.</summary>
/// <param name="Severity"><c>WARNING</c> or <c>NOTICE</c>.</param>
/// <param name="SqlState">The SQLSTATE.</param>
/// <param name="Text">What it is to know.</param>
public readonly record struct SessionNotice(string Severity, string SqlState, string Text);
