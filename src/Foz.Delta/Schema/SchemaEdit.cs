namespace Foz.Delta.Schema;

/// <summary>
/// Changes of a schema at a path that leads through structs, and through <c>element</c> of arrays and <c>key</c> and
/// <c>value</c> of maps.
/// </summary>
public static class SchemaEdit
{
    /// <summary>The field that a path leads to; null if there is none.</summary>
    public static StructField? Find(StructType schema, ColumnPath path) =>
        path.Names.Length > 0 && TypeAt(schema, path.Names.AsSpan()[..^1]) is StructType parent
            ? parent.Find(path.Names[^1])
            : null;

    /// <summary>The schema with the struct that a path leads to changed.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidSchema"/>: the path leads to no struct.
    /// </exception>
    public static StructType ChangeStruct(StructType schema, ColumnPath path, Func<StructType, StructType> change) =>
        (StructType)Change(schema, path.Names.AsSpan(), path, change);

    /// <summary>The schema with the field that a path leads to changed, perhaps to another name.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidSchema"/>: the path leads to no field.
    /// </exception>
    public static StructType ChangeField(StructType schema, ColumnPath path, Func<StructField, StructField> change)
    {
        var name = path.Names[^1];
        return ChangeStruct(schema, path.Parent, parent =>
        {
            var at = parent.IndexOf(name);
            if (at < 0) throw Missing(path);
            return new(parent.Fields.SetItem(at, change(parent.Fields[at])));
        });
    }

    /// <summary>
    /// Returns the struct with a field at a place: first, after another, or at the end; one of the same name moves
    /// there.
    /// </summary>
    /// <param name="parent">The struct.</param>
    /// <param name="field">The field.</param>
    /// <param name="isFirst">Whether it comes first.</param>
    /// <param name="after">The field that it comes after; null for none.</param>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidSchema"/>: there is no field <paramref name="after"/>.
    /// </exception>
    public static StructType Place(StructType parent, StructField field, bool isFirst, string? after)
    {
        var fields = parent.Fields.RemoveAll(f => f.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase));
        var at = isFirst ? 0
            : after is null ? fields.Length
            : new StructType(fields).IndexOf(after) is >= 0 and var before ? before + 1
            : throw new DeltaException(
                DeltaErrorKind.InvalidSchema, $"there is no column {after} to place {field.Name} after");
        return new(fields.Insert(at, field));
    }

    /// <summary>
    /// The field with another type, every change inside it on record for readers of old files (PROTOCOL.md, "Type
    /// Change Metadata").
    /// </summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidSchema"/>: the new type cannot be read from files of the old one.
    /// </exception>
    public static StructField Retype(StructField field, DeltaType type, ColumnPath path)
    {
        var changes = new List<TypeChange>();
        var retyped = Retype(field.Type, type, path, fieldPath: null, changes);
        return changes.Aggregate(field with { Type = retyped }, TypeWidening.Record);
    }

    static DeltaType Retype(DeltaType from, DeltaType to, ColumnPath path, string? fieldPath, List<TypeChange> changes)
    {
        switch (from, to)
        {
            case (StructType a, StructType b) when a.Fields.Length == b.Fields.Length:
                return new StructType([.. a.Fields.Select(field => Retype(
                    field, b.Find(field.Name)?.Type ?? throw Missing(path.Then(field.Name)), path.Then(field.Name)))]);
            case (ArrayType a, ArrayType b):
                return a with
                {
                    Element = Retype(a.Element, b.Element, path.Then("element"), Join("element"), changes),
                };
            case (MapType a, MapType b):
                return a with
                {
                    Key = Retype(a.Key, b.Key, path.Then("key"), Join("key"), changes),
                    Value = Retype(a.Value, b.Value, path.Then("value"), Join("value"), changes),
                };
        }
        if (from == to) return from;
        if (!TypeWidening.CanWiden(from, to))
            throw new DeltaException(DeltaErrorKind.InvalidSchema, $"column {path} is {from} and cannot become {to}");
        changes.Add(new(from, to, fieldPath));
        return to;

        string Join(string name) => fieldPath is null ? name : $"{fieldPath}.{name}";
    }

    static DeltaType? TypeAt(DeltaType type, ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            var inner = Inner(type, name);
            if (inner is null) return null;
            type = inner;
        }
        return type;
    }

    static DeltaType? Inner(DeltaType type, string name) => (type, name.ToLowerInvariant()) switch
    {
        (StructType parent, _) => parent.Find(name)?.Type,
        (ArrayType array, "element") => array.Element,
        (MapType map, "key") => map.Key,
        (MapType map, "value") => map.Value,
        _ => null,
    };

    static DeltaType Change(
        DeltaType type, ReadOnlySpan<string> names, ColumnPath path, Func<StructType, StructType> change)
    {
        if (names.IsEmpty)
            return type is StructType found
                ? change(found)
                : throw new DeltaException(DeltaErrorKind.InvalidSchema, $"{path} is no struct: it has no fields");
        var inner = Inner(type, names[0]) ?? throw Missing(path);
        var changed = Change(inner, names[1..], path, change);
        return type switch
        {
            StructType parent => parent.With(parent.Find(names[0])! with { Type = changed }),
            ArrayType array => array with { Element = changed },
            MapType map when ReferenceEquals(inner, map.Key)
                && names[0].Equals("key", StringComparison.OrdinalIgnoreCase) =>
                map with { Key = changed },
            MapType map => map with { Value = changed },
            _ => throw Missing(path),
        };
    }

    static DeltaException Missing(ColumnPath path) =>
        new(DeltaErrorKind.InvalidSchema, $"there is no column {path}");
}
