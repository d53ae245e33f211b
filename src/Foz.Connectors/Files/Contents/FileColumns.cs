using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;

namespace Foz.Connectors.Files.Contents;

/// <summary>
/// The columns that a batch arrives with: those that the table has, with the types that they have, then those that are
/// new, in the order in which files bring them.
/// </summary>
sealed class FileColumns
{
    const string OwnSuffix = "_1";
    readonly Func<DataType, DataType, DataType?>? widen;
    readonly List<Field> fields;
    readonly Dictionary<string, Field> byName;
    readonly HashSet<string> brought = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Starts with the columns of the table.</summary>
    /// <param name="tableFields">They, without change columns.</param>
    /// <param name="declared">Types by column that the stream declares.</param>
    /// <param name="widen">As of <see cref="ReadContext.Widen"/>.</param>
    /// <exception cref="FozException">A column is declared with another type than the table has.</exception>
    public FileColumns(
        IReadOnlyList<Field> tableFields, IReadOnlyDictionary<string, DataType> declared,
        Func<DataType, DataType, DataType?>? widen)
    {
        (fields, Declared, this.widen) = ([.. tableFields], declared, widen);
        byName = tableFields.ToDictionary(f => f.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var field in tableFields)
            if (declared.TryGetValue(field.Name, out var type) && !type.Equals(field.Type))
                byName[field.Name] = fields[fields.IndexOf(field)] =
                    widen is not null && Extend(field.Type, type, widen).Equals(type)
                        ? field with { Type = type } : throw DeclaredOtherwise(field, type);
    }

    /// <summary>The columns so far.</summary>
    public IReadOnlyList<Field> Fields => fields;

    /// <summary>The columns so far that no file has; empty where files do not name their columns.</summary>
    public IReadOnlyList<string> Missing =>
        brought.Count == 0 ? [] : [.. fields.Select(f => f.Name).Where(name => !brought.Contains(name))];

    /// <summary>The types that the stream declares, by column.</summary>
    public IReadOnlyDictionary<string, DataType> Declared { get; }

    /// <summary>Returns the column of a name, regardless of case; null if there is none.</summary>
    public Field? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Notes that a file has a column, which need not be added.</summary>
    public void Bring(string name) => brought.Add(name);

    /// <summary>Adds a column that a file brings, unless there is one of its name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type, if the stream declares none.</param>
    /// <param name="sourceType">The source's own type.</param>
    public void Add(string name, DataType type, string sourceType)
    {
        brought.Add(name);
        if (byName.ContainsKey(name)) return;
        var field = new Field(name, Declared.GetValueOrDefault(name, type)).WithSourceType(sourceType);
        fields.Add(field);
        byName.Add(name, field);
    }

    /// <summary>
    /// Adds a column, or the fields of structs that the one of its name does not have. Its type stays, unless it was
    /// not declared and may take a wider one.
    /// </summary>
    /// <inheritdoc cref="Add"/>
    public void AddOrExtend(string name, DataType type, string sourceType)
    {
        Add(name, type, sourceType);
        var field = byName[name];
        var extended = Extend(field.Type, type, Declared.ContainsKey(name) ? null : widen);
        if (extended.Equals(field.Type)) return;
        byName[name] = fields[fields.IndexOf(field)] = field with { Type = extended };
    }

    /// <summary>Adds the columns that the stream declares and that no file has brought.</summary>
    /// <param name="sourceType">The source's own type.</param>
    /// <param name="files">The files that were examined.</param>
    /// <returns>Warnings for the user.</returns>
    public IReadOnlyList<Warning> AddDeclared(string sourceType, IReadOnlyList<SourceFile> files)
    {
        var missing = Declared.Keys.Where(name => !brought.Contains(name)).ToList();
        var others = brought.Except(Declared.Keys, StringComparer.OrdinalIgnoreCase).ToList();
        foreach (var name in missing) Add(name, Declared[name], sourceType);
        if (files.Count == 0) return [];
        var where = files[0].Input.Path + (files.Count == 1 ? "" : $" and {files.Count - 1:N0} more");
        return
        [
            .. missing.Select(name =>
                new Warning($"no column {name} in {where}: it is null", NearestName.Hint(name, others))),
        ];
    }

    /// <summary>The name of the column for a field of a file: its own, unless Foz has a column of it.</summary>
    public static string ColumnName(string name) => IsOwn(name) ? $"{name}{OwnSuffix}" : name;

    /// <summary>The name of the field of files that a column is for.</summary>
    public static string FieldName(string column) =>
        column.EndsWith(OwnSuffix, StringComparison.Ordinal) && IsOwn(column[..^OwnSuffix.Length])
            ? column[..^OwnSuffix.Length]
            : column;

    static bool IsOwn(string name) =>
        ChangeColumns.Fields.Any(f => string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase));

    static FozException DeclaredOtherwise(Field field, DataType type) =>
        new(
            ErrorKind.Configuration,
            $"column '{field.Name}' is declared as {type}, but the table has it as {field.Type}")
        {
            Hint = "take the declaration back, or read all files again with it: --full-refresh",
        };

    static DataType Extend(DataType type, DataType other, Func<DataType, DataType, DataType?>? widen) =>
        (type, other) switch
        {
            (DataType.Struct own, DataType.Struct more) => new DataType.Struct(
            [
                .. own.Fields.Select(f => more.Fields.FirstOrDefault(m => SameName(f, m)) is { } also
                    ? f with { Type = Extend(f.Type, also.Type, widen) } : f),
                .. more.Fields.Where(m => !own.Fields.Any(f => SameName(f, m))),
            ]),
            (DataType.Array own, DataType.Array more) => new DataType.Array(Extend(own.Element, more.Element, widen)),
            _ when IsNested(type) || IsNested(other) => type,
            _ => widen?.Invoke(type, other) ?? type,
        };

    static bool IsNested(DataType type) => type is DataType.Map or DataType.Struct or DataType.Array;

    static bool SameName(Field a, Field b) => string.Equals(a.Name, b.Name, StringComparison.OrdinalIgnoreCase);

    /// <summary>The types that a stream declares.</summary>
    /// <exception cref="FozException">One is not a type that a table has.</exception>
    public static IReadOnlyDictionary<string, DataType> ReadDeclared(StreamDefinition stream, EngineSession session)
    {
        var types = new Dictionary<string, DataType>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, text) in stream.Columns)
        {
            try
            {
                var field = session.Describe(
                    $"SELECT CAST(NULL AS {text}) AS value", CancellationToken.None)[0].ToField();
                if (!field.Metadata.ContainsKey(Field.SourceTypeKey))
                {
                    types[name] = field.Type;
                    continue;
                }
            }
            catch (FozException e) when (e.Kind is ErrorKind.Sql)
            {
            }
            throw new FozException(
                ErrorKind.Configuration,
                $"column '{name}' of stream '{stream.Name}' is declared as '{text}', which no table can hold")
            {
                Place = stream.Place,
                Hint = "write a type such as varchar, bigint, decimal(12,2), double, boolean, "
                    + "date, timestamp or timestamptz",
            };
        }
        return types;
    }
}
