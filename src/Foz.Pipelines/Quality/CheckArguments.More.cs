using System.Globalization;
using System.Text.RegularExpressions;
using Foz.Lake.Configuration;
using Foz.Lake.Data.Formats;

namespace Foz.Pipelines.Quality;

/// <content>The arguments of checks of values, columns against each other, and tables as a whole.</content>
sealed partial class CheckArguments
{
    static readonly string[] Operators = ["<", "<=", "=", "<>", ">=", ">"];

    static readonly Dictionary<string, string> TimeFormats = new(StringComparer.Ordinal)
    {
        ["date"] = "DATE", ["timestamp"] = "TIMESTAMP",
    };

    /// <summary>The limits of <c>range</c>.</summary>
    public CheckDefinition? Range(string on)
    {
        var from = Limit(reader.Node("min"));
        var to = Limit(reader.Node("max"));
        var isInclusive = reader.Flag("inclusive") ?? true;
        if (from is { } least && to is { } most && least.CompareTo(most) is { } order
            && (order > 0 || (order == 0 && !isInclusive)))
            errors.Add(
                reader.PlaceOf("min"),
                $"'{type}' has no value {(isInclusive ? "from" : "above")} {least.Text} "
                    + $"{(isInclusive ? "to" : "and below")} {most.Text}");
        if (from is not null || to is not null) return new CheckDefinition.Range(on, from, to, isInclusive);
        errors.Add(place, $"'{type}' needs 'min' or 'max'", $"write - {type}: {{min: 0, max: 1}}");
        return null;
    }

    /// <summary>How many characters <c>length</c> allows.</summary>
    public CheckDefinition? Length(string on)
    {
        var (exact, min, max) = (reader.Integer("value", 0), reader.Integer("min", 0), reader.Integer("max", 0));
        if (min > max) errors.Add(reader.PlaceOf("min"), $"'{type}' has no number from {min} to {max}");
        if ((exact ?? min ?? max) is not null) return new CheckDefinition.Length(on, exact ?? min, exact ?? max);
        errors.Add(place, $"'{type}' needs a number of characters", $"write - {type}: {{min: 1, max: 20}}");
        return null;
    }

    /// <summary>The type of <c>type</c>.</summary>
    public CheckDefinition? Type(string on)
    {
        if (reader.Text("value") is { } sqlType)
            return new CheckDefinition.Type(on, sqlType) { SqlPlace = PlaceOfSql(reader.Node("value")) };
        errors.Add(place, $"'{type}' needs a type", $"write - {type}: bigint");
        return null;
    }

    /// <summary>The format of <c>format</c>.</summary>
    public CheckDefinition? Format(string on)
    {
        var (name, pattern) = (reader.Text("value"), reader.Text("pattern"));
        if (name is null)
        {
            errors.Add(
                place, $"'{type}' needs the name of a format",
                $"known: {string.Join(", ", ValueFormat.Names.Order())}");
            return null;
        }
        if (!ValueFormat.ByName.ContainsKey(name))
        {
            errors.Add(
                reader.PlaceOf("value"), $"unknown format '{name}'", NearestName.Hint(name, ValueFormat.Names.Order()));
            return null;
        }
        if (pattern is not null && !TimeFormats.ContainsKey(name))
            errors.Add(
                reader.PlaceOf("pattern"), $"the format '{name}' takes no 'pattern'",
                "date and timestamp do, such as '%d/%m/%Y'");
        else if (pattern is not null && TimePattern.FindFault(pattern) is { } fault)
            errors.Add(reader.PlaceOf("pattern"), fault, TimePattern.Hint);
        return new CheckDefinition.Format(on, name, pattern);
    }

    /// <summary>The two columns of <c>compare</c>.</summary>
    public CheckDefinition.Compare? Compare()
    {
        const string Key = "value";
        if (reader.Text(Key) is not { } text)
        {
            errors.Add(place, $"'{type}' needs an operator and a column", ExampleOfCompare);
            return null;
        }
        if (ComparedColumns.Match(text) is { Success: true } match
            && match.Groups["left"].Success != column is not null)
        {
            var written = match.Groups["operator"].Value switch { "==" => "=", "!=" => "<>", var other => other };
            if (Operators.Contains(written))
                return new(column ?? NameIn(match.Groups["left"]), written, NameIn(match.Groups["right"]));
        }
        errors.Add(
            reader.PlaceOf(Key), $"'{text}' does not compare two columns by one of {string.Join(' ', Operators)}",
            ExampleOfCompare);
        return null;

        static string NameIn(Group group) => group.Value.Trim('"');
    }

    string ExampleOfCompare =>
        column is null ? $"write - {type}: shipped_on >= ordered_on" : $"write - {type}: '>= ordered_on'";

    /// <summary>The condition of <c>expression</c>.</summary>
    public CheckDefinition.Expression? Expression()
    {
        if (reader.Text("value") is { } sql && !string.IsNullOrWhiteSpace(sql))
            return new(column ?? reader.Text("column"), sql) { SqlPlace = PlaceOfSql(reader.Node("value")) };
        errors.Add(
            place, $"'{type}' needs a SQL condition",
            column is null ? $"write - {type}: shipped_on >= ordered_on" : $"write - {type}: '> 0'");
        return null;
    }

    /// <summary>The other table of <c>row_count_to</c>, and which part of its rows this one has.</summary>
    public CheckDefinition.RowCountTo? RowCountTo()
    {
        if (column is not null)
            errors.Add(place, $"'{type}' is a check of a table", "move it to the checks of the table");
        var text = reader.Text("to");
        var (min, max) = (reader.Number("min"), reader.Number("max"));
        if (text is null)
        {
            errors.Add(
                place, $"'{type}' needs the other table", $"write - {type}: {{to: bronze.orders, min: 0.99, max: 1}}");
            return null;
        }
        CheckOrder(min, max);
        var (from, until) = min is null && max is null ? (1m, 1m) : (min, max);
        return Table(text, "to") is { } table ? new(table, from, until) { ToPlace = reader.PlaceOf("to") } : null;
    }

    /// <summary>The limits of a number that describes a column.</summary>
    public CheckDefinition? Statistic(string on) => Statistic(on, Measure.ByName[type]);

    /// <summary>The part and the limits of <c>quantile</c>.</summary>
    public CheckDefinition? Quantile(string on)
    {
        var part = reader.Number("quantile");
        if (part is >= 0 and <= 1) return Statistic(on, new Measure.Quantile(part.Value));
        errors.Add(
            reader.PlaceOf("quantile"), $"'{type}' needs 'quantile', from 0 to 1",
            $"write - {type}: {{quantile: 0.95, max: 100}}");
        Statistic(on, new Measure.Quantile(0));
        return null;
    }

    CheckDefinition.Statistic? Statistic(string on, Measure measure)
    {
        var (exact, min, max) = (reader.Number("value"), reader.Number("min"), reader.Number("max"));
        CheckOrder(min, max);
        if (measure.IsRatio)
            foreach (var (key, number) in new[]
            {
                ("value", exact), ("min", min), ("max", max),
            }.Where(limit => limit.Item2 is < 0 or > 1))
                errors.Add(
                    reader.PlaceOf(key),
                    string.Create(
                        CultureInfo.InvariantCulture, $"'{type}' is a part of all, from 0 to 1, and never {number}"),
                    "write 0.05 for 5 %");
        if ((exact ?? min ?? max) is not null) return new(on, measure, exact ?? min, exact ?? max);
        if (reader.Node("value") is null && reader.Node("min") is null && reader.Node("max") is null)
            errors.Add(place, $"'{type}' needs 'min' or 'max'", $"write - {type}: {{min: 1, max: 10}}");
        return null;
    }

    void CheckOrder(decimal? min, decimal? max)
    {
        if (min > max)
            errors.Add(
                reader.PlaceOf("min"),
                string.Create(CultureInfo.InvariantCulture, $"'{type}' has no number from {min} to {max}"));
    }

    /// <summary>The age of <c>freshness</c>, in Foz's words or dbt_utils'.</summary>
    public CheckDefinition? Freshness(string on)
    {
        var (key, text) = ("value", reader.Text("value"));
        var (part, interval) = (reader.Text("datepart"), reader.Integer("interval", 1));
        if (text is null && part is not null && interval is not null) (key, text) = ("datepart", $"{interval} {part}s");
        if (text is not null && Duration.TryParseWords(text, out var age) && age > TimeSpan.Zero)
            return new CheckDefinition.Freshness(on, age);
        errors.Add(
            reader.PlaceOf(key), text is null ? $"'{type}' needs an age" : $"'{text}' is not a length of time",
            $"write - {type}: 1 day");
        return null;
    }

    [GeneratedRegex(
        """^\s*(?<left>[\p{L}_][\p{L}\p{M}\p{Nd}_]*|"[^"]+")?\s*(?<operator>[<>=!]+)\s*"""
            + """(?<right>[\p{L}_][\p{L}\p{M}\p{Nd}_]*|"[^"]+")\s*\z""",
        RegexOptions.ExplicitCapture)]
    private static partial Regex ComparedColumns { get; }
}
