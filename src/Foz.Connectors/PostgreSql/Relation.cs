namespace Foz.Connectors.PostgreSql;

/// <summary>What kind of relation a table is (pg_class.relkind).</summary>
enum RelationKind
{
    Table = 'r',
    PartitionedTable = 'p',
    MaterializedView = 'm',
    View = 'v',
    ForeignTable = 'f',
}

/// <summary>What a user may read of a relation.</summary>
enum RelationAccess
{
    None,
    SomeColumns,
    All,
}

/// <summary>Something in a database that has rows.</summary>
/// <param name="Oid">Its object identifier.</param>
/// <param name="Schema">The schema that it is in.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Kind">What it is.</param>
sealed record Relation(uint Oid, string Schema, string Name, RelationKind Kind)
{
    /// <summary>About how many rows it has; null where it was never counted.</summary>
    public long? RowCountEstimate { get; init; }

    /// <summary>What the user may read of it.</summary>
    public RelationAccess Access { get; init; }

    /// <summary>Whether policies decide for this user which rows there are.</summary>
    public bool HasRowSecurity { get; init; }

    /// <summary>Whether it is a part of a partitioned table.</summary>
    public bool IsPartition { get; init; }

    /// <summary>How it is written in SQL.</summary>
    public string Sql => $"{SqlText.Name(Schema)}.{SqlText.Name(Name)}";

    /// <summary>How it is written in <c>table:</c>; <see cref="RelationName.Parse"/> reads it back.</summary>
    public override string ToString() => $"{RelationName.Quote(Schema)}.{RelationName.Quote(Name)}";
}

/// <summary>A column of a relation.</summary>
/// <param name="Number">Its number in the relation.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
sealed record RelationColumn(short Number, string Name, ColumnType Type)
{
    /// <summary>The name of its field in the lake: <see cref="Name"/>, unless that is taken.</summary>
    public required string FieldName { get; init; }

    public bool IsNullable { get; init; } = true;

    /// <summary>Whether the user may read it.</summary>
    public bool IsReadable { get; init; } = true;

    public string? Comment { get; init; }

    /// <summary>Its place in the primary key, from 1; 0 where it is not part of one.</summary>
    public int KeyPosition { get; init; }
}

/// <summary>The type of a column, domains resolved to what they are made of.</summary>
/// <param name="Name">As the server writes it, such as <c>numeric(10,2)</c>; a domain by its own name.</param>
/// <param name="Oid">The type, or that of the elements of an array.</param>
/// <param name="Modifier">What narrows it, such as precision and scale; -1 where nothing does.</param>
sealed record ColumnType(string Name, uint Oid, int Modifier)
{
    /// <summary>Whether it is an array.</summary>
    public bool IsArray { get; init; }

    /// <summary>How many dimensions an array was declared with; values may have others.</summary>
    public int Dimensions { get; init; }

    /// <summary>How many digits of money are after the point, by the database's locale.</summary>
    public int MoneyScale { get; init; } = 2;
}

/// <summary>The name of a relation as <c>table:</c> has it.</summary>
/// <param name="Schema">The schema; null where it is not stated.</param>
/// <param name="Name">The name.</param>
/// <param name="IsQuoted">Whether the name was in quotes, so that upper and lower case count.</param>
readonly record struct RelationName(string? Schema, string Name, bool IsQuoted)
{
    /// <summary>
    /// Reads <c>name</c> or <c>schema.name</c>, each maybe in double quotes; null where it is malformed.
    /// </summary>
    public static RelationName? Parse(string text)
    {
        var parts = new List<string>();
        var isQuoted = false;
        for (var at = 0; at <= text.Length; at++)
        {
            var part = new System.Text.StringBuilder();
            if (at < text.Length && text[at] == '"')
            {
                isQuoted = true;
                for (at++; ; at++)
                {
                    if (at >= text.Length) return null;
                    if (text[at] == '"' && (at + 1 == text.Length || text[at + 1] != '"')) break;
                    if (text[at] == '"') at++;
                    part.Append(text[at]);
                }

                if (++at < text.Length && text[at] != '.') return null;
            }
            else
            {
                for (; at < text.Length && text[at] != '.'; at++) part.Append(text[at]);
            }

            if (part.Length == 0) return null;
            parts.Add(part.ToString());
        }

        return parts switch
        {
            [var name] => new RelationName(null, name, isQuoted),
            [var schema, var name] => new RelationName(schema, name, isQuoted),
            _ => null,
        };
    }

    /// <summary>A part of a name, in quotes where it could be read otherwise.</summary>
    public static string Quote(string part) =>
        part.Length > 0 && part.All(c => c is '_' || char.IsLower(c) || char.IsDigit(c)) ? part : SqlText.Name(part);
}
