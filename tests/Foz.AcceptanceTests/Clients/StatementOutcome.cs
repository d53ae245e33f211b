using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;

namespace Foz.AcceptanceTests.Clients;

/// <summary>What a server answers to a statement.</summary>
/// <param name="Error">The SQLSTATE, with the message; null where it went well.</param>
/// <param name="Columns">The names of the columns.</param>
/// <param name="Types">The oids of their types.</param>
/// <param name="Rows">The rows, as texts; sorted where the statement asks for no order.</param>
sealed partial record StatementOutcome(
    string? Error, IReadOnlyList<string> Columns, IReadOnlyList<uint> Types, IReadOnlyList<string> Rows)
{
    const uint UserOidMin = 16384;
    const uint Oid = 26;
    const uint Text = 25;
    const uint TextArray = 1009;

    // Types that every client treats as text, or as a list of some type; Foz has no names of its own for them.
    static readonly Dictionary<uint, uint> equivalents = new()
    {
        // name, "char", bpchar, varchar, unknown, cstring, regclass, pg_node_tree
        [19] = Text, [18] = Text, [1042] = Text, [1043] = Text, [705] = Text, [2275] = Text, [2205] = Text,
        [194] = Text,
        // name[], "char"[], aclitem[]; int2vector; oidvector
        [1003] = TextArray, [1002] = TextArray, [1034] = TextArray, [22] = 1005, [30] = 1028,
    };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Asks a server.</summary>
    /// <param name="connection">The session.</param>
    /// <param name="statement">The statement.</param>
    /// <param name="oids">The oids of relations, by those that the recording has.</param>
    public static async Task<StatementOutcome> AskAsync(
        NpgsqlConnection connection, RecordedStatement statement, IReadOnlyDictionary<string, uint> oids)
    {
        var sql = UserOids().Replace(statement.Sql, oid =>
            oids.TryGetValue(oid.Value, out var own) ? own.ToString(CultureInfo.InvariantCulture) : oid.Value);
        try
        {
            if (Copies().Match(sql) is { Success: true } copy)
                return new(
                    null, [], [],
                    await CopyAsync(
                        connection, sql, copy.Groups["from"].Success,
                        sql.Contains("BINARY", StringComparison.OrdinalIgnoreCase)));
            return await QueryAsync(connection, sql, statement.Parameters, oids);
        }
        catch (PostgresException e)
        {
            return new($"{e.SqlState} {e.MessageText}", [], [], []);
        }
    }

    /// <summary>Returns the differences; null if there are none.</summary>
    public string? DifferenceFrom(StatementOutcome other)
    {
        if (Error is not null || other.Error is not null)
            return Error?[..5] == other.Error?[..5] ? null : $"error {other.Error?[..5] ?? "none"}";
        if (!Columns.SequenceEqual(other.Columns)) return "columns";
        if (!Types.SequenceEqual(other.Types)) return "types";
        return Rows.SequenceEqual(other.Rows) ? null : "rows";
    }

    static async Task<StatementOutcome> QueryAsync(
        NpgsqlConnection connection, string sql, IReadOnlyList<string> values, IReadOnlyDictionary<string, uint> oids)
    {
        await using var command = new NpgsqlCommand(sql, connection) { AllResultTypesAreUnknown = true };
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value, NpgsqlDbType = NpgsqlDbType.Unknown });
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var columns = Enumerable.Range(0, reader.FieldCount).Select(reader.GetName).ToList();
        var types = Enumerable.Range(0, reader.FieldCount).Select(reader.GetDataTypeOID).ToList();
        var rows = new List<string>();
        while (await reader.ReadAsync(Cancel))
            if (!IsOfPlatform(reader))
                rows.Add(string.Join(" | ", Enumerable.Range(0, reader.FieldCount).Select(TextOf)));
        if (!sql.Contains("order by", StringComparison.OrdinalIgnoreCase)) rows.Sort(StringComparer.Ordinal);
        return new(
            null, columns,
            [.. types.Select(type => type >= UserOidMin ? UserOidMin : equivalents.GetValueOrDefault(type, type))],
            rows);

        string TextOf(int column)
        {
            if (reader.IsDBNull(column)) return "∅";
            var text = reader.GetString(column);
            if (oids.FirstOrDefault(o => o.Value.ToString(CultureInfo.InvariantCulture) == text).Key is { } known)
                return known;
            return types[column] == Oid && uint.Parse(text, CultureInfo.InvariantCulture) >= UserOidMin ? "oid" : text;
        }
    }

    /// <summary>
    /// Whether a row is of the schema of Foz's own tables, which are created when there are rows to store.
    /// </summary>
    static bool IsOfPlatform(NpgsqlDataReader row) => Enumerable.Range(0, row.FieldCount).Any(i =>
        row.GetName(i).ToLowerInvariant() is "nspname" or "schema" or "table_schem" or "table_schema"
        && !row.IsDBNull(i) && row.GetString(i) == "foz");

    static async Task<IReadOnlyList<string>> CopyAsync(
        NpgsqlConnection connection, string sql, bool isFrom, bool isBinary)
    {
        if (isFrom)
        {
            await using var rows = await connection.BeginBinaryImportAsync(sql, Cancel);
            await rows.StartRowAsync(Cancel);
            await rows.WriteAsync(7, NpgsqlDbType.Integer, Cancel);
            await rows.WriteAsync("seven", NpgsqlDbType.Text, Cancel);
            return [$"{await rows.CompleteAsync(Cancel)} rows"];
        }
        if (!isBinary)
        {
            using var text = await connection.BeginTextExportAsync(sql, Cancel);
            return [.. (await text.ReadToEndAsync(Cancel)).Split('\n').Order(StringComparer.Ordinal)];
        }
        await using var stream = await connection.BeginRawBinaryCopyAsync(sql, Cancel);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Cancel);
        return [Convert.ToHexString(bytes.ToArray())];
    }

    /// <summary>Oids of what users made.</summary>
    [GeneratedRegex(@"\b(?:1638[4-9]|1639\d|16[4-9]\d\d|1[7-9]\d{3}|[2-9]\d{4})\b", RegexOptions.CultureInvariant)]
    private static partial Regex UserOids();

    [GeneratedRegex(
        @"^COPY\b.*?\b((?<from>FROM STDIN)|TO STDOUT)",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.Singleline
            | RegexOptions.CultureInvariant)]
    private static partial Regex Copies();
}
