using System.Diagnostics.CodeAnalysis;

namespace Foz.Lake.Data;

/// <summary>
/// The name of a table or view of the lake. Written <c>schema.name</c>, or <c>lake.schema.name</c> with the lake's
/// catalog in front; compared whatever the case.
/// </summary>
/// <param name="Schema">The schema, such as <c>silver</c>.</param>
/// <param name="Name">The name inside the schema.</param>
public sealed record TableName(string Schema, string Name)
{
    /// <summary>The hash once it was asked for: names are hashed again and again.</summary>
    int hash;

    /// <summary>A copy may become another name, whose hash is another.</summary>
    TableName(TableName name) => (Schema, Name) = (name.Schema, name.Name);

    /// <summary>The catalog that every table of a lake is in.</summary>
    public const string Catalog = "lake";

    /// <summary>The schema of the platform's own tables.</summary>
    public const string SystemSchema = "foz";

    /// <summary>The replacement of a name that could not be read: no table is called so.</summary>
    public static TableName None { get; } = new("", "");

    /// <summary>The table of the rows that could not be read into this one.</summary>
    public TableName Rejected => this with { Name = Name + "__rejected" };

    /// <summary>The table of the rows of this one that broke a check and wait for a user's decision.</summary>
    public TableName Quarantine => this with { Name = Name + "__quarantine" };

    /// <summary>The table of the changes that wait until this one can take them.</summary>
    public TableName Held => this with { Name = Name + "__changes_held" };

    /// <summary>The table of what is known of events that this one, which is made of them, does not show.</summary>
    public TableName ChangeState => this with { Name = Name + "__cdc" };

    /// <summary>The tables that may be beside this one.</summary>
    public IEnumerable<TableName> Beside => [Rejected, Quarantine, Held, ChangeState];

    /// <summary>Reads <c>schema.name</c> or <c>lake.schema.name</c>.</summary>
    /// <exception cref="FozException">The text is no such name.</exception>
    public static TableName Parse(string text) => TryParse(text, out var name)
        ? name
        : throw new FozException(ErrorKind.Usage, $"'{text}' is not a table name")
        {
            Hint = "write schema.table, such as silver.orders",
        };

    /// <summary>Reads <c>schema.name</c> or <c>lake.schema.name</c>; false if the text is no such name.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TableName? name)
    {
        name = text.Split('.') switch
        {
            [{ Length: > 0 } schema, { Length: > 0 } table] => new TableName(schema, table),
            [Catalog, { Length: > 0 } schema, { Length: > 0 } table] => new TableName(schema, table),
            _ => null,
        };
        return name is not null;
    }

    /// <inheritdoc/>
    public bool Equals(TableName? other) => ReferenceEquals(this, other)
        || (other is not null
            && string.Equals(Name, other.Name, StringComparison.OrdinalIgnoreCase)
            && string.Equals(Schema, other.Schema, StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (hash == 0) hash = ComputeHash();
        return hash;
    }

    int ComputeHash()
    {
        // Names are short; texts that are the same whatever the case have one length.
        const uint Multiplier = 0x01000193;
        var sum = (uint)Schema.Length;
        foreach (var c in Schema.AsSpan()) sum = (sum ^ Folded(c)) * Multiplier;
        foreach (var c in Name.AsSpan()) sum = (sum ^ Folded(c)) * Multiplier;
        return (int)(sum ^ (sum >> 15));
    }

    /// <summary>One number for the characters that count as the same; for all halves of characters one.</summary>
    static uint Folded(char c) =>
        char.IsAscii(c)
            ? char.IsAsciiLetterLower(c) ? c - 32u : c
            : char.IsSurrogate(c) ? 0u : char.ToUpperInvariant(c);

    /// <summary><c>schema.name</c>.</summary>
    public override string ToString() => $"{Schema}.{Name}";
}
