using System.Runtime.CompilerServices;
using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Lake.Engine;
using Foz.Lake.Sql;

namespace Foz.Lake.Tables;

/// <summary>
/// How data files hold columns differently from the table's schema: fields of structs under other names, where the
/// table maps columns by id (PROTOCOL.md, "Column Mapping"); structs none of whose fields are left; variants as plain
/// structs of two byte strings, as their first writers had no annotation for them in Parquet; and days and times before
/// 1582-10-15 in another calendar.
/// </summary>
/// <param name="hasPlainVariants">Whether variants are plain structs.</param>
/// <param name="names">The names of fields by their ids; null where fields have their physical names.</param>
/// <param name="strangers">
/// Of structs whose fields are all missing in the files, a field that is there, by the id of the first of those.
/// </param>
public sealed class FileLayout(
    bool hasPlainVariants, IReadOnlyDictionary<int, string>? names, IReadOnlyDictionary<int, string> strangers)
{
    static readonly ConditionalWeakTable<AddFile, FileLayout> known = [];
    static readonly Dictionary<int, string> none = [];

    /// <summary>The layout that the table's schema describes.</summary>
    public static FileLayout Standard { get; } = new(hasPlainVariants: false, names: null, none);

    /// <summary>Whether variants are plain structs.</summary>
    public bool HasPlainVariants => hasPlainVariants;

    /// <summary>How old days and times are counted where that is not the engine's way; otherwise null.</summary>
    public OldCalendar? Calendar { get; private init; }

    /// <summary>The name of a field of a struct in the files; null if they have none.</summary>
    public string? NameOf(StructField field, ColumnMappingMode mapping) =>
        names is null ? field.PhysicalName(mapping)
        : field.ColumnId is { } id ? names.GetValueOrDefault(id)
        : null;

    /// <summary>
    /// Returns a field that files have in a struct of which they have no field that the table still has; null for other
    /// structs. It shows whether there is a struct.
    /// </summary>
    public string? StrangerIn(StructType type) =>
        strangers.Count > 0 && type.Fields[0].ColumnId is { } id ? strangers.GetValueOrDefault(id) : null;

    /// <summary>Files of a table by their layout; one group for most tables, at no cost.</summary>
    /// <param name="session">The session that reads them.</param>
    /// <param name="table">The table.</param>
    /// <param name="files">The files.</param>
    /// <param name="isByNames">
    /// Whether columns that the table finds by id are to be found by the files' own names of them.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DeltaException">A file holds shredded variants without annotation.</exception>
    public static IReadOnlyList<(FileLayout Layout, IReadOnlyCollection<AddFile> Files)> Group(
        EngineSession session, TableSnapshot table, IReadOnlyCollection<AddFile> files, bool isByNames,
        CancellationToken cancellationToken)
    {
        var hasVariants = Contains(table.Schema.Columns, type => type == DeltaType.Variant);
        var hasStructs = table.Schema.Mapping != ColumnMappingMode.None
            && table.Schema.Columns.Fields.Any(field => Contains(field.Type, type => type is StructType));
        var mayDiffer = isByNames
            || (hasStructs && (table.Schema.Mapping == ColumnMappingMode.Id || HasLostFields(table)));
        var calendars = OldCalendar.Find(session, table, files, cancellationToken);
        if (!hasVariants && !mayDiffer && calendars.Count == 0) return [(Standard, files)];
        return
        [
            .. files.Select(file => (File: file, Layout: Find(file).With(calendars.GetValueOrDefault(file))))
                .GroupBy(pair => (pair.Layout.Key, pair.Layout.Calendar?.Rules))
                .Select(group =>
                    (group.First().Layout, (IReadOnlyCollection<AddFile>)[.. group.Select(pair => pair.File)])),
        ];

        FileLayout Find(AddFile file)
        {
            if (!hasVariants && !mayDiffer) return Standard;
            if (known.TryGetValue(file, out var layout) && (!mayDiffer || layout.Schema == table.Schema)) return layout;
            layout = Read(session, table, TableFiles.LocalPath(table, file), hasVariants, mayDiffer, cancellationToken);
            known.AddOrUpdate(file, layout);
            return layout;
        }
    }

    /// <summary>Equal for layouts that are the same.</summary>
    string Key => hasPlainVariants + "|" + (names is null ? "" : string.Join('|', names.OrderBy(pair => pair.Key)))
        + "|" + string.Join('|', strangers.OrderBy(pair => pair.Key));

    /// <summary>The table's schema that the layout was read for; null where it is the same for all.</summary>
    TableSchema? Schema { get; init; }

    FileLayout With(OldCalendar? calendar) =>
        calendar is null ? this : new(hasPlainVariants, names, strangers) { Schema = Schema, Calendar = calendar };

    // Ids are given out once: fields that had others are gone.
    static bool HasLostFields(TableSnapshot table) =>
        ColumnMapping.MaxColumnId(table.State.Metadata.Configuration) > ColumnMapping.CountIds(table.Schema.Columns);

    static FileLayout Read(
        EngineSession session, TableSnapshot table, string path, bool hasVariants, bool mayDiffer,
        CancellationToken cancellationToken)
    {
        var isPlain = hasVariants && HasPlain(session, path, cancellationToken);
        if (!mayDiffer) return new(isPlain, names: null, none);
        var mapping = table.Schema.Mapping;
        var fields = ParquetField.ReadAll(session, path, cancellationToken);
        var names = new Dictionary<int, string>();
        var strangers = new Dictionary<int, string>();
        fields.AddNames(names);
        fields.AddStrangers(new StructType([.. table.Schema.DataColumns]), mapping, strangers);
        return new(isPlain, mapping == ColumnMappingMode.Id ? names : null, strangers) { Schema = table.Schema };
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
            $"{path} holds shredded variants without Parquet's annotation "
                + "(variantShredding-preview), which are not supported")
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
