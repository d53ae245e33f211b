using Foz.Lake;
using Foz.Serving.Governance;

namespace Foz.Tests.Serving.Governance;

public sealed class UserFileTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-users-").FullName;

    string Path => System.IO.Path.Combine(folder, "policies", "users.yml");

    [Fact]
    public void User_is_added_to_a_file_that_keeps_no_password()
    {
        var file = new UserFile(folder);
        file.Add("ana", "s3nha", isOwner: true, replaces: false);
        file.Add("bi@shop.br", "outra", isOwner: false, replaces: false);
        var users = UserList.Load(folder);
        Assert.Equal(["ana", "bi@shop.br"], users.All.Select(u => u.Name));
        Assert.True(users.Find("ana")!.IsOwner);
        Assert.False(users.Find("bi@shop.br")!.IsOwner);
        Assert.True(users.Find("ana")!.HasPassword);
        Assert.Null(users.Find("Ana"));
        Assert.DoesNotContain("s3nha", File.ReadAllText(Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Password_is_replaced_and_the_rest_of_the_file_stays()
    {
        var file = new UserFile(folder);
        file.Add("ana", "a", isOwner: true, replaces: false);
        File.WriteAllText(Path, "# people\n" + File.ReadAllText(Path) + "    # the end\n");
        var before = UserList.Load(folder).Find("ana")!.Verifier;
        Assert.Equal(
            ErrorKind.Usage,
            Assert.Throws<FozException>(() => file.Add("ana", "b", isOwner: false, replaces: false)).Kind);
        file.Add("ana", "b", isOwner: false, replaces: true);
        Assert.NotEqual(before!.ToString(), UserList.Load(folder).Find("ana")!.Verifier!.ToString());
        Assert.True(UserList.Load(folder).Find("ana")!.IsOwner);
        Assert.StartsWith("# people\n", File.ReadAllText(Path), StringComparison.Ordinal);
        Assert.EndsWith("# the end\n", File.ReadAllText(Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_verifiers_are_their_owners_alone_and_are_slow_to_guess()
    {
        if (OperatingSystem.IsWindows()) return;
        var file = new UserFile(folder);
        file.Add("ana", "a", isOwner: true, replaces: false);
        file.AddKey("ana/superset", expires: null, []);
        foreach (var path in new[] { Path, file.KeyPath })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.InRange(UserList.Load(folder).Find("ana")!.Verifier!.Iterations, 32_768, int.MaxValue);
        Assert.InRange(UserList.Load(folder).Keys.Single().Verifier.Iterations, 32_768, int.MaxValue);
        // A verifier of before is still good.
        var old = Foz.Wire.PostgreSql.ScramVerifier.Of("b", iterations: 4096);
        File.WriteAllText(Path, $"users:\n  - name: ana\n    password: {old}\n");
        Assert.True(UserList.Load(folder).Find("ana")!.Verifier!.Fits("b"));
    }

    [Fact]
    public void Who_else_can_read_or_write_the_files_is_told()
    {
        if (OperatingSystem.IsWindows()) return;
        var file = new UserFile(folder);
        file.Add("ana", "a", isOwner: true, replaces: false);
        Assert.Empty(PolicyModes.Check(folder));
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Contains(
            "chmod 600 policies/users.yml", Assert.Single(PolicyModes.Check(folder)), StringComparison.Ordinal);
        // Grants are no secret; but who can write them grants himself everything.
        var grants = System.IO.Path.Combine(folder, "policies", "access.yml");
        File.WriteAllText(grants, "grants: []\n");
        File.SetUnixFileMode(grants, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Single(PolicyModes.Check(folder));
        File.SetUnixFileMode(grants, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        Assert.Contains(
            "policies/access.yml", Assert.Throws<FozException>(() => PolicyModes.Check(folder)).Describe(),
            StringComparison.Ordinal);
        // What is mounted, as Kubernetes mounts secrets by links, is as who mounts it says.
        File.SetUnixFileMode(grants, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var mounted = System.IO.Path.Combine(folder, "mounted.yml");
        File.Move(Path, mounted);
        File.SetUnixFileMode(mounted, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.CreateSymbolicLink(Path, mounted);
        Assert.Empty(PolicyModes.Check(folder));
    }

    [Theory]
    [InlineData("users:\n  - name: ana\n    password: hunter2\n", 3)]
    [InlineData("users:\n  - name: ana\n  - name: ana\n", 3)]
    [InlineData("users: ana\n", 1)]
    [InlineData("users:\n  - password: x\n", 2)]
    [InlineData("users:\n  - name: ana\n    boss: true\n", 3)]
    public void What_is_wrong_is_told_with_its_line_and_without_what_may_be_a_password(string text, int line)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.WriteAllText(Path, text);
        var error = Assert.Throws<FozException>(() => UserList.Load(folder));
        Assert.Contains($"users.yml:{line}", error.Describe(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_who_is_there_is_made_no_owner_and_keeps_the_password()
    {
        var file = new UserFile(folder);
        file.Add("ana", "a", isOwner: false, replaces: false);
        var before = File.ReadAllText(Path);
        var error = Assert.Throws<FozException>(() => file.Add("ana", "b", isOwner: true, replaces: true));
        Assert.Contains("is no owner", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path));
    }

    [Theory]
    [InlineData("keys: []\n")]
    [InlineData("keys:\n- name: ana/a\n  hash: \"@\"\n")]
    [InlineData("keys:\n  - {name: ana/a, hash: \"@\"}\nroles:\n  - name: r\n")]
    public void A_file_to_which_no_key_can_be_added_stays_as_it_is(string text)
    {
        var file = new UserFile(folder);
        file.Add("ana", "a", isOwner: false, replaces: false);
        text = text.Replace("@", $"{UserList.Load(folder).Find("ana")!.Verifier}", StringComparison.Ordinal);
        File.WriteAllText(file.KeyPath, text);
        var error = Assert.Throws<FozException>(() => file.AddKey("ana/bi", expires: null, []));
        Assert.Equal(ErrorKind.Usage, error.Kind);
        Assert.NotNull(error.Hint);
        Assert.Equal(text, File.ReadAllText(file.KeyPath));
        Assert.NotNull(UserList.Load(folder).Find("ana"));
    }

    [Fact]
    public void A_key_is_added_behind_what_the_file_has()
    {
        var file = new UserFile(folder);
        file.Add("ana", "a", isOwner: false, replaces: false);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file.KeyPath)!);
        File.WriteAllText(file.KeyPath, "# programs\nroles:\n  - name: r\n");
        file.AddKey("ana/bi", expires: null, ["r"]);
        file.AddKey("ana/export", expires: null, []);
        Assert.Equal(["ana/bi", "ana/export"], UserList.Load(folder).Keys.Select(key => key.Name));
    }

    [Fact]
    public void Directory_knows_who_was_added_since_and_nobody_while_its_files_are_wrong()
    {
        var clock = new Clock();
        var warnings = new List<string>();
        var directory = new UserDirectory(folder, clock) { Warned = warnings.Add };
        Assert.Empty(directory.Current.All);
        new UserFile(folder).Add("ana", "a", isOwner: true, replaces: false);
        Assert.NotNull(directory.Current.Find("ana"));
        Assert.Empty(warnings);

        // A user may be about to write it.
        var right = File.ReadAllText(Path);
        File.WriteAllText(Path, "users: [");
        Assert.NotNull(directory.Current.Find("ana"));
        clock.Now += UserDirectory.Grace / 2;
        Assert.NotNull(directory.Current.Find("ana"));
        Assert.Contains("no user can log in", Assert.Single(warnings), StringComparison.Ordinal);
        // Another mistake is no reason to wait anew.
        File.WriteAllText(Path, "users: [[");
        Assert.NotNull(directory.Current.Find("ana"));
        clock.Now += UserDirectory.Grace / 2;
        Assert.Empty(directory.Current.All);
        Assert.Equal(2, warnings.Count);
        File.WriteAllText(Path, right + "# right again\n");
        Assert.NotNull(directory.Current.Find("ana"));
    }

    sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
