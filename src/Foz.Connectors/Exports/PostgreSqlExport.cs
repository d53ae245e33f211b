using System.Globalization;
using System.Text;
using Foz.Connectors.Databases;
using Foz.Connectors.PostgreSql;
using Foz.Lake;
using Foz.Lake.Data;
using Npgsql;

namespace Foz.Connectors.Exports;

/// <summary>
/// Writes rows to a table of PostgreSQL in one transaction, which also records the version in <c>foz_exports</c>: each
/// version arrives once. The table is created if it does not exist.
/// </summary>
sealed class PostgreSqlExport : TableExport
{
    const string Ledger = "foz_exports";
    const string Rows = "foz_export_rows", Deleted = "foz_export_deleted";

    static readonly Dictionary<DataType, string> Types = new()
    {
        [DataType.Boolean] = "boolean", [DataType.Byte] = "smallint", [DataType.Short] = "smallint",
        [DataType.Integer] = "integer",
        [DataType.Long] = "bigint", [DataType.Float] = "real", [DataType.Double] = "double precision",
        [DataType.String] = "text",
        [DataType.Binary] = "bytea", [DataType.Date] = "date", [DataType.Timestamp] = "timestamptz",
        [DataType.TimestampNtz] = "timestamp",
    };

    /// <inheritdoc/>
    public override string? ConnectionType => "postgresql";

    /// <inheritdoc/>
    private protected override Task<ExportOutcome> WriteOnceAsync(
        OpenExport export, ExportRows rows, CancellationToken cancellationToken) =>
        TryAsync<ExportOutcome>(export, async session =>
        {
            await using var transaction = await session.BeginTransactionAsync(cancellationToken);
            var ledger = LedgerOf(export.Definition);
            if (await TakeAsync(session, ledger, rows, cancellationToken) is { } refused) return refused;
            var count = await WriteAsync(session, export.Definition, ledger, rows, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return new ExportOutcome.Written(count);
        }, cancellationToken);

    /// <inheritdoc/>
    public override Task<long?> FindVersionAsync(OpenExport export, string name, CancellationToken cancellationToken) =>
        TryAsync<long?>(export, async session =>
        {
            var ledger = LedgerOf(export.Definition);
            await using var find = new NpgsqlCommand("SELECT to_regclass($1) IS NOT NULL", session);
            find.Parameters.Add(new() { Value = ledger });
            if (await find.ExecuteScalarAsync(cancellationToken) is not true) return null;
            return await FindVersionAsync(session, ledger, name, cancellationToken);
        }, cancellationToken);

    static async Task<long?> FindVersionAsync(
        NpgsqlConnection session, string ledger, string name, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand($"SELECT version FROM {ledger} WHERE export = $1", session);
        find.Parameters.Add(new() { Value = name });
        return await find.ExecuteScalarAsync(cancellationToken) as long?;
    }

    /// <summary>
    /// Notes the epoch of a run, and with it lets others that write the export wait for the transaction.
    /// </summary>
    /// <returns>Why nothing may be written; null where the export is the run's.</returns>
    static async Task<ExportOutcome?> TakeAsync(
        NpgsqlConnection session, string ledger, ExportRows rows, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            session, $"CREATE TABLE IF NOT EXISTS {ledger} (export text PRIMARY KEY, version bigint NOT NULL)",
            cancellationToken);
        await using var take = new NpgsqlCommand(
            $"INSERT INTO {ledger} AS present VALUES ($1, $2) ON CONFLICT (export) DO UPDATE "
                + "SET version = EXCLUDED.version WHERE present.version <= EXCLUDED.version",
            session);
        take.Parameters.Add(new() { Value = rows.Fence.EpochName });
        take.Parameters.Add(new() { Value = rows.Fence.Epoch });
        if (await take.ExecuteNonQueryAsync(cancellationToken) == 0)
            return new ExportOutcome.Overtaken(
                await FindVersionAsync(session, ledger, rows.Fence.EpochName, cancellationToken));
        return await FindVersionAsync(session, ledger, rows.Name, cancellationToken) == rows.Fence.Known
            ? null
            : ExportOutcome.Moved.Value;
    }

    static async Task ExecuteAsync(NpgsqlConnection session, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static string LedgerOf(ExportDefinition target) =>
        Dialect.Parts(target.Address) is [var schema, _, ..]
            ? $"{Dialect.OfProvider("Npgsql").Quote(schema)}.{Ledger}"
            : Ledger;

    static async Task<T> TryAsync<T>(
        OpenExport export, Func<NpgsqlConnection, Task<T>> run, CancellationToken cancellationToken)
    {
        var target = export.Definition;
        var options = PgOptionsReader.Read(export.ConnectionSettings, export.ProjectFolder);
        await using var source = PgCatalog.Connect(options, connectionsMax: 1);
        try
        {
            await using var session = await source.OpenConnectionAsync(cancellationToken);
            return await run(session);
        }
        catch (Exception e)
            when (e is NpgsqlException or IOException or System.Net.Sockets.SocketException or TimeoutException)
        {
            throw new FozException(ErrorKind.Source, $"export to {target.Target}: {e.Message}", e)
            {
                Place = target.Place is { File: not null } place ? place : null,
                Hint = e is PostgresException { SqlState: "42P10" }
                    ? $"upsert needs a unique index on ({string.Join(", ", target.Keys)})"
                    : null,
                IsTransient = e is NpgsqlException { IsTransient: true },
            };
        }
    }

    static async Task<long> WriteAsync(
        NpgsqlConnection session, ExportDefinition target, string ledger, ExportRows rows,
        CancellationToken cancellationToken)
    {
        var dialect = Dialect.OfProvider("Npgsql");
        var table = dialect.Table(target.Address);
        var columns = rows.Fields.Select(f => dialect.Quote(f.Name)).ToList();
        var definitions = rows.Fields.Select(f => $"{dialect.Quote(f.Name)} {TypeOf(f.Type)}").ToList();
        var keys = target.Keys
            .Select(key => rows.Fields.First(f => f.Name.Equals(key, StringComparison.OrdinalIgnoreCase)).Name)
            .Select(dialect.Quote).ToList();
        await ExecuteAsync(
            $"CREATE TABLE IF NOT EXISTS {table} "
                + $"({string.Join(", ", definitions)}"
                + $"{(keys.Count > 0 ? $", PRIMARY KEY ({string.Join(", ", keys)})" : "")})");
        var arrays = await CheckColumnsAsync(session, target, table, rows.Fields, cancellationToken);
        definitions =
        [
            .. rows.Fields.Select(f => $"{dialect.Quote(f.Name)} {arrays.GetValueOrDefault(f.Name) ?? TypeOf(f.Type)}"),
        ];
        await ExecuteAsync($"CREATE TEMP TABLE {Rows} ({string.Join(", ", definitions)}) ON COMMIT DROP");
        var count = await CopyAsync(session, Rows, rows, rows.Sql, arrays, cancellationToken);
        var list = string.Join(", ", columns);
        switch (target.Mode)
        {
            case ExportMode.Replace:
                await ExecuteAsync($"DELETE FROM {table}");
                break;
            case ExportMode.Upsert when rows.DeletedSql is { } deleted:
                await ExecuteAsync($"CREATE TEMP TABLE {Deleted} ({string.Join(", ", definitions)}) ON COMMIT DROP");
                await CopyAsync(session, Deleted, rows, deleted, arrays, cancellationToken);
                await ExecuteAsync(
                    $"DELETE FROM {table} t USING {Deleted} d WHERE "
                        + $"{string.Join(" AND ", keys.Select(k => $"t.{k} = d.{k}"))}");
                break;
        }
        var changed = columns.Except(keys).ToList();
        var conflict = target.Mode is not ExportMode.Upsert ? ""
            : $" ON CONFLICT ({string.Join(", ", keys)}) DO "
                + (changed.Count == 0
                    ? "NOTHING"
                    : $"UPDATE SET {string.Join(", ", changed.Select(c => $"{c} = EXCLUDED.{c}"))}");
        await ExecuteAsync($"INSERT INTO {table} ({list}) SELECT {list} FROM {Rows}{conflict}");
        await using var note = new NpgsqlCommand(
            $"INSERT INTO {ledger} VALUES ($1, $2) ON CONFLICT (export) DO UPDATE SET version = EXCLUDED.version",
            session);
        note.Parameters.Add(new() { Value = rows.Name });
        note.Parameters.Add(new() { Value = rows.Version });
        await note.ExecuteNonQueryAsync(cancellationToken);
        return count;

        Task ExecuteAsync(string sql) => PostgreSqlExport.ExecuteAsync(session, sql, cancellationToken);
    }

    /// <summary>Makes sure that the table has the columns: who made it decides what it becomes.</summary>
    /// <returns>
    /// The types of the columns that are arrays and get lists; for all others the rows state the type.
    /// </returns>
    static async Task<Dictionary<string, string>> CheckColumnsAsync(
        NpgsqlConnection session, ExportDefinition target, string table, IReadOnlyList<Field> fields,
        CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand(
            "SELECT attname::text, CASE typcategory WHEN 'A' THEN format_type(atttypid, "
                + "atttypmod) END FROM pg_attribute "
            + "JOIN pg_type t ON t.oid = atttypid WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
            session);
        find.Parameters.Add(new() { Value = table });
        var present = new Dictionary<string, string?>(StringComparer.Ordinal);
        await using (var reader = await find.ExecuteReaderAsync(cancellationToken))
            while (await reader.ReadAsync(cancellationToken))
                present.Add(reader.GetString(0), reader.GetValue(1) as string);
        var missing = fields.Where(f => !present.ContainsKey(f.Name)).ToList();
        if (missing.Count == 0)
            return fields.Where(f => f.Type is DataType.Array && present[f.Name] is not null)
                .ToDictionary(f => f.Name, f => present[f.Name]!, StringComparer.Ordinal);
        var added = missing.Select(f => $"ADD COLUMN {Dialect.OfProvider("Npgsql").Quote(f.Name)} {TypeOf(f.Type)}");
        throw new FozException(
            ErrorKind.Source,
            $"export to {target.Target}: the table has no {(missing.Count == 1 ? "column" : "columns")} "
                + $"{string.Join(", ", missing.Select(f => f.Name))}")
        {
            Place = target.Place is { File: not null } place ? place : null,
            Hint = $"ALTER TABLE {table} {string.Join(", ", added)}; or drop it, and run with "
                + "--full-refresh, which rebuilds it",
        };
    }

    static async Task<long> CopyAsync(
        NpgsqlConnection session, string table, ExportRows rows, string sql, Dictionary<string, string> arrays,
        CancellationToken cancellationToken)
    {
        await using var writer = await session.BeginTextImportAsync($"COPY {table} FROM STDIN", cancellationToken);
        using var read = rows.Session.Query(
            rows.AsText(sql, field => arrays.ContainsKey(field.Name)), cancellationToken);
        var line = new StringBuilder();
        var count = 0L;
        foreach (var row in read.Rows(cancellationToken))
        {
            for (var i = 0; i < row.Length; i++) Append(line.Append(i == 0 ? "" : "\t"), row[i] as string);
            await writer.WriteAsync(line.Append('\n'), cancellationToken);
            line.Clear();
            count++;
        }
        return count;
    }

    static void Append(StringBuilder line, string? value)
    {
        if (value is null)
        {
            line.Append("\\N");
            return;
        }
        foreach (var c in value)
            switch (c)
            {
                case '\\': line.Append("\\\\"); break;
                case '\t': line.Append("\\t"); break;
                case '\n': line.Append("\\n"); break;
                case '\r': line.Append("\\r"); break;
                case '\0': break;
                default: line.Append(c); break;
            }
    }

    static string TypeOf(DataType type) => type is DataType.Decimal number
        ? string.Create(CultureInfo.InvariantCulture, $"numeric({number.Precision},{number.Scale})")
        : Types.GetValueOrDefault(type, "jsonb");
}
