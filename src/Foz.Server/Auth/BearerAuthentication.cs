using Foz.Core.Serving;

namespace Foz.Server.Auth;

/// <summary>Finds whose a token is that a client shows instead of a password.</summary>
/// <param name="token">What stands behind <c>Bearer</c>.</param>
/// <param name="cancellationToken">Stops it.</param>
/// <returns>The user; null where the token is nobody's, or not valid now.</returns>
public delegate ValueTask<SessionUser?> BearerAuthentication(string token, CancellationToken cancellationToken);
