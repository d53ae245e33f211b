using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Materializations;

/// <summary>
/// The rows of a seed's CSV file. A column has the type that is declared, else one whose text is the file's again:
/// 01310 stays a text.
/// </summary>
/// <param name="session">The session that reads the file; its temporary table <c>foz_seed</c> is replaced.</param>
/// <param name="model">The seed.</param>
/// <param name="seed">Its file.</param>
sealed class SeedRows(EngineSession session, Model model, Materialization.Seed seed)
{
    const string Texts = "foz_seed";

    /// <summary>The digits of a decimal, some of them after its point; the next file may have more before it.</summary>
    const int DigitsUsual = 18;
    const int DigitsMax = 38;
    const int FractionUsual = 9;

    /// <summary>A column of the file.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Text">SQL of its text in <see cref="Texts"/>.</param>
    /// <param name="Declared">What the project says of it; null for nothing.</param>
    sealed record Column(string Name, string Text, ColumnDefinition? Declared);

    /// <summary>The SELECT of the rows.</summary>
    /// <exception cref="FozException">
    /// The file is no CSV, has a row that cannot be read, lacks a declared column, or holds what is not of a declared
    /// type.
    /// </exception>
    public string Select(CancellationToken cancellationToken)
    {
        var names = new SeedFile(model, seed).Load(session, Texts, cancellationToken);
        foreach (var declared in model.Columns.Where(column =>
            !names.Contains(column.Name, StringComparer.OrdinalIgnoreCase)))
            throw new FozException(ErrorKind.Data, $"{model.File} has no column '{declared.Name}'")
            {
                Place = declared.Place, Hint = NearestName.Hint(declared.Name, names),
            };
        var columns = names.Select((name, i) => new Column(name, $"c{i}", DeclaredOf(name))).ToList();
        var sniffed = Sniff([.. columns.Where(column => column.Declared?.Type is null)], cancellationToken);
        var values = columns.Select(column =>
        {
            var type = sniffed.TryGetValue(column, out var found) ? found : Checked(column, cancellationToken);
            var value = type == "VARCHAR" ? column.Text : $"CAST({column.Text} AS {type})";
            return $"{value} AS {SqlText.Identifier(column.Name)}";
        });
        return $"SELECT {string.Join(", ", values)} FROM {Texts}";
    }

    ColumnDefinition? DeclaredOf(string column) =>
        model.Columns.FirstOrDefault(declared =>
            string.Equals(declared.Name, column, StringComparison.OrdinalIgnoreCase));

    /// <summary>The types of columns for which none is declared.</summary>
    Dictionary<Column, string> Sniff(IReadOnlyList<Column> columns, CancellationToken cancellationToken)
    {
        if (columns.Count == 0) return [];
        using var rows = session.Query(
            $"SELECT {string.Join(", ", columns.Select(column => Tests(column.Text)))} FROM {Texts}",
            cancellationToken);
        var found = rows.Rows(cancellationToken).First();
        return columns.Index().ToDictionary(column => column.Item, column => (string)found[column.Index]!);
    }

    /// <summary>The first type in which all texts of a column are what they are in the file.</summary>
    static string Tests(string c)
    {
        const string Number = "'-?(0|[1-9][0-9]*)(\\.[0-9]+)?'";
        var fraction = $"max(len(regexp_extract({c}, '\\.([0-9]+)$', 1)))";
        var leastFraction = $"min(len(regexp_extract({c}, '\\.([0-9]+)$', 1)))";
        var digits = $"(max(len(regexp_extract({c}, '^-?([0-9]+)', 1))) + {fraction})";
        // Digits after the point belong to a number if no value ends in 0, or if all have equally many: a version such
        // as 1.10 is no number.
        var isDecimal = $"bool_and(regexp_full_match({c}, {Number})) AND {digits} <= {DigitsMax} "
            + $"AND ({leastFraction} = {fraction} OR NOT bool_or(regexp_full_match({c}, '.*\\.[0-9]*0')))";
        var precision =
            $"CASE WHEN {digits} <= {DigitsUsual} AND {fraction} <= {FractionUsual} THEN "
                + $"{DigitsUsual} ELSE {DigitsMax} END";
        return $"""
            CASE WHEN count({c}) = 0 THEN 'VARCHAR'
            WHEN bool_and({c} IN ('true', 'false')) THEN 'BOOLEAN'
            WHEN bool_and(CAST(TRY_CAST({c} AS BIGINT) AS VARCHAR) IS NOT DISTINCT FROM {c}) FILTER ({c} IS NOT NULL) THEN 'BIGINT'
            WHEN {isDecimal} THEN 'DECIMAL(' || {precision} || ',' || {fraction} || ')'
            WHEN bool_and(CAST(TRY_CAST({c} AS DATE) AS VARCHAR) IS NOT DISTINCT FROM {c}) FILTER ({c} IS NOT NULL) THEN 'DATE'
            WHEN bool_and(regexp_full_match({c}, '[0-9]{"{4}"}-[0-9][0-9]-[0-9][0-9][ T][0-9][0-9]:[0-9][0-9](:[0-9][0-9](\.[0-9]{"{1,6}"})?)?')
                AND TRY_CAST({c} AS TIMESTAMP) IS NOT NULL) FILTER ({c} IS NOT NULL) THEN 'TIMESTAMP'
            ELSE 'VARCHAR' END
            """;
    }

    /// <summary>A declared type that all values of its column have.</summary>
    string Checked(Column column, CancellationToken cancellationToken)
    {
        var declared = column.Declared!;
        var type = declared.Type!;
        string misfits;
        try
        {
            misfits = TextCasts.Misfits(session, column.Text, type, cancellationToken);
        }
        catch (FozException e) when (e.Kind is not ErrorKind.Canceled)
        {
            throw new FozException(ErrorKind.Configuration, $"'{type}' is no type: {e.Message}", e)
            {
                Place = declared.Place,
            };
        }
        using var rows = session.Query(
            $"SELECT {SeedFile.LineColumn}, {column.Text} FROM {Texts} WHERE {misfits} ORDER BY "
                + $"{SeedFile.LineColumn} LIMIT 1",
            cancellationToken);
        foreach (var row in rows.Rows(cancellationToken))
        {
            throw new FozException(
                ErrorKind.Data, $"'{row[1]}' in column {column.Name} of {model.File} is no {type}")
            {
                Place = new(model.File, Convert.ToInt32(row[0], CultureInfo.InvariantCulture)),
                Hint = $"{declared.Place} declares the type",
            };
        }
        return type;
    }
}
