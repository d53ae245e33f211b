using System.Collections.Immutable;

namespace Foz.Delta.Schema;

/// <summary>What becomes of a table's schema when data of another schema is written to it.</summary>
public sealed record SchemaEvolution
{
    SchemaEvolution(StructType schema, ImmutableArray<ColumnPath> added, ImmutableArray<ColumnPath> widened)
    {
        Schema = schema;
        Added = added;
        Widened = widened;
    }

    /// <summary>The schema that holds both: the table's columns in their order, then the added ones.</summary>
    public StructType Schema { get; }

    /// <summary>
    /// The columns that were added, all nullable, each at the end of its struct; void columns that got a type too.
    /// </summary>
    public ImmutableArray<ColumnPath> Added { get; }

    /// <summary>The columns whose type was widened; needs the feature <c>typeWidening</c>.</summary>
    public ImmutableArray<ColumnPath> Widened { get; }

    /// <summary>Whether the table's schema has to change.</summary>
    public bool IsChanged => !Added.IsEmpty || !Widened.IsEmpty;

    /// <summary>
    /// The schema of a table after data of schema <paramref name="data"/> is written to it. Columns are matched by name
    /// ignoring case; columns that the data lacks stay; data of a narrower type is written as the table's type.
    /// </summary>
    /// <param name="table">The table's schema.</param>
    /// <param name="data">The schema of the data.</param>
    /// <param name="widenTypes">
    /// Whether a column may take a wider type, which holds the data's too (<see cref="TypeWidening"/>).
    /// </param>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.TypeMismatch"/>: a column has a type that the table's cannot hold;
    /// <see cref="DeltaErrorKind.TypeWideningDisabled"/>: nor may it be widened to it;
    /// <see cref="DeltaErrorKind.InvalidSchema"/>: the data's schema is faulty.
    /// </exception>
    public static SchemaEvolution Merge(StructType table, StructType data, bool widenTypes = false)
    {
        data.Validate();
        var merger = new Merger(widenTypes);
        return new(
            merger.Merge(table, data, ColumnPath.Root), merger.Added.ToImmutable(), merger.Widened.ToImmutable());
    }

    /// <summary>The table's schema with columns added at its end, all nullable.</summary>
    /// <exception cref="DeltaException">
    /// <see cref="DeltaErrorKind.InvalidSchema"/>: a column is there already.
    /// </exception>
    public static SchemaEvolution AddColumns(StructType table, params IReadOnlyList<StructField> columns)
    {
        foreach (var column in columns)
            if (table.Find(column.Name) is not null)
                throw new DeltaException(DeltaErrorKind.InvalidSchema, $"the table has a column {column.Name} already");
        return Merge(table, new([.. columns]));
    }

    sealed class Merger(bool widenTypes)
    {
        public ImmutableArray<ColumnPath>.Builder Added { get; } = ImmutableArray.CreateBuilder<ColumnPath>();

        public ImmutableArray<ColumnPath>.Builder Widened { get; } = ImmutableArray.CreateBuilder<ColumnPath>();

        public StructType Merge(StructType table, StructType data, ColumnPath path)
        {
            var fields = table.Fields.ToBuilder();
            foreach (var incoming in data.Fields)
            {
                var at = table.IndexOf(incoming.Name);
                if (at < 0)
                {
                    Added.Add(path.Then(incoming.Name));
                    fields.Add(AsAdded(incoming));
                    continue;
                }
                fields[at] = Merge(fields[at], incoming, path.Then(fields[at].Name));
            }
            return new(fields.ToImmutable());
        }

        StructField Merge(StructField table, StructField data, ColumnPath path)
        {
            var changes = new List<TypeChange>();
            var type = Merge(table.Type, data.Type, path, fieldPath: null, changes);
            var merged = table with { Type = type };
            foreach (var change in changes) merged = TypeWidening.Record(merged, change);
            if (changes.Count > 0) Widened.Add(path);
            return merged;
        }

        DeltaType Merge(DeltaType table, DeltaType data, ColumnPath path, string? fieldPath, List<TypeChange> changes)
        {
            switch (table, data)
            {
                case (StructType a, StructType b):
                    return Merge(a, b, path);
                case (ArrayType a, ArrayType b):
                    return a with
                    {
                        Element = Merge(a.Element, b.Element, path.Then("element"), Join("element"), changes),
                    };
                case (MapType a, MapType b):
                    return a with
                    {
                        Key = Merge(a.Key, b.Key, path.Then("key"), Join("key"), changes),
                        Value = Merge(a.Value, b.Value, path.Then("value"), Join("value"), changes),
                    };
                case (_, PrimitiveType { Kind: PrimitiveKind.Void }):
                    return table;
                case (PrimitiveType { Kind: PrimitiveKind.Void }, _):
                    // A void column is in no file: any type can take its place.
                    Added.Add(path);
                    return AllNullable(data);
            }
            if (table == data || TypeWidening.CanRead(data, table)) return table;
            var wider = TypeWidening.Wider(table, data);
            if (wider is null || !widenTypes)
                throw new DeltaException(
                    wider is null ? DeltaErrorKind.TypeMismatch : DeltaErrorKind.TypeWideningDisabled,
                    $"column {path} is {table} in the table but {data} in the data, which it cannot hold");
            changes.Add(new(table, wider, fieldPath));
            return wider;

            string Join(string name) => fieldPath is null ? name : $"{fieldPath}.{name}";
        }

        // Rows that are there already lack the column, so it cannot be required.
        static StructField AsAdded(StructField field) => field with { Nullable = true, Type = AllNullable(field.Type) };

        static DeltaType AllNullable(DeltaType type) => type switch
        {
            StructType parent => new StructType([.. parent.Fields.Select(AsAdded)]),
            ArrayType array => new ArrayType(AllNullable(array.Element), ContainsNull: true),
            MapType map => new MapType(AllNullable(map.Key), AllNullable(map.Value), ValueContainsNull: true),
            _ => type,
        };
    }
}
