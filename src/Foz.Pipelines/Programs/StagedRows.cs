using System.Globalization;
using Foz.Lake;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Pipelines.Programs;

/// <summary>Rows in files, read with the types that their columns are to have.</summary>
/// <param name="files">The files.</param>
/// <param name="session">The session that reads them.</param>
sealed class StagedRows(StagedFiles files, EngineSession session)
{
    const int ValueLengthMax = 60;
    const string MisfitHint = "change the value in the program, or the column's type under 'columns'";

    /// <summary>The types that columns are to have, in DuckDB's words, by name.</summary>
    public IReadOnlyDictionary<string, string> ColumnTypes { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The columns of a table without rows, should there be no files, with their types in DuckDB's words; empty where
    /// they are not known.
    /// </summary>
    public IReadOnlyList<(string Name, string Type)> EmptyColumns { get; init; } = [];

    /// <summary>Returns the rows, which last as long as the files.</summary>
    /// <exception cref="FozException">
    /// There is no table: neither rows nor known columns, or files that are none; or a value has not its column's type.
    /// </exception>
    public Relation Open(CancellationToken cancellationToken)
    {
        if (files.Ending is not { } ending) return new(session, SelectNone());
        var list = string.Join(", ", files.Paths.Select(SqlText.Literal));
        var isRows = ending is ".json" or ".jsonl" or ".ndjson";
        if (isRows && files.ReadColumns() is { } written)
        {
            if (written.Count == 0) throw files.Wrong("gave rows without columns");
            var texts = string.Join(", ", written.Select(c => $"{SqlText.Literal(c.Name)}: 'VARCHAR'"));
            return Open(
                $"read_json([{list}], format := 'newline_delimited', columns := {{{texts}}})",
                [.. written.Select(Of)], cancellationToken);
        }
        var areTexts = ColumnTypes.Count > 0 ? "true" : "false";
        var relation = ending switch
        {
            ".parquet" => $"read_parquet([{list}], union_by_name := true)",
            ".csv" => $"read_csv([{list}], header := true, all_varchar := {areTexts}, union_by_name := true)",
            _ when isRows => $"read_json([{list}], format := 'auto', union_by_name := true)",
            _ => throw files.Wrong($"gave files '{ending}', which are no table"),
        };
        var columns = session.Describe($"SELECT * FROM {relation}", cancellationToken)
            .Select(c => new GivenColumn(c.Name, SqlText.Identifier(c.Name), null));
        return Open(relation, [.. columns], cancellationToken);
    }

    Relation Open(string relation, IReadOnlyList<GivenColumn> columns, CancellationToken cancellationToken)
    {
        var select = Cast(column => ColumnTypes.GetValueOrDefault(column.Name) ?? column.Type);
        var asGiven = Cast(column => column.Type);
        var own = session.Describe(asGiven, cancellationToken);
        var wanted = select == asGiven ? own : session.Describe(select, cancellationToken);
        Check(relation, columns, own, wanted, cancellationToken);
        return new(session, select, columns: wanted);

        string Cast(Func<GivenColumn, string?> typeOf) => $"SELECT {string.Join(", ", columns.Select(c =>
            (typeOf(c) is { } type ? $"CAST({c.Value} AS {type})" : c.Value)
                + $" AS {SqlText.Identifier(c.Name)}"))} FROM {relation}";
    }

    /// <summary>
    /// Finds a value that its column does not hold: what reads the rows would not say whose and where it is.
    /// </summary>
    void Check(
        string relation, IReadOnlyList<GivenColumn> columns, IReadOnlyList<EngineColumn> own,
        IReadOnlyList<EngineColumn> wanted,
        CancellationToken cancellationToken)
    {
        var doubtful = columns.Zip(own, wanted).Where(c => c.Second.TypeName != c.Third.TypeName || c.Third.IsDecimal)
            .ToList();
        // One look at all, and then at each, to tell which it is.
        if (doubtful.Count == 0
            || !Look(relation, doubtful.Select(c => Misfits(c.First.Value, c.Third)), cancellationToken).HasMisfits)
            return;
        foreach (var (column, _, type) in doubtful)
        {
            var (hasMisfits, error) = Look(relation, [Misfits(column.Value, type)], cancellationToken);
            if (error is not null)
                throw files.Wrong(
                    $"gave a value for the column '{column.Name}' that is no {type.TypeName}: {error.Message}",
                    MisfitHint);
            if (hasMisfits) throw Misfit(relation, column, type, cancellationToken);
        }
    }

    /// <summary>
    /// Whether one of some conditions holds of a row; with an error where a part of a list or struct cannot even be
    /// tried.
    /// </summary>
    (bool HasMisfits, FozException? Error) Look(
        string relation, IEnumerable<string> conditions, CancellationToken cancellationToken)
    {
        try
        {
            var sql = $"SELECT coalesce(bool_or({string.Join(" OR ", conditions)}), false) FROM {relation}";
            return (session.QueryScalar<bool>(sql, cancellationToken), null);
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Resource)
        {
            return (true, e);
        }
    }

    FozException Misfit(string relation, GivenColumn column, EngineColumn wanted, CancellationToken cancellationToken)
    {
        using var found = session.Query(
            $"SELECT number, left(CAST(value AS VARCHAR), {ValueLengthMax}) FROM (SELECT row_number() OVER () AS "
                + $"number, {column.Value} AS value "
            + $"FROM {relation}) WHERE {Misfits("value", wanted)} ORDER BY number LIMIT 1", cancellationToken);
        var row = found.Rows(cancellationToken).Single();
        return new(
            ErrorKind.Data,
            string.Create(
                CultureInfo.InvariantCulture,
                $"the program of {files.Model} gave '{row[1]}' in row {row[0]} for the column "
                    + $"'{column.Name}', which is {wanted.TypeName}"))
        {
            Place = files.Place, Hint = MisfitHint,
        };
    }

    /// <summary>Whether a value is none of a type; a fraction is no integer, though a cast would round it.</summary>
    static string Misfits(string value, EngineColumn wanted)
    {
        // Parts of a value that are not of their type are NULL where it is tried, and an error where it is done.
        var cast = wanted.IsNested ? "CAST" : "TRY_CAST";
        var misfits = $"({value} IS NOT NULL AND {cast}({value} AS {wanted.TypeName}) IS NULL)";
        return wanted.IsInteger
            ? $"({misfits} OR coalesce(TRY_CAST(CAST({value} AS VARCHAR) AS DOUBLE) % 1 <> 0, false))"
            : misfits;
    }

    /// <summary>No rows, where the columns are known without them.</summary>
    string SelectNone() => EmptyColumns.Count == 0
        ? throw files.Wrong(
            "gave no rows", "declare the columns with their types under 'columns': a table without rows is then made")
        : $"SELECT {string.Join(", ", EmptyColumns.Select(c =>
            $"CAST(NULL AS {c.Type}) AS {SqlText.Identifier(c.Name)}"))} WHERE false";

    /// <summary>
    /// A column of rows that the helper wrote: every value as text, with the kind that it turned out to be.
    /// </summary>
    static GivenColumn Of(WrittenColumn column)
    {
        var name = SqlText.Identifier(column.Name);
        return column.Kind switch
        {
            "binary" => new(column.Name, $"from_base64({name})", "BLOB"),
            // A list or struct is cast from JSON, which its text is.
            "json" => new(column.Name, $"CAST({name} AS JSON)", "JSON"),
            "boolean" => new(column.Name, name, "BOOLEAN"),
            "bigint" => new(column.Name, name, "BIGINT"),
            "double" => new(column.Name, name, "DOUBLE"),
            "decimal" => new(column.Name, name, $"DECIMAL(38, {Math.Clamp(column.Scale, 0, 38)})"),
            "date" => new(column.Name, name, "DATE"),
            "timestamp" => new(column.Name, name, "TIMESTAMP"),
            "timestamp_tz" => new(column.Name, name, "TIMESTAMPTZ"),
            _ => new(column.Name, name, "VARCHAR"),
        };
    }
}

/// <summary>A column of what a program gave.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">SQL of its values as they were written.</param>
/// <param name="Type">The type that they are to have, where none is declared; null for their own.</param>
sealed record GivenColumn(string Name, string Value, string? Type);

/// <summary>A column of rows that came back from Python.</summary>
sealed record WrittenColumn(string Name, string Kind, int Scale);
