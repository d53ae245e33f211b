using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Lake.Catalog;

/// <summary>What to do where a function of numbers is given a column that a stream brought as text.</summary>
public static class TextColumns
{
    const string UndefinedFunction = "42883", Distinct = "distinct", Text = "(VARCHAR)";

    /// <summary>Whether an error is of a function that takes no text.</summary>
    public static bool IsCauseOf(FozException error) => FunctionOf(error) is not null;

    /// <summary>The error, with the stream whose types to declare as its hint where one brought the column.</summary>
    /// <param name="error">The error.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="names">Resolves names.</param>
    /// <param name="session">Reads the statement.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<FozException> ExplainAsync(
        FozException error, string sql, INameResolver names, EngineSession session,
        CancellationToken cancellationToken)
    {
        var statement = await new StatementResolver(names, session).ResolveAsync(sql, cancellationToken);
        var called = statement.Analysis.Columns
            .Where(column => IsArgument(sql, column.Span, FunctionOf(error)!)).Select(column => column.Parts[^1]);
        var found = from name in called
                    from table in statement.Analysis.Tables
                    from field in statement.FieldsOf(table.Span) ?? []
                    where field.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && field.Type == DataType.String
                        && field.Metadata.ContainsKey(Field.SourceTypeKey)
                    select $"column {field.Name} of {table.Schema}.{table.Name} is text: declare its type at that "
                        + $"stream, such as columns: {{{field.Name}: 'decimal(18,2)'}}, and run it with --full-refresh";
        return found.FirstOrDefault() is { } hint
            ? new(error.Kind, error.Message, error) { Place = error.Place, SqlState = error.SqlState, Hint = hint }
            : error;
    }

    /// <summary>The function that was given one text; null where the error is another.</summary>
    static string? FunctionOf(FozException error)
    {
        var end = error.SqlState == UndefinedFunction ? error.Message.IndexOf(Text, StringComparison.Ordinal) : -1;
        var start = end < 0 ? -1 : error.Message.LastIndexOf('\'', end);
        return start < 0 ? null : error.Message[(start + 1)..end];
    }

    static bool IsArgument(string sql, SqlSpan column, string function)
    {
        var before = sql.AsSpan(0, column.Start).TrimEnd();
        if (before.EndsWith(Distinct, StringComparison.OrdinalIgnoreCase))
            before = before[..^Distinct.Length].TrimEnd();
        return before is [.., '('] && before[..^1].TrimEnd().EndsWith(function, StringComparison.OrdinalIgnoreCase);
    }
}
