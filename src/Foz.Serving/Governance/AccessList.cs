using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Serving.Governance;

/// <summary>
/// What each user may read, as the files of <c>policies/</c> define it. A user does not see what is not granted.
/// </summary>
public sealed class AccessList
{
    const string Folder = "policies";

    readonly IReadOnlyList<AccessGrant> grants;
    readonly Dictionary<string, HashSet<string>> members;

    readonly HashSet<string> users;

    IReadOnlySet<string> owners = new HashSet<string>();
    IReadOnlyDictionary<string, Place> rolePlaces = new Dictionary<string, Place>();

    AccessList(
        IReadOnlyList<AccessGrant> grants, Dictionary<string, HashSet<string>> members, HashSet<string> users,
        MaskFamilies families) =>
        (this.grants, this.members, this.users, Families) = (grants, members, users, families);

    /// <summary>Nothing is granted to anybody.</summary>
    public static AccessList Empty { get; } = new([], [], [], new());

    /// <summary>Which columns have equal hashes.</summary>
    public MaskFamilies Families { get; }

    /// <summary>The roles.</summary>
    public IEnumerable<string> Roles => members.Keys;

    /// <summary>The roles with their members.</summary>
    internal IReadOnlyDictionary<string, HashSet<string>> Members => members;

    /// <summary>The grants, in the order of the files.</summary>
    internal IReadOnlyList<AccessGrant> Grants => grants;

    /// <summary>Where a role stands.</summary>
    internal Place PlaceOfRole(string role) => rolePlaces.GetValueOrDefault(role, new(Folder));

    /// <summary>The names of users.</summary>
    internal IReadOnlySet<string> Users => users;

    /// <summary>Those of them to whom everything is granted.</summary>
    internal IReadOnlySet<string> Owners => owners;

    /// <summary>What the files give, as people read it.</summary>
    internal IReadOnlyCollection<string> Rights =>
    [
        .. members.SelectMany(role => role.Value.Select(member => $"role {role.Key} to {member}")),
        .. grants.Select(grant => $"{grant}"),
        .. (grants.Count > 0 ? grants[0].OtherTags : new Dictionary<string, TagRule>())
            .Select(tag => $"tag {tag.Key} {tag.Value.ToString().ToLowerInvariant()} to everyone"),
        .. Families.Rights,
    ];

    /// <summary>Reads the roles and grants of a project.</summary>
    /// <param name="projectFolder">The project's folder.</param>
    /// <exception cref="FozException">A file is wrong; tells all that is.</exception>
    public static AccessList Load(string projectFolder)
    {
        var errors = new ErrorList();
        var list = Read(projectFolder, errors);
        errors.ThrowIfAny();
        return list;
    }

    /// <summary>Reads the roles and grants of a project as far as they can be read.</summary>
    internal static AccessList Read(string projectFolder, ErrorList errors)
    {
        var folder = Path.Combine(projectFolder, Folder);
        if (!Directory.Exists(folder)) return Empty;
        var (families, places) = (new MaskFamilies(), new Dictionary<string, Place>(StringComparer.Ordinal));
        var tags = new Dictionary<string, TagRule>(StringComparer.OrdinalIgnoreCase);
        var (grants, members) =
            (new List<AccessGrant>(), new Dictionary<string, HashSet<string>>(StringComparer.Ordinal));
        var (names, owners) =
            (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var path in Directory.EnumerateFiles(folder, "*.yml").Order(StringComparer.Ordinal))
        {
            var file = Path.Combine(Folder, Path.GetFileName(path));
            if (YamlReader.Read(File.ReadAllText(path), file, errors) is not { } yaml) continue;
            var reader = MappingReader.Of(yaml, new(file, 1, 1), file, errors);
            foreach (var role in Items(reader, "roles", errors))
            {
                ReadRole(role, members, errors);
                if ((role as YamlNode.Mapping)?["name"] is YamlNode.Scalar name) places.TryAdd(name.Text, role.Place);
            }
            foreach (var item in Items(reader, "grants", errors))
                if (AccessGrant.Read(item, errors) is { } grant) grants.Add(grant);
            families.Read(reader, errors);
            foreach (var (tag, rule) in AccessGrant.ReadTags(reader, errors))
                if (!tags.TryAdd(tag, rule))
                    errors.Add(reader.PlaceOf("tags"), $"the tag '{tag}' stands in 'tags' twice");
            // Users are read by who lets them in; here only what their names are.
            if (reader.Node(UserList.Key) is YamlNode.Sequence list)
                foreach (var user in list.Items.OfType<YamlNode.Mapping>())
                    if (user["name"] is YamlNode.Scalar { Text: var known } && names.Add(known)
                        && user["owner"] is YamlNode.Scalar { Text: "true" })
                        owners.Add(known);
            foreach (var key in new[] { ApiKey.Key, TokenIssuer.Key }) reader.Node(key);
            reader.Finish();
        }
        foreach (var role in members.Keys.Where(names.Contains))
            errors.Add(
                new(Folder, 1, 1), $"'{role}' is a role and a user",
                "give one of them another name: grants are to either");
        families.AddRules(grants.SelectMany(grant => grant.Tags.Keys).Concat(tags.Keys));
        return new([.. grants.Select(grant => grant with { OtherTags = tags })], members, names, families)
        {
            rolePlaces = places, owners = owners,
        };
    }

    /// <summary>What a user may read of a table or view; null for nothing of it.</summary>
    public TableAccess? Of(string user, TableName table) => Of(new Grantee(user), table);

    /// <summary>Returns what a user may read of a table or view; null for nothing of it.</summary>
    public TableAccess? Of(Grantee grantee, TableName table)
    {
        var found = grants.Where(grant =>
            grant.Privileges.Contains(Privilege.Select) && grant.IsAbout(table) && IsTo(grant, grantee)).ToList();
        return found.Count == 0 ? null : new TableAccess(found, HashesOf(grantee, table));
    }

    /// <summary>Returns what a user may read of a table through a granted view.</summary>
    /// <param name="view">The access to the view.</param>
    /// <param name="grantee">The user who reads.</param>
    /// <param name="table">The table that the view reads.</param>
    public TableAccess Through(TableAccess view, Grantee grantee, TableName table) =>
        view.Through(Of(grantee, table), HashesOf(grantee, table));

    /// <summary>Returns all that a user is granted on a table or view, and how it is shown, as one text.</summary>
    public string RightsOf(Grantee grantee, TableName table)
    {
        // To whom else, and of what else, is no matter of theirs.
        var own = grants.Where(grant => grant.IsAbout(table) && IsTo(grant, grantee))
            .Select(grant => $"{grant with { To = [], On = [] }}");
        var others = grants.Count == 0
            ? []
            : grants[0].OtherTags.OrderBy(tag => tag.Key, StringComparer.Ordinal)
                .Select(tag => $"{tag.Key} {tag.Value}");
        return string.Join('\n', [.. own, "", .. others, .. Families.Rights, $"{HashesOf(grantee, table).MayWrite}"]);
    }

    /// <summary>Whether a user has a privilege on a table or view.</summary>
    public bool Allows(Grantee grantee, TableName table, Privilege privilege) =>
        grants.Any(grant => grant.Privileges.Contains(privilege) && grant.IsAbout(table) && IsTo(grant, grantee));

    /// <summary>
    /// Who may bring values into a table is shown no hashes of it, else guesses could be compared with what is hashed
    /// elsewhere. All rights of the user count, whatever the log-in is limited to: another log-in of the same user may
    /// write.
    /// </summary>
    TableHashes HashesOf(Grantee grantee, TableName table)
    {
        var user = grantee with { Scope = null };
        return new(
            table, Families,
            bringing.Any(privilege =>
                Allows(user, table, privilege) || Allows(user, MaskFamilies.BaseOf(table), privilege)));
    }

    /// <summary>The privileges by which values come into a table.</summary>
    static readonly Privilege[] bringing = [Privilege.Insert, Privilege.Update, Privilege.Create, Privilege.Alter];

    /// <summary>Whether a user has a role, and logged in with it.</summary>
    public bool IsIn(Grantee grantee, string role) =>
        HasRole(grantee, role) && (grantee.Scope is not { } scope || scope.Contains(role));

    bool IsTo(AccessGrant grant, Grantee grantee) =>
        grant.To.Any(to => to == AccessGrant.Everyone || (grantee.Scope is { } scope
            ? scope.Contains(to) && HasRole(grantee, to)
            : (to == grantee.Name && !members.ContainsKey(to)) || HasRole(grantee, to)));

    /// <summary>Whether a user has a role; a token's role does not count if a user has its name.</summary>
    bool HasRole(Grantee grantee, string role) =>
        (grantee.Roles.Contains(role) && !users.Contains(role))
            || (members.TryGetValue(role, out var named) && named.Contains(grantee.Name));

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
