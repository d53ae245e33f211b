using System.Globalization;
using Foz.Lake;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Serving.PostgreSql.Functions;
using Foz.Serving.Settings;

namespace Foz.Serving.PostgreSql.Translation;

/// <content>Functions that ask the session or the catalog.</content>
sealed partial class PgTranslator
{
    /// <summary>Functions that look into the catalog, with what they give.</summary>
    static readonly Dictionary<string, string> catalogFunctions = new(StringComparer.Ordinal)
    {
        ["obj_description"] = "text",
        ["col_description"] = "text",
        ["shobj_description"] = "text",
        ["format_type"] = "text",
        ["pg_get_userbyid"] = "text",
        ["pg_get_viewdef"] = "text",
        ["pg_get_expr"] = "text",
        ["pg_get_constraintdef"] = "text",
        ["pg_get_indexdef"] = "text",
        ["pg_get_serial_sequence"] = "text",
        ["pg_get_function_result"] = "text",
        ["pg_get_function_arguments"] = "text",
        ["pg_get_function_identity_arguments"] = "text",
        ["pg_get_function_sqlbody"] = "text",
        ["pg_get_functiondef"] = "text",
        ["pg_get_triggerdef"] = "text",
        ["pg_get_ruledef"] = "text",
        ["pg_get_partkeydef"] = "text",
        ["pg_get_statisticsobjdef"] = "text",
        ["pg_get_statisticsobjdef_columns"] = "text",
        ["pg_encoding_to_char"] = "text",
        ["pg_tablespace_location"] = "text",
        ["pg_describe_object"] = "text",
        ["to_regclass"] = "text",
        ["to_regtype"] = "text",
        ["pg_table_is_visible"] = "bool",
        ["pg_type_is_visible"] = "bool",
        ["pg_function_is_visible"] = "bool",
        ["pg_operator_is_visible"] = "bool",
        ["pg_collation_is_visible"] = "bool",
        ["pg_opclass_is_visible"] = "bool",
        ["pg_opfamily_is_visible"] = "bool",
        ["pg_conversion_is_visible"] = "bool",
        ["pg_statistics_obj_is_visible"] = "bool",
        ["pg_ts_config_is_visible"] = "bool",
        ["pg_ts_dict_is_visible"] = "bool",
        ["pg_ts_parser_is_visible"] = "bool",
        ["pg_ts_template_is_visible"] = "bool",
        ["has_table_privilege"] = "bool",
        ["has_any_column_privilege"] = "bool",
        ["has_column_privilege"] = "bool",
        ["has_schema_privilege"] = "bool",
        ["has_database_privilege"] = "bool",
        ["has_function_privilege"] = "bool",
        ["has_sequence_privilege"] = "bool",
        ["has_tablespace_privilege"] = "bool",
        ["has_type_privilege"] = "bool",
        ["pg_has_role"] = "bool",
        ["pg_is_other_temp_schema"] = "bool",
        ["pg_is_in_recovery"] = "bool",
        ["pg_relation_is_publishable"] = "bool",
        ["pg_column_is_updatable"] = "bool",
        ["pg_try_advisory_lock"] = "bool",
        ["pg_terminate_backend"] = "backend",
        ["pg_cancel_backend"] = "backend",
        ["pg_advisory_unlock"] = "bool",
        ["pg_my_temp_schema"] = "oid",
        ["pg_relation_filenode"] = "oid",
        ["pg_relation_size"] = "long",
        ["pg_table_size"] = "long",
        ["pg_indexes_size"] = "long",
        ["pg_total_relation_size"] = "long",
        ["pg_database_size"] = "long",
        ["pg_tablespace_size"] = "long",
        ["pg_stat_get_numscans"] = "long",
        ["txid_current"] = "long",
    };

    /// <summary>Functions that DuckDB calls otherwise.</summary>
    static readonly Dictionary<string, string> renamed = new(StringComparer.Ordinal)
    {
        ["json_build_object"] = "json_object",
        ["jsonb_build_object"] = "json_object",
        ["json_build_array"] = "json_array",
        ["jsonb_build_array"] = "json_array",
        ["json_agg"] = "json_group_array",
        ["jsonb_agg"] = "json_group_array",
        ["json_object_agg"] = "json_group_object",
        ["jsonb_object_agg"] = "json_group_object",
        ["row_to_json"] = "to_json",
        ["to_jsonb"] = "to_json",
        ["jsonb_array_length"] = "json_array_length",
        ["every"] = "bool_and",
        ["char_length"] = "length",
        ["character_length"] = "length",
    };

    /// <summary>Functions with a pattern of dates, which is to be a constant.</summary>
    void VisitFormat(int i, string name, int format)
    {
        var close = Tokens.PartnerOf(i + 1);
        if (format != close - 1 || Tokens.KindOf(format) != SqlTokenKind.Text) return;
        var pattern = Tokens.Sql[(Tokens.StartOf(format) + 1)..(Tokens.EndOf(format) - 1)];
        if (PgDatePattern.ToEngine(pattern) is not { } engine)
            throw new FozException(ErrorKind.Sql, $"{name} with the pattern '{pattern}' is not supported")
            {
                Place = SqlPlaces.At(Tokens.Sql, Tokens.StartOf(format)), SqlState = "0A000",
                Hint = "patterns of dates are: YYYY, MM, DD, HH24, MI, SS, MS, US, Mon, "
                    + "FMMonth, Dy, FMDay, DDD, IYYY, IW",
            };
        Replace(format, format + 1, $"'{engine}'");
        Replace(i, i + 1, name == "to_char" ? "strftime" : "strptime");
        if (name == "to_char") return;
        Edits.Around(
            Tokens.StartOf(i), Tokens.EndOf(close), "CAST(", name == "to_date" ? " AS DATE)" : " AS TIMESTAMPTZ)");
    }

    /// <summary>A call of a function whose name is at a token.</summary>
    void VisitCall(int i)
    {
        var (name, close) = (Tokens.NameOf(i), Tokens.PartnerOf(i + 1));
        if (catalogFunctions.TryGetValue(name, out var kind))
        {
            var arguments = close > i + 2 ? ", " : "";
            Replace(i, i + 2, string.Create(
                CultureInfo.InvariantCulture, $"{PgFunctions.NameOf(kind)}({context.Catalog()}, '{name}'{arguments}"));
            return;
        }
        if (VisitNumberCall(i, name, close) || VisitTextCall(i, name, close)) return;
        switch (name)
        {
            case "current_schemas":
                var schemas = Tokens.IsWord(i + 2, "true")
                    ? context.SearchPath.Prepend("pg_catalog")
                    : context.SearchPath;
                Replace(i, close + 1, $"CAST([{string.Join(", ", schemas.Select(SqlText.Literal))}] AS VARCHAR[])");
                break;
            case "current_setting" when Tokens.KindOf(i + 2) == SqlTokenKind.Text:
                Replace(i, close + 1, Setting(i + 2, isOptional: Tokens.IsWord(i + 4, "true")));
                break;
            case "to_char" or "to_date" or "to_timestamp" when ArgumentsOf(i) is [_, var format]:
                VisitFormat(i, name, format);
                break;
            case var part when IsDatePart(part):
                VisitDatePart(i);
                break;
            case var known when renamed.TryGetValue(known, out var other):
                Replace(i, i + 1, other);
                break;
            case "current_setting":
                Replace(i, i + 2, LookUp("text", name));
                break;
            case "pg_partition_ancestors" when Structure.IsInFrom(i):
                var end = Tokens.IsWord(close + 1, "with") ? close + 3 : close + 1;
                Replace(
                    i, end, "(SELECT CAST(NULL AS UINTEGER) AS relid, CAST(NULL AS BIGINT) AS ordinality WHERE false)");
                break;
            case "generate_series" when !Structure.IsInFrom(i):
                Edits.Around(Tokens.StartOf(i), Tokens.EndOf(close), "unnest(", ")");
                break;
            case "generate_series" or "unnest" when Structure.IsInFrom(i):
                NameOnlyColumn(close + 1);
                break;
            default:
                if (close == i + 2 && SessionValue(name) is { } value) Replace(i, close + 1, value);
                break;
        }
    }

    /// <summary>
    /// Checks a field that is not constant for each row: a field that DuckDB takes only as a constant ends its
    /// database.
    /// </summary>
    void VisitDatePart(int i)
    {
        if (ArgumentsOf(i) is not [var field, var value]) throw NoDatePart(i);
        if (IsConstant(field, value - 1)) return;
        Edits.Around(Tokens.StartOf(field), Tokens.EndOf(value - 2), $"{DateFields.Name}(", ")");
    }

    /// <summary>
    /// Refuses a call after a point: DuckDB would look for it in a schema of its own, or take its field from before the
    /// point.
    /// </summary>
    void CheckDatePart(int i)
    {
        if (IsDatePart(Tokens.NameOf(i)) && Tokens.IsSymbol(i + 1, '(')
            && !(IsCatalog(i - 2) && !Tokens.IsSymbol(i - 3, '.')))
            throw NoDatePart(i);
    }

    FozException NoDatePart(int i) =>
        new(ErrorKind.Sql, "date_part takes a field and a value, and no schema but pg_catalog")
        {
            Place = SqlPlaces.At(Tokens.Sql, Tokens.StartOf(i)), SqlState = "42883",
        };

    /// <summary>In PostgreSQL the alias of a function in FROM is its column's name too.</summary>
    void NameOnlyColumn(int i)
    {
        if (Tokens.IsWord(i, "as")) i++;
        if (Tokens.IsName(i) && !Tokens.IsOperatorWord(i) && !Tokens.IsSymbol(i + 1, '('))
            Edits.After(Tokens.EndOf(i), $"({SqlText.Identifier(Tokens.NameOf(i))})");
    }

    /// <summary>Words that are values of the session.</summary>
    bool VisitSessionWord(int i)
    {
        if (Tokens.IsSymbol(i + 1, '(') || Tokens.IsSymbol(i + 1, '.') || Tokens.IsWord(i - 1, "as")) return false;
        var value = Tokens.NameOf(i) switch
        {
            "current_user" or "session_user" or "current_role" => UserOf(),
            "user" when !Tokens.EndsOperand(i - 1) && !Tokens.IsSymbol(i + 1, '=') => UserOf(),
            "current_catalog" => "'lake'",
            "current_schema" => SessionValue("current_schema"),
            // Alone it is a column for the engine's macros, which finds none.
            "current_date" when Tokens.IsCast(i + 1) => "current_date()",
            _ => null,
        };
        if (value is null) return false;
        Replace(i, i + 1, value);
        return true;
    }

    /// <summary>
    /// Returns the user; or the keyword, if it means the user who reads an object that the statement makes.
    /// </summary>
    string UserOf() => context.IsOfReader ? "current_user" : SqlText.Literal(context.User);

    string? SessionValue(string function) => function switch
    {
        "current_schema" => context.SearchPath is [var first, ..] ? SqlText.Literal(first) : "CAST(NULL AS VARCHAR)",
        "current_database" or "current_catalog" => "'lake'",
        "version" => SqlText.Literal(Version),
        "pg_backend_pid" => context.SessionId.ToString(CultureInfo.InvariantCulture),
        "inet_server_port" or "inet_client_port" => "CAST(NULL AS INTEGER)",
        "inet_server_addr" or "inet_client_addr" => "CAST(NULL AS VARCHAR)",
        "pg_postmaster_start_time" or "pg_conf_load_time" => "now()",
        "pg_advisory_unlock_all" => "NULL",
        "clock_timestamp" or "statement_timestamp" or "transaction_timestamp" => "now()",
        _ => null,
    };

    /// <summary>The result of <c>version()</c>: clients read the number after the first word.</summary>
    public const string Version = $"PostgreSQL {SessionSetting.ServerVersion} (Foz)";

    string Setting(int text, bool isOptional)
    {
        var name = Tokens.Sql[(Tokens.StartOf(text) + 1)..(Tokens.EndOf(text) - 1)];
        if (context.Setting(name) is { } value) return SqlText.Literal(value);
        return isOptional
            ? "CAST(NULL AS VARCHAR)"
            : throw new FozException(ErrorKind.Usage, $"unrecognized configuration parameter \"{name}\"")
            {
                SqlState = "42704",
            };
    }
}
