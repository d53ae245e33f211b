using Foz.Tests;
using System.Globalization;
using System.Text;
using Foz.AcceptanceTests.PostgreSql;
using Npgsql;

namespace Foz.AcceptanceTests.Clients;

/// <summary>
/// What real clients were seen to send, answered by Foz and by PostgreSQL over the same tables. What differs is listed
/// with its reason; docs/reference/sql-compatibility.md is made of it.
/// </summary>
public sealed class RecordedStatementsTests(PostgreSqlServer server)
{
    // The oids in the recordings, and their relations.
    static readonly (string Oid, string Name)[] relations =
        [("16390", "sales.customer"), ("16396", "sales.orders"), ("16409", "sales.v")];

    // What Foz calls its own.
    const string Database = "lake";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Statements_of_real_clients_are_answered_as_by_PostgreSQL_or_their_difference_has_a_reason()
    {
        var recordings = Directory.GetFiles(
            Repository.SharedFolder("client-queries"), "*.sql").Order(StringComparer.Ordinal);
        // What other tests make is not in it.
        await using var project = new ServedProject("");
        await using (var postgres = await server.ConnectAsync("postgres"))
        {
            await using var create = new NpgsqlCommand($"create database {Database} owner foz", postgres);
            await create.ExecuteNonQueryAsync(Cancel);
        }
        await using (var postgres = await server.ConnectAsync(Database))
            await MakeTablesAsync(
                postgres, "grant create on schema public to foz", "set role foz", "create schema sales");
        await using (var foz = await project.ConnectAsync()) await MakeTablesAsync(foz);

        var compared = new List<ComparedStatement>();
        foreach (var session in recordings.SelectMany(RecordedStatement.Read).GroupBy(s => (s.Client, s.Section)))
        {
            await using var postgres = await server.ConnectAsync(Database);
            await using var foz = await project.ConnectAsync();
            var (oidsOfPostgres, oidsOfFoz) = (await OidsAsync(postgres), await OidsAsync(foz));
            foreach (var statement in session)
            {
                var expected = await StatementOutcome.AskAsync(postgres, statement, oidsOfPostgres);
                var actual = await StatementOutcome.AskAsync(foz, statement, oidsOfFoz);
                compared.Add(new(statement, expected, actual));
            }
        }

        var unexplained = compared.Where(c => c is { Kind: not null, Reason: null }).Select(c => c.Told).ToList();
        Assert.True(
            unexplained.Count == 0,
            $"{unexplained.Count} differences have no reason:\n{string.Join('\n', unexplained)}");
        Assert.Equal([], Difference.All.Where(d => compared.All(c => c.Reason != d)));
        CompatibilityPage.Check(compared);
    }

    const string Columns =
        "id integer, customer_id integer, note text, amount numeric(12,2), d date, ts "
            + "timestamp, tz timestamptz, ok boolean, "
        + "u text, tags text[], f4 real, f8 double precision, i2 smallint, i8 bigint, b bytea, kind text";

    static async Task MakeTablesAsync(NpgsqlConnection connection, params string[] first)
    {
        const int orders = 25;
        var rows = Enumerable.Range(0, orders).Select(i => string.Create(CultureInfo.InvariantCulture,
            $"({i}, {i % 3}, 'n{i}', {i}.1, '2026-01-{i % 28 + 1:00}', '2026-01-01 00:00:{i:00}', '2026-01-01 "
                + $"00:00:{i:00}+00', {i % 2 == 0}, "
            + $"'u{i}', array['a', 'b{i}'], {i}.5, {i}.25, {i}, {i}000000000, null, 'k')"));
        foreach (var sql in (string[])
        [
            .. first,
            $"create table sales.orders ({Columns})",
            $"insert into sales.orders values {string.Join(", ", rows)}",
            "create table sales.customer (id integer, name text)",
            "insert into sales.customer values (1, 'Ana'), (2, 'Bia')",
            "create view sales.v as select id, note, amount from sales.orders where ok",
            "create table public.t1 (a integer, b text)",
        ])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Cancel);
        }
    }

    static async Task<IReadOnlyDictionary<string, uint>> OidsAsync(NpgsqlConnection connection)
    {
        var oids = new Dictionary<string, uint>();
        foreach (var (oid, name) in relations)
        {
            await using var command = new NpgsqlCommand(
                $"select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname "
                    + $"|| '.' || c.relname = '{name}'", connection);
            oids[oid] = (uint)(await command.ExecuteScalarAsync(Cancel))!;
        }
        return oids;
    }
}

/// <summary>A statement and what both servers say to it.</summary>
sealed record ComparedStatement(RecordedStatement Statement, StatementOutcome Expected, StatementOutcome Actual)
{
    const int SqlLengthMax = 400;

    /// <summary>What differs; null where nothing does.</summary>
    public string? Kind { get; } = Expected.DifferenceFrom(Actual);

    /// <summary>Gets why it differs; null where it does not, or the reason is not known.</summary>
    public Difference? Reason => Kind is null ? null : Difference.All.FirstOrDefault(d => d.Fits(Statement, Kind));

    /// <summary>The difference, for people.</summary>
    public string Told
    {
        get
        {
            var text = new StringBuilder();
            text.AppendLine(
                CultureInfo.InvariantCulture, $"{Statement.Client}, {Statement.Section}, {Statement.Number}: {Kind} ");
            text.AppendLine(
                Statement.Sql.Length <= SqlLengthMax ? Statement.Sql : Statement.Sql[..SqlLengthMax] + " …");
            Report("PostgreSQL", Expected, Actual);
            Report("Foz", Actual, Expected);
            return text.ToString();

            void Report(string who, StatementOutcome outcome, StatementOutcome other)
            {
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"{who}: {outcome.Error} {string.Join(", ", outcome.Columns.Zip(outcome.Types))}, "
                        + $"{outcome.Rows.Count} rows");
                foreach (var row in outcome.Rows.Except(other.Rows).Take(6)) text.Append("  ").AppendLine(row);
            }
        }
    }
}
