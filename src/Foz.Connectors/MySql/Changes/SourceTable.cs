using System.Collections.Immutable;
using System.Text;
using Foz.Connectors.Changes;
using Foz.Connectors.Databases;
using Foz.Connectors.PostgreSql;
using Foz.Lake.Data;
using Foz.Wire;
using Foz.Wire.MySql.Binlog;
using MySqlConnector;

namespace Foz.Connectors.MySql.Changes;

/// <summary>A table that changes come from: its columns as the log has them, and how they arrive.</summary>
/// <param name="Database">The database that it is in.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Columns">Its columns; empty where neither log nor catalog knows them.</param>
/// <param name="Keys">Which columns are the primary key, counted from 0.</param>
sealed record SourceTable(
    string Database, string Name, IReadOnlyList<SourceColumn> Columns, ImmutableArray<int> Keys)
{
    /// <summary>How the columns arrive.</summary>
    public IReadOnlyList<ColumnMapping> Mappings { get; } = [.. Columns.Select(ColumnMapping.Of)];

    /// <summary>Returns the table as its changes have it.</summary>
    /// <param name="hasBefore">Whether updates come with all of the row before them.</param>
    public ChangeTable Table(bool hasBefore)
    {
        var names = DatabaseColumns.UniqueNames(Columns.Select(c => c.Name));
        var fields = names.Select((name, i) => new Field(name, Mappings[i].Type).WithSourceType(TypeOf(i))).ToList();
        if (Mappings.Any(m => m.MayRescue)) fields.Add(RescuedColumn.Field);
        return new ChangeTable(Database, Name)
        {
            Id = IdOf(Database, Name),
            Fields = [.. fields],
            ColumnCount = Columns.Count,
            Keys = Keys,
            Identity = Keys.Length > 0 ? RowIdentity.Key : hasBefore ? RowIdentity.WholeRow : RowIdentity.None,
            HasBefore = hasBefore,
        };
    }

    string TypeOf(int column) => Columns[column].CatalogType.Length > 0
        ? Columns[column].CatalogType.ToUpperInvariant()
        : $"{Columns[column].Column.Type}".ToUpperInvariant();

    /// <summary>A number of the name: the server's own change with every start.</summary>
    static long IdOf(string database, string name) =>
        (long)(System.IO.Hashing.XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{database}\0{name}")) >> 1);
}

/// <summary>Finds what the description of a table in the log does not say of it.</summary>
/// <param name="connection">A session for statements.</param>
/// <param name="charsets">The server's character sets.</param>
sealed class TableResolver(MySqlConnection connection, Charsets charsets)
{
    /// <summary>Resolves a table that the log describes.</summary>
    /// <exception cref="WireException">The log has no names, or the table has what is not supported.</exception>
    public async Task<SourceTable> ResolveAsync(TableMapEvent table, CancellationToken cancellationToken)
    {
        var metadata = table.Metadata;
        if (metadata.Names.Length != table.Columns.Length)
            throw new WireException(
                WireErrorKind.Unsupported,
                $"{table.Database}.{table.Name}: the log has no names of its columns; {ServerState.MetadataHint}");
        // Types that the log does not distinguish from bytes are those of the catalog now.
        var catalog = await CatalogAsync(table.Database, table.Name, cancellationToken);
        var columns = new List<SourceColumn>(table.Columns.Length);
        for (var i = 0; i < table.Columns.Length; i++)
            columns.Add(await ColumnAsync(table, i, catalog, cancellationToken));
        return new(table.Database, table.Name, columns, metadata.PrimaryKey);
    }

    /// <summary>
    /// Resolves a table that the log only names, as the catalog has it now; without columns where it is gone.
    /// </summary>
    public async Task<SourceTable> ResolveAsync(string database, string name, CancellationToken cancellationToken)
    {
        await using var command = new MySqlCommand(
            "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, COALESCE(NUMERIC_PRECISION, 0), COALESCE(NUMERIC_SCALE, 0), "
            + "COLUMN_KEY, COALESCE(CHARACTER_SET_NAME, '') FROM information_schema.COLUMNS "
            + "WHERE TABLE_SCHEMA = @database AND TABLE_NAME = @name ORDER BY ORDINAL_POSITION",
            connection);
        command.Parameters.AddWithValue("@database", database);
        command.Parameters.AddWithValue("@name", name);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var columns = new List<SourceColumn>();
        var keys = ImmutableArray.CreateBuilder<int>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetString(5) == "PRI") keys.Add(columns.Count);
            var type = reader.GetString(1);
            var column = CatalogColumns.Of(
                type, Convert.ToInt32(reader.GetValue(3), System.Globalization.CultureInfo.InvariantCulture),
                Convert.ToInt32(reader.GetValue(4), System.Globalization.CultureInfo.InvariantCulture));
            columns.Add(new(
                column, reader.GetString(0), reader.GetString(2).Contains("unsigned", StringComparison.Ordinal),
                reader.GetString(6).Length == 0)
            {
                CatalogType = type,
            });
        }

        return new(database, name, columns, keys.ToImmutable());
    }

    async Task<SourceColumn> ColumnAsync(
        TableMapEvent table, int i, Dictionary<string, CatalogColumn> catalog, CancellationToken cancellationToken)
    {
        var metadata = table.Metadata;
        var collation = metadata.Collations.IsEmpty ? 0 : metadata.Collations[i];
        var name = metadata.Names[i];
        var known = catalog.GetValueOrDefault(name);
        var codec = collation == 0
            ? null
            : await charsets.FindCodecAsync(connection, collation, cancellationToken);
        return new(
            table.Columns[i], name, !metadata.IsUnsigned.IsEmpty && metadata.IsUnsigned[i],
            collation == 0 || charsets.NameOf(collation) == Charsets.Binary)
        {
            Codec = codec,
            Values = metadata.Values.IsEmpty ? [] : [.. metadata.Values[i].Select(v => Decoded(v, codec))],
            CatalogType = known?.Type ?? "",
            IsNullByDefault = known?.IsNullByDefault ?? false,
            IsGenerated = known?.IsGenerated ?? false,
        };
    }

    static byte[] Decoded(byte[] value, TextCodec? codec)
    {
        if (codec is null) return value;
        var utf8 = new byte[value.Length * codec.GrowthMax];
        var length = codec.Decode(value, utf8);
        return length >= 0
            ? utf8[..length]
            : throw new WireException(WireErrorKind.Encoding, "a value of ENUM or SET is malformed");
    }

    async Task<Dictionary<string, CatalogColumn>> CatalogAsync(
        string database, string name, CancellationToken cancellationToken)
    {
        await using var command = new MySqlCommand(
            "SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE = 'YES' "
            // MariaDB has a default as SQL, and MySQL as a value.
            + "AND (COLUMN_DEFAULT IS NULL OR COLUMN_DEFAULT = 'NULL' AND VERSION() LIKE '%MariaDB%'), "
            + "COALESCE(GENERATION_EXPRESSION, '') <> '' FROM information_schema.COLUMNS "
            + "WHERE TABLE_SCHEMA = @database AND TABLE_NAME = @name",
            connection);
        command.Parameters.AddWithValue("@database", database);
        command.Parameters.AddWithValue("@name", name);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var columns = new Dictionary<string, CatalogColumn>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadAsync(cancellationToken))
            columns[reader.GetString(0)] = new(reader.GetString(1), Flag(2), Flag(3));
        return columns;

        bool Flag(int ordinal) =>
            Convert.ToInt32(reader.GetValue(ordinal), System.Globalization.CultureInfo.InvariantCulture) != 0;
    }

    /// <summary>What the catalog says of a column now.</summary>
    /// <param name="Type">Its type.</param>
    /// <param name="IsNullByDefault">Whether it is null where an insert does not state it.</param>
    /// <param name="IsGenerated">Whether the server computes it.</param>
    sealed record CatalogColumn(string Type, bool IsNullByDefault, bool IsGenerated);
}
