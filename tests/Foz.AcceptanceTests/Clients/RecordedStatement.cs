using System.Text.RegularExpressions;
using Foz.Serving.Sql;

namespace Foz.AcceptanceTests.Clients;

/// <summary>A statement that a client was seen to send to a PostgreSQL server.</summary>
/// <param name="Client">The client.</param>
/// <param name="Section">What it did, such as <c>\dt</c> or <c>getTables</c>.</param>
/// <param name="Number">Which of the section's statements it is: 1 is the first.</param>
/// <param name="Sql">The statement.</param>
/// <param name="Parameters">The values of its parameters, as texts.</param>
sealed partial record RecordedStatement(
    string Client, string Section, int Number, string Sql, IReadOnlyList<string> Parameters)
{
    /// <summary>Reads the statements of a recording, in order; a later fetch from a portal is not one.</summary>
    public static IEnumerable<RecordedStatement> Read(string file)
    {
        var client = Path.GetFileNameWithoutExtension(file);
        var (section, number) = ("", 0);
        foreach (Match block in Blocks().Matches(File.ReadAllText(file)))
        {
            if (block.Groups["section"] is { Success: true } title)
            {
                (section, number) = (title.Value.Trim(), 0);
                continue;
            }
            if (block.Groups["label"].Value.StartsWith("execute fetch from", StringComparison.Ordinal)) continue;
            var parameters = Values().Matches(block.Groups["parameters"].Value)
                .Select(value => value.Groups["value"].Value.Replace("''", "'", StringComparison.Ordinal)).ToList();
            foreach (var statement in SqlScript.Split(block.Groups["sql"].Value))
                yield return new(client, section, ++number, statement.Text, parameters);
        }
    }

    [GeneratedRegex(
        @"^-- (?:=====\ (?<section>[^\n]*)|\[(?<label>[^\]]*)\](?<parameters>[^\n]*)\n(?<sql>(?:(?!-- (?:=====|\[)).*\n?)*))",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"\$\d+ = '(?<value>([^']|'')*)'", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Values();
}
