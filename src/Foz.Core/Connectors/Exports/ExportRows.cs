using Foz.Core.Data;
using Foz.Core.Engine;

namespace Foz.Core.Connectors.Exports;

/// <summary>The rows of an export.</summary>
/// <param name="Name">What is exported, and where to: the same in every try.</param>
/// <param name="Version">The version of the table up to which they are.</param>
/// <param name="Session">Where they are read.</param>
/// <param name="Sql">A SELECT of them.</param>
/// <param name="Fields">Their columns.</param>
public sealed record ExportRows(string Name, long Version, EngineSession Session, string Sql, IReadOnlyList<Field> Fields)
{
    /// <summary>A SELECT of the rows that are gone, with the same columns; null where none can be.</summary>
    public string? DeletedSql { get; init; }

    /// <summary>
    /// A SELECT of each row's values as text: structs and lists as JSON, times as ISO 8601 in UTC, bytes as <c>\x</c> with
    /// hexadecimal digits.
    /// </summary>
    /// <param name="sql">The rows.</param>
    public string AsText(string sql) => $"SELECT {string.Join(", ", Fields.Select(f => TextOf(SqlText.Identifier(f.Name), f.Type)))} FROM ({sql})";

    static string TextOf(string column, DataType type) => type switch
    {
        DataType.Struct or DataType.Array or DataType.Map => $"CAST(to_json({column}) AS VARCHAR)",
        _ when type == DataType.Binary => $"'\\x' || hex({column})",
        _ when type == DataType.Timestamp => $"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')",
        _ when type == DataType.TimestampNtz => $"strftime({column}, '%Y-%m-%dT%H:%M:%S.%f')",
        _ => $"CAST({column} AS VARCHAR)",
    };
}
