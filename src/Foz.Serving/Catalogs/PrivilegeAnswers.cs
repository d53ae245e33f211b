using System.Globalization;
using Foz.Lake;
using Foz.Lake.Data;
using Foz.Serving.Governance;
using Foz.Serving.PostgreSql;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Sql;

namespace Foz.Serving.Catalogs;

/// <summary>
/// What <c>has_…_privilege</c> and <c>pg_has_role</c> answer (PostgreSQL documentation, "Access Privilege Inquiry
/// Functions"): what grants say. Things that are named and not there are errors; numbers that nothing has give NULL.
/// </summary>
/// <param name="view">What the session sees.</param>
/// <param name="user">The session's user.</param>
/// <param name="access">The grants.</param>
sealed class PrivilegeAnswers(CatalogView view, SessionUser user, AccessList access)
{
    const string GrantOption = " WITH GRANT OPTION";

    static readonly string[] ofTables =
    [
        "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "RULE",
    ];
    static readonly string[] ofColumns = ["SELECT", "INSERT", "UPDATE", "REFERENCES"];

    /// <summary>The answer of a function; null for NULL.</summary>
    /// <exception cref="FozException">It names what is not there, or no privilege.</exception>
    public bool? Answer(string function, string[] arguments)
    {
        var own = function is "has_column_privilege" ? 3 : 2;
        var who = arguments.Length > own ? Who(arguments[0]) : new Asked(user.IsOwner, user.Grantee);
        var rest = arguments.Length > own ? arguments[1..] : arguments;
        return function switch
        {
            "has_table_privilege" => OfTable(who, rest[0], Words(rest[1], ofTables)),
            "has_any_column_privilege" => OfAnyColumn(who, rest[0], Words(rest[1], ofColumns)),
            "has_column_privilege" => OfColumn(who, rest[0], rest[1], Words(rest[2], ofColumns)),
            "has_schema_privilege" => OfSchema(who, rest[0], Words(rest[1], "CREATE", "USAGE")),
            "has_database_privilege" =>
                OfDatabase(who, rest[0], Words(rest[1], "CREATE", "CONNECT", "TEMPORARY", "TEMP")),
            "has_function_privilege" => OfFunction(who, rest[0], Words(rest[1], "EXECUTE")),
            "has_type_privilege" => OfType(who, rest[0], Words(rest[1], "USAGE")),
            "has_sequence_privilege" => OfSequence(rest[0], Words(rest[1], "USAGE", "SELECT", "UPDATE")),
            "has_tablespace_privilege" => OfTablespace(who, rest[0], Words(rest[1], "CREATE")),
            _ => OfRole(
                who, rest[0],
                Words(rest[1].Replace("ADMIN OPTION", "GRANT OPTION", StringComparison.OrdinalIgnoreCase), "MEMBER",
                    "USAGE")),
        };
    }

    /// <summary>The privileges of a text, with whether they may be granted on; any of them is enough.</summary>
    static IReadOnlyList<(string Word, bool IsGrantable)> Words(string text, params string[] known) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries).Select(part =>
        {
            var word = part.ToUpperInvariant();
            var isGrantable = word.EndsWith(GrantOption, StringComparison.Ordinal);
            if (isGrantable) word = word[..^GrantOption.Length].TrimEnd();
            return known.Contains(word)
                ? (word, isGrantable)
                : throw new FozException(ErrorKind.Sql, $"unrecognized privilege type: \"{part}\"")
                {
                    SqlState = "22023",
                };
        }),
    ];

    bool? OfTable(Asked who, string table, IReadOnlyList<(string Word, bool IsGrantable)> words)
    {
        if (Relation(table) is not { } found) return null;
        return words.Any(word => Allows(who, found, word)
            && (word.Word != "SELECT" || who.IsOwner || found.Table is null || SeesAll(who, found.Table)));
    }

    bool? OfAnyColumn(Asked who, string table, IReadOnlyList<(string Word, bool IsGrantable)> words) =>
        Relation(table) is { } found ? words.Any(word => Allows(who, found, word)) : null;

    bool? OfColumn(Asked who, string table, string column, IReadOnlyList<(string Word, bool IsGrantable)> words)
    {
        if (Relation(table) is not { } found) return null;
        if (found.Table is not { } known) return words.Any(word => Allows(who, found, word));
        var isNumber = int.TryParse(column, CultureInfo.InvariantCulture, out var number);
        var index = isNumber
            ? number - 1
            : known.Columns.ToList().FindIndex(c => c.Name.Equals(column, StringComparison.OrdinalIgnoreCase));
        if (index < 0 || index >= known.Columns.Count)
            return isNumber
                ? null
                : throw new FozException(
                    ErrorKind.NotFound, $"column \"{column}\" of relation \"{known.Name.Name}\" does not exist")
                {
                    SqlState = "42703",
                };
        var field = known.Columns[index].Field;
        return words.Any(word => Allows(who, found, word)
            && (word.Word != "SELECT" || who.IsOwner || known.IsView
                || access.Of(who.Grantee, known.Name)!.Shows(field)));
    }

    bool? OfSchema(Asked who, string schema, IReadOnlyList<(string Word, bool IsGrantable)> words)
    {
        if (view.SchemaOf(schema) is not { } name) return null;
        var isSystem = name is PgRelation.Catalog or PgRelation.InformationSchema;
        return words.Any(word => (who.IsOwner || !word.IsGrantable) && word.Word switch
        {
            "CREATE" => !isSystem && (who.IsOwner || access.Allows(who.Grantee, new(name, ""), Privilege.Create)),
            _ => who.IsOwner || isSystem || name == "public"
                || view.Image.Tables.Any(table => table.Name.Schema.Equals(name, StringComparison.OrdinalIgnoreCase)
                    && access.Of(who.Grantee, table.Name) is not null),
        });
    }

    static bool? OfDatabase(Asked who, string database, IReadOnlyList<(string Word, bool IsGrantable)> words)
    {
        if (uint.TryParse(database, CultureInfo.InvariantCulture, out var oid))
        {
            if (oid != PgOids.Database) return null;
        }
        else if (database != TableName.Catalog) throw Missing("database", database, "3D000");
        // Only owners create schemas; no user creates temporary tables.
        return words.Any(word => (who.IsOwner || !word.IsGrantable) && word.Word switch
        {
            "CONNECT" => true,
            "CREATE" => who.IsOwner,
            _ => false,
        });
    }

    static bool? OfFunction(Asked who, string function, IReadOnlyList<(string Word, bool IsGrantable)> words)
    {
        var isNumber = uint.TryParse(function, CultureInfo.InvariantCulture, out _);
        var name = function.Split('(')[0].Trim();
        name = name[(name.LastIndexOf('.') + 1)..];
        if (!EmbeddedTable.ReadLines("pg_proc.tsv").Any(
                cells => isNumber ? cells[0] == function : cells[1].Equals(name, StringComparison.OrdinalIgnoreCase)))
            return isNumber ? null : throw Missing("function", function, "42883");
        return words.Any(word => who.IsOwner || !word.IsGrantable);
    }

    static bool? OfType(Asked who, string type, IReadOnlyList<(string Word, bool IsGrantable)> words)
    {
        var isNumber = uint.TryParse(type, CultureInfo.InvariantCulture, out var oid);
        if (isNumber ? !PgTypeRow.All.ContainsKey(oid) : PgTypeRow.Find(type) is null)
            return isNumber ? null : throw Missing("type", type, "42704");
        return words.Any(word => who.IsOwner || !word.IsGrantable);
    }

    /// <summary>There is none.</summary>
    bool? OfSequence(string sequence, IReadOnlyList<(string Word, bool IsGrantable)> words)
    {
        if (Relation(sequence) is null || words.Count == 0) return null;
        throw new FozException(ErrorKind.Sql, $"\"{sequence}\" is not a sequence") { SqlState = "42809" };
    }

    static bool? OfTablespace(Asked who, string tablespace, IReadOnlyList<(string Word, bool IsGrantable)> words)
    {
        if (tablespace is not ("pg_default" or SystemRows.DefaultTablespace))
            return uint.TryParse(tablespace, CultureInfo.InvariantCulture, out _)
                ? null
                : throw Missing("tablespace", tablespace, "42704");
        return words.Count > 0 && who.IsOwner;
    }

    bool OfRole(Asked who, string role, IReadOnlyList<(string Word, bool IsGrantable)> words)
    {
        var target = Who(role);
        if (who.IsOwner || target.Grantee.Name == who.Grantee.Name)
            return words.Any(word => who.IsOwner || !word.IsGrantable);
        return words.Any(word => !word.IsGrantable && access.IsIn(who.Grantee, role));
    }

    bool Allows(Asked who, (string System, CatalogTable? Table) relation, (string Word, bool IsGrantable) asked)
    {
        if (relation.Table is not { } table) return asked is { Word: "SELECT", IsGrantable: false };
        if (who.IsOwner) return asked.Word != "RULE";
        return !asked.IsGrantable && asked.Word switch
        {
            "SELECT" => access.Of(who.Grantee, table.Name) is { } granted && (!table.IsView || granted.IsFull),
            "INSERT" => access.Allows(who.Grantee, table.Name, Privilege.Insert),
            "UPDATE" => access.Allows(who.Grantee, table.Name, Privilege.Update),
            "DELETE" or "TRUNCATE" => access.Allows(who.Grantee, table.Name, Privilege.Delete),
            _ => false,
        };
    }

    bool SeesAll(Asked who, CatalogTable table) =>
        table.IsView
            || (!table.HidesColumns
                && table.Columns.All(column => access.Of(who.Grantee, table.Name)!.Shows(column.Field)));

    /// <summary>
    /// A relation by its name or number: a table, or one of the catalogs; null for a number that none has.
    /// </summary>
    (string System, CatalogTable? Table)? Relation(string text)
    {
        if (view.RelationOf(text) is not { } oid) throw Missing("relation", text, "42P01");
        if (view.Image.Find(oid) is { } table) return ("", table);
        return PgRelation.All.Values.FirstOrDefault(relation => relation.Oid == oid) is { } system
            ? (system.Name, null)
            : null;
    }

    /// <summary>
    /// A user or role by its name or number. Who is no owner knows of itself, its roles, and who owns the tables.
    /// </summary>
    Asked Who(string name)
    {
        if (name is "public") return new(IsOwner: false, new(""));
        if (name == user.Name || name == $"{PgOids.Of("role", user.Name)}") return new(user.IsOwner, user.Grantee);
        if (name is "foz" || name == $"{PgOids.Owner}") return new(IsOwner: true, new("foz"));
        if (user.IsOwner && access.Users.Contains(name)) return new(access.Owners.Contains(name), new(name));
        if (access.Roles.Contains(name) && (user.IsOwner || access.IsIn(user.Grantee, name)))
            return new(IsOwner: false, new(name) { Roles = [name] });
        // As for a number that no role has: what everybody may.
        if (uint.TryParse(name, CultureInfo.InvariantCulture, out _)) return new(IsOwner: false, new(""));
        throw Missing("role", name, "42704");
    }

    static FozException Missing(string what, string name, string state) =>
        new(ErrorKind.NotFound, $"{what} \"{name}\" does not exist") { SqlState = state };

    /// <summary>Of whom it is asked.</summary>
    readonly record struct Asked(bool IsOwner, Grantee Grantee);
}
