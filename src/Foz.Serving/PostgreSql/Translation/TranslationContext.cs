using Foz.Serving.Settings;
using Foz.Wire.PostgreSql;

namespace Foz.Serving.PostgreSql.Translation;

/// <summary>What a statement's text can ask of its session.</summary>
/// <param name="session">The session's number.</param>
/// <param name="user">Whose it is.</param>
/// <param name="settings">Its settings.</param>
/// <param name="searchPath">Gives the schemas in which it looks for names without one.</param>
/// <param name="catalog">Gives the number of the image of the catalog, for functions that look into it.</param>
sealed class TranslationContext(
    int session, string user, SessionSettings settings, Func<IEnumerable<string>> searchPath, Func<long> catalog)
{
    /// <summary>Whether anything was asked: else what came out follows from the text alone.</summary>
    public bool IsAsked { get; private set; }

    /// <summary>Whether the user is the reader of an object that the statement makes, and not its author.</summary>
    public bool IsOfReader { get; init; }

    /// <summary>Whether the statement is a query whose columns a client sees, and not a part of another.</summary>
    public bool IsQuery
    {
        get => Asked(field);
        init;
    }

    /// <summary>The types of parameters, as far as they are known; 0 where one is not.</summary>
    public IReadOnlyList<uint> ParameterTypes { get; init; } = [];

    /// <summary>The type of a parameter, counted from 1; null where it is not known.</summary>
    public uint? ParameterType(int number) =>
        Asked(number > 0 && number <= ParameterTypes.Count
            && ParameterTypes[number - 1] is not 0 and not TypeOids.Unknown and var oid ? (uint?)oid : null);

    /// <summary>The user.</summary>
    public string User => Asked(user);

    /// <summary>The session's number.</summary>
    public int SessionId => Asked(session);

    /// <summary>The schemas in which names without one are looked for.</summary>
    public IReadOnlyList<string> SearchPath =>
        Asked<IReadOnlyList<string>>([.. searchPath().Where(schema => schema != user)]);

    /// <summary>The value of a setting; null if there is none.</summary>
    public string? Setting(string name) => Asked(settings.Find(name));

    /// <summary>The number of the image of the catalog.</summary>
    public long Catalog() => Asked(catalog());

    T Asked<T>(T value)
    {
        IsAsked = true;
        return value;
    }
}
