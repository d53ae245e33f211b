using Foz.Dbt.Jinja;

namespace Foz.Dbt.Templates;

/// <summary>What names mean in the templates of a dbt project.</summary>
sealed class DbtScopes
{
    static readonly string[] FunctionNames =
    [
        "ref", "source", "var", "config", "env_var", "this", "target", "is_incremental", "adapter", "api", "execute",
        "run_query", "statement",
        "load_result", "store_result", "log", "print", "exceptions", "return", "modules", "run_started_at",
        "invocation_id", "dbt_version", "flags",
        "project_name", "schema", "database", "tojson", "fromjson", "toyaml", "fromyaml", "set", "zip", "set_strict",
        "zip_strict", "doc", "model",
        "builtins", "context", "thread_id", "selected_resources", "local_md5", "load_relation", "should_full_refresh",
        "graph",
    ];

    /// <summary>What dbt has and no template can use here, and why.</summary>
    static readonly Dictionary<string, string> Unsupported = new(StringComparer.Ordinal)
    {
        ["pre_hooks"] = "hooks are no values here",
        ["post_hooks"] = "hooks are no values here", ["sql"] = "materializations are Foz's own",
        ["submit_python_job"] = "materializations are Foz's own",
    };

    readonly DbtSession session;
    readonly DbtFunctions functions;
    readonly Dictionary<string, JinjaScope> ofPackages = new(StringComparer.Ordinal);
    readonly Dictionary<string, object?> known = new(StringComparer.Ordinal);

    /// <summary>The names of a rendering.</summary>
    public DbtScopes(DbtSession session)
    {
        this.session = session;
        functions = new(session, this);
        foreach (var (name, value) in JinjaFunctions.All) known[name] = value;
        foreach (var (name, value) in session.Request.Values) known[name] = value;
        Root = Of(session.Request.Package);
    }

    /// <summary>Gets the scope of the rendered template.</summary>
    public JinjaScope Root { get; }

    DbtContext Context => session.Context;

    /// <summary>
    /// Returns the scope of a package's macros: a name is its own macro, otherwise the project's, otherwise a built-in
    /// one.
    /// </summary>
    public JinjaScope Of(string package) => ofPackages.TryGetValue(package, out var scope)
        ? scope
        : ofPackages[package] = new()
        {
            Fallback = name => Find(name, package), FallbackNames = () => NamesIn(package),
        };

    IEnumerable<string> NamesIn(string package) =>
        FunctionNames.Concat(known.Keys).Concat(Context.Macros.NamesIn(package))
            .Concat(Context.Macros.Packages);

    (bool IsKnown, object? Value) Find(string name, string package)
    {
        if (session.Request.Values.TryGetValue(name, out var given)) return (true, given);
        // A project may have a macro of any name but that of a function.
        if (functions.Find(name) is (true, var function)) return (true, function);
        if (known.TryGetValue(name, out var value)) return (true, value);
        if (Context.Macros.Find(name, package) is { } macro) return (true, MacroOf(macro));
        if (Context.Macros.Packages.Contains(name) || Context.Packages.ContainsKey(name))
            return (true, known[name] = new Package(this, name));
        if (Context.Project.Asked.Contains(name))
            return (true,
                new JinjaUndefined(
                    $"the package '{name}'", () => $"it is not in {Context.Project.PackagesPath}/: run dbt deps"));
        return Unsupported.TryGetValue(name, out var reason)
            ? (true, new JinjaUndefined($"'{name}'", () => reason))
            : (false, null);
    }

    /// <summary>Returns a macro to call in this rendering.</summary>
    public JinjaCallable MacroOf(DbtMacro macro) => new(
        macro.Name,
        arguments => arguments.Rendering.Bind(macro.Definition, Of(macro.Package)).Invoke(arguments));

    /// <summary>The macro that <c>adapter.dispatch</c> finds.</summary>
    public JinjaCallable Dispatch(JinjaArguments arguments)
    {
        var given = arguments.Bind(1, "macro_name", "macro_namespace", "packages");
        var name = JinjaValue.ToText(given[0]);
        var space = JinjaArguments.TextOf(given[1]);
        var project = Context.Project;
        IEnumerable<string> packages = DbtValues.Texts(given[2]) is { Count: > 0 } stated ? stated
            : space is null ? [session.Request.Package, project.Name]
            : project.Dispatch.TryGetValue(space, out var order) ? order
            : [project.Name, space];
        foreach (var package in packages.Append(DbtMacros.BuiltIn).Distinct())
        {
            // Some of what a package does for all databases is done here in another way.
            IEnumerable<DbtMacro?> found =
            [
                Context.Macros.FindIn(package, "duckdb__" + name),
                package == project.Name ? null : Context.Macros.FindIn(DbtMacros.BuiltIn, "duckdb__" + name),
                Context.Macros.FindIn(package, "default__" + name),
            ];
            if (found.OfType<DbtMacro>().FirstOrDefault() is { } macro) return MacroOf(macro);
        }
        // Built-in macros have only one implementation.
        foreach (var package in packages.Append(DbtMacros.BuiltIn))
            if (package is DbtMacros.BuiltIn or DbtMacros.Utils
                && Context.Macros.FindIn(package, name) is { } macro)
                return MacroOf(macro);
        throw arguments.Error(
            $"there is no macro '{name}' for DuckDB: neither 'duckdb__{name}' nor "
                + $"'default__{name}'{(space is null ? "" : $" in '{space}'")}",
            space is not null && !Context.Macros.Packages.Contains(space)
                ? $"the package '{space}' is not there: run dbt deps"
                : null);
    }

    /// <summary>The macros of a package, used as its name, a dot and the macro's name.</summary>
    sealed class Package(DbtScopes scopes, string name) : JinjaObject
    {
        public override string TypeName => $"the package '{name}'";

        public override IEnumerable<string> Names => scopes.Context.Macros.NamesOf(name);

        public override string ToString() => $"<package {name}>";

        public override bool TryGet(string key, out object? value)
        {
            if (scopes.session.Request.Values.TryGetValue($"{name}.{key}", out value)) return true;
            value = scopes.Context.Macros.FindIn(name, key) is { } macro ? scopes.MacroOf(macro)
                : name == DbtMacros.BuiltIn && scopes.Context.Macros.Find(key, name) is { } builtIn
                    ? scopes.MacroOf(builtIn)
                : null;
            return value is not null;
        }
    }
}
