using Foz.Core.Configuration;
using Foz.Core.Data;

namespace Foz.Core.Governance;

/// <summary>
/// Who may read what, as the files of <c>policies/</c> say it. What is not granted is not there for who asks.
/// </summary>
public sealed class AccessList
{
    const string Folder = "policies";

    readonly IReadOnlyList<AccessGrant> grants;
    readonly Dictionary<string, HashSet<string>> members;

    readonly HashSet<string> users;

    AccessList(IReadOnlyList<AccessGrant> grants, Dictionary<string, HashSet<string>> members, HashSet<string> users) =>
        (this.grants, this.members, this.users) = (grants, members, users);

    /// <summary>Nothing is granted to anybody.</summary>
    public static AccessList Empty { get; } = new([], [], []);

    /// <summary>The roles.</summary>
    public IEnumerable<string> Roles => members.Keys;

    /// <summary>What the files give, as people read it.</summary>
    internal IReadOnlyCollection<string> Rights =>
    [
        .. members.SelectMany(role => role.Value.Select(member => $"role {role.Key} to {member}")), .. grants.Select(grant => $"{grant}"),
        .. (grants.Count > 0 ? grants[0].OtherTags : new Dictionary<string, TagRule>())
            .Select(tag => $"tag {tag.Key} {tag.Value.ToString().ToLowerInvariant()} to everyone"),
    ];

    /// <summary>Reads the roles and grants of a project.</summary>
    /// <param name="projectFolder">The project's folder.</param>
    /// <exception cref="FozException">A file is wrong; tells all that is.</exception>
    public static AccessList Load(string projectFolder)
    {
        var folder = Path.Combine(projectFolder, Folder);
        if (!Directory.Exists(folder)) return Empty;
        var errors = new ErrorList();
        var tags = new Dictionary<string, TagRule>(StringComparer.OrdinalIgnoreCase);
        var (grants, members) = (new List<AccessGrant>(), new Dictionary<string, HashSet<string>>(StringComparer.Ordinal));
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(folder, "*.yml").Order(StringComparer.Ordinal))
        {
            var file = Path.Combine(Folder, Path.GetFileName(path));
            if (YamlReader.Read(File.ReadAllText(path), file, errors) is not { } yaml) continue;
            var reader = MappingReader.Of(yaml, new(file, 1, 1), file, errors);
            foreach (var role in Items(reader, "roles", errors)) ReadRole(role, members, errors);
            foreach (var item in Items(reader, "grants", errors))
                if (AccessGrant.Read(item, errors) is { } grant) grants.Add(grant);
            foreach (var (tag, rule) in AccessGrant.ReadTags(reader, errors))
                if (!tags.TryAdd(tag, rule)) errors.Add(reader.PlaceOf("tags"), $"the tag '{tag}' stands in 'tags' twice");
            // Users are read by who lets them in; here only what their names are.
            if (reader.Node(UserList.Key) is YamlNode.Sequence list)
                names.UnionWith(list.Items.Select(item => (item as YamlNode.Mapping)?["name"]).OfType<YamlNode.Scalar>().Select(name => name.Text));
            foreach (var key in new[] { ApiKey.Key, TokenIssuer.Key }) reader.Node(key);
            reader.Finish();
        }
        foreach (var role in members.Keys.Where(names.Contains))
            errors.Add(new(Folder, 1, 1), $"'{role}' is a role and a user", "give one of them another name: grants are to either");
        errors.ThrowIfAny();
        return new([.. grants.Select(grant => grant with { OtherTags = tags })], members, names);
    }

    /// <summary>What a user may read of a table or view; null for nothing of it.</summary>
    public TableAccess? Of(string user, TableName table) => Of(new Grantee(user), table);

    /// <summary>What somebody may read of a table or view; null for nothing of it.</summary>
    public TableAccess? Of(Grantee grantee, TableName table)
    {
        var found = grants.Where(grant => grant.Privileges.Contains(Privilege.Select) && grant.IsAbout(table) && IsTo(grant, grantee)).ToList();
        return found.Count == 0 ? null : new TableAccess(found);
    }

    /// <summary>Whether somebody may do something with a table or view.</summary>
    public bool Allows(Grantee grantee, TableName table, Privilege privilege) =>
        grants.Any(grant => grant.Privileges.Contains(privilege) && grant.IsAbout(table) && IsTo(grant, grantee));

    /// <summary>Whether somebody has a role, and logged in with it.</summary>
    public bool IsIn(Grantee grantee, string role) =>
        HasRole(grantee, role) && (grantee.Scope is not { } scope || scope.Contains(role));

    bool IsTo(AccessGrant grant, Grantee grantee) => grant.To.Any(to => to == AccessGrant.Everyone || (grantee.Scope is { } scope
        ? scope.Contains(to) && HasRole(grantee, to)
        : (to == grantee.Name && !members.ContainsKey(to)) || HasRole(grantee, to)));

    /// <summary>Whether somebody has a role; one that a token gives is none where a user has its name.</summary>
    bool HasRole(Grantee grantee, string role) =>
        (grantee.Roles.Contains(role) && !users.Contains(role)) || (members.TryGetValue(role, out var named) && named.Contains(grantee.Name));

    static IReadOnlyList<YamlNode> Items(MappingReader reader, string key, ErrorList errors)
    {
        var node = reader.Node(key);
        if (node is YamlNode.Sequence sequence) return sequence.Items;
        if (node is not null) errors.Add(node.Place, $"'{key}' must be a list");
        return [];
    }

    static void ReadRole(YamlNode node, Dictionary<string, HashSet<string>> members, ErrorList errors)
    {
        var reader = MappingReader.Of(node, node.Place, "a role", errors);
        var name = reader.RequiredText("name");
        var those = reader.Texts("members").ToHashSet(StringComparer.Ordinal);
        reader.Finish();
        if (name == AccessGrant.Everyone) errors.Add(reader.PlaceOf("name"), "everyone is everyone already");
        else if (name.Length > 0 && !members.TryAdd(name, those))
            errors.Add(reader.PlaceOf("name"), $"the role '{name}' stands here twice");
    }
}
