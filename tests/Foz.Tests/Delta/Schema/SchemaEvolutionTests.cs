using Foz.Delta;
using Foz.Delta.Schema;

namespace Foz.Tests.Delta.Schema;

public sealed class SchemaEvolutionTests
{
    static readonly StructType Table = new(
        new StructField("id", DeltaType.Long, nullable: false),
        new StructField("price", new DecimalType(10, 2)),
        new StructField("address", new StructType(new StructField("city", DeltaType.String))),
        new StructField("tags", new ArrayType(new StructType(new StructField("k", DeltaType.Integer)), false)),
        new StructField("nothing", DeltaType.Void));

    [Fact]
    public void New_columns_come_last_in_their_struct_and_are_nullable()
    {
        var data = new StructType(
            new StructField(
                "NEW", new StructType(new StructField("x", DeltaType.Long, nullable: false)), nullable: false),
            new StructField(
                "Address",
                new StructType(
                    new StructField("zip", DeltaType.String, nullable: false),
                    new StructField("CITY", DeltaType.String))),
            new StructField("tags", new ArrayType(new StructType(new StructField("v", DeltaType.Date)), true)));
        var evolution = SchemaEvolution.Merge(Table, data);
        Assert.True(evolution.IsChanged);
        Assert.Equal(["NEW", "address.zip", "tags.element.v"], evolution.Added.Select(p => p.ToString()));
        Assert.Equal(["id", "price", "address", "tags", "nothing", "NEW"], evolution.Schema.Fields.Select(f => f.Name));
        Assert.True(evolution.Schema.Find("new")!.Nullable);
        Assert.True(evolution.Schema.Find(ColumnPath.Parse("new.x"))!.Nullable);
        Assert.False(evolution.Schema.Find("id")!.Nullable);
        var address = (StructType)evolution.Schema.Find("address")!.Type;
        Assert.Equal(["city", "zip"], address.Fields.Select(f => f.Name));
        Assert.False(((ArrayType)evolution.Schema.Find("tags")!.Type).ContainsNull);
    }

    [Fact]
    public void Data_that_fits_changes_nothing()
    {
        var data = new StructType(
            new StructField("ID", DeltaType.Integer), new StructField("price", new DecimalType(5, 1)),
            new StructField("address", DeltaType.Void));
        var evolution = SchemaEvolution.Merge(Table, data, widenTypes: true);
        Assert.False(evolution.IsChanged);
        Assert.Equal(Table, evolution.Schema);
    }

    [Fact]
    public void A_void_column_takes_the_type_of_the_data()
    {
        var evolution = SchemaEvolution.Merge(Table, new(new StructField("nothing", DeltaType.Date)));
        Assert.Equal(DeltaType.Date, evolution.Schema.Find("nothing")!.Type);
        Assert.Equal(["nothing"], evolution.Added.Select(p => p.ToString()));
        Assert.Empty(evolution.Widened);
    }

    [Theory]
    [InlineData("id", "string", DeltaErrorKind.TypeMismatch)]
    [InlineData("id", "double", DeltaErrorKind.TypeMismatch)]
    [InlineData("price", "decimal(12,2)", DeltaErrorKind.TypeWideningDisabled)]
    [InlineData("price", "decimal(10,3)", DeltaErrorKind.TypeWideningDisabled)]
    [InlineData("price", "decimal(38,31)", DeltaErrorKind.TypeMismatch)]
    [InlineData("price", "double", DeltaErrorKind.TypeMismatch)]
    [InlineData("address", "string", DeltaErrorKind.TypeMismatch)]
    public void A_type_that_does_not_fit_is_refused_by_column(string column, string type, DeltaErrorKind kind)
    {
        var data = new StructType(new StructField(column, DeltaType.Parse(type)));
        var fault = Assert.Throws<DeltaException>(() => SchemaEvolution.Merge(Table, data));
        Assert.Equal(kind, fault.Kind);
        Assert.Contains(column, fault.Message, StringComparison.Ordinal);
        Assert.Contains(type, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Widening_is_recorded_in_the_nearest_field()
    {
        var data = new StructType(
            new StructField("price", new DecimalType(12, 3)),
            new StructField("tags", new ArrayType(new StructType(new StructField("k", DeltaType.Long)), true)));
        var evolution = SchemaEvolution.Merge(Table, data, widenTypes: true);
        Assert.Equal(["price", "tags.element.k"], evolution.Widened.Select(p => p.ToString()));
        var price = evolution.Schema.Find("price")!;
        Assert.Equal(new DecimalType(12, 3), price.Type);
        Assert.Equal([new TypeChange(new DecimalType(10, 2), new DecimalType(12, 3))], TypeWidening.ChangesOf(price));
        TypeWidening.Check(evolution.Schema);
        var again = SchemaEvolution.Merge(
            evolution.Schema, new(new StructField("price", new DecimalType(20, 3))), widenTypes: true);
        Assert.Equal(2, TypeWidening.ChangesOf(again.Schema.Find("price")!).Length);
    }

    [Theory]
    [InlineData("decimal(10,3)", "decimal(11,3)")]
    [InlineData("decimal(9,1)", "decimal(10,2)")]
    [InlineData("decimal(38,30)", "decimal(38,30)")]
    public void A_decimal_is_widened_to_what_holds_both(string data, string expected)
    {
        var evolution = SchemaEvolution.Merge(
            Table, new(new StructField("price", DeltaType.Parse(data))), widenTypes: true);
        Assert.Equal(DeltaType.Parse(expected), evolution.Schema.Find("price")!.Type);
    }

    [Fact]
    public void Widening_inside_maps_and_lists_records_the_way()
    {
        var table = new StructType(
            new StructField("e", new ArrayType(new MapType(DeltaType.Float, DeltaType.Short, true), true)));
        var data = new StructType(
            new StructField("e", new ArrayType(new MapType(DeltaType.Double, DeltaType.Integer, true), true)));
        var field = SchemaEvolution.Merge(table, data, widenTypes: true).Schema.Fields[0];
        Assert.Equal(
            [
                new TypeChange(DeltaType.Float, DeltaType.Double, "element.key"),
                new TypeChange(DeltaType.Short, DeltaType.Integer, "element.value"),
            ],
            TypeWidening.ChangesOf(field));
        Assert.Equal(
            """[{"fromType":"float","toType":"double","fieldPath":"element.key"},{"fromType":"short","toType":"integer","fieldPath":"element.value"}]""",
            field.Metadata[FieldMetadata.TypeChangesKey]!.Value.GetRawText());
    }

    [Theory]
    [InlineData("byte", "short", true, true)]
    [InlineData("integer", "long", true, true)]
    [InlineData("long", "integer", false, false)]
    [InlineData("float", "double", true, true)]
    [InlineData("long", "double", false, false)]
    [InlineData("integer", "double", true, true)]
    [InlineData("date", "timestamp_ntz", true, true)]
    [InlineData("date", "timestamp", false, false)]
    [InlineData("decimal(10,2)", "decimal(12,4)", true, true)]
    [InlineData("decimal(10,2)", "decimal(11,4)", false, false)]
    [InlineData("decimal(10,2)", "decimal(10,2)", false, false)]
    [InlineData("byte", "decimal(10,0)", true, true)]
    [InlineData("byte", "decimal(4,1)", false, true)]
    [InlineData("byte", "decimal(3,1)", false, false)]
    [InlineData("long", "decimal(20,0)", true, true)]
    [InlineData("long", "decimal(21,2)", false, true)]
    [InlineData("long", "decimal(18,0)", false, false)]
    [InlineData("string", "binary", false, false)]
    public void Types_widen_as_the_specification_says(string from, string to, bool canWiden, bool canRead)
    {
        Assert.Equal(canWiden, TypeWidening.CanWiden(DeltaType.Parse(from), DeltaType.Parse(to)));
        Assert.Equal(canRead, TypeWidening.CanRead(DeltaType.Parse(from), DeltaType.Parse(to)));
    }

    [Fact]
    public void An_unknown_change_of_type_is_refused_by_column()
    {
        var field = TypeWidening.Record(new("a", DeltaType.String), new(DeltaType.Long, DeltaType.String));
        var fault =
            Assert.Throws<DeltaException>(() => TypeWidening.Check(new(new StructField("s", new StructType(field)))));
        Assert.Equal(DeltaErrorKind.Unsupported, fault.Kind);
        Assert.Contains("s.a", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Column_mapping_gives_each_new_field_an_id_and_a_name_of_its_own()
    {
        var (mapped, max) = ColumnMapping.Assign(Table, 0);
        Assert.Equal(7, max);
        var nested = mapped.FindAll(ColumnPath.Parse("address.city"));
        Assert.StartsWith("col-", nested[1].PhysicalName(ColumnMappingMode.Name), StringComparison.Ordinal);
        Assert.Equal(4, nested[1].ColumnId);
        Assert.Equal((mapped, 7), ColumnMapping.Assign(mapped, 0));
        var evolved = SchemaEvolution.AddColumns(mapped, new StructField("x", DeltaType.Long)).Schema;
        var (remapped, newMax) = ColumnMapping.Assign(evolved, 0);
        Assert.Equal(8, newMax);
        Assert.Equal(8, remapped.Find("x")!.ColumnId);
        Assert.Equal(
            "address",
            ColumnMapping.Assign(Table, 5, keepNames: true).Schema.Find("address")!.PhysicalName(ColumnMappingMode.Id));
        var physical = ColumnMapping.PhysicalPath(mapped, ColumnPath.Parse("address.city"), ColumnMappingMode.Name)!;
        Assert.All(physical.Names, name => Assert.StartsWith("col-", name, StringComparison.Ordinal));
        Assert.Equal(
            "address.city",
            ColumnMapping.PhysicalPath(mapped, ColumnPath.Parse("ADDRESS.CITY"), ColumnMappingMode.None)!.ToString());
    }

    [Fact]
    public void A_mapped_column_without_physical_name_is_refused()
    {
        var fault = Assert.Throws<DeltaException>(() => Table.Fields[0].PhysicalName(ColumnMappingMode.Name));
        Assert.Equal(DeltaErrorKind.InvalidSchema, fault.Kind);
    }

    [Fact]
    public void A_column_that_is_there_cannot_be_added() =>
        Assert.Throws<DeltaException>(() => SchemaEvolution.AddColumns(Table, new StructField("ID", DeltaType.Long)));
}
