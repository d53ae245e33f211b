using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foz.Dbt.Jinja;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Dbt.Templates;

/// <summary>The functions and values that dbt gives to templates.</summary>
/// <param name="session">The rendering.</param>
/// <param name="scopes">Its names.</param>
sealed class DbtFunctions(DbtSession session, DbtScopes scopes)
{
    /// <summary>The version of dbt that templates get.</summary>
    public const string DbtVersion = "1.10.0";

    readonly DbtAdapter adapter = new(session, scopes);

    DbtScopes Scopes { get; } = scopes;

    DbtContext Context => session.Context;

    DbtRequest Request => session.Request;

    /// <summary>What a name means; false where dbt gives none of it.</summary>
    public (bool IsKnown, object? Value) Find(string name) => name switch
    {
        "ref" => (true, new JinjaCallable(name, Ref)),
        "source" => (true, new JinjaCallable(name, Source)),
        "var" => (true, new Variable(this)),
        "config" => (true, new DbtConfigValue(session)),
        "env_var" => (true, new JinjaCallable(name, EnvironmentVariable)),
        "this" => (true, This()),
        "target" => (true, Context.Target.ToValue()),
        "schema" => (true, Request.This?.Schema ?? Context.Target.Schema),
        "database" => (true, TableName.Catalog),
        "project_name" => (true, Context.Project.Name),
        "model" => (true, ModelValue()),
        "doc" => (true, new JinjaCallable(name, Doc)),
        "return" => (true, new JinjaCallable(name, Return)),
        "log" or "print" => (true, new JinjaCallable(name, _ => "")),
        "exceptions" => (true, new DbtExceptions()),
        "modules" => (true, new DbtModules(session)),
        "builtins" or "context" => (true, new Names(this)),
        "dbt_version" => (true, DbtVersion),
        "thread_id" => (true, "Thread-1"),
        "selected_resources" => (true, new JinjaList()),
        "graph" => (true, Graph()),
        _ => FindVolatile(name) is (true, var value) ? (true, value) : FindPure(name),
    };

    static (bool IsKnown, object? Value) FindPure(string name) => name switch
    {
        "tojson" =>
            (true, new JinjaCallable(
                name,
                a => a.Bind(1, "value", "default", "sort_keys") is var v
                    ? JinjaJson.Write(v[0], 0, v[2] is true, a)
                    : null)),
        "fromjson" => (true, new JinjaCallable(name, a => a.Bind(1, "string", "default") is var v
            && JinjaJson.TryRead(JinjaValue.ToText(v[0]), out var read) ? read : Given(v[1]))),
        "toyaml" =>
            (true, new JinjaCallable(
                name,
                a => a.Bind(1, "value", "default", "sort_keys") is var v
                    ? JinjaJson.Write(v[0], 0, v[2] is true, a)
                    : null)),
        "fromyaml" => (true, new JinjaCallable(name, FromYaml)),
        "set" or "set_strict" =>
            (true, new JinjaCallable(
                name,
                a => JinjaFilters.Apply(
                    "unique", a.Single(), JinjaArguments.Of(a.Rendering, a.Place, "unique", [true])))),
        "zip" or "zip_strict" => (true, new JinjaCallable(name, Zip)),
        "local_md5" => (true, new JinjaCallable(name, a => Md5(JinjaValue.ToText(a.Single())))),
        _ => (false, null),
    };

    /// <summary>Returns a value that differs in each run, or is known in a run only.</summary>
    (bool IsKnown, object? Value) FindVolatile(string name)
    {
        (bool IsKnown, object? Value) found = name switch
        {
            "execute" => (true, Request.Executes),
            "flags" => (true, Flags()),
            "run_started_at" =>
                (true, new DbtTime(Request.Executes ? Context.StartedAt : DateTimeOffset.UnixEpoch)),
            "invocation_id" => (true, Request.Executes ? Context.InvocationId : ""),
            "is_incremental" => (true, new JinjaCallable(name, _ => IsIncremental())),
            "should_full_refresh" => (true, new JinjaCallable(name, _ => !IsIncremental())),
            "run_query" => (true, new JinjaCallable(name, RunQuery)),
            "statement" => (true, new JinjaCallable(name, Statement)),
            "load_result" =>
                (true, new JinjaCallable(
                    name, a => session.Results.GetValueOrDefault(JinjaValue.ToText(a.Single("name"))))),
            "store_result" =>
                (true, new JinjaCallable(
                    name, a => throw a.Error("store_result() is not supported", "statement() keeps results"))),
            "adapter" => (true, adapter),
            "api" => (true, new DbtApi()),
            "load_relation" =>
                (true, new JinjaCallable(name, a => adapter.Find((a.Single("relation") as DbtRelation)?.Table))),
            _ => (false, null),
        };
        // Asking for the adapter alone says nothing: most macros are dispatched by it.
        if (found.IsKnown && name is not ("adapter" or "api")) session.IsVolatile = true;
        return found;
    }

    JinjaDict Flags() => JinjaDict.Of(
        ("FULL_REFRESH", Request.Executes && Context.IsFullRefresh),
        ("WHICH", Request.Executes ? Context.Command : "run"),
        ("STORE_FAILURES", Request.Executes && Context.StoresFailures));

    JinjaDict Graph()
    {
        session.ReadsGraph = true;
        return Context.Graph();
    }

    bool IsIncremental()
    {
        session.AsksLake = true;
        return Request is { Executes: true, IsIncremental: true };
    }

    static object? Given(object? value) => ReferenceEquals(value, JinjaArguments.Missing) ? null : value;

    DbtRelation? This() => Request.This is { } own ? new DbtRelation(own) { Kind = "table" } : null;

    DbtRelation Ref(JinjaArguments arguments)
    {
        if (arguments.Positional.OfType<JinjaUndefined>().Any())
            throw arguments.Error(
                "ref() is handed something that is undefined", "write the name of a model: ref('orders')");
        var names = arguments.Positional.Select(JinjaValue.ToText).ToList();
        var version = arguments.Named.GetValueOrDefault("version") ?? arguments.Named.GetValueOrDefault("v");
        return names switch
        {
            [var name] =>
                session.Resolve(
                    new(IsSource: false, null, name, arguments.Place) { Version = JinjaArguments.TextOf(version) }),
            [var package, var name] =>
                session.Resolve(
                    new(IsSource: false, package, name, arguments.Place) { Version = JinjaArguments.TextOf(version) }),
            _ => throw arguments.Error(
                $"ref() takes the name of a model, or that of a package and of a model, not {names.Count} values",
                "write ref('orders')"),
        };
    }

    DbtRelation Source(JinjaArguments arguments)
    {
        var given = arguments.Bind(2, "source_name", "table_name");
        return session.Resolve(
            new(IsSource: true, JinjaValue.ToText(given[0]), JinjaValue.ToText(given[1]), arguments.Place));
    }

    string ValueOf(string variable, string template, Place place) => session.RenderVariable(variable, template, place);

    (bool IsKnown, object? Value) FindVariable(string name)
    {
        var package = Context.Packages.GetValueOrDefault(Request.Package) ?? Context.Project;
        foreach (var vars in new[]
        {
            Context.Vars, Of(Context.Project.Vars, package.Name), Context.Project.Vars,
            Of(package.Vars, package.Name), package.Vars,
        })
            if (vars is not null && vars.TryGet(name, out var value)) return (true, value);
        return (false, null);

        static JinjaDict? Of(JinjaDict vars, string package) =>
            vars.TryGet(package, out var own) ? own as JinjaDict : null;
    }

    string? EnvironmentVariable(JinjaArguments arguments)
    {
        var given = arguments.Bind(1, "var", "default");
        var name = JinjaValue.ToText(given[0]);
        if (Context.Variables[name] is { } value) return value;
        if (!ReferenceEquals(given[1], JinjaArguments.Missing)) return JinjaArguments.TextOf(given[1]);
        throw arguments.Error(
            $"the environment variable '{name}' is not set",
            NearestName.Find(name, Context.Variables.Names) is { } nearest
                ? $"did you mean '{nearest}'?"
                : $"set it, or write env_var('{name}', '…') with a default");
    }

    JinjaDict ModelValue() => JinjaDict.Of(
        ("name", Request.Name), ("alias", Request.This?.Name ?? Request.Name), ("resource_type", Request.Kind),
        ("package_name", Request.Package),
        ("unique_id", $"{Request.Kind}.{Request.Package}.{Request.Name}"), ("path", Request.File),
        ("original_file_path", Request.File),
        ("schema", Request.This?.Schema ?? Context.Target.Schema), ("database", TableName.Catalog),
        ("config", JinjaDict.Of(Request.Config.Values.Select(pair => (pair.Key, pair.Value)))),
        ("tags", new JinjaList(Request.Config.Tags)),
        ("meta", Request.Config.Meta), ("columns", new JinjaDict()));

    string? Doc(JinjaArguments arguments)
    {
        var name = JinjaValue.ToText(arguments.Positional is [.., var last] ? last : arguments.Single("name"));
        return Context.Macros.Docs.TryGetValue(name, out var text)
            ? text
            : throw arguments.Error(
                $"there is no docs block '{name}'", NearestName.Hint(name, Context.Macros.Docs.Keys));
    }

    static object? Return(JinjaArguments arguments)
    {
        var value = arguments.Positional is [var first, ..] ? first : null;
        arguments.Rendering.Return(value);
        return value;
    }

    DbtTable? RunQuery(JinjaArguments arguments)
    {
        var sql = JinjaValue.ToText(arguments.Single("sql"));
        return session.Query(sql, arguments.Place) is var (columns, rows) ? Table(columns, rows) : null;
    }

    string Statement(JinjaArguments arguments)
    {
        var given = arguments with { Named = arguments.Named.Where(named => named.Key != "caller").ToDictionary() };
        var values = given.Bind(0, "name", "fetch_result", "auto_begin", "language");
        var sql = JinjaValue.ToText(arguments.Named.TryGetValue("caller", out var caller)
            ? JinjaOperators.Invoke(caller, JinjaArguments.Of(arguments.Rendering, arguments.Place, "caller"))
            : throw arguments.Error(
                "statement() stands in a call block",
                "write {% call statement('name', fetch_result=True) %} … {% endcall %}"));
        // return() in it ends the macro around it: there is no query.
        if (arguments.Rendering.HasReturned) return "";
        if (session.Query(sql, arguments.Place) is var (columns, rows) && JinjaArguments.TextOf(values[0]) is { } name)
        {
            session.Results[name] = JinjaDict.Of(
                ("response", "OK"), ("table", Table(columns, rows)),
                ("data", new JinjaList(rows.Select(row => (object?)new JinjaTuple([.. row.Select(ValueOf)])))));
        }
        return "";
    }

    static DbtTable Table(IReadOnlyList<string> columns, IReadOnlyList<object?[]> rows) =>
        new(columns, [.. rows.Select(row => (IReadOnlyList<object?>)[.. row.Select(ValueOf)])]);

    /// <summary>A value of the engine as templates have it.</summary>
    static object? ValueOf(object? value) => value switch
    {
        null or bool or long or double or decimal or string => value,
        sbyte or short or int or byte or ushort or uint => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        float number => (double)number,
        System.Numerics.BigInteger number when number >= long.MinValue && number <= long.MaxValue => (long)number,
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFzzz", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    static object? FromYaml(JinjaArguments arguments)
    {
        var given = arguments.Bind(1, "string", "default");
        var wrong = new ErrorList();
        var node = YamlReader.Read(JinjaValue.ToText(given[0]), arguments.Place.File, wrong);
        return wrong.IsEmpty ? DbtValues.Of(node) : Given(given[1]);
    }

    static JinjaList Zip(JinjaArguments arguments)
    {
        var lists = arguments.Positional.Select(list => arguments.Items(list).ToList()).ToList();
        var count = lists.Count == 0 ? 0 : lists.Min(list => list.Count);
        return new(Enumerable.Range(0, count).Select(i => (object?)new JinjaTuple([.. lists.Select(list => list[i])])));
    }

    [SuppressMessage(
        "Security", "CA5351", Justification = "A name for what is equal, as dbt makes it; it keeps no secret.")]
    static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary><c>var('name')</c>, and <c>var.has_var('name')</c>.</summary>
    sealed class Variable(DbtFunctions functions) : JinjaObject
    {
        public override string ToString() => "<var>";

        public override bool TryGet(string name, out object? value)
        {
            value = name switch
            {
                "__call__" => new JinjaCallable("var", Get),
                "has_var" =>
                    new JinjaCallable(name, a => functions.FindVariable(JinjaValue.ToText(a.Single("name"))).IsKnown),
                _ => null,
            };
            return value is not null;
        }

        object? Get(JinjaArguments arguments)
        {
            var given = arguments.Bind(1, "name", "default");
            var name = JinjaValue.ToText(given[0]);
            if (functions.FindVariable(name) is (true, var value))
                return value is string text && JinjaTemplate.IsTemplate(text)
                    ? functions.ValueOf(name, text, arguments.Place)
                    : value;
            if (!ReferenceEquals(given[1], JinjaArguments.Missing)) return given[1];
            var known = functions.Context.Project.Vars.Keys.Select(JinjaValue.ToText);
            throw arguments.Error(
                $"the variable '{name}' is not set",
                NearestName.Find(name, known) is { } nearest
                    ? $"did you mean '{nearest}'?"
                    : $"set it under 'vars' of {DbtPackage.FileName}, or by --vars");
        }
    }

    /// <summary><c>builtins.ref</c> and <c>context['name']</c>.</summary>
    sealed class Names(DbtFunctions functions) : JinjaObject
    {
        public override string ToString() => "<builtins>";

        public override bool TryGet(string name, out object? value)
        {
            (var isKnown, value) = name == "get"
                ? (true,
                    new JinjaCallable(
                        name,
                        a => a.Bind(1, "key", "default") is var v
                            && Lookup(JinjaValue.ToText(v[0])) is (true, var found) ? found : Given(v[1])))
                : Lookup(name);
            return isKnown;

            (bool, object?) Lookup(string key) =>
                functions.Scopes.Root.TryGet(key, out var found) ? (true, found) : (false, null);
        }
    }
}
