using System.Globalization;
using Foz.Core.Configuration;
using Foz.Core.Engine;
using Foz.Core.Pipelines.Projects;

namespace Foz.Core.Pipelines.Materializations;

/// <summary>
/// The rows of a seed's CSV file. A column has the type that is declared, else one whose text is the file's again: 01310
/// stays a text.
/// </summary>
/// <param name="session">The session that reads the file.</param>
/// <param name="model">The seed.</param>
/// <param name="seed">Its file.</param>
sealed class SeedRows(EngineSession session, Model model, Materialization.Seed seed)
{
    const int DigitsMax = 38;

    string Source =>
        $"read_csv({SqlText.Literal(seed.Path)}, all_varchar = true, header = true, delim = {SqlText.Literal(seed.Delimiter)}, "
        + "quote = '\"', escape = '\"')";

    /// <summary>The SELECT of the rows.</summary>
    /// <exception cref="FozException">The file is no CSV, lacks a declared column, or holds what is not of a declared type.</exception>
    public string Select(CancellationToken cancellationToken)
    {
        var columns = Columns(cancellationToken);
        foreach (var declared in model.Columns.Where(column => !columns.Contains(column.Name, StringComparer.OrdinalIgnoreCase)))
            throw new FozException(ErrorKind.Data, $"{model.File} has no column '{declared.Name}'")
            {
                Place = declared.Place, Hint = NearestName.Hint(declared.Name, columns),
            };
        var sniffed = Sniff([.. columns.Where(column => DeclaredOf(column)?.Type is null)], cancellationToken);
        var values = columns.Select(column =>
        {
            var type = DeclaredOf(column) is { Type: not null } declared ? Checked(declared, cancellationToken) : sniffed[column];
            var quoted = SqlText.Identifier(column);
            return type == "VARCHAR" ? quoted : $"CAST({quoted} AS {type}) AS {quoted}";
        });
        return $"SELECT {string.Join(", ", values)} FROM {Source}";
    }

    ColumnDefinition? DeclaredOf(string column) =>
        model.Columns.FirstOrDefault(declared => string.Equals(declared.Name, column, StringComparison.OrdinalIgnoreCase));

    List<string> Columns(CancellationToken cancellationToken)
    {
        try
        {
            return [.. session.Describe($"SELECT * FROM {Source}", cancellationToken).Select(column => column.Name)];
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            throw new FozException(ErrorKind.Data, $"{model.File} cannot be read as CSV: {e.Message}", e) { Place = model.Place };
        }
    }

    /// <summary>The types of columns for which none is declared.</summary>
    Dictionary<string, string> Sniff(IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        if (columns.Count == 0) return types;
        using var rows = session.Query(
            $"SELECT {string.Join(", ", columns.Select(column => Tests(SqlText.Identifier(column))))} FROM {Source}",
            cancellationToken);
        var found = rows.Rows(cancellationToken).First();
        for (var i = 0; i < columns.Count; i++) types[columns[i]] = (string)found[i]!;
        return types;
    }

    /// <summary>The first type in which all texts of a column are what they are in the file.</summary>
    static string Tests(string c)
    {
        const string Number = "'-?(0|[1-9][0-9]*)(\\.[0-9]+)?'";
        var fraction = $"len(regexp_extract({c}, '\\.([0-9]+)$', 1))";
        var whole = $"len(regexp_extract({c}, '^-?([0-9]+)', 1))";
        // Digits behind the point are the number's own where they end in none or all are as many: versions are no numbers.
        var isDecimal = $"bool_and(regexp_full_match({c}, {Number})) AND max({whole}) + max({fraction}) <= {DigitsMax} "
            + $"AND (min({fraction}) = max({fraction}) OR NOT bool_or(regexp_full_match({c}, '.*\\.[0-9]*0')))";
        return $"""
            CASE WHEN count({c}) = 0 THEN 'VARCHAR'
            WHEN bool_and({c} IN ('true', 'false')) THEN 'BOOLEAN'
            WHEN bool_and(CAST(TRY_CAST({c} AS BIGINT) AS VARCHAR) IS NOT DISTINCT FROM {c}) FILTER ({c} IS NOT NULL) THEN 'BIGINT'
            WHEN {isDecimal} THEN 'DECIMAL(' || (max({whole}) + max({fraction})) || ',' || max({fraction}) || ')'
            WHEN bool_and(CAST(TRY_CAST({c} AS DATE) AS VARCHAR) IS NOT DISTINCT FROM {c}) FILTER ({c} IS NOT NULL) THEN 'DATE'
            WHEN bool_and(regexp_full_match({c}, '[0-9]{"{4}"}-[0-9][0-9]-[0-9][0-9][ T][0-9][0-9]:[0-9][0-9](:[0-9][0-9](\.[0-9]{"{1,6}"})?)?')
                AND TRY_CAST({c} AS TIMESTAMP) IS NOT NULL) FILTER ({c} IS NOT NULL) THEN 'TIMESTAMP'
            ELSE 'VARCHAR' END
            """;
    }

    /// <summary>A declared type that all values of its column have.</summary>
    string Checked(ColumnDefinition column, CancellationToken cancellationToken)
    {
        var type = column.Type!;
        Data.DataType known;
        try
        {
            known = session.Describe($"SELECT CAST(NULL AS {type}) AS t", cancellationToken)[0].ToField().Type;
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            throw new FozException(ErrorKind.Configuration, $"'{type}' is no type: {e.Message}", e) { Place = column.Place };
        }
        var quoted = SqlText.Identifier(column.Name);
        var lossless = LosslessText.Test(quoted, known) is { } test ? $" OR NOT {test}" : "";
        using var rows = session.Query(
            $"""
            SELECT line, {quoted} FROM (SELECT {quoted}, 1 + row_number() OVER () AS line FROM {Source})
            WHERE {quoted} IS NOT NULL AND (TRY_CAST({quoted} AS {type}) IS NULL{lossless}) ORDER BY line LIMIT 1
            """, cancellationToken);
        foreach (var row in rows.Rows(cancellationToken))
        {
            throw new FozException(
                ErrorKind.Data, $"'{row[1]}' in column {column.Name} of {model.File} is no {type}")
            {
                Place = new(model.File, Convert.ToInt32(row[0], CultureInfo.InvariantCulture)),
                Hint = $"{column.Place} declares the type",
            };
        }
        return type;
    }
}
