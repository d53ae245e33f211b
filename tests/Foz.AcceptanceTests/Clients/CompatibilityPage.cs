using Foz.Tests;
using System.Globalization;
using System.Text;

namespace Foz.AcceptanceTests.Clients;

/// <summary>The page docs/reference/sql-compatibility.md.</summary>
static class CompatibilityPage
{
    const int StatementLengthMax = 90;

    static string File => Path.Combine(Repository.Root, "docs", "reference", "sql-compatibility.md");

    /// <summary>Checks that the page says what was found; FOZ_UPDATE_EXPECTED=1 writes it again.</summary>
    public static void Check(IReadOnlyList<ComparedStatement> compared)
    {
        var page = Write(compared);
        if (Expect.IsUpdating) System.IO.File.WriteAllText(File, page);
        Assert.Equal(System.IO.File.Exists(File) ? System.IO.File.ReadAllText(File) : "", page);
    }

    static string Write(IReadOnlyList<ComparedStatement> compared)
    {
        var page = new StringBuilder(
            """
            # Compatibility with PostgreSQL's clients

            Each statement that a client was seen to send to a PostgreSQL 15 server is sent to Foz and to PostgreSQL over the same tables: names
            and types of the columns, rows and SQLSTATEs are compared. A test does it and writes this page; oids of tables are compared
            by the table that they are of, and the schema `foz` is left out.
            See also [values and statements that differ](limits.md#differences-from-postgresql).

            | client | statements | same answer | other answer |
            |---|---:|---:|---:|

            """);
        foreach (var client in compared.GroupBy(c => c.Statement.Client))
            page.AppendLine(CultureInfo.InvariantCulture,
                $"| {client.Key} | {client.Count()} | {client.Count(c => c.Kind is null)} | "
                    + $"{client.Count(c => c.Kind is not null)} |");
        page.Append("\n## Other answers, and why\n");
        foreach (var reason in compared.Where(c => c.Reason is not null).GroupBy(c => c.Reason!.Reason))
        {
            page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"**{reason.Key}**").AppendLine();
            foreach (var statement in reason.DistinctBy(c =>
                (c.Statement.Client, c.Statement.Section, c.Statement.Sql, c.Kind)))
                page.AppendLine(CultureInfo.InvariantCulture,
                    $"- {statement.Statement.Client}, {Escaped(statement.Statement.Section)}: "
                        + $"`{Shortened(statement.Statement.Sql)}` ({statement.Kind})");
        }
        return page.ToString();
    }

    static string Escaped(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);

    static string Shortened(string sql)
    {
        var line = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Replace('`', '\'');
        return line.Length <= StatementLengthMax ? line : line[..StatementLengthMax] + " …";
    }
}
