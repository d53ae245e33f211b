using Foz.Core;
using Foz.Core.Governance;

namespace Foz.Tests.Core.Governance;

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
            ErrorKind.Usage, Assert.Throws<FozException>(() => file.Add("ana", "b", isOwner: false, replaces: false)).Kind);
        file.Add("ana", "b", isOwner: false, replaces: true);
        Assert.NotEqual(before!.ToString(), UserList.Load(folder).Find("ana")!.Verifier!.ToString());
        Assert.True(UserList.Load(folder).Find("ana")!.IsOwner);
        Assert.StartsWith("# people\n", File.ReadAllText(Path), StringComparison.Ordinal);
        Assert.EndsWith("# the end\n", File.ReadAllText(Path), StringComparison.Ordinal);
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
    public void Directory_knows_who_was_added_since()
    {
        var directory = new UserDirectory(folder);
        Assert.Empty(directory.Current.All);
        new UserFile(folder).Add("ana", "a", isOwner: true, replaces: false);
        Assert.NotNull(directory.Current.Find("ana"));
        File.WriteAllText(Path, "users: [");
        Assert.NotNull(directory.Current.Find("ana"));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
