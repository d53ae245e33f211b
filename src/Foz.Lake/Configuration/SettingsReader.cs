namespace Foz.Lake.Configuration;

/// <summary>Reads what a connector declares as settings out of YAML.</summary>
/// <param name="specs">The settings that there are.</param>
/// <param name="errors">Receives the errors.</param>
public sealed class SettingsReader(IReadOnlyList<SettingSpec> specs, ErrorList errors)
{
    /// <summary>
    /// Reports settings that do not exist, required ones that are missing, and secrets that are written in the text
    /// instead of in a variable.
    /// </summary>
    /// <param name="mapping">The mapping as written in the file, variables not filled in.</param>
    /// <param name="otherKeys">Keys of the mapping that are no settings.</param>
    /// <param name="what">What the settings are of, such as <c>a connection of type postgresql</c>.</param>
    /// <param name="isComplete">Whether required settings have to be there.</param>
    public void Check(
        YamlNode.Mapping mapping, IReadOnlyCollection<string> otherKeys, string what, bool isComplete = true)
    {
        var names = specs.Select(s => s.Name).Concat(otherKeys).ToList();
        foreach (var entry in mapping.Entries)
        {
            if (otherKeys.Contains(entry.Key)) continue;
            var spec = specs.FirstOrDefault(s => s.Name == entry.Key);
            if (spec is null)
                errors.Add(entry.KeyPlace, $"unknown key '{entry.Key}' in {what}", NearestName.Hint(entry.Key, names));
            else if (spec.Keys.Count > 0)
                CheckKeys(spec, entry);
            else
                CheckSecrets(spec, entry.Value);
        }
        if (!isComplete) return;
        foreach (var spec in specs.Where(s => s.IsRequired && mapping[s.Name] is null or { IsNull: true }))
            errors.Add(mapping.Place, $"'{spec.Name}' is missing in {what}", spec.Description);
    }

    /// <summary>Reads the settings of a mapping, variables filled in.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="otherKeys">Keys of it that are no settings.</param>
    public Settings Read(YamlNode.Mapping mapping, IReadOnlyCollection<string> otherKeys)
    {
        var values = new Dictionary<string, Setting>(StringComparer.Ordinal);
        foreach (var (key, _, node) in mapping.Entries)
        {
            if (node.IsNull || otherKeys.Contains(key)) continue;
            var spec = specs.FirstOrDefault(s => s.Name == key);
            if (spec is null || ToValue(key, node) is not { } value) continue;
            if (spec.Keys.Count == 0) CheckValues(spec, value, node.Place);
            values[key] = new(value, node.Place);
        }
        return new(mapping.Place, values);
    }

    /// <summary>
    /// Marks values that variables filled in as secrets: settings that are secrets, and passwords inside of others.
    /// </summary>
    /// <param name="mapping">The mapping as written in the file.</param>
    /// <param name="filledIn">The same with variables filled in.</param>
    /// <param name="secrets">Takes the values.</param>
    public void NoteSecrets(YamlNode.Mapping mapping, YamlNode.Mapping filledIn, Secrets secrets)
    {
        foreach (var (written, filled) in mapping.Entries.Zip(filledIn.Entries))
        {
            var spec = specs.FirstOrDefault(s => s.Name == written.Key);
            var beside = Beside(filled.Value is YamlNode.Mapping inner ? inner : filledIn);
            foreach (var (key, scalar) in KeyedScalars(filled.Value))
            {
                if (spec is not null && (spec.IsSecret || (key is not null && spec.KeyOf(key) is { IsSecret: true })))
                    secrets.Add(scalar.Text, beside);
                foreach (var (name, value) in QueryOf(scalar.Text).Where(part => spec?.IsSecretKey(part.Name) == true))
                    secrets.Add(Uri.UnescapeDataString(value), name);
                foreach (var password in Passwords(scalar.Text))
                {
                    string[] users = [.. beside, Secrets.UserInUrl(scalar.Text) ?? ""];
                    secrets.Add(password, users);
                    secrets.Add(Uri.UnescapeDataString(password), users.Select(Uri.UnescapeDataString));
                }
            }
        }
    }

    /// <summary>
    /// The single values of a mapping: one of them may be the name that a secret among them is the password of.
    /// </summary>
    static IReadOnlyList<string> Beside(YamlNode.Mapping mapping) =>
        [
            .. mapping.Entries.Select(entry => entry.Value).OfType<YamlNode.Scalar>().Where(scalar => !scalar.IsNull)
                .Select(scalar => scalar.Text),
        ];

    /// <summary>Checks a mapping whose keys are known.</summary>
    void CheckKeys(SettingSpec spec, YamlEntry entry)
    {
        if (entry.Value is not YamlNode.Mapping mapping)
        {
            if (!entry.Value.IsNull)
                errors.Add(
                    entry.Value.Place, $"'{spec.Name}' must be a mapping, not {entry.Value.Kind}",
                    $"it takes {string.Join(", ", spec.Keys.Select(k => k.Name))}");
            return;
        }
        var inner = new SettingsReader(spec.Keys, errors);
        inner.Check(mapping, [], $"'{spec.Name}'");
        foreach (var (key, _, value) in mapping.Entries)
            if (value is YamlNode.Scalar { IsNull: false } scalar && !VariableText.IsOnlyVariables(scalar.Text)
                && spec.KeyOf(key) is { } known)
                CheckValues(known, scalar.Text, value.Place);
    }

    object? ToValue(string key, YamlNode node)
    {
        switch (node)
        {
            case YamlNode.Scalar scalar:
                return scalar.Text;
            case YamlNode.Sequence sequence when sequence.Items.All(item => item is YamlNode.Scalar):
                return sequence.Items.Cast<YamlNode.Scalar>().Select(item => item.Text).ToList();
            case YamlNode.Mapping map when map.Entries.All(entry => entry.Value is YamlNode.Scalar):
                return map.Entries.ToDictionary(
                    e => e.Key, e => ((YamlNode.Scalar)e.Value).Text, StringComparer.Ordinal);
            default:
                errors.Add(node.Place, $"'{key}' is nested too deep: it takes a value, a list or a mapping of values");
                return null;
        }
    }

    void CheckValues(SettingSpec spec, object value, Place place)
    {
        if (spec.Values.Count == 0) return;
        IEnumerable<string> texts = value switch
        {
            string text => [text],
            IReadOnlyList<string> list => list,
            _ => [],
        };
        foreach (var text in texts.Where(text => !spec.Values.Contains(text)))
            errors.Add(place, $"unknown {spec.Name} '{text}'", NearestName.Hint(text, spec.Values));
    }

    void CheckSecrets(SettingSpec spec, YamlNode node)
    {
        foreach (var (key, scalar) in KeyedScalars(node))
        {
            var isSecret = spec.IsSecret || (key is not null && spec.IsSecretKey(key));
            if (isSecret && scalar.Text.Length > 0 && !scalar.IsNull && !VariableText.IsOnlyVariables(scalar.Text))
            {
                var name = key ?? spec.Name;
                var variable = name.ToUpperInvariant().Replace('-', '_');
                errors.Add(
                    scalar.Place, $"'{name}' is a secret and must not stand in a file",
                    $"write ${{{variable}}} here, and set {variable} in the environment or in {Variables.FileName}, "
                    + "outside of git");
            }
            else if (QueryOf(scalar.Text)
                .FirstOrDefault(part =>
                    spec.IsSecretKey(part.Name)
                        && !VariableText.IsOnlyVariables(part.Value)) is { Name: { } parameter })
            {
                var variable = parameter.ToUpperInvariant().Replace('-', '_');
                errors.Add(
                    scalar.Place,
                    $"'{parameter}' in the query of '{key ?? spec.Name}' is a secret and must not stand in a file",
                    $"write {parameter}=${{{variable}}} there, and set {variable} in the environment or in "
                        + $"{Variables.FileName}, outside of git");
            }
            else if (Passwords(scalar.Text).Any(password => !VariableText.IsOnlyVariables(password)))
            {
                errors.Add(
                    scalar.Place, $"a password stands in '{spec.Name}'",
                    "write ${PASSWORD} in its place, and set PASSWORD in the environment or in "
                    + $"{Variables.FileName}, outside of git");
            }
        }
    }

    /// <summary>The parameters of an address of HTTP that have a value.</summary>
    static IEnumerable<(string Name, string Value)> QueryOf(string text)
    {
        if (!text.StartsWith("http", StringComparison.OrdinalIgnoreCase)
            || text.IndexOf('?', StringComparison.Ordinal) is not (>= 0 and var start))
            yield break;
        foreach (var part in text[(start + 1)..].Split('#')[0].Split('&'))
            if (part.Split('=', 2) is [var name, { Length: > 0 } value]) yield return (name, value);
    }

    static IEnumerable<string> Passwords(string text)
    {
        if (Secrets.PasswordInUrl(text) is { } inUrl) yield return inUrl;
        // In quotes a password may hold what divides the words of a connection.
        else if (Secrets.PasswordInConnectionString(text) is { } inText) yield return inText.Trim('"', '\'');
    }

    /// <summary>Returns all single values, each with its key where it is in a mapping.</summary>
    static IEnumerable<(string? Key, YamlNode.Scalar Scalar)> KeyedScalars(YamlNode node) => node switch
    {
        YamlNode.Scalar scalar => [(null, scalar)],
        YamlNode.Sequence sequence => sequence.Items.SelectMany(KeyedScalars),
        YamlNode.Mapping mapping => mapping.Entries.SelectMany(
            entry => KeyedScalars(entry.Value).Select(s => ((string?)(s.Key ?? entry.Key), s.Scalar))),
        _ => [],
    };
}
