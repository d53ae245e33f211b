using Foz.Lake;
using Foz.Lake.Data;
using Foz.Lake.Sql;
using Foz.Serving.Governance;
using Foz.Serving.Sql;

namespace Foz.Serving.Sessions;

/// <summary>The access that a statement was granted and denied while its names were resolved.</summary>
sealed class StatementAccess
{
    const int ReasonLengthMax = 500;

    readonly Dictionary<TableName, IReadOnlyList<string>> reads = [];
    readonly List<string> denials = [];
    readonly Dictionary<string, TableName> hidden = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What was granted when its names were looked up; null where that was not asked.</summary>
    public AccessList? Granted { get; private set; }

    /// <summary>Whether rows or columns that it reads are hidden or masked.</summary>
    public bool IsPartial { get; private set; }

    /// <summary>The tables and views that it reads.</summary>
    public IReadOnlyCollection<TableName> Tables => reads.Keys;

    /// <summary>Records that a table or view is read.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">The columns that the user may see.</param>
    /// <param name="all">All columns.</param>
    public void Read(TableName table, IReadOnlyList<string> columns, IEnumerable<string> all)
    {
        reads[table] = columns;
        foreach (var column in all.Except(columns, StringComparer.OrdinalIgnoreCase)) hidden[column] = table;
    }

    /// <summary>Notes what is granted: what is looked at first holds for the statement.</summary>
    public AccessList Ask(AccessList granted)
    {
        Granted ??= granted;
        return granted;
    }

    /// <summary>Notes that rows or columns are hidden or masked.</summary>
    public void NotePartial() => IsPartial = true;

    /// <summary>Makes sure that who began the statement may still read what it reads, as it was then.</summary>
    /// <param name="grantee">Who began it.</param>
    /// <param name="access">Gives what is granted now.</param>
    /// <exception cref="FozException">What is granted of a table has changed, or cannot be known.</exception>
    public void CheckUnchanged(Grantee grantee, Func<AccessList> access)
    {
        if (Granted is not { } before || access() is not { } now || ReferenceEquals(now, before)) return;
        foreach (var table in reads.Keys)
            if (now.RightsOf(grantee, table) != before.RightsOf(grantee, table))
                throw new FozException(
                    ErrorKind.Denied,
                    $"permission denied: what is granted of {table} has changed since the statement began")
                {
                    Hint = "run the statement again",
                };
        Granted = now;
    }

    /// <summary>Records that something does not exist for the user, and would for others.</summary>
    public void Deny(string reason)
    {
        var text = reason.Length > ReasonLengthMax ? reason[..ReasonLengthMax] : reason;
        if (!denials.Contains(text)) denials.Add(text);
    }

    /// <summary>The columns of its tables that a statement uses, as <c>schema.table.column</c>.</summary>
    public IReadOnlyList<string> ColumnsOf(SqlAnalysis analysis)
    {
        var named = analysis.Columns.SelectMany(column => column.Parts).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var isAll = TakesAll(analysis);
        return
        [
            .. reads.SelectMany(read => read.Value.Where(column => isAll || named.Contains(column))
                .Select(column => $"{read.Key}.{column}")),
        ];
    }

    /// <summary>Whether a statement uses all columns of its tables.</summary>
    public static bool TakesAll(SqlAnalysis analysis) => analysis.TakesAllColumns || analysis.Columns.Any(
        column => column.Parts.Count == 1 && analysis.Tables.Any(
            table => column.Parts[0].Equals(table.Alias ?? table.Name, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Why a statement that failed was refused; null where it was not, but is wrong.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="error">How it failed.</param>
    public string? ReasonOf(string sql, FozException error)
    {
        if (error.SqlState is "42703" or null && error.Kind is ErrorKind.Sql)
            foreach (var (column, table) in hidden)
                if (StatementText.Names(sql, column)) Deny($"no grant on the column {column} of {table}");
        if (ServedFunctions.RefusalOf(error) is { } refusal) Deny(refusal);
        if (error.SqlState is "42704" && error.Message.Contains("configuration parameter", StringComparison.Ordinal))
            Deny(error.Message);
        if (denials.Count == 0 && error.Kind is ErrorKind.Denied) Deny(error.Message);
        if (denials.Count == 0 && StatementText.ReachesOut(sql)) Deny("statements of this kind are not served");
        return denials.Count == 0 ? null : string.Join("; ", denials);
    }
}
