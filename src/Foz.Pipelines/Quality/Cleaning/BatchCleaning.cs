using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using static Foz.Lake.Sql.SqlText;

namespace Foz.Pipelines.Quality.Cleaning;

/// <summary>
/// A SELECT of a batch's rows after cleaning rules, which apply in their order. After the batch's own columns it has
/// one for each rule and column, which records what the rule did.
/// </summary>
sealed class BatchCleaning
{
    const string Hidden = "foz_clean_", Double = "foz_double";

    readonly List<(CheckDefinition Check, string Count)> counts = [];
    readonly List<CheckDefinition.Readable> readable = [];
    readonly Dictionary<string, bool> isText;
    readonly IReadOnlyList<EngineColumn> columns;
    readonly EngineSession session;
    readonly CancellationToken cancellation;
    readonly ErrorList errors = new();
    CleanRule.Deduplicate? deduplicate;
    int hidden;

    BatchCleaning(
        EngineSession session, string select, IReadOnlyList<EngineColumn> columns, CancellationToken cancellationToken)
    {
        (this.session, Select, this.columns, cancellation) = (session, select, columns, cancellationToken);
        isText = columns.ToDictionary(
            c => c.Name, c => c is { TypeName: "VARCHAR", IsJson: false }, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The rows; before those that are double are taken out.</summary>
    public string Select { get; private set; }

    /// <summary>
    /// What must be true of values that rules could not read, where a rule asks for more than to count them.
    /// </summary>
    public IReadOnlyList<CheckDefinition> Checks => readable;

    /// <summary>Makes the SELECT.</summary>
    /// <param name="session">The session that will run it.</param>
    /// <param name="rules">The rules.</param>
    /// <param name="select">The rows as they are.</param>
    /// <param name="columns">Their columns.</param>
    /// <param name="isOwn">Whether a rule for all columns is for this one.</param>
    /// <param name="cancellationToken">Interrupts it.</param>
    /// <exception cref="FozException">
    /// Rules name columns that are not there, are for text and their columns are none, or cannot be made; tells all
    /// that do.
    /// </exception>
    public static BatchCleaning Of(
        EngineSession session, IReadOnlyList<CleanRule> rules, string select, IReadOnlyList<EngineColumn> columns,
        Func<string, bool> isOwn, CancellationToken cancellationToken)
    {
        var cleaning = new BatchCleaning(session, select, columns, cancellationToken);
        foreach (var rule in rules.Where(rule => rule is not CleanRule.Deduplicate)) cleaning.Add(rule, isOwn);
        foreach (var rule in rules.OfType<CleanRule.Deduplicate>()) cleaning.Add(rule);
        cleaning.errors.ThrowIfAny();
        return cleaning;
    }

    /// <summary>Takes double rows out of the batch and counts what each rule did.</summary>
    /// <param name="session">The session.</param>
    /// <param name="batch">The temporary table that was made of <see cref="Select"/>.</param>
    /// <param name="cancellationToken">Interrupts it.</param>
    public IReadOnlyList<CheckResult> Finish(EngineSession session, string batch, CancellationToken cancellationToken)
    {
        using var rows = session.Query(
            $"SELECT {string.Join(", ", counts.Select(c => c.Count).Prepend("count(*)"))} FROM {batch}",
            cancellationToken);
        var row = rows.Rows(cancellationToken).First();
        var all = Convert.ToInt64(row[0], CultureInfo.InvariantCulture);
        var results = counts.Select((c, i) =>
            new CheckResult(c.Check, Convert.ToInt64(row[i + 1], CultureInfo.InvariantCulture), all)).ToList();
        if (deduplicate is not null)
        {
            var removed = session.Execute($"DELETE FROM {batch} WHERE {Double}", cancellationToken);
            results.Add(new(Cleaned(deduplicate, column: null), removed, all));
        }
        return results;
    }

    static CheckDefinition.Cleaned Cleaned(CleanRule rule, string? column) =>
        new(rule, column) { Place = rule.Place, OnViolation = OnViolation.Warn };

    void Add(CleanRule rule, Func<string, bool> isOwn)
    {
        var names = rule.Columns.Count > 0
            ? rule.Columns.Where(name => IsKnown(rule, name)).ToList()
            : columns.Select(c => c.Name).Where(name => isText[name] && isOwn(name)).ToList();
        if (names.Count == 0) return;
        var (replaced, noted) = (new List<string>(), new List<string>());
        foreach (var name in names)
        {
            var old = $"t.{Identifier(name)}";
            if (rule is CleanRule.Text or CleanRule.Replace && !isText[name])
            {
                errors.Add(
                    rule.Place, $"'{rule.Name}' is for text, and {name} is none",
                    "cast it after this rule, or leave the rule out");
                continue;
            }
            if (rule is CleanRule.Fill fill && !isText[name] && !Fits(fill, name)) continue;
            if (ValueOf(rule, old, isText[name]) is not { } value) continue;
            // A rule that keeps what it cannot read gives that.
            var kept = rule is CleanRule.Format { OnInvalid: not OnInvalid.Null }
                ? $"coalesce({value}, {old}::VARCHAR)"
                : value;
            replaced.Add($"{kept} AS {Identifier(name)}");
            if (rule is not CleanRule.Cast)
                Note(rule, name, $"({kept}) IS DISTINCT FROM {(rule is CleanRule.Format ? $"{old}::VARCHAR" : old)}");
            if (rule is CleanRule.Format or CleanRule.Cast)
                NoteInvalid(rule, name, $"CASE WHEN {old} IS NOT NULL AND ({value}) IS NULL THEN {old}::VARCHAR END");
            isText[name] = rule is CleanRule.Format || (isText[name] && rule is not CleanRule.Cast);
        }
        if (replaced.Count > 0)
            Extend(rule,
                $"SELECT t.* REPLACE "
                    + $"({string.Join(", ", replaced)}){string.Concat(noted.Select(n => $",\n  {n}"))}\nFROM "
                    + $"({Select}\n) AS t");

        void Note(CleanRule what, string name, string changed)
        {
            var column = $"{Hidden}{hidden++}";
            noted.Add($"{changed} AS {column}");
            counts.Add((Cleaned(what, name), $"count(*) FILTER (WHERE {column})"));
        }

        void NoteInvalid(CleanRule what, string name, string invalid)
        {
            var column = $"{Hidden}{hidden++}";
            noted.Add($"{invalid} AS {column}");
            var check = new CheckDefinition.Readable(what, name, column)
            {
                Place = what.Place,
                OnViolation = OnInvalidOf(what) switch
                {
                    OnInvalid.Fail => OnViolation.Fail,
                    OnInvalid.Drop => OnViolation.Drop,
                    OnInvalid.Quarantine => OnViolation.Quarantine,
                    _ => OnViolation.Warn,
                },
            };
            if (check.TakesRowsOut) readable.Add(check);
            else counts.Add((check, $"count({column})"));
        }
    }

    void Add(CleanRule.Deduplicate rule)
    {
        if (rule.Keys.Count(key => IsKnown(rule, key)) < rule.Keys.Count) return;
        if (deduplicate is not null)
        {
            errors.Add(rule.Place, "'deduplicate' stands here twice", "one key identifies the rows of a table");
            return;
        }
        deduplicate = rule;
        var hasKey = string.Join(" AND ", rule.Keys.Select(key => $"t.{Identifier(key)} IS NOT NULL"));
        var order = rule.Order is { } stated ? $"{stated}, " : "";
        Extend(rule, $"""
            SELECT t.*, {hasKey} AND row_number() OVER (PARTITION BY {Identifiers(rule.Keys)} ORDER BY {order}hash(t)) > 1 AS {Double}
            FROM ({Select}
            ) AS t
            """);
    }

    /// <summary>Whether a column's type reads the value that fills it; what it does not read is noted.</summary>
    bool Fits(CleanRule.Fill rule, string name)
    {
        var type = session.Describe(
            Select, cancellation).First(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        var value = CastSql.OfText(Literal(rule.Value), type.TypeName, type.ToField().Type);
        if (session.QueryScalar<bool>($"SELECT ({value}) IS NOT NULL", cancellation)) return true;
        errors.Add(
            rule.Place, $"'{rule.Value}' is no {type.TypeName}, which {name} is",
            "fill with a value of that type, or cast the column before");
        return false;
    }

    /// <summary>Goes on from a SELECT that has a rule more, or notes that the rule cannot be made.</summary>
    void Extend(CleanRule rule, string select)
    {
        try
        {
            session.Describe(select, cancellation);
            Select = select;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql or ErrorKind.Data)
        {
            errors.Add(rule.Place, $"the rule '{rule.Name}' cannot be made: {e.Message}", e.Hint);
        }
    }

    /// <summary>The type of a cast; null, with an error, where there is no such type.</summary>
    DataType? TypeOf(CleanRule.Cast rule)
    {
        try
        {
            return session.Describe($"SELECT CAST(NULL AS {rule.SqlType}) AS a", cancellation)[0].ToField().Type;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql)
        {
            errors.Add(
                rule.Place, $"the rule 'cast' cannot be made: unknown type '{rule.SqlType}'", e.Hint ?? e.Message);
            return null;
        }
    }

    bool IsKnown(CleanRule rule, string name)
    {
        if (isText.ContainsKey(name)) return true;
        errors.Add(
            rule.Place, $"the rule '{rule.Name}' names an unknown column '{name}'",
            NearestName.Hint(name, columns.Select(column => column.Name)));
        return false;
    }

    static OnInvalid OnInvalidOf(CleanRule rule) => rule switch
    {
        CleanRule.Format format => format.OnInvalid,
        CleanRule.Cast cast => cast.OnInvalid,
        _ => OnInvalid.Keep,
    };

    string? ValueOf(CleanRule rule, string old, bool isOfText) => rule switch
    {
        CleanRule.Text { Way: var way } => way.Sql(old),
        CleanRule.Replace replace => $"regexp_replace({old}, {Literal(replace.Regex)}, {Literal(replace.By)}, 'g')",
        CleanRule.Values values =>
            $"CASE {old} {string.Concat(values.ByOld.Select(pair =>
                $"WHEN {Literal(pair.Key)} THEN {LiteralOrNull(pair.Value)} "))}ELSE {old} END",
        CleanRule.Format format => $"foz_format({Literal(format.FormatName)}, {old}::VARCHAR)",
        CleanRule.Cast cast => TypeOf(cast) is { } type ? CastSql.Of(cast, old, isOfText, type) : null,
        CleanRule.Fill fill => $"coalesce({old}, {Literal(fill.Value)})",
        _ => throw new System.Diagnostics.UnreachableException(rule.Name),
    };
}
