using System.Security.Cryptography;
using System.Text;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Schedules;

/// <summary>
/// Makes schedules of what models, tags and groups say: as if they were written under <c>schedules</c>, with a
/// selector. Models that say the same are one schedule, so that they are run together, in the order of their
/// dependencies.
/// </summary>
/// <param name="errors">Takes what is wrong.</param>
sealed class PartSchedules(ErrorList errors)
{
    const string CronKey = "cron", SelectKey = "select";

    static readonly string[] words = ["hourly", "daily", "weekly", "monthly", "yearly"];

    static readonly string[] refused = ["command", SelectKey, "exclude", "tasks"];

    /// <summary>Returns the schedules.</summary>
    /// <param name="scheduler">The value of <c>scheduler</c>.</param>
    /// <param name="models">The models.</param>
    public IReadOnlyList<YamlEntry> Find(MappingReader scheduler, IReadOnlyList<Model> models)
    {
        var found = new List<YamlEntry>();
        foreach (var (key, method) in (ReadOnlySpan<(string, string)>)[("tags", "tag"), ("groups", "group")])
            foreach (var entry in scheduler.Entries(key))
                if (Normalize(entry.Value) is { } settings)
                    found.Add(EntryOf($"{method}.{NameOf(entry.Key)}", settings, [$"{method}:{entry.Key}"]));
        var own = models.Where(model => model.Schedule is not null)
            .Select(model => (Model: model, Settings: Normalize(model.Schedule!)))
            .Where(pair => pair.Settings is not null)
            .GroupBy(pair => TextOf(pair.Settings!), StringComparer.Ordinal);
        foreach (var same in own.OrderBy(same => same.Key, StringComparer.Ordinal))
            found.Add(EntryOf(
                $"models.{ShortOf(same.First().Model.Schedule!, same.Key)}", same.First().Settings!,
                [.. same.Select(pair => $"{pair.Model.Name}").Order(StringComparer.Ordinal)]));
        return found;
    }

    /// <summary>
    /// What is said as a mapping: a word, a cron expression or a length of time is one of a single key.
    /// </summary>
    YamlNode.Mapping? Normalize(YamlNode node)
    {
        if (node is YamlNode.Mapping mapping)
        {
            if (mapping.Entries.FirstOrDefault(entry => refused.Contains(entry.Key, StringComparer.Ordinal))
                is not { Key: { } key } entry)
                return mapping;
            errors.Add(entry.KeyPlace, $"'{key}' is not of a schedule here: what is run is known", "leave it out");
            return null;
        }
        if (node is YamlNode.Scalar { IsNull: false } scalar)
        {
            var text = scalar.Text.Trim();
            if (words.Contains(text, StringComparer.Ordinal)) return Single(CronKey, $"@{text}", scalar);
            if (Duration.TryParseWords(text, out _)) return Single("every", text, scalar);
            if (text.StartsWith('@') || text.Contains(' ', StringComparison.Ordinal))
                return Single(CronKey, text, scalar);
            errors.Add(
                scalar.Place, $"'{text}' is not a schedule",
                NearestName.Hint(text, words) + "; or write a cron expression, a length of time, or a mapping");
            return null;
        }
        errors.Add(node.Place, $"a schedule is a word, a cron expression or a mapping, not {node.Kind}");
        return null;
    }

    static YamlNode.Mapping Single(string key, string value, YamlNode.Scalar written) => new(
        [new(key, written.Place, new YamlNode.Scalar(value, isQuoted: true, written.Place))], written.Place);

    static YamlEntry EntryOf(string name, YamlNode.Mapping settings, IReadOnlyList<string> selectors) => new(
        name, settings.Place,
        new YamlNode.Mapping(
            [
                .. settings.Entries,
                new(SelectKey, settings.Place, new YamlNode.Sequence(
                    [.. selectors.Select(text => new YamlNode.Scalar(text, isQuoted: true, settings.Place))],
                    settings.Place)),
            ],
            settings.Place));

    /// <summary>
    /// A name that stays while the settings do: the word, or the expression with letters for its signs.
    /// </summary>
    static string ShortOf(YamlNode written, string text) => written is YamlNode.Scalar scalar
        ? NameOf(scalar.Text.Trim().TrimStart('@'))
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8];

    static string NameOf(string text)
    {
        var name = new StringBuilder(text.Length);
        foreach (var c in text)
            name.Append(c switch
            {
                '*' => 'x',
                '/' => 's',
                ',' => '_',
                ' ' => '.',
                _ => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' ? c : '-',
            });
        return name.ToString();
    }

    static string TextOf(YamlNode node) => node switch
    {
        YamlNode.Mapping mapping => $"{{{string.Join(", ", mapping.Entries
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => $"{entry.Key}: {TextOf(entry.Value)}"))}}}",
        YamlNode.Sequence sequence => $"[{string.Join(", ", sequence.Items.Select(TextOf))}]",
        YamlNode.Scalar scalar => $"'{scalar.Text}'",
        _ => "",
    };
}
