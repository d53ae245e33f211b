using System.Globalization;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>What the columns of events are: keys and values of rows, their order, and what they do.</summary>
sealed class CdcInput
{
    /// <summary>The names of the columns of a history: when a version begins, and when it ends.</summary>
    public const string StartAt = "__START_AT", EndAt = "__END_AT";

    // The rows of a copy have no number in a transaction: they are before all changes of their position.
    const string FirstNumber = "-1";

    readonly Model model;
    readonly string? hasOtherKey;

    CdcInput(Model model, IncrementalStrategy.Cdc strategy, IReadOnlyList<EngineColumn> given)
    {
        (this.model, Strategy) = (model, strategy);
        var names = given.Select(column => column.Name).ToList();
        HasAbsent = names.Contains(ChangeColumns.Unchanged, StringComparer.OrdinalIgnoreCase);
        Arrival = [.. ArrivalColumns.Where(column => names.Contains(column, StringComparer.OrdinalIgnoreCase))];
        Keys = [.. strategy.Keys.Select(key => names.First(name => Is(name, key)))];
        Columns = [.. names.Where(strategy.Takes)];
        Sequence = strategy.FromSnapshot ? [] : strategy.ReadsLog
            ?
            [
                (ChangeColumns.Lsn, ChangeColumns.Lsn),
                (ChangeColumns.Seq, $"coalesce({ChangeColumns.Seq}, {FirstNumber})"),
            ]
            : [.. strategy.SequenceBy.Select(column => (column, SqlText.Identifier(column)))];
        hasOtherKey = strategy.ReadsLog ? OtherKeySql(given) : null;
        SequenceTypes = [.. Sequence.Select(part => given.First(column => Is(column.Name, part.Name)).TypeName)];
    }

    static string[] ArrivalColumns => [ChangeColumns.SyncedAt, ChangeColumns.Lsn, ChangeColumns.Seq];

    /// <summary>Gets the strategy.</summary>
    public IncrementalStrategy.Cdc Strategy { get; }

    /// <summary>Gets the columns of the key.</summary>
    public IReadOnlyList<string> Keys { get; }

    /// <summary>Gets the columns of the table, those of the key among them.</summary>
    public IReadOnlyList<string> Columns { get; private init; }

    /// <summary>Gets the columns of the table that are not of the key.</summary>
    public IReadOnlyList<string> Values => [.. Columns.Where(column => !Has(Keys, column))];

    /// <summary>Gets the parts of the sequence: a name, and SQL over the rows.</summary>
    public IReadOnlyList<(string Name, string Sql)> Sequence { get; }

    /// <summary>Gets DuckDB's types of these parts.</summary>
    public IReadOnlyList<string> SequenceTypes { get; }

    /// <summary>Gets the columns that show in which order events of one sequence arrived.</summary>
    public IReadOnlyList<string> Arrival { get; }

    /// <summary>Gets whether events name the columns that the source did not send.</summary>
    public bool HasAbsent { get; }

    /// <summary>
    /// Gets the columns of the rows that are not one of the log's under its own name, with what they are made from;
    /// null where that is not known.
    /// </summary>
    public IReadOnlyDictionary<string, CdcOrigin>? Derived { get; private init; } =
        new Dictionary<string, CdcOrigin>();

    /// <summary>
    /// Gets SQL of the names of columns that a row lacks, as its source did not send what they are made from.
    /// </summary>
    public string AbsentSql
    {
        get
        {
            if (!HasAbsent) return "NULL";
            if (Derived is null or { Count: 0 }) return ChangeColumns.Unchanged;
            var sent = Derived.Where(column => !Has(column.Value.Columns, column.Key)).Select(column => column.Key);
            var parts = Derived.Where(column => column.Value.Columns.Count > 0).Select(column =>
                $"CASE WHEN {Lacks("any", column.Value.Columns)} THEN [{SqlText.Literal(column.Key)}] ELSE [] END");
            return $"CASE WHEN {ChangeColumns.Unchanged} IS NOT NULL THEN list_concat(list_filter("
                + $"{ChangeColumns.Unchanged}, lambda foz_name: foz_name NOT IN ({Texts(sent.Append(""))})), "
                + $"{string.Join(", ", parts.Append("[]"))}) END";
        }
    }

    /// <summary>SQL of whether the source did not send any, or all, of some columns.</summary>
    static string Lacks(string which, IEnumerable<string> columns) =>
        $"list_has_{which}({ChangeColumns.Unchanged}, [{Texts(columns)}])";

    /// <summary>
    /// SQL of whether a row lacks some of what a column is made from, and has others that may be new. A key is as it
    /// was, but for the row that an update of it makes, which comes as an insert.
    /// </summary>
    string LacksSomeSql(CdcOrigin origin)
    {
        var others = origin.Columns.Where(column => !Has(Keys, column)).ToList();
        var some = origin.HasOthers ? "true" : $"NOT {Lacks("all", others)}";
        if (others.Count < origin.Columns.Count) some += $" OR {ChangeColumns.Op} = 'c'";
        return $"({Lacks("any", others)} AND ({some}))";
    }

    /// <summary>The columns that are made from several others, of which a row may have some and lack some.</summary>
    IEnumerable<KeyValuePair<string, CdcOrigin>> Mixed => !HasAbsent || Derived is null
        ? []
        : Derived.Where(column => Has(Columns, column.Key)
            && (column.Value is { Columns.Count: > 1 } or { Columns.Count: 1, HasOthers: true })
            && column.Value.Columns.Any(name => !Has(Keys, name)));

    static string Texts(IEnumerable<string> names) => string.Join(", ", names.Select(SqlText.Literal));

    /// <summary>Gets DuckDB's type of a sequence: that of its one part, or a struct of them.</summary>
    public string SequenceType => Sequence.Count == 1
        ? SequenceTypes[0]
        : $"STRUCT({string.Join(", ", Sequence.Zip(SequenceTypes, (part, type) =>
            $"{SqlText.Identifier(part.Name)} {type}"))})";

    /// <summary>Gets SQL of the sequence of a row; NULL where a part of it is NULL.</summary>
    public string SequenceSql => Sequence is [var only]
        ? only.Sql
        : $"CASE WHEN {string.Join(" AND ", Sequence.Select(part => $"{part.Sql} IS NOT NULL"))} THEN struct_pack("
            + string.Join(", ", Sequence.Select(part => $"{SqlText.Identifier(part.Name)} := {part.Sql}")) + ") END";

    /// <summary>Gets SQL of a sequence of a log that is before those of all of its events.</summary>
    public string FirstSequence => $"CAST({{{string.Join(", ", Sequence.Select(part =>
        $"{SqlText.Literal(part.Name)}: {FirstNumber}"))}}} AS {SequenceType})";

    /// <summary>
    /// Gets SQL of what a row does: <c>t</c> deletes all rows, <c>d</c> one, <c>u</c> writes one, <c>m</c> gives a row
    /// another key without a word of the log that the old one is gone, <c>p</c> writes one, and lacks some of the
    /// values that one of its columns is made from.
    /// </summary>
    public string OperationSql
    {
        get
        {
            var (truncates, deletes) = (Strategy.Truncates, Strategy.Deletes);
            var lacks = string.Join(" OR ", Mixed.Select(column => LacksSomeSql(column.Value)));
            var cases = (hasOtherKey is null ? "" : $"WHEN {hasOtherKey} THEN 'm' ")
                + (truncates is null ? "" : $"WHEN ({truncates}\n) THEN 't' ")
                + (deletes is null ? "" : $"WHEN ({deletes}\n) THEN 'd' ")
                + (lacks.Length == 0 ? "" : $"WHEN {lacks} THEN 'p' ");
            return cases.Length == 0 ? "'u'" : $"CASE {cases}ELSE 'u' END";
        }
    }

    /// <summary>Reads what the columns of rows are.</summary>
    /// <exception cref="FozException">One of the table's is called as the strategy calls its own.</exception>
    public static CdcInput Of(
        Model model, IncrementalStrategy.Cdc strategy, Relation rows, CancellationToken cancellationToken)
    {
        if (strategy.Keys.Count == 0)
            throw new FozException(
                ErrorKind.Configuration,
                model.IsImplicit
                    ? $"'silver: current' needs 'keys' of the stream '{model.Name.Name}': its table has none, or "
                        + "cannot be read"
                    : $"'strategy: cdc' of {model.Name} needs 'keys'")
            {
                Place = model.Place,
                Hint = "name the columns that identify a row: keys: [id]; or give the source's table a primary key",
            };
        var given = rows.Describe(cancellationToken);
        var input = new CdcInput(model, strategy, given);
        var own = strategy.KeepsHistory ? new[] { StartAt, EndAt } : [];
        foreach (var column in own.Where(column => Has(input.Columns, column)))
            throw new FozException(
                ErrorKind.Data, $"{model.Name} has a column '{column}', which its strategy cdc fills itself")
            {
                Place = model.Place, Hint = $"leave it out: except_columns: [{column}]",
            };
        if (strategy.IgnoresNullUpdates
            && given.FirstOrDefault(column => Has(input.Values, column.Name) && column.TypeName.StartsWith(
                "STRUCT", StringComparison.Ordinal)) is { } nested)
            throw new FozException(
                ErrorKind.Data,
                $"'ignore_null_updates' of {model.Name} is not supported with structs, "
                    + $"as its column '{nested.Name}' is")
            {
                Place = model.Place, Hint = "give each field of it a column of its own in the SELECT",
            };
        return input;
    }

    /// <summary>Returns the same with what columns are made from.</summary>
    public CdcInput With(IReadOnlyDictionary<string, CdcOrigin>? derived) =>
        new(this) { Derived = derived };

    /// <summary>Returns the same without columns that the table does not take.</summary>
    public CdcInput With(IReadOnlyList<string> columns) => new(this) { Columns = columns };

    /// <summary>
    /// SQL of whether an update changed the key; null where rows before updates are not there. A source's log names
    /// rows by a key of its own, and has such an update of that one as two changes.
    /// </summary>
    string? OtherKeySql(IReadOnlyList<EngineColumn> given)
    {
        var before = given.FirstOrDefault(column => Is(column.Name, ChangeColumns.Before))?.Type.Fields ?? [];
        if (!Keys.All(key => before.Any(field => Is(field.Name, key)))) return null;
        var differ = Keys.Select(SqlText.Identifier)
            .Select(key => $"{ChangeColumns.Before}.{key} IS DISTINCT FROM {key}");
        return $"{ChangeColumns.Op} = 'u' AND {ChangeColumns.Before} IS NOT NULL AND ({string.Join(" OR ", differ)})";
    }

    /// <summary>Returns the error of updates that changed the key.</summary>
    /// <param name="count">How many they are.</param>
    public FozException OtherKeys(long count) => new(
        ErrorKind.Data,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{count:N0} updates change the keys of {model.Name} ({string.Join(", ", Keys)}), which are not the key "
                + $"that the source's log names rows by"))
    {
        Place = model.Place,
        Hint = "let the source's table have them as its primary key, and copy it again: foz stream reset; or state "
            + "keys that no update changes",
    };

    /// <summary>Returns the error of changes that lack some of the values that a column is made from.</summary>
    /// <param name="count">How many they are.</param>
    public FozException Lacking(long count)
    {
        var names = Mixed.Select(column => column.Key).ToList();
        return new(
            ErrorKind.Data,
            string.Create(
                CultureInfo.InvariantCulture,
                $"the source sent {count:N0} {(count == 1 ? "change" : "changes")} without values that did not change, "
                    + $"and {model.Name} makes {string.Join(", ", names)} from these and others"))
        {
            Place = model.Place,
            Hint = $"read the columns as they are, and make {string.Join(", ", names)} in a model that reads this one",
        };
    }

    CdcInput(CdcInput other)
    {
        hasOtherKey = other.hasOtherKey;
        (model, Strategy, Keys, Columns) = (other.model, other.Strategy, other.Keys, other.Columns);
        (Sequence, SequenceTypes, Arrival, HasAbsent, Derived) =
            (other.Sequence, other.SequenceTypes, other.Arrival, other.HasAbsent, other.Derived);
    }

    /// <summary>Whether the changes of a column begin a version of a history.</summary>
    public bool IsTracked(string column) => Strategy.TrackedColumns.Count > 0
        ? Has(Strategy.TrackedColumns, column)
        : !Has(Strategy.UntrackedColumns, column);

    static bool Has(IEnumerable<string> columns, string column) =>
        columns.Contains(column, StringComparer.OrdinalIgnoreCase);

    static bool Is(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What a column of events is made from.</summary>
/// <param name="Columns">The columns of change streams, each once.</param>
/// <param name="HasOthers">Whether there are columns of other tables, too.</param>
sealed record CdcOrigin(IReadOnlyList<string> Columns, bool HasOthers);
