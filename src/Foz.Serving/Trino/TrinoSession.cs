using Foz.Serving.Sessions;

namespace Foz.Serving.Trino;

/// <summary>
/// A session of a Trino client, and its dialect, which knows where the client's names are looked for.
/// </summary>
/// <param name="Session">The session.</param>
/// <param name="Dialect">Its dialect.</param>
sealed record TrinoSession(SqlSession Session, TrinoDialect Dialect);
