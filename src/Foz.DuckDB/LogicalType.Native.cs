using Foz.DuckDB.Native;

namespace Foz.DuckDB;

/// <content>To and from the C API, and from text.</content>
public sealed partial class LogicalType
{
    /// <summary>Reads DuckDB's text of a type, nested ones included.</summary>
    /// <exception cref="FormatException">It is no type; the message says where it ceases to be one.</exception>
    public static LogicalType Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new LogicalTypeParser(text).Parse();
    }

    /// <summary>Reads a type of the C API and destroys it.</summary>
    internal static LogicalType Take(nint native)
    {
        // What depends on a parameter of which nothing is known.
        if (native == 0) return new(TypeId.Invalid);
        using var handle = new LogicalTypeHandle(native);
        return Read(native);
    }

    /// <summary>Reads a type of the C API that stays its owner's.</summary>
    internal static LogicalType Borrow(nint native) => Read(native);

    static unsafe LogicalType Read(nint native)
    {
        var id = (TypeId)NativeMethods.duckdb_get_type_id(native);
        var type = id switch
        {
            TypeId.Decimal => Decimal(
                NativeMethods.duckdb_decimal_width(native), NativeMethods.duckdb_decimal_scale(native)),
            TypeId.List => List(Take(NativeMethods.duckdb_list_type_child_type(native))),
            TypeId.Array => Array(
                Take(NativeMethods.duckdb_array_type_child_type(native)),
                (int)NativeMethods.duckdb_array_type_array_size(native)),
            TypeId.Map => Map(
                Take(NativeMethods.duckdb_map_type_key_type(native)),
                Take(NativeMethods.duckdb_map_type_value_type(native))),
            TypeId.Struct => Struct(ReadFields(native)),
            TypeId.Union => Union(ReadMembers(native)),
            TypeId.Enum => Enum(ReadEnumValues(native)),
            _ => new(id),
        };
        var alias = NativeMethods.TakeText(NativeMethods.duckdb_logical_type_get_alias(native));
        return string.IsNullOrEmpty(alias) ? type : type.WithAlias(alias);
    }

    static unsafe Field[] ReadFields(nint native)
    {
        var fields = new Field[NativeMethods.duckdb_struct_type_child_count(native)];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = new(
                NativeMethods.TakeText(NativeMethods.duckdb_struct_type_child_name(native, (ulong)i)) ?? "",
                Take(NativeMethods.duckdb_struct_type_child_type(native, (ulong)i)));
        return fields;
    }

    static unsafe Field[] ReadMembers(nint native)
    {
        var members = new Field[NativeMethods.duckdb_union_type_member_count(native)];
        for (var i = 0; i < members.Length; i++)
            members[i] = new(
                NativeMethods.TakeText(NativeMethods.duckdb_union_type_member_name(native, (ulong)i)) ?? "",
                Take(NativeMethods.duckdb_union_type_member_type(native, (ulong)i)));
        return members;
    }

    static unsafe string[] ReadEnumValues(nint native)
    {
        var values = new string[NativeMethods.duckdb_enum_dictionary_size(native)];
        for (var i = 0; i < values.Length; i++)
            values[i] = NativeMethods.TakeText(NativeMethods.duckdb_enum_dictionary_value(native, (ulong)i)) ?? "";
        return values;
    }

    /// <summary>The type as the C API has it.</summary>
    internal LogicalTypeHandle ToNative()
    {
        var handle = CreateNative();
        if (Alias is not null) NativeMethods.duckdb_logical_type_set_alias(handle.DangerousGetHandle(), Alias);
        return handle;
    }

    LogicalTypeHandle CreateNative()
    {
        switch (Id)
        {
            case TypeId.Decimal: return new(NativeMethods.duckdb_create_decimal_type(Width, Scale));
            case TypeId.Enum: return CreateNativeEnum();
            case TypeId.Struct or TypeId.Union: return CreateNativeFields();
            case TypeId.List:
                {
                    using var element = Element!.ToNative();
                    return new(NativeMethods.duckdb_create_list_type(element));
                }
            case TypeId.Array:
                {
                    using var element = Element!.ToNative();
                    return new(NativeMethods.duckdb_create_array_type(element, (ulong)ArraySize));
                }
            case TypeId.Map:
                {
                    using var key = MapKey.ToNative();
                    using var value = MapValue.ToNative();
                    return new(NativeMethods.duckdb_create_map_type(key, value));
                }
            default: return new(NativeMethods.duckdb_create_logical_type((int)Id));
        }
    }

    unsafe LogicalTypeHandle CreateNativeEnum()
    {
        using var names = new NativeTexts(EnumValues);
        return new(NativeMethods.duckdb_create_enum_type(names.Pointer, (ulong)EnumValues.Count));
    }

    unsafe LogicalTypeHandle CreateNativeFields()
    {
        using var types = new NativeTypeArray(Fields.Select(f => f.Type));
        using var names = new NativeTexts(Fields.Select(f => f.Name));
        fixed (nint* pointers = types.Pointers)
            return new(Id == TypeId.Struct
                ? NativeMethods.duckdb_create_struct_type(pointers, names.Pointer, (ulong)Fields.Count)
                : NativeMethods.duckdb_create_union_type(pointers, names.Pointer, (ulong)Fields.Count));
    }
}
