using Foz.Dbt.Jinja;
using Foz.Lake.Data;
using Foz.Lake.Sql;

namespace Foz.Dbt.Templates;

/// <summary><c>adapter</c> in templates: what it says of relations, and dispatch.</summary>
/// <param name="session">The rendering.</param>
/// <param name="scopes">Its names.</param>
sealed class DbtAdapter(DbtSession session, DbtScopes scopes) : JinjaObject
{
    static readonly string[] Changing =
        [
            "drop_relation", "rename_relation", "truncate_relation", "execute", "add_query", "drop_schema",
            "alter_column_type", "create_schema",
        ];

    /// <inheritdoc/>
    public override IEnumerable<string> Names =>
    [
        "dispatch", "get_relation", "load_relation", "get_columns_in_relation", "list_relations",
        "list_relations_without_caching", "check_schema_exists",
        "get_missing_columns", "already_exists", "quote", "quote_as_configured", "quote_seed_column", "type",
        "expand_target_column_types", "commit",
        "cache_added", "cache_dropped", "is_replaceable",
    ];

    /// <inheritdoc/>
    public override string ToString() => "<adapter>";

    /// <inheritdoc/>
    public override bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "dispatch" => new JinjaCallable(name, scopes.Dispatch),
            "get_relation" =>
                new JinjaCallable(
                    name,
                    a => a.Bind(3, "database", "schema", "identifier") is var v ? Find(NameOf(v[1], v[2])) : null),
            "load_relation" => new JinjaCallable(name, a => Find((a.Single("relation") as DbtRelation)?.Table)),
            "get_columns_in_relation" => new JinjaCallable(name, a => ColumnsOf(a, a.Single("relation"))),
            "get_missing_columns" => new JinjaCallable(name, Missing),
            "list_relations" or "list_relations_without_caching" => new JinjaCallable(name, List),
            "already_exists" =>
                new JinjaCallable(
                    name, a => a.Bind(2, "schema", "identifier") is var v && Find(NameOf(v[0], v[1])) is not null),
            "check_schema_exists" =>
                new JinjaCallable(
                    name,
                    a => a.Bind(1, "database", "schema") is var v
                        && TablesOf(JinjaArguments.TextOf(v[1]) ?? "").Count > 0),
            "quote" or "quote_as_configured" or "quote_seed_column" =>
                new JinjaCallable(name, a => SqlText.Identifier(JinjaValue.ToText(a.Positional[0]))),
            "type" => new JinjaCallable(name, _ => "duckdb"),
            "is_replaceable" => new JinjaCallable(name, _ => true),
            "expand_target_column_types" or "commit" or "cache_added" or "cache_dropped"
                or "get_incremental_strategy_macro" or "create_schema" =>
                new JinjaCallable(name, _ => ""),
            _ when Changing.Contains(name) => new JinjaCallable(name, a => throw a.Error(
                $"adapter.{name}() changes the lake from inside of a template, which is not supported",
                "let a model or an operation do it")),
            _ => null,
        };
        return value is not null;
    }

    /// <summary>Returns a table or view of the lake; null if it does not exist, or that is not known.</summary>
    public DbtRelation? Find(TableName? name)
    {
        (session.IsVolatile, session.AsksLake) = (true, true);
        if (name is not { } table || !session.Request.Executes) return null;
        return session.Request.Lake?.KindOf(table) is { } kind ? new(table) { Kind = kind } : null;
    }

    static TableName NameOf(object? schema, object? identifier) =>
        new(JinjaArguments.TextOf(schema) ?? "", JinjaArguments.TextOf(identifier) ?? "");

    JinjaList ColumnsOf(JinjaArguments arguments, object? of)
    {
        (session.IsVolatile, session.AsksLake) = (true, true);
        if (of is null or JinjaUndefined) return [];
        var relation = of as DbtRelation
            ?? throw arguments.Error(
                $"{arguments.Name}() needs a relation, not {JinjaValue.ToCode(of)}", "write ref('orders')");
        if (!session.Request.Executes || session.Request.Lake is not { } lake) return [];
        return new(
            lake.ColumnsOf(
                relation.Table,
                session.CancellationToken).Select(column => (object?)new DbtColumn(column.Name, column.Type)));
    }

    JinjaList Missing(JinjaArguments arguments)
    {
        var given = arguments.Bind(2, "from_relation", "to_relation");
        var known = ColumnsOf(arguments, given[1]).Select(column => NameOf(column))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return new(ColumnsOf(arguments, given[0]).Where(column => !known.Contains(NameOf(column))));
    }

    static string NameOf(object? column) =>
        ((DbtColumn)column!).TryGet("name", out var name) ? JinjaValue.ToText(name) : "";

    JinjaList List(JinjaArguments arguments)
    {
        var schema = arguments.Positional switch
        {
            [DbtRelation relation] => relation.Table.Schema,
            [_, var name] => JinjaValue.ToText(name),
            _ => JinjaArguments.TextOf(arguments.Named.GetValueOrDefault("schema")) ?? "",
        };
        return new(TablesOf(schema).Select(table => (object?)Find(table)).Where(found => found is not null));
    }

    IReadOnlyList<TableName> TablesOf(string schema)
    {
        (session.IsVolatile, session.AsksLake) = (true, true);
        return session.Request is { Executes: true, Lake: { } lake }
            ? lake.TablesOf(schema, session.CancellationToken)
            : [];
    }
}

/// <summary><c>api</c> in templates: <c>api.Relation.create</c> and <c>api.Column</c>.</summary>
sealed class DbtApi : JinjaObject
{
    /// <inheritdoc/>
    public override IEnumerable<string> Names => ["Relation", "Column"];

    /// <inheritdoc/>
    public override string ToString() => "<api>";

    /// <inheritdoc/>
    public override bool TryGet(string name, out object? value)
    {
        value = name is "Relation" or "Column" ? new Factory(name) : null;
        return value is not null;
    }

    sealed class Factory(string kind) : JinjaObject
    {
        public override IEnumerable<string> Names => ["create", "translate_type"];

        public override string ToString() => kind;

        public override bool TryGet(string name, out object? value)
        {
            value = (kind, name) switch
            {
                ("Relation", "create" or "__call__") => new JinjaCallable("create", Relation),
                ("Column", "create" or "__call__") => new JinjaCallable("create", Column),
                ("Column", "translate_type") => new JinjaCallable(name, a => JinjaValue.ToText(a.Single())),
                _ => null,
            };
            return value is not null;
        }

        static DbtRelation Relation(JinjaArguments arguments)
        {
            var given = arguments.Bind(0, "database", "schema", "identifier", "type");
            return new(new(JinjaArguments.TextOf(given[1]) ?? "", JinjaArguments.TextOf(given[2]) ?? ""))
            {
                Kind = JinjaArguments.TextOf(given[3]),
            };
        }

        static DbtColumn Column(JinjaArguments arguments)
        {
            var given = arguments.Bind(1, "column", "dtype", "char_size", "numeric_precision", "numeric_scale");
            return new(JinjaValue.ToText(given[0]), JinjaArguments.TextOf(given[1]) ?? "");
        }
    }
}

/// <summary><c>exceptions</c> in templates.</summary>
sealed class DbtExceptions : JinjaObject
{
    static readonly string[] Raising =
    [
        "raise_compiler_error", "raise_not_implemented", "raise_parsing_error", "raise_database_error",
        "raise_fail_fast_error", "relation_wrong_type",
        "raise_contract_error", "raise_invalid_property_yml_version", "missing_config", "missing_relation",
        "raise_ambiguous_alias",
    ];

    /// <inheritdoc/>
    public override IEnumerable<string> Names => [.. Raising, "warn"];

    /// <inheritdoc/>
    public override string ToString() => "<exceptions>";

    /// <inheritdoc/>
    public override bool TryGet(string name, out object? value)
    {
        value = name == "warn" ? new JinjaCallable(name, _ => "")
            : Raising.Contains(name)
                ? new JinjaCallable(name, a => throw a.Error(
                    a.Positional is [var said, ..]
                        ? JinjaValue.ToText(said).Trim()
                        : JinjaArguments.TextOf(a.Named.GetValueOrDefault("msg")) ?? name, hint: null))
                : null;
        return value is not null;
    }
}

/// <summary><c>config</c> in templates: a call configures, an attribute returns a value.</summary>
/// <param name="session">The rendering.</param>
sealed class DbtConfigValue(DbtSession session) : JinjaObject
{
    /// <inheritdoc/>
    public override IEnumerable<string> Names =>
        ["get", "require", "set", "meta_get", "meta_require", "persist_relation_docs", "persist_column_docs"];

    /// <inheritdoc/>
    public override string ToString() => "<config>";

    /// <inheritdoc/>
    public override bool TryGet(string name, out object? value)
    {
        value = name switch
        {
            "__call__" => new JinjaCallable("config", Configure),
            "get" => new JinjaCallable(name, a => a.Bind(1, "name", "default", "validator") is var v
                ? session.Request.Config[JinjaValue.ToText(v[0])]
                    ?? (ReferenceEquals(v[1], JinjaArguments.Missing) ? null : v[1]) : null),
            "require" => new JinjaCallable(name, a => a.Bind(1, "name", "validator") is var v
                ? session.Request.Config[JinjaValue.ToText(v[0])]
                    ?? throw a.Error($"'{JinjaValue.ToText(v[0])}' is not configured, and is needed here", hint: null)
                    : null),
            "meta_get" =>
                new JinjaCallable(
                    name,
                    a => a.Bind(1, "name", "default") is var v
                        && session.Request.Config.Meta.TryGet(v[0], out var found)
                    ? found : ReferenceEquals(v[1], JinjaArguments.Missing) ? null : v[1]),
            "set" => new JinjaCallable(name, a => a.Bind(2, "name", "value") is var v && session.Request.Configures
                ? Set(JinjaValue.ToText(v[0]), v[1])
                : ""),
            "persist_relation_docs" or "persist_column_docs" => new JinjaCallable(name, _ => true),
            _ => null,
        };
        return value is not null;
    }

    string Set(string key, object? value)
    {
        session.Request.Config.Add(key, value);
        return "";
    }

    string Configure(JinjaArguments arguments)
    {
        if (!session.Request.Configures) return "";
        foreach (var said in arguments.Positional)
            session.Request.Config.Add(said as JinjaDict
                ?? throw arguments.Error("config() takes names with values", "write config(materialized='table')"));
        foreach (var (key, value) in arguments.Named) session.Request.Config.Add(key, value);
        return "";
    }
}
