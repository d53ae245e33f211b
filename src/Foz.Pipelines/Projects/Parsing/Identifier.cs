using System.Text.RegularExpressions;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Pipelines.Projects.Parsing;

/// <summary>The rules for names of schemas and tables: they become folders, and stand in SQL without quotes.</summary>
public static partial class Identifier
{
    const int LengthMax = 128;

    /// <summary>Endings of the tables that stand beside a table.</summary>
    static readonly string[] ReservedEndings = [.. TableName.None.Beside.Select(table => table.Name)];

    /// <summary>Schemas that are the platform's or the engine's own.</summary>
    static readonly string[] ReservedSchemas =
        [TableName.SystemSchema, "information_schema", "pg_catalog", "main", "temp"];

    /// <summary>Whether a project may have a table of this name; adds an error if not.</summary>
    public static bool Check(TableName name, Place place, ErrorList errors) =>
        CheckSchema(name.Schema, place, errors) & CheckTable(name.Name, place, errors);

    /// <summary>Whether a project may write into this schema; adds an error if not.</summary>
    public static bool CheckSchema(string schema, Place place, ErrorList errors)
    {
        if (ReservedSchemas.Contains(schema, StringComparer.OrdinalIgnoreCase))
        {
            errors.Add(place, $"the schema '{schema}' is reserved", "use another, such as bronze, silver or gold");
            return false;
        }
        if (!schema.StartsWith('_')) return CheckText(schema, "a schema", place, errors);
        errors.Add(place, $"'{schema}' is not a name for a schema", "folders that start with _ are the lake's own");
        return false;
    }

    /// <summary>Whether a text can be the name of a model's table; adds an error if not.</summary>
    public static bool CheckTable(string name, Place place, ErrorList errors) =>
        CheckEnding(name, place, errors) && CheckText(name, "a table", place, errors);

    /// <summary>
    /// Whether others may write a table of this name, whatever characters are in it; adds an error if not.
    /// </summary>
    public static bool CheckWritten(TableName name, Place place, ErrorList errors) =>
        CheckSchema(name.Schema, place, errors) & CheckEnding(name.Name, place, errors);

    /// <summary>
    /// Whether a text can be the name of a stream's table; adds an error if not. A source's own names are taken as
    /// they are as far as a folder can have them.
    /// </summary>
    public static bool CheckStream(string name, Place place, ErrorList errors)
    {
        if (!CheckEnding(name, place, errors)) return false;
        if (name.Length <= LengthMax && StreamName.IsMatch(name)) return true;
        errors.Add(
            place, $"'{name}' is not a name for a stream",
            $"letters, digits, _, $, - and spaces between them, at most {LengthMax} characters");
        return false;
    }

    /// <summary>
    /// Whether a text can be the name of a project, source, connection or environment; adds an error if not.
    /// </summary>
    public static bool CheckText(string text, string what, Place place, ErrorList errors)
    {
        if (text.Length <= LengthMax && Name.IsMatch(text)) return true;
        errors.Add(
            place, $"'{text}' is not a name for {what}",
            $"letters, digits and _, no digit first, at most {LengthMax} characters");
        return false;
    }

    /// <summary>Returns a text as a table's name: <c>_</c> replaces characters that a name cannot have.</summary>
    public static string Of(string text) =>
        OtherThanName.Replace(text.Length > 0 && char.IsDigit(text[0]) ? $"_{text}" : text, "_");

    static bool CheckEnding(string name, Place place, ErrorList errors)
    {
        if (ReservedEndings.FirstOrDefault(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)) is not { } ending)
            return true;
        errors.Add(
            place, $"the name '{name}' is reserved", $"{ending} ends the names of tables that stand beside others");
        return false;
    }

    [GeneratedRegex(@"^[\p{L}_][\p{L}\p{M}\p{Nd}_]*\z")]
    private static partial Regex Name { get; }

    [GeneratedRegex(@"[^\p{L}\p{M}\p{Nd}_]")]
    private static partial Regex OtherThanName { get; }

    [GeneratedRegex(
        @"^[\p{L}\p{Nd}_]([\p{L}\p{M}\p{Nd}_$ \-]*[\p{L}\p{M}\p{Nd}_$\-])?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex StreamName { get; }
}
