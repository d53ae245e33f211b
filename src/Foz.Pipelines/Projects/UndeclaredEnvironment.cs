using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects;

/// <summary>
/// An environment that no file declares, <c>name@base</c>: it is beside a declared one, has its connections, and puts
/// <c>name__</c> before the names of schemas. It never exports. Names begin with <c>ci_</c> and have single
/// underscores: the prefix of one is never that of another, or of a schema that somebody else named.
/// </summary>
/// <param name="Name">Its own name.</param>
/// <param name="Base">The environment whose tables are used for those that it has not made.</param>
public sealed partial record UndeclaredEnvironment(string Name, string Base)
{
    const char Sign = '@';

    /// <summary>The longest name: with a schema it must still be a name in the lake.</summary>
    public const int LengthMax = 40;

    /// <summary>The prefix of schemas in it.</summary>
    public string SchemaPrefix => Name + "__";

    /// <summary>Returns the environment that a target means; null where it means a declared one.</summary>
    public static UndeclaredEnvironment? Of(string? target) =>
        target?.IndexOf(Sign, StringComparison.Ordinal) is > 0 and var at
            ? new(target[..at], target[(at + 1)..])
            : null;

    /// <summary>Whether a text can be the name of one.</summary>
    public static bool IsName(string text) => text.Length <= LengthMax && OwnName.IsMatch(text);

    /// <summary>Finds what is wrong with it.</summary>
    /// <param name="below">The base of its base.</param>
    /// <param name="prefixes">The prefixes of all declared environments.</param>
    /// <param name="errors">Takes the errors.</param>
    internal void Check(EnvironmentBase? below, IEnumerable<string?> prefixes, ErrorList errors)
    {
        if (!IsName(Name))
            Add($"'{Name}' is not a name for an environment beside {Base}",
                $"ci_ and lower-case letters, digits and single _, at most {LengthMax} characters");
        else if (prefixes.Contains(SchemaPrefix, StringComparer.OrdinalIgnoreCase))
            Add($"the schemas of {this} begin with {SchemaPrefix}, as those of a declared environment do",
                "choose another name before the @");
        if (below is not null)
            Add($"'{Base}' cannot be the base of '{this}'", $"it has a base itself: use {Name}{Sign}{below.Name}");

        void Add(string message, string hint) => errors.Add(new FozException(ErrorKind.Usage, message) { Hint = hint });
    }

    /// <summary>The target that means it.</summary>
    public override string ToString() => $"{Name}{Sign}{Base}";

    [GeneratedRegex("^ci(_[a-z0-9]+)+$", RegexOptions.ExplicitCapture)]
    private static partial Regex OwnName { get; }
}
