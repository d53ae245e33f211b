using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Foz.Tests;

namespace Foz.AcceptanceTests.Streams;

/// <summary>
/// The recorded workload of a MariaDB, by the statements that its log named, on a real server: bronze has the rows that
/// the recording states. Rows of <c>child</c>, which a foreign key changes, are in no log.
/// </summary>
public sealed class BinlogRecordingTests(LoggedMariaDbServer logs)
{
    /// <summary>The column <c>a</c> of <c>evolve</c> becomes a text, which bronze cannot take in.</summary>
    const string TextGtid = "0-1-416";

    const string Null = "NULL";

    static readonly string[] tables =
        ["acct", "big", "comp", "evolve", "gen", "marker", "parent", "part", "types"];

    static readonly HashSet<string> bytes = ["bi", "vb", "bl"];

    [Fact]
    public async Task A_recorded_workload_gives_the_rows_that_it_states_at_every_commit()
    {
        var folder = Repository.SharedFolder("streams/mariadb");
        var schema = await File.ReadAllTextAsync(
            Path.Combine(folder, "schema.sql"), TestContext.Current.CancellationToken);
        using var logged = await LoggedMariaDb.CreateAsync(logs.Server, schema, [.. tables, "nopk"]);
        var (database, lake) = (logged.Database, logged.Lake);
        foreach (var (table, row) in RowsOf(folder, "rows_before.jsonl.gz"))
        {
            var own = row.Where(cell => table != "gen" || cell.Key is not ("v" or "s")).ToList();
            await database.ExecuteAsync(
                $"SET sql_mode = '', time_zone = '+00:00', foreign_key_checks = 0; INSERT INTO {table} ("
                + $"{string.Join(", ", own.Select(cell => cell.Key))}) VALUES "
                + $"({string.Join(", ", own.Select(cell => Literal(table, cell.Key, cell.Value)))})");
        }
        // The rows before do not have the first marker, which Debezium's copy has.
        await database.ExecuteAsync("INSERT INTO marker VALUES (1, 'start-1')");
        var states = File.ReadLines(Path.Combine(folder, "acct_states.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .ToLookup(state => state.GetProperty("gtid_after").GetString()!);
        await AssertAsync(states["0-1-351"].Single());
        var checkedStates = 1;
        foreach (var (gtid, statements) in TransactionsOf(folder))
        {
            if (gtid == TextGtid) WriteWithout("evolve");
            await database.ExecuteAsync(
                "SET sql_mode = '', time_zone = '+00:00', foreign_key_checks = "
                + $"{(statements[0].StartsWith("truncate", StringComparison.OrdinalIgnoreCase) ? 0 : 1)}; "
                + (statements.Count > 1 ? $"BEGIN; {string.Join("; ", statements)}; COMMIT" : statements[0]));
            // A transaction that was prepared is recorded there, and committed by the next one.
            if (gtid == "0-1-367" || !states[gtid].Any()) continue;
            await AssertAsync(states[gtid].Last());
            checkedStates++;
        }
        Assert.Equal(36, checkedStates);
        await lake.RunWellAsync();
        (await FozProcess.RunAsync(lake.Folder, "query", "DROP TABLE bronze.evolve")).Expect(0);
        WriteWithout("");
        await lake.RunWellAsync();

        var after = RowsOf(folder, "rows_after.jsonl.gz").ToLookup(row => row.Table, row => row.Row);
        foreach (var table in tables)
        {
            // A table without rows states no columns.
            var columns = after[table].FirstOrDefault()?.Keys.ToArray() ?? ["id"];
            var keys = table switch { "comp" => "a, b", "part" => "id, d", _ => "id" };
            var wanted = after[table].Select(row => string.Join('|', row.Select(cell => Normal(KindOf(table, cell.Key), cell.Value))));
            string[] rescued = table == "types" ? ["_rescued_data"] : [];
            var actual = (await logged.CurrentAsync(table, keys, [.. columns, .. rescued], c => TextOf(KindOf(table, c), c)))
                .Select(row => row.Split('|'))
                .Select(row => string.Join(
                    '|', WithRescued(row, columns).Select((value, i) => Normal(KindOf(table, columns[i]), value))));
            Assert.Equal(wanted.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
        }

        // Without a key, whose rows a query cannot follow one by one: what came after it was emptied.
        Assert.Equal(
            after["nopk"].Select(row => $"c|{row["a"]}|{row["b"]}"),
            await lake.QueryAsync(
                "SELECT _cdc_op, a, b FROM bronze.nopk "
                    + "WHERE _cdc_lsn > (SELECT max(_cdc_lsn) FROM bronze.nopk WHERE _cdc_op = 't')"));

        void WriteWithout(string table) => logged.WriteStreams(
            string.Concat(tables.Append("nopk").Where(name => name != table).Select(name => $"  {name}: {{mode: cdc}}\n")));

        async Task AssertAsync(JsonElement state)
        {
            await lake.RunWellAsync();
            var rows = state.GetProperty("rows").EnumerateArray().Select(
                row => string.Join('|', row.EnumerateObject().Select(cell => cell.Value.GetString())));
            Assert.Equal(
                rows.Order(StringComparer.Ordinal), await logged.CurrentAsync("acct", "id", ["id", "name", "balance", "note"]));
        }
    }

    /// <summary>The statements of each transaction after the snapshot, each transaction once.</summary>
    static List<(string Gtid, List<string> Statements)> TransactionsOf(string folder)
    {
        var transactions = new List<(string Gtid, List<string> Statements)>();
        var known = new HashSet<string>();
        foreach (var line in LinesOf(folder, "debezium_full.jsonl.gz"))
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.GetProperty("value") is not { ValueKind: JsonValueKind.Object } value
                || !value.TryGetProperty("source", out var source)
                || value.TryGetProperty("op", out var op) && op.GetString() == "r"
                || source.GetProperty("gtid").GetString() is not { } gtid) continue;
            var text = value.TryGetProperty("ddl", out var ddl) ? ddl.GetString() : source.GetProperty("query").GetString();
            var table = source.GetProperty("table").GetString();
            // Of a truncation the recording has the table alone; CREATE TABLE … SELECT is there as both of its parts.
            text ??= $"truncate table {table}";
            if (text.StartsWith("CREATE TABLE `ctas`", StringComparison.Ordinal)) continue;
            text = text.Replace("`ma`.", "", StringComparison.Ordinal);
            if (transactions.Count == 0 || transactions[^1].Gtid != gtid)
            {
                // What was sent again after the reader was killed.
                if (!known.Add(gtid)) continue;
                transactions.Add((gtid, []));
            }
            if (!transactions[^1].Statements.Contains(text)) transactions[^1].Statements.Add(text);
        }
        return transactions;
    }

    static IEnumerable<(string Table, Dictionary<string, string?> Row)> RowsOf(string folder, string file)
    {
        foreach (var line in LinesOf(folder, file))
        {
            using var document = JsonDocument.Parse(line);
            yield return (
                document.RootElement.GetProperty("table").GetString()!,
                document.RootElement.GetProperty("row").EnumerateObject()
                    .ToDictionary(cell => cell.Name, cell => cell.Value.GetString()));
        }
    }

    static IEnumerable<string> LinesOf(string folder, string file)
    {
        using var unpacked = new StreamReader(
            new GZipStream(File.OpenRead(Path.Combine(folder, file)), CompressionMode.Decompress));
        while (unpacked.ReadLine() is { } line) yield return line;
    }

    static string Literal(string table, string column, string? value) => value switch
    {
        null => "NULL",
        _ when table == "types" && bytes.Contains(column) => $"x'{value}'",
        _ when table == "types" && column == "g" => $"ST_GeomFromText('{value}')",
        _ when table == "types" && column is "b1" or "b8" or "b64" => value,
        _ => $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'",
    };

    /// <summary>Puts dates that no calendar has into their columns.</summary>
    static IEnumerable<string> WithRescued(string[] row, string[] columns)
    {
        if (row.Length > columns.Length && row[^1] != Null)
            foreach (var cell in JsonDocument.Parse(row[^1]).RootElement.EnumerateObject())
                row[Array.IndexOf(columns, cell.Name)] = cell.Value.GetString()!;
        return row.Take(columns.Length);
    }

    /// <summary>The column of <c>types</c> whose values a column has.</summary>
    static string KindOf(string table, string column) => (table, column) is ("evolve", "f") ? "ts6" : column;

    /// <summary>The SQL of a value's text, as the recording has it.</summary>
    static string TextOf(string kind, string column)
    {
        var text = kind switch
        {
            "bi" or "vb" or "bl" => $"hex({column})",
            "ts" or "ts6" => $"CAST({column} AT TIME ZONE 'UTC' AS VARCHAR)",
            _ => $"CAST(\"{column}\" AS VARCHAR)",
        };
        return $"COALESCE({text}, '{Null}')";
    }

    /// <summary>A value in one form: numbers and fractions of seconds are written with more or fewer digits.</summary>
    static string Normal(string kind, string? value) => (kind, value ?? Null) switch
    {
        ("f", var text) when float.TryParse(text, CultureInfo.InvariantCulture, out var number) =>
            number.ToString("R", CultureInfo.InvariantCulture),
        ("d" or "v", var text) when double.TryParse(text, CultureInfo.InvariantCulture, out var number) =>
            number.ToString("R", CultureInfo.InvariantCulture),
        ("ts6" or "dtm6" or "ti6", var text) when text.Contains('.', StringComparison.Ordinal) =>
            text.TrimEnd('0').TrimEnd('.'),
        (_, var text) => text,
    };
}
