using System.Globalization;
using Foz.Lake;
using Foz.Serving.PostgreSql;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Settings;
using Foz.Serving.Sql;

namespace Foz.Serving.Catalogs;

/// <summary>An image of the catalog as one session sees it: what functions of SQL ask.</summary>
/// <param name="Image">The image.</param>
/// <param name="User">The user.</param>
/// <param name="SearchPath">The schemas in which names without one are looked for.</param>
sealed record CatalogView(CatalogImage Image, string User, IReadOnlyList<string> SearchPath)
{
    /// <summary>
    /// Stops what a session does, by the function and the session's number; false where there is none of that number.
    /// </summary>
    public Func<string, int, bool> Signal { get; init; } = static (_, _) => false;

    /// <summary>The text that a function gives; null for NULL.</summary>
    public string? Text(string function, string[] arguments) => function switch
    {
        "obj_description" => arguments is [_] or [_, "pg_class"] ? Image.Find(Oid(arguments[0]))?.Comment : null,
        "col_description" => Column(arguments[0], arguments[1])?.Comment,
        "format_type" => FormatType(arguments),
        "pg_get_userbyid" => RoleName(Oid(arguments[0])),
        "pg_get_viewdef" => ViewSql(arguments[0]),
        "pg_get_expr" => arguments[0],
        "current_setting" => SessionSetting.All.GetValueOrDefault(arguments[0])?.Default,
        "pg_encoding_to_char" => arguments[0] == "6" ? "UTF8" : "",
        "pg_tablespace_location" => "",
        "to_regclass" => FindRelation(arguments[0]) is { } oid ? RelationName(oid) : null,
        "to_regtype" => PgTypeRow.Find(arguments[0])?.SqlName,
        "regclass_name" => RelationName(Relation(arguments[0])) ?? arguments[0],
        "proc_name" => ProcedureName(arguments[0]),
        "namespace_name" => SchemaName(Oid(arguments[0])) ?? arguments[0],
        // The other functions describe nothing that a lake has.
        _ => null,
    };

    /// <summary>The number of a relation that is given by its name or its number.</summary>
    uint Relation(string nameOrNumber) =>
        uint.TryParse(nameOrNumber, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : FindRelation(nameOrNumber) ?? throw Missing("relation", nameOrNumber, "42P01");

    /// <summary>Answers which privileges a user has.</summary>
    public Func<CatalogView, PrivilegeAnswers>? Asks { get; init; }

    /// <summary>The number of a relation that a text names; null where there is none of the name.</summary>
    public uint? RelationOf(string text) => FindRelation(text);

    /// <summary>The schema of a name or number; null for a number that none has.</summary>
    /// <exception cref="FozException">There is none of the name.</exception>
    public string? SchemaOf(string text) => uint.TryParse(text, CultureInfo.InvariantCulture, out var oid)
        ? SchemaName(oid)
        : Schemas.FirstOrDefault(schema => schema == text) ?? throw Missing("schema", text, "3F000");

    PrivilegeAnswers Privileges() => Asks!(this);

    /// <summary>The answer of a function; null for NULL.</summary>
    public bool? PredicateOutcomes(string function, string[] arguments) => function switch
    {
        "pg_has_role" => Privileges().Answer(function, arguments),
        _ when function.StartsWith("has_", StringComparison.Ordinal) => Privileges().Answer(function, arguments),
        "pg_table_is_visible" => RelationName(Oid(arguments[0])) is null or "-" ? null : IsVisible(Oid(arguments[0])),
        "pg_type_is_visible" => PgTypeRow.All.ContainsKey(Oid(arguments[0])) ? true : null,
        "pg_function_is_visible" =>
            EmbeddedTable.ReadLines("pg_proc.tsv").Any(cells => cells[0] == arguments[0]) ? true : null,
        "pg_is_other_temp_schema" or "pg_is_in_recovery" or "pg_relation_is_publishable" => false,
        "pg_column_is_updatable" => Image.Find(Oid(arguments[0])) is { IsView: false },
        _ => true,
    };

    /// <summary>The number that a function finds.</summary>
    /// <exception cref="FozException">There is nothing of the name.</exception>
    public uint? Number(string function, string[] arguments) => function switch
    {
        "regclass" => Relation(arguments[0]),
        "regtype" => PgTypeRow.Find(arguments[0])?.Oid ?? throw Missing("type", arguments[0], "42704"),
        "regnamespace" =>
            Schemas.Contains(arguments[0])
                ? PgOids.OfSchema(arguments[0])
                : throw Missing("schema", arguments[0], "3F000"),
        "regrole" => arguments[0] == "foz" ? PgOids.Owner : PgOids.Of("role", arguments[0]),
        "regproc" =>
            EmbeddedTable.ReadLines("pg_proc.tsv").FirstOrDefault(p => p[1] == Unqualified(arguments[0])) is { } cells
                ? Oid(cells[0])
                : throw Missing("function", arguments[0], "42883"),
        "pg_my_temp_schema" => 0,
        "pg_relation_filenode" => Image.Find(Oid(arguments[0])) is { IsView: false } table ? table.Oid : null,
        _ => null,
    };

    /// <summary>How much a function counts.</summary>
    public long Count(string function, string[] arguments) => function switch
    {
        "pg_relation_size" or "pg_table_size" or "pg_total_relation_size" =>
            (uint.TryParse(arguments[0], CultureInfo.InvariantCulture, out var oid)
                ? oid
                : FindRelation(arguments[0])) is { } found
                ? Image.Find(found)?.Bytes ?? 0
                : 0,
        "pg_database_size" => Image.Tables.Sum(t => t.Bytes),
        "pg_tablespace_size" =>
            arguments[0] is "pg_default" or SystemRows.DefaultTablespace ? Image.Tables.Sum(t => t.Bytes) : 0,
        _ => 0,
    };

    IEnumerable<string> Schemas => Image.Schemas.Append(PgRelation.Catalog).Append(PgRelation.InformationSchema);

    CatalogColumn? Column(string table, string number) =>
        Image.Find(Oid(table)) is { } found && int.TryParse(number, CultureInfo.InvariantCulture, out var n) && n >= 1
            && n <= found.Columns.Count
            ? found.Columns[n - 1]
            : null;

    static string FormatType(string[] arguments)
    {
        if (arguments[0] == "0") return "-";
        if (!uint.TryParse(arguments[0], CultureInfo.InvariantCulture, out var oid)) return arguments[0];
        var modifier = arguments.Length > 1 && int.TryParse(arguments[1], CultureInfo.InvariantCulture, out var m)
            ? m
            : -1;
        return PgTypeRow.All.TryGetValue(oid, out var type) ? type.Format(modifier) : "???";
    }

    string RoleName(uint oid) => oid == PgOids.Owner
        ? "foz"
        : Image.Roles.FirstOrDefault(role => PgOids.Of("role", role) == oid) ?? $"unknown (OID={oid})";

    string? ViewSql(string view) =>
        (uint.TryParse(view, CultureInfo.InvariantCulture, out var oid) ? oid : FindRelation(view)) is { } found
            ? Image.Find(found)?.ViewSql
            : null;

    static string ProcedureName(string oid) =>
        oid == "0" ? "-" : EmbeddedTable.ReadLines("pg_proc.tsv").FirstOrDefault(p => p[0] == oid)?[1] ?? oid;

    string? SchemaName(uint oid) => Schemas.FirstOrDefault(schema => PgOids.OfSchema(schema) == oid);

    /// <summary>The number of a relation that a text names, with a schema or without, or by its number.</summary>
    uint? FindRelation(string text)
    {
        if (uint.TryParse(text, CultureInfo.InvariantCulture, out var number)) return number;
        var tokens = new PgTokens(text);
        var parts = Enumerable.Range(0, tokens.Count).Where(tokens.IsName).Select(tokens.NameOf).ToList();
        if (parts is ["lake", _, _]) parts.RemoveAt(0);
        if (parts is not ([_] or [_, _])) return null;
        var (schema, name) = parts is [var only] ? (null, only) : (parts[0], parts[1]);
        return PgRelation.Find(schema, name)?.Oid ?? Image.Find(schema, name, SearchPath)?.Oid;
    }

    /// <summary>A relation's name, with its schema where that is not on the path.</summary>
    string? RelationName(uint oid)
    {
        if (Image.Find(oid) is { } table)
        {
            var name = Quoted(table.Name.Name);
            return IsVisible(oid) ? name : $"{Quoted(table.Name.Schema.ToLowerInvariant())}.{name}";
        }
        var system = PgRelation.All.Values.FirstOrDefault(r => r.Oid == oid);
        return system is null ? oid == 0 ? "-" : null
            : system.Schema == PgRelation.Catalog ? system.Name : $"{system.Schema}.{system.Name}";
    }

    bool IsVisible(uint oid)
    {
        if (Image.Find(oid) is { } table) return Image.Find(null, table.Name.Name, SearchPath)?.Oid == oid;
        return PgRelation.All.Values.FirstOrDefault(r => r.Oid == oid)?.Schema == PgRelation.Catalog;
    }

    static string Quoted(string name) =>
        name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') && name.Length > 0
            && !char.IsAsciiDigit(name[0])
            ? name
            : Foz.Lake.Sql.SqlText.Identifier(name);

    static string Unqualified(string name) => name[(name.LastIndexOf('.') + 1)..];

    static uint Oid(string text) => uint.TryParse(text, CultureInfo.InvariantCulture, out var oid) ? oid : 0;

    static FozException Missing(string what, string name, string state) =>
        new(ErrorKind.NotFound, $"{what} \"{name}\" does not exist") { SqlState = state };
}
