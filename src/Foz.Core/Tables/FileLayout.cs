using System.Globalization;
using System.Runtime.CompilerServices;
using Foz.Core.Engine;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Schema;

namespace Foz.Core.Tables;

/// <summary>
/// Where data files hold columns otherwise than the table's schema tells: fields of structs under other names, where
/// the table maps columns by id (PROTOCOL.md, "Column Mapping"), and variants as plain structs of two byte strings, as
/// their first writers had no annotation for them in Parquet.
/// </summary>
/// <param name="hasPlainVariants">Whether variants are plain structs.</param>
/// <param name="names">The names of fields by their ids; null where fields have their physical names.</param>
sealed class FileLayout(bool hasPlainVariants, IReadOnlyDictionary<int, string>? names)
{
    static readonly ConditionalWeakTable<AddFile, FileLayout> known = [];

    /// <summary>The layout that the table's schema tells.</summary>
    public static FileLayout Standard { get; } = new(hasPlainVariants: false, names: null);

    /// <summary>Whether variants are plain structs.</summary>
    public bool HasPlainVariants => hasPlainVariants;

    /// <summary>The name of a field of a struct in the files; null if they have none.</summary>
    public string? NameOf(StructField field, ColumnMappingMode mapping) =>
        names is null ? field.PhysicalName(mapping)
        : field.ColumnId is { } id ? names.GetValueOrDefault(id)
        : null;

    /// <summary>Files of a table by their layout; one group for most tables, at no cost.</summary>
    /// <exception cref="DeltaException">A file holds shredded variants without annotation.</exception>
    public static IReadOnlyList<(FileLayout Layout, IReadOnlyCollection<AddFile> Files)> Group(
        EngineSession session, TableSnapshot table, IReadOnlyCollection<AddFile> files,
        CancellationToken cancellationToken)
    {
        var hasVariants = Contains(table.Schema.Columns, type => type == DeltaType.Variant);
        var hasIds = table.Schema.Mapping == ColumnMappingMode.Id
            && table.Schema.Columns.Fields.Any(field => Contains(field.Type, type => type is StructType));
        if (!hasVariants && !hasIds) return [(Standard, files)];
        foreach (var file in files)
            if (!known.TryGetValue(file, out _))
                known.AddOrUpdate(file, Read(session, TableScan.LocalPath(table, file), hasVariants, hasIds, cancellationToken));
        return
        [
            .. files.GroupBy(file => known.TryGetValue(file, out var layout) ? layout.Key : "")
                .Select(group => (known.TryGetValue(group.First(), out var layout) ? layout : Standard,
                    (IReadOnlyCollection<AddFile>)[.. group])),
        ];
    }

    /// <summary>Equal for layouts that are the same.</summary>
    string Key => hasPlainVariants + "|" + (names is null ? "" : string.Join('|', names.OrderBy(pair => pair.Key)));

    static FileLayout Read(
        EngineSession session, string path, bool hasVariants, bool hasIds, CancellationToken cancellationToken)
    {
        var isPlain = hasVariants && HasPlain(session, path, cancellationToken);
        if (!hasIds) return new(isPlain, names: null);
        using var fields = session.Query(
            $"SELECT field_id, name FROM parquet_schema({SqlText.Literal(path)}) WHERE field_id IS NOT NULL",
            cancellationToken);
        var names = new Dictionary<int, string>();
        foreach (var row in fields.Rows(cancellationToken))
            names[Convert.ToInt32(row[0], CultureInfo.InvariantCulture)] = (string)row[1]!;
        return new(isPlain, names);
    }

    static bool HasPlain(EngineSession session, string path, CancellationToken cancellationToken)
    {
        var columns = session.Describe(
            $"SELECT * FROM read_parquet({SqlText.Literal(path)}, hive_partitioning = false)", cancellationToken);
        var types = string.Join(' ', columns.Select(column => column.Type.ToString()));
        if (types.Contains("VARIANT", StringComparison.Ordinal)) return false;
        // The engine puts shredded variants together only where it knows them by their annotation.
        if (!types.Contains("typed_value", StringComparison.Ordinal)) return true;
        throw new DeltaException(DeltaErrorKind.Unsupported,
            $"{path} holds shredded variants without Parquet's annotation (variantShredding-preview), which are not supported")
        { Path = path };
    }

    static bool Contains(DeltaType type, Func<DeltaType, bool> isSought) => isSought(type) || type switch
    {
        StructType s => s.Fields.Any(field => Contains(field.Type, isSought)),
        ArrayType array => Contains(array.Element, isSought),
        MapType map => Contains(map.Key, isSought) || Contains(map.Value, isSought),
        _ => false,
    };
}
