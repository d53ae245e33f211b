using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Engine;
using static Foz.Lake.Sql.SqlText;

namespace Foz.Pipelines.Quality.Contracts;

/// <summary>
/// What a table promises: exactly these columns, with these types, and where it says so without nulls.
/// </summary>
/// <param name="Columns">The columns, at least one.</param>
public sealed record TableContract(IReadOnlyList<ContractColumn> Columns)
{
    /// <summary>The columns that hold no nulls.</summary>
    public IEnumerable<ContractColumn> Required => Columns.Where(column => !column.IsNullable);

    /// <summary>Reads <c>contract: enforced</c> or dbt's <c>contract: {enforced: true}</c>.</summary>
    /// <param name="reader">What it stands in.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <returns>Whether there is a contract; null where nothing is said.</returns>
    public static bool? Read(MappingReader reader, ErrorList errors)
    {
        const string Key = "contract";
        switch (reader.Node(Key))
        {
            case null:
                return null;
            case YamlNode.Mapping mapping:
                var inner = new MappingReader(mapping, errors);
                var isEnforced = inner.Flag("enforced");
                inner.Finish();
                return isEnforced ?? true;
            case YamlNode.Scalar { Text: "enforced" }:
                return true;
            case var node:
                errors.Add(node.Place, $"unknown {Key} {node.Kind}", "write contract: enforced");
                return null;
        }
    }

    /// <summary>Compares the columns of rows with the contract.</summary>
    /// <param name="session">A session, to read types as the engine does.</param>
    /// <param name="table">The table, for the message.</param>
    /// <param name="actual">The columns of the rows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">They differ; tells every column that does.</exception>
    public void Check(
        EngineSession session, string table, IReadOnlyList<EngineColumn> actual, CancellationToken cancellationToken)
    {
        var errors = new ErrorList();
        var byName = actual.ToDictionary(column => column.Name, StringComparer.OrdinalIgnoreCase);
        var stray = actual.Where(column => !Columns.Any(c => Same(c.Name, column.Name))).ToList();
        foreach (var column in Columns)
        {
            if (!byName.TryGetValue(column.Name, out var found))
            {
                errors.Add(
                    column.Place, $"{table} breaks its contract: the column '{column.Name}' is missing",
                    NearestName.Find(column.Name, stray.Select(s => s.Name)) is { } near ? $"is it '{near}'?" : null);
            }
            else if (!found.IsNull && TypeOf(session, column, errors, cancellationToken) is { } type
                && type != found.TypeName)
            {
                errors.Add(
                    column.Place, $"{table} breaks its contract: '{column.Name}' is {found.TypeName} instead of {type}",
                    "cast it, or change the contract");
            }
        }
        foreach (var column in stray)
            errors.Add(
                Columns[0].Place, $"{table} breaks its contract: '{column.Name}' ({column.TypeName}) is not in it",
                "declare the column, or leave it out");
        errors.ThrowIfAny();
    }

    /// <summary>
    /// Returns a SELECT of one row: the number of nulls in each column that must have none, in the order of
    /// <see cref="Required"/>.
    /// </summary>
    /// <param name="relation">The rows, as SQL that may follow FROM.</param>
    public string CountNulls(string relation) => string.Create(
        null,
        $"SELECT {string.Join(", ", Required.Select(column => $"count(*) - count({Identifier(column.Name)})"))} FROM "
            + $"{relation}");

    /// <summary>The error of a column with nulls that promises none.</summary>
    public static FozException HasNulls(string table, ContractColumn column, long nulls) => new(
        ErrorKind.Data,
        $"{table} breaks its contract: '{column.Name}' is null in {nulls:N0} {(nulls == 1 ? "row" : "rows")}")
    {
        Place = column.Place,
        Hint = "fill it, quarantine these rows by the check not_null, or let the contract allow nulls",
    };

    static string? TypeOf(
        EngineSession session, ContractColumn column, ErrorList errors, CancellationToken cancellationToken)
    {
        try
        {
            return session.Describe($"SELECT CAST(NULL AS {column.Type}) AS a", cancellationToken)[0].TypeName;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql)
        {
            errors.Add(column.Place, $"the type '{column.Type}' of '{column.Name}' is not known: {e.Message}", e.Hint);
            return null;
        }
    }

    static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A column of a contract.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, in DuckDB's words.</param>
/// <param name="IsNullable">Whether it may hold nulls.</param>
/// <param name="Place">Where it stands in the project.</param>
public sealed record ContractColumn(string Name, string Type, bool IsNullable, Place Place);
