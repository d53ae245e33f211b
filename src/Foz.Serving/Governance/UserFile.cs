using System.Globalization;
using System.Text;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Wire.PostgreSql;

namespace Foz.Serving.Governance;

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
            throw new FozException(ErrorKind.Usage, $"'{name}' cannot be a user")
            {
                Hint = "letters, digits, _, -, . and @",
            };
        if (name == UserList.TokenUser)
            throw new FozException(ErrorKind.Usage, $"'{name}' is the name under which tokens log in")
            {
                Hint = "choose another name",
            };
        if (password.Length == 0) throw new FozException(ErrorKind.Usage, "the password is empty");
        var verifier = ScramVerifier.Of(password).ToString();
        var known = UserList.Load(projectFolder).Find(name);
        if (known is not null && !replaces)
            throw new FozException(ErrorKind.Usage, $"the user '{name}' already exists")
            {
                Hint = "give it another password with --replace",
            };
        if (known is { IsOwner: false } && isOwner)
            throw new FozException(ErrorKind.Usage, $"the user '{name}' already exists, and is no owner")
            {
                Hint = $"write 'owner: true' below its name in {UserList.FolderName}/, and give it "
                    + "another password without --owner",
            };

        var text = File.Exists(path) ? File.ReadAllText(path) : "";
        var written = known?.Verifier is { } old && text.Contains(old.ToString(), StringComparison.Ordinal)
            ? text.Replace(old.ToString(), verifier, StringComparison.Ordinal)
            : known is null
                ? Appended(text, UserList.Key, UserList.FileName, EntryOf(name, verifier, isOwner))
                : throw new FozException(
                    ErrorKind.Usage, $"the user '{name}' does not stand in {UserList.FolderName}/{UserList.FileName}")
                {
                    Hint = "change it in the file where it stands",
                };
        Write(path, written, list => $"{list.Find(name)?.Verifier}" == verifier);
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
            throw new FozException(ErrorKind.Usage, $"'{name}' cannot be a key")
            {
                Hint = "a user, a slash, and what it is for: ana/superset",
            };
        var known = UserList.Load(projectFolder);
        var user = name[..name.IndexOf('/', StringComparison.Ordinal)];
        if (known.Find(user) is null)
            throw new FozException(ErrorKind.NotFound, $"there is no user '{user}'")
            {
                Hint = NearestName.Hint(user, known.All.Select(u => u.Name)) ?? "add one with foz user add",
            };
        if (known.Keys.Any(key => key.Name == name))
            throw new FozException(ErrorKind.Usage, $"the key '{name}' already exists")
            {
                Hint = $"delete it in {UserList.FolderName}/{ApiKey.FileName}, or choose another name",
            };
        var access = AccessList.Load(projectFolder);
        foreach (var role in roles.Where(role => !access.Roles.Contains(role)))
            throw new FozException(ErrorKind.NotFound, $"there is no role '{role}'")
            {
                Hint = NearestName.Hint(role, access.Roles),
            };
        var token = ApiKey.NewToken(name);
        var entry = new StringBuilder($"  - name: {name}\n    hash: {ScramVerifier.Of(token)}\n");
        if (expires is { } day) entry.Append(CultureInfo.InvariantCulture, $"    expires: {day:yyyy-MM-dd}\n");
        if (roles.Count > 0) entry.Append(CultureInfo.InvariantCulture, $"    roles: [{string.Join(", ", roles)}]\n");
        var file = KeyPath;
        var text = File.Exists(file) ? File.ReadAllText(file) : "";
        Write(file, Appended(text, ApiKey.Key, ApiKey.FileName, $"{entry}"), list => list.FindKey(name) is not null);
        return token;
    }

    /// <summary>The file of keys.</summary>
    public string KeyPath => System.IO.Path.Combine(projectFolder, UserList.FolderName, ApiKey.FileName);

    /// <summary>Writes a file, once it is known that it can be read and has what was added.</summary>
    void Write(string file, string text, Func<UserList, bool> has)
    {
        var name = $"{UserList.FolderName}/{System.IO.Path.GetFileName(file)}";
        try
        {
            if (!has(UserList.Load(projectFolder, (file, text))))
                throw new FozException(ErrorKind.Usage, $"{name} would not have what was added");
        }
        catch (FozException e)
        {
            throw new FozException(
                ErrorKind.Usage,
                $"{name} is not written so that anything can be added to it, and stays unchanged: {e.Message}", e)
            {
                Hint = "end the file with the list, an entry as '  - name: …' in a line of its own",
            };
        }
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        var staged = file + ".staged";
        File.Delete(staged);
        using (var stream = new FileStream(staged, PolicyModes.CreateOptions))
            stream.Write(Encoding.UTF8.GetBytes(text));
        File.Move(staged, file, overwrite: true);
    }

    static string EntryOf(string name, string verifier, bool isOwner) =>
        $"  - name: {name}\n    password: {verifier}\n" + (isOwner ? "    owner: true\n" : "");

    /// <summary>The text of a file with an entry more in the list that it ends with.</summary>
    static string Appended(string text, string list, string file, string entry)
    {
        if (text.Trim().Length == 0) return $"{list}:\n{entry}";
        var errors = new ErrorList();
        var lines = text.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        var mapping = YamlReader.Read(text, file, errors) as YamlNode.Mapping;
        errors.ThrowIfAny();
        return mapping switch
        {
            { Entries: [.., var last] } when last.Key == list => lines + entry,
            _ when mapping?[list] is null => $"{lines}{list}:\n{entry}",
            _ => throw new FozException(
                ErrorKind.Usage, $"'{list}' is not the last key of {UserList.FolderName}/{file}")
            {
                Hint = "move it to the end of the file",
            },
        };
    }
}
