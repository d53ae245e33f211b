using Foz.Lake;

namespace Foz.Pipelines.Quality;

/// <summary>What is done to values, or to rows, before a table's checks look at them.</summary>
public abstract record CleanRule
{
    CleanRule() { }

    /// <summary>Its name in YAML.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// What it asks besides its name and columns, as text: two rules that ask the same have the same.
    /// </summary>
    public abstract string Signature { get; }

    /// <summary>The columns whose values it changes; empty for all columns of text.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Where it stands in the project.</summary>
    public Place Place { get; init; }

    /// <summary>Writes texts in another way.</summary>
    /// <param name="Way">Which.</param>
    public sealed record Text(TextRule Way) : CleanRule
    {
        /// <inheritdoc/>
        public override string Name => Way.Name;

        /// <inheritdoc/>
        public override string Signature => "";
    }

    /// <summary>Puts a text in the place of what a regular expression (RE2) finds.</summary>
    /// <param name="Regex">The expression.</param>
    /// <param name="By">The text; <c>\1</c> is what the first group found.</param>
    public sealed record Replace(string Regex, string By) : CleanRule
    {
        /// <inheritdoc/>
        public override string Name => "replace";

        /// <inheritdoc/>
        public override string Signature => $"{Regex} {By}";
    }

    /// <summary>Puts values in the place of others.</summary>
    /// <param name="ByOld">What each becomes; null for NULL.</param>
    public sealed record Values(IReadOnlyList<KeyValuePair<string, string?>> ByOld) : CleanRule
    {
        /// <inheritdoc/>
        public override string Name => "values";

        /// <inheritdoc/>
        public override string Signature =>
            string.Join('\u001f', ByOld.Select(pair => $"{pair.Key}\u001e{pair.Value}"));
    }

    /// <summary>Writes values of a format in one way.</summary>
    /// <param name="FormatName">The format, one of <see cref="Foz.Lake.Data.Formats.ValueFormat.Names"/>.</param>
    /// <param name="OnInvalid">What becomes of a value that is none.</param>
    public sealed record Format(string FormatName, OnInvalid OnInvalid) : CleanRule
    {
        /// <inheritdoc/>
        public override string Name => FormatName;

        /// <inheritdoc/>
        public override string Signature => $"{OnInvalid}";
    }

    /// <summary>Reads values as another type.</summary>
    /// <param name="SqlType">The type, in DuckDB's words.</param>
    /// <param name="OnInvalid">What becomes of a value that cannot be read so.</param>
    public sealed record Cast(string SqlType, OnInvalid OnInvalid) : CleanRule
    {
        /// <summary>How times are written, in the words of <c>strptime</c>; null for ISO 8601.</summary>
        public string? Pattern { get; init; }

        /// <summary>The format that values are in before; null for none.</summary>
        public string? FormatName { get; init; }

        /// <inheritdoc/>
        public override string Name => "cast";

        /// <inheritdoc/>
        public override string Signature => $"{SqlType} {OnInvalid} {Pattern} {FormatName}";
    }

    /// <summary>Puts a value in the place of null.</summary>
    /// <param name="Value">The value, as the column's type reads it.</param>
    public sealed record Fill(string Value) : CleanRule
    {
        /// <inheritdoc/>
        public override string Name => "fill";

        /// <inheritdoc/>
        public override string Signature => Value;
    }

    /// <summary>Leaves one row of each key; rows with a null in it are all kept.</summary>
    /// <param name="Keys">The columns of the key, at least one.</param>
    /// <param name="Order">What the row that stays is the first by, in SQL; null where it does not matter.</param>
    public sealed record Deduplicate(IReadOnlyList<string> Keys, string? Order) : CleanRule
    {
        /// <inheritdoc/>
        public override string Name => "deduplicate";

        /// <inheritdoc/>
        public override string Signature => $"{string.Join('\u001f', Keys)} {Order}";
    }
}

/// <summary>A way to write texts.</summary>
/// <param name="Name">Its name in YAML.</param>
/// <param name="Sql">The text, as SQL over the one that it was.</param>
public sealed record TextRule(string Name, Func<string, string> Sql)
{
    const string Blanks = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160)";

    /// <summary>All ways, by their names.</summary>
    public static IReadOnlyDictionary<string, TextRule> ByName { get; } = new TextRule[]
    {
        new("trim", text => $"trim({text}, {Blanks})"),
        new("collapse_spaces", text => $"regexp_replace({text}, '[\\s\\x{{a0}}]+', ' ', 'g')"),
        new("empty_to_null", text => $"nullif({text}, '')"),
        new("lower", text => $"lower({text})"),
        new("upper", text => $"upper({text})"),
        new("unaccent", text => $"strip_accents({text})"),
    }.ToDictionary(rule => rule.Name, StringComparer.Ordinal);
}

/// <summary>What becomes of a value that a rule cannot read.</summary>
public enum OnInvalid
{
    /// <summary>The value stays unchanged.</summary>
    Keep,

    /// <summary>The value becomes null.</summary>
    Null,

    /// <summary>The table stays as it was, and the run fails.</summary>
    Fail,

    /// <summary>Its row is left out.</summary>
    Drop,

    /// <summary>Its row goes to <c>&lt;table&gt;__quarantine</c>.</summary>
    Quarantine,
}
