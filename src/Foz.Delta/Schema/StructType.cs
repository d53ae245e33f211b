using System.Collections.Immutable;

namespace Foz.Delta.Schema;

/// <summary>Named fields in order: a nested column, or the schema of a table. Names ignore case but keep it.</summary>
public sealed record StructType : DeltaType
{
    readonly Lazy<Dictionary<string, int>> ordinals;

    /// <summary>Makes a struct of <paramref name="fields"/>; does not check that their names are unique.</summary>
    public StructType(params ImmutableArray<StructField> fields)
    {
        Fields = fields;
        ordinals = new(IndexNames);
    }

    /// <summary>A struct without fields.</summary>
    public static StructType Empty { get; } = new([]);

    /// <summary>The fields, in order.</summary>
    public ImmutableArray<StructField> Fields { get; }

    /// <summary>Reads a table's schema from a <c>schemaString</c>.</summary>
    /// <exception cref="DeltaException">As <see cref="DeltaType.Parse"/>; or it is no struct.</exception>
    public static StructType ParseSchema(string schemaString) => Parse(schemaString) as StructType
        ?? throw new DeltaException(
            DeltaErrorKind.InvalidSchema, $"the schema of a table is a struct, not {schemaString}");

    /// <summary>The field of a name, in whatever case; null if there is none.</summary>
    public StructField? Find(string name) => ordinals.Value.TryGetValue(name, out var at) ? Fields[at] : null;

    /// <summary>The position of the field of a name, in whatever case; -1 if there is none.</summary>
    public int IndexOf(string name) => ordinals.Value.TryGetValue(name, out var at) ? at : -1;

    /// <summary>The field that a path through nested structs leads to; null if there is none.</summary>
    public StructField? Find(ColumnPath path)
    {
        var fields = FindAll(path);
        return fields.IsEmpty ? null : fields[^1];
    }

    /// <summary>
    /// Every field on the way of a path through nested structs, outermost first; empty if the path leads nowhere.
    /// </summary>
    public ImmutableArray<StructField> FindAll(ColumnPath path)
    {
        var found = ImmutableArray.CreateBuilder<StructField>(path.Names.Length);
        var parent = this;
        foreach (var name in path.Names)
        {
            if (parent?.Find(name) is not { } field) return [];
            found.Add(field);
            parent = field.Type as StructType;
        }
        return found.ToImmutable();
    }

    /// <summary>The same struct with the field of the same name, in whatever case, replaced.</summary>
    public StructType With(StructField field) => new(Fields.SetItem(ordinals.Value[field.Name], field));

    /// <summary>
    /// Throws unless each name, here and in nested structs, is non-empty and unique ignoring case.
    /// </summary>
    /// <exception cref="DeltaException"><see cref="DeltaErrorKind.InvalidSchema"/>, naming the column.</exception>
    public void Validate() => Validate(this, ColumnPath.Root);

    /// <summary>
    /// The columns that hold values themselves (all but structs), depth first: the order in which statistics count
    /// columns.
    /// </summary>
    public IEnumerable<(ColumnPath Path, StructField Field)> Leaves() => Leaves(this, ColumnPath.Root);

    /// <summary>Whether both have equal fields in the same order.</summary>
    public bool Equals(StructType? other) => other is not null && Fields.AsSpan().SequenceEqual(other.Fields.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var field in Fields) hash.Add(field.Name, StringComparer.Ordinal);
        return hash.ToHashCode();
    }

    static IEnumerable<(ColumnPath Path, StructField Field)> Leaves(StructType parent, ColumnPath path)
    {
        foreach (var field in parent.Fields)
        {
            var fieldPath = path.Then(field.Name);
            if (field.Type is not StructType nested)
            {
                yield return (fieldPath, field);
                continue;
            }
            foreach (var leaf in Leaves(nested, fieldPath)) yield return leaf;
        }
    }

    static void Validate(DeltaType type, ColumnPath path)
    {
        switch (type)
        {
            case StructType parent:
                var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
                foreach (var field in parent.Fields)
                {
                    var fieldPath = path.Then(field.Name);
                    if (field.Name.Length == 0)
                        throw new DeltaException(DeltaErrorKind.InvalidSchema, $"a column without a name in {path}");
                    if (!names.Add(field.Name))
                        throw new DeltaException(DeltaErrorKind.InvalidSchema,
                            $"column {fieldPath} is there twice; names must differ in more than case");
                    Validate(field.Type, fieldPath);
                }
                break;
            case ArrayType array:
                Validate(array.Element, path.Then("element"));
                break;
            case MapType map:
                Validate(map.Key, path.Then("key"));
                Validate(map.Value, path.Then("value"));
                break;
        }
    }

    Dictionary<string, int> IndexNames()
    {
        var index = new Dictionary<string, int>(Fields.Length, StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < Fields.Length; i++) index.TryAdd(Fields[i].Name, i);
        return index;
    }
}
