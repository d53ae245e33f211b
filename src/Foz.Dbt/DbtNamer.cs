using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Foz.Dbt.Jinja;
using Foz.Dbt.Templates;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Pipelines.Projects;
using Foz.Pipelines.Projects.Parsing;

namespace Foz.Dbt;

/// <summary>
/// Names tables, by the macros <c>generate_schema_name</c> and <c>generate_alias_name</c> of the project if it has
/// them.
/// </summary>
/// <param name="context">The context in which templates are rendered.</param>
/// <param name="errors">Collects errors.</param>
/// <param name="cancellationToken">Stops it.</param>
sealed class DbtNamer(DbtContext context, ErrorList errors, CancellationToken cancellationToken)
{
    /// <summary>How long the name of a table of failures may be, as dbt has it.</summary>
    const int NameMax = 63;

    const int NameKept = 30;

    /// <summary>How it is stated that rows are not kept.</summary>
    const string Nowhere = "ephemeral";

    /// <summary>The table of a model, seed or snapshot, its configuration complete.</summary>
    public TableName TableOf(DbtResource resource)
    {
        var named = new Named(
            resource.Kind, resource.Package.Name, resource.Name, resource.UniqueId, resource.Place, resource.Config)
        {
            Path = resource.Path,
        };
        var schema = resource.Config.Text("target_schema") is { } own && resource.Kind == "snapshot"
            ? own
            : Call("generate_schema_name", named, TextOf(resource.Config["schema"]));
        return new(
            schema,
            Call("generate_alias_name", named, resource.Config.Text("alias")
                ?? (resource.Version is null ? null : resource.OwnAlias)));
    }

    /// <summary>Where the rows are kept that a test finds; null where they are not.</summary>
    /// <param name="name">What dbt calls the test.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="package">The package that states it.</param>
    /// <param name="place">Where it stands.</param>
    public FailureStore? StoreOf(string name, DbtConfig config, string package, Place place)
    {
        var kind = config.Text("store_failures_as");
        if (kind is not (null or "table" or "view" or Nowhere))
            errors.Add(place, $"'store_failures_as' cannot be '{kind}'", $"write table, view or {Nowhere}");
        if (!IsStored(config)) return null;
        var named = new Named("test", package, name, $"test.{package}.{name}", place, config)
        {
            Path = [package, name],
        };
        var schema = Call("generate_schema_name", named, TextOf(config["schema"]) ?? FailureStore.Schema);
        var table = new TableName(schema, Call("generate_alias_name", named, config.Text("alias") ?? Shortened(name)));
        Identifier.Check(table, place, errors);
        return new(table, IsView: kind == "view");
    }

    /// <summary>Whether the rows that a test finds are kept.</summary>
    public bool IsStored(DbtConfig config) =>
        config.Text("store_failures_as") is { } kind
            ? kind != Nowhere
            : config.Flag("store_failures") ?? context.StoresFailures;

    string Call(string macro, Named named, string? custom)
    {
        try
        {
            // The project's own macros of these names count for its packages too.
            var found = context.Macros.Find(macro, context.Project.Name)!;
            var session = new DbtSession(
                context,
                new()
                {
                    Package = context.Project.Name, Name = named.Name, File = named.Place.File, Kind = named.Kind,
                    Config = named.Config, Executes = true,
                },
                cancellationToken);
            return JinjaValue.ToText(
                session.Call(found, named.Place, [custom, named.ToNode()], new Dictionary<string, object?>())).Trim();
        }
        catch (FozException e)
        {
            errors.Add(e);
            return named.Name;
        }
    }

    static string? TextOf(object? value) => value is null or JinjaUndefined ? null : JinjaValue.ToText(value);

    [SuppressMessage(
        "Security", "CA5351", Justification = "A name for what is equal, as dbt makes it; it keeps no secret.")]
    static string Shortened(string name) => name.Length <= NameMax
        ? Identifier.Of(name)
        : Identifier.Of($"{name[..NameKept]}_{Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(name)))}");

    /// <summary>A resource to name.</summary>
    readonly record struct Named(
        string Kind, string Package, string Name, string UniqueId, Place Place, DbtConfig Config)
    {
        /// <summary>The package, the folders and its name.</summary>
        public required IReadOnlyList<string> Path { get; init; }

        /// <summary>The node as macros see it.</summary>
        public JinjaDict ToNode() => JinjaDict.Of(
            ("name", Name), ("resource_type", Kind), ("package_name", Package), ("path", Place.File),
            ("original_file_path", Place.File),
            ("fqn", new JinjaList(Path)), ("tags", new JinjaList(Config.Tags)), ("unique_id", UniqueId),
            ("database", TableName.Catalog),
            ("config",
                JinjaDict.Of(Config.Values.Select(pair => (pair.Key, pair.Value)).Append(("meta", Config.Meta)))));
    }
}
