using System.Security.Cryptography;
using System.Text;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Wire;
using Foz.Wire.PostgreSql;

namespace Foz.Serving.Governance;

/// <summary>A user of the lake.</summary>
/// <param name="Name">The name.</param>
/// <param name="Verifier">What its password is checked with; null for one that cannot log in by a password.</param>
/// <param name="IsOwner">Whether everything is granted to it.</param>
public sealed record User(string Name, ScramVerifier? Verifier, bool IsOwner)
{
    /// <summary>Whether it can log in by a password.</summary>
    public bool HasPassword => Verifier is not null;
}

/// <summary>
/// The users that the files of <c>policies/</c> name. Passwords are nowhere: only what they are checked with.
/// </summary>
public sealed class UserList
{
    /// <summary>The folder of a project that says who may do what.</summary>
    public const string FolderName = "policies";

    /// <summary>The file of it to which <c>foz user add</c> writes.</summary>
    public const string FileName = "users.yml";

    /// <summary>The name under which tokens log in over PostgreSQL's protocol: who it is stands in the token.</summary>
    public const string TokenUser = "oidc";

    /// <summary>The key of its files under which users stand.</summary>
    public const string Key = "users";

    readonly Dictionary<string, User> users;
    readonly Dictionary<string, ApiKey> keys;

    UserList(Dictionary<string, User> users, Dictionary<string, ApiKey> keys, IReadOnlyList<TokenIssuer> issuers) =>
        (this.users, this.keys, Issuers) = (users, keys, issuers);

    /// <summary>A list without users.</summary>
    internal static UserList Empty { get; } = new([], [], []);

    /// <summary>The keys of programs, in the order of the files.</summary>
    public IReadOnlyCollection<ApiKey> Keys => keys.Values;

    /// <summary>Whose tokens log in.</summary>
    public IReadOnlyList<TokenIssuer> Issuers { get; }

    /// <summary>The key of a name, whose user there is; null if there is none.</summary>
    public ApiKey? FindKey(string name) =>
        keys.GetValueOrDefault(name) is { } key && users.ContainsKey(key.User) ? key : null;

    /// <summary>All users, in the order of the files.</summary>
    public IReadOnlyCollection<User> All => users.Values;

    /// <summary>Who may log in, as people read it; of passwords only whether they are the same.</summary>
    internal IReadOnlyCollection<string> Rights =>
    [
        .. All.Select(user => $"user {user.Name}"),
        .. All.Where(user => user.IsOwner).Select(user => $"everything to {user.Name}"),
        .. Keys.Select(key =>
            $"key {key.Name}, {Fingerprint($"{key.Verifier}")}" + (key.ExpiresAt is { } at ? $", until {at:u}" : "")
                + (key.Roles is { } roles ? $", roles {string.Join(' ', roles)}" : "")),
        .. Issuers.Select(issuer =>
            $"tokens of {issuer.Issuer} for {issuer.Audience}, {issuer.UserClaim}, {issuer.RolesClaim}"
                + (issuer.Keys is null ? "" : $", keys of {issuer.Keys}")
                + (issuer.Prefix.Length == 0 ? "" : $", as {issuer.Prefix}…")),
        .. All.Where(user => user.HasPassword)
            .Select(user => $"password of {user.Name}, {Fingerprint($"{user.Verifier}")}"),
    ];

    /// <summary>The user of a name, whose letters' case counts; null if there is none.</summary>
    public User? Find(string name) => users.GetValueOrDefault(name);

    /// <summary>Reads the users of a project.</summary>
    /// <param name="projectFolder">The project's folder.</param>
    /// <exception cref="FozException">A file is wrong; tells all that is.</exception>
    public static UserList Load(string projectFolder) => Load(projectFolder, written: null);

    /// <summary>Reads the users of a project as they will be.</summary>
    /// <param name="projectFolder">The project's folder.</param>
    /// <param name="written">A file and the text that it will have; null for none.</param>
    internal static UserList Load(string projectFolder, (string Path, string Text)? written)
    {
        var errors = new ErrorList();
        var list = Read(projectFolder, written, errors);
        errors.ThrowIfAny();
        return list;
    }

    /// <summary>Reads the users of a project as far as they can be read.</summary>
    internal static UserList Read(string projectFolder, (string Path, string Text)? written, ErrorList errors)
    {
        var found = new Dictionary<string, User>(StringComparer.Ordinal);
        var (keys, issuers) = (new Dictionary<string, ApiKey>(StringComparer.Ordinal), new List<TokenIssuer>());
        var paths = Files(projectFolder);
        foreach (var path in written is var (added, _) && !paths.Contains(added) ? paths.Append(added) : paths)
        {
            var file = Path.Combine(FolderName, Path.GetFileName(path));
            var yaml = YamlReader.Read(
                path == written?.Path ? written.Value.Text : File.ReadAllText(path), file, errors);
            if (yaml is null) continue;
            var reader = MappingReader.Of(yaml, new(file, 1, 1), file, errors);
            if (reader.Node(Key) is YamlNode.Sequence list)
                foreach (var item in list.Items) Read(item, found, errors);
            else if (reader.Node(Key) is { } other) errors.Add(other.Place, $"'{Key}' must be a list of users");
            foreach (var item in Items(reader, ApiKey.Key, errors))
                if (ApiKey.Read(item, errors) is { } key && !keys.TryAdd(key.Name, key))
                    errors.Add(item.Place, $"the key '{key.Name}' stands here twice");
            foreach (var item in Items(reader, TokenIssuer.Key, errors))
                if (TokenIssuer.Read(item, errors) is { } issuer) issuers.Add(issuer);
        }
        return new(found, keys, issuers);
    }

    /// <summary>The files of a project that say who may do what, in order.</summary>
    public static IReadOnlyList<string> Files(string projectFolder)
    {
        var folder = Path.Combine(projectFolder, FolderName);
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.yml").Order(StringComparer.Ordinal)]
            : [];
    }

    static IReadOnlyList<YamlNode> Items(MappingReader reader, string key, ErrorList errors)
    {
        var node = reader.Node(key);
        if (node is YamlNode.Sequence sequence) return sequence.Items;
        if (node is not null) errors.Add(node.Place, $"'{key}' must be a list");
        return [];
    }

    static string Fingerprint(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 6));

    static void Read(YamlNode node, Dictionary<string, User> found, ErrorList errors)
    {
        var reader = MappingReader.Of(node, node.Place, "a user", errors);
        var name = reader.RequiredText("name");
        var verifier = reader.Text("password") is { } text ? Parse(text, reader.PlaceOf("password"), errors) : null;
        var user = new User(name, verifier, reader.Flag("owner") ?? false);
        reader.Finish();
        if (name == TokenUser)
            errors.Add(reader.PlaceOf("name"), $"'{TokenUser}' is the name under which tokens log in, and no user");
        if (name.Length > 0 && !found.TryAdd(name, user))
            errors.Add(reader.PlaceOf("name"), $"the user '{name}' stands here twice");
    }

    static ScramVerifier? Parse(string text, Place place, ErrorList errors)
    {
        try
        {
            return ScramVerifier.Parse(text);
        }
        catch (WireException)
        {
            // Not what it is: it may be a password in clear.
            errors.Add(
                place, "'password' is not what a password is checked with",
                "write it with foz user add, never by hand");
            return null;
        }
    }
}
