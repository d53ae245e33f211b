using System.Globalization;
using System.Text;
using Foz.Core.Configuration;
using Foz.Wire.PostgreSql;

namespace Foz.Core.Governance;

/// <summary>Writes users to <c>policies/users.yml</c>, leaving the rest of its text as it is.</summary>
/// <param name="projectFolder">The project's folder.</param>
public sealed class UserFile(string projectFolder)
{
    readonly string path = System.IO.Path.Combine(projectFolder, UserList.FolderName, UserList.FileName);

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>Adds a user, or gives one that is there another password.</summary>
    /// <param name="name">The user: letters, digits and <c>_ - . @</c>.</param>
    /// <param name="password">The password, which is not kept.</param>
    /// <param name="isOwner">Whether everything is granted to it.</param>
    /// <param name="replaces">Whether the user may be there already.</param>
    /// <exception cref="FozException">The name cannot be one, or is taken.</exception>
    public void Add(string name, string password, bool isOwner, bool replaces)
    {
        if (name.Length == 0 || !name.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or '@'))
            throw new FozException(ErrorKind.Usage, $"'{name}' cannot be a user") { Hint = "letters, digits, _, -, . and @" };
        if (name == UserList.TokenUser)
            throw new FozException(ErrorKind.Usage, $"'{name}' is the name under which tokens log in") { Hint = "choose another name" };
        if (password.Length == 0) throw new FozException(ErrorKind.Usage, "the password is empty");
        var verifier = ScramVerifier.Of(password).ToString();
        var known = UserList.Load(projectFolder).Find(name);
        if (known is not null && !replaces)
            throw new FozException(ErrorKind.Usage, $"the user '{name}' exists already") { Hint = "give it another password with --replace" };

        var text = File.Exists(path) ? File.ReadAllText(path) : "";
        var written = known?.Verifier is { } old && text.Contains(old.ToString(), StringComparison.Ordinal)
            ? text.Replace(old.ToString(), verifier, StringComparison.Ordinal)
            : known is null
                ? Appended(text, name, verifier, isOwner)
                : throw new FozException(ErrorKind.Usage, $"the user '{name}' does not stand in {UserList.FolderName}/{UserList.FileName}")
                {
                    Hint = "change it in the file where it stands",
                };
        Write(path, written);
    }

    /// <summary>Adds a key with which a program logs in.</summary>
    /// <param name="name">The user, a slash, and what the key is for.</param>
    /// <param name="expires">The day from which on it is not taken; null for never.</param>
    /// <param name="roles">The roles to which it is limited; none for all that the user may.</param>
    /// <returns>The key, which is not kept.</returns>
    /// <exception cref="FozException">The name cannot be one, is taken, or its user is not there.</exception>
    public string AddKey(string name, DateOnly? expires, IReadOnlyList<string> roles)
    {
        if (!ApiKey.IsName(name))
            throw new FozException(ErrorKind.Usage, $"'{name}' cannot be a key") { Hint = "a user, a slash, and what it is for: ana/superset" };
        var known = UserList.Load(projectFolder);
        var user = name[..name.IndexOf('/', StringComparison.Ordinal)];
        if (known.Find(user) is null)
            throw new FozException(ErrorKind.NotFound, $"there is no user '{user}'")
            {
                Hint = NearestName.Hint(user, known.All.Select(u => u.Name)) ?? "add one with foz user add",
            };
        if (known.Keys.Any(key => key.Name == name))
            throw new FozException(ErrorKind.Usage, $"the key '{name}' exists already") { Hint = $"delete it in {UserList.FolderName}/{ApiKey.FileName}, or choose another name" };
        var access = AccessList.Load(projectFolder);
        foreach (var role in roles.Where(role => !access.Roles.Contains(role)))
            throw new FozException(ErrorKind.NotFound, $"there is no role '{role}'") { Hint = NearestName.Hint(role, access.Roles) };
        var token = ApiKey.NewToken(name);
        var entry = new StringBuilder($"  - name: {name}\n    hash: {ScramVerifier.Of(token)}\n");
        if (expires is { } day) entry.Append(CultureInfo.InvariantCulture, $"    expires: {day:yyyy-MM-dd}\n");
        if (roles.Count > 0) entry.Append(CultureInfo.InvariantCulture, $"    roles: [{string.Join(", ", roles)}]\n");
        var file = KeyPath;
        var text = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n").TrimEnd('\n') + "\n" : $"{ApiKey.Key}:\n";
        Write(file, text + entry);
        _ = UserList.Load(projectFolder);
        return token;
    }

    /// <summary>The file of keys.</summary>
    public string KeyPath => System.IO.Path.Combine(projectFolder, UserList.FolderName, ApiKey.FileName);

    static void Write(string file, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        var staged = file + ".staged";
        File.WriteAllText(staged, text);
        File.Move(staged, file, overwrite: true);
    }

    static string Appended(string text, string name, string verifier, bool isOwner)
    {
        var entry = new StringBuilder($"  - name: {name}\n    password: {verifier}\n");
        if (isOwner) entry.Append("    owner: true\n");
        if (text.Trim().Length == 0) return $"{UserList.Key}:\n{entry}";
        var errors = new ErrorList();
        var lines = text.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        var mapping = YamlReader.Read(text, UserList.FileName, errors) as YamlNode.Mapping;
        errors.ThrowIfAny();
        return mapping switch
        {
            { Entries: [.., { Key: UserList.Key }] } => lines + entry,
            _ when mapping?[UserList.Key] is null => $"{lines}{UserList.Key}:\n{entry}",
            _ => throw new FozException(ErrorKind.Usage, $"'{UserList.Key}' is not the last key of {UserList.FolderName}/{UserList.FileName}")
            {
                Hint = "move it to the end of the file",
            },
        };
    }
}
