using System.Globalization;

namespace Foz.Lake.Configuration;

/// <summary>One value of a YAML mapping: text, a list of texts or a mapping of texts, with its place.</summary>
/// <param name="Value">
/// A string, an <c>IReadOnlyList&lt;string&gt;</c> or an <c>IReadOnlyDictionary&lt;string, string&gt;</c>.
/// </param>
/// <param name="Place">Its place.</param>
public sealed record Setting(object Value, Place Place);

/// <summary>What a connection, a source or a stream is set to: names with values that are read typed.</summary>
/// <param name="place">The place of the mapping, for what is missing in it.</param>
/// <param name="values">The settings by name.</param>
public sealed class Settings(Place place, IReadOnlyDictionary<string, Setting> values)
{
    /// <summary>No settings.</summary>
    public static Settings Empty { get; } = new(default, new Dictionary<string, Setting>());

    /// <summary>The names that are set.</summary>
    public IEnumerable<string> Names => values.Keys;

    /// <summary>Settings of plain texts, without a place.</summary>
    public static Settings Of(params (string Name, object Value)[] values) =>
        new(default, values.ToDictionary(v => v.Name, v => new Setting(v.Value, default)));

    /// <summary>These, with a text for a name that is not set.</summary>
    public Settings WithDefault(string name, string value) => values.ContainsKey(name)
        ? this
        : new(place, new Dictionary<string, Setting>(values) { [name] = new(value, place) });

    /// <summary>Returns the place of a setting, or the mapping where it is not set.</summary>
    public Place PlaceOf(string name) => values.TryGetValue(name, out var setting) ? setting.Place : place;

    /// <summary>A text, or null where it is not set.</summary>
    /// <exception cref="FozException">It is a list or a mapping.</exception>
    public string? Text(string name) => Value<string>(name, "a single value");

    /// <summary>A text that must be set.</summary>
    /// <exception cref="FozException">It is not set, or is a list or a mapping.</exception>
    public string RequiredText(string name) =>
        Text(name) ?? throw new FozException(ErrorKind.Configuration, $"'{name}' is missing") { Place = place };

    /// <summary>A whole number, or null where it is not set.</summary>
    /// <exception cref="FozException">It is not a whole number.</exception>
    public long? Integer(string name) => Text(name) switch
    {
        null => null,
        var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            => number,
        var text => throw Wrong(name, $"a whole number, not '{text}'"),
    };

    /// <summary>A flag, or <paramref name="otherwise"/> where it is not set.</summary>
    /// <exception cref="FozException">It is neither <c>true</c> nor <c>false</c>.</exception>
    public bool Flag(string name, bool otherwise) => Text(name) switch
    {
        null => otherwise,
        "true" => true,
        "false" => false,
        var text => throw Wrong(name, $"true or false, not '{text}'"),
    };

    /// <summary>A list of texts; a single text is a list of one; empty where it is not set.</summary>
    /// <exception cref="FozException">It is a mapping.</exception>
    public IReadOnlyList<string> Texts(string name) => values.GetValueOrDefault(name)?.Value switch
    {
        null => [],
        string text => [text],
        IReadOnlyList<string> texts => texts,
        _ => throw Wrong(name, "a list"),
    };

    /// <summary>
    /// The value of any kind as words: of a mapping each key before its value; empty where it is not set.
    /// </summary>
    public IEnumerable<string> Words(string name) => values.GetValueOrDefault(name)?.Value switch
    {
        IReadOnlyDictionary<string, string> map => map.SelectMany(entry => new[] { entry.Key, entry.Value }),
        _ => Texts(name),
    };

    /// <summary>A mapping of texts; empty where it is not set.</summary>
    /// <exception cref="FozException">It is not a mapping.</exception>
    public IReadOnlyDictionary<string, string> Map(string name) =>
        Value<IReadOnlyDictionary<string, string>>(name, "a mapping") ?? new Dictionary<string, string>();

    /// <summary>The keys of a mapping as settings of their own; null where it is not set.</summary>
    /// <exception cref="FozException">It is not a mapping.</exception>
    public Settings? Section(string name) => Value<IReadOnlyDictionary<string, string>>(name, "a mapping") is { } map
        ? new(PlaceOf(name),
            map.ToDictionary(e => e.Key, e => new Setting(e.Value, PlaceOf(name)), StringComparer.Ordinal))
        : null;

    /// <summary>A length of time, or <paramref name="otherwise"/> where it is not set.</summary>
    /// <exception cref="FozException">It is not such a length.</exception>
    public TimeSpan Duration(string name, TimeSpan otherwise) => Text(name) switch
    {
        null => otherwise,
        var text when Foz.Lake.Configuration.Duration.TryParseWords(text, out var duration) => duration,
        var text => throw Wrong(name, $"a length of time such as 500ms, 30s, 5m or 2 days, not '{text}'"),
    };

    /// <summary>A whole number within limits, or <paramref name="otherwise"/> where it is not set.</summary>
    /// <exception cref="FozException">It is not such a number.</exception>
    public int Integer(string name, int min, int max, int otherwise) => Integer(name) switch
    {
        null => otherwise,
        { } number when number >= min && number <= max => (int)number,
        { } number => throw Wrong(name, $"a whole number from {min:N0} to {max:N0}, not {number}"),
    };

    /// <summary>An error about a setting.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="expected">What it must be.</param>
    public FozException Wrong(string name, string expected) =>
        new(ErrorKind.Configuration, $"'{name}' must be {expected}") { Place = PlaceOf(name) };

    T? Value<T>(string name, string expected) where T : class => values.GetValueOrDefault(name)?.Value switch
    {
        null => null,
        T value => value,
        _ => throw Wrong(name, expected),
    };
}
