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
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        var staged = path + ".staged";
        File.WriteAllText(staged, written);
        File.Move(staged, path, overwrite: true);
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
