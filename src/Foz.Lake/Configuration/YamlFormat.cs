namespace Foz.Lake.Configuration;

/// <summary>Writes YAML tidily and means the same: no spaces at the ends of lines, one line break at the end.</summary>
public static class YamlFormat
{
    /// <summary>The YAML, tidy; as it was where it would say something else, or cannot be read.</summary>
    public static string Of(string yaml)
    {
        var tidy = string.Join(
            '\n', yaml.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd())).TrimEnd('\n') + "\n";
        if (tidy == yaml) return yaml;
        var errors = new ErrorList();
        var (before, now) = (YamlReader.Read(yaml, "", errors), YamlReader.Read(tidy, "", errors));
        return errors.IsEmpty && AreSame(before, now) ? tidy : yaml;
    }

    static bool AreSame(YamlNode? a, YamlNode? b) => (a, b) switch
    {
        (null, null) => true,
        (YamlNode.Scalar one, YamlNode.Scalar other) => one.Text == other.Text && one.IsQuoted == other.IsQuoted,
        (YamlNode.Sequence one, YamlNode.Sequence other) =>
            one.Items.Count == other.Items.Count
                && one.Items.Zip(other.Items).All(pair => AreSame(pair.First, pair.Second)),
        (YamlNode.Mapping one, YamlNode.Mapping other) => one.Entries.Count == other.Entries.Count
            && one.Entries.Zip(other.Entries)
                .All(pair => pair.First.Key == pair.Second.Key && AreSame(pair.First.Value, pair.Second.Value)),
        _ => false,
    };
}
