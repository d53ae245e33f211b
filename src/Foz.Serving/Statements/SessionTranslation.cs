using Foz.Serving.PostgreSql.Translation;
using Foz.Serving.Sessions;

namespace Foz.Serving.Statements;

/// <summary>What statements can ask of a session as they are translated.</summary>
static class SessionTranslation
{
    /// <summary>What a statement can ask.</summary>
    /// <param name="session">The session.</param>
    /// <param name="catalog">Gives the number of its view of the catalog.</param>
    /// <param name="parameterTypes">
    /// The types of a query's parameters, 0 for those that are not known; null where it is no query of its own.
    /// </param>
    /// <param name="isOfReader">Whether the user is who reads what is made of the statement.</param>
    public static TranslationContext Of(
        SqlSession session, Func<long> catalog, IReadOnlyList<uint>? parameterTypes = null, bool isOfReader = false) =>
        new(session.Id, session.User.Name, session.Settings, () => session.SearchPath, catalog)
        {
            IsQuery = parameterTypes is not null, ParameterTypes = parameterTypes ?? [], IsOfReader = isOfReader,
        };
}
