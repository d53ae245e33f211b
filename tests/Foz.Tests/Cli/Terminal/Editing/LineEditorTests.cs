using Foz.Cli.Terminal;
using Foz.Cli.Terminal.Editing;
using static Foz.Tests.Cli.TypedKeys;

namespace Foz.Tests.Cli.Terminal.Editing;

public sealed class LineEditorTests
{
    [Theory]
    [InlineData("selekt\b\bct", "select")]
    [InlineData("abc\u0001X\u0005Y", "XabcY")]
    [InlineData("abc\u0002\u0002\u000bZ", "aZ")]
    [InlineData("one two\u0017three", "one three")]
    [InlineData("one two\u0015x", "x")]
    [InlineData("ação\u0002\bX", "açXo")]
    [InlineData("a😀\bb", "ab")]
    [InlineData("ae\u0301\bb", "ab")]
    public void Keys_edit_as_in_readline(string typed, string expected) =>
        Assert.Equal((LineEnd.Entered, expected), Read(typed + "\n").Line);

    [Fact]
    public void Arrows_move_and_delete_deletes_what_is_after()
    {
        Assert.Equal("Xb", Read($"ab{Home}{Delete}X\n").Line.Text);
        Assert.Equal("one X two", Read($"one two{WordLeft}X {End}\n").Line.Text);
        Assert.Equal("aXbc", Read($"abc{Left}{Left}X{Right}\n").Line.Text);
    }

    [Theory]
    [InlineData("abc\u0003", nameof(LineEnd.Interrupted))]
    [InlineData("\u0004", nameof(LineEnd.Closed))]
    [InlineData("ab\u0001\u0004\n", nameof(LineEnd.Entered))]
    public void Ctrl_C_and_Ctrl_D_end_the_text(string typed, string end) =>
        Assert.Equal(end, $"{Read(typed).Line.End}");

    [Fact]
    public void A_text_of_several_lines_is_edited_in_all_of_them()
    {
        // Up keeps the column, after one letter.
        var (line, picture) = Read($"select 1,\n2{Up}X{Down}{End};\n", isWhole: text => text.EndsWith(';'));
        Assert.Equal("sXelect 1,\n2;", line.Text);
        Assert.Equal("> sXelect 1,\n- 2;\n", picture);
    }

    [Fact]
    public void A_line_that_is_wider_than_the_terminal_is_wrapped_and_edited()
    {
        var (line, picture) = Read($"{new string('a', 25)}{Home}X\n", width: 12);
        Assert.Equal("X" + new string('a', 25), line.Text);
        Assert.Equal("> Xaaaaaaaa\naaaaaaaaaaa\naaaaaa\n", picture);
    }

    [Fact]
    public void Letters_of_two_columns_are_wrapped_whole()
    {
        var (_, picture) = Read("漢字漢字漢字\n", width: 10);
        Assert.Equal("> 漢字漢\n字漢字\n", picture);
    }

    [Fact]
    public void Control_characters_of_a_recalled_text_do_nothing_to_the_terminal()
    {
        var history = LineHistory.Read(null, Assert.Fail);
        history.Add("select '\e[2J'");
        Assert.Equal("> select '\\e[2J'\n", Read($"{Up}\n", history: history).Picture);
    }

    [Fact]
    public void The_history_goes_back_forth_and_is_searched()
    {
        var history = LineHistory.Read(null, Assert.Fail);
        foreach (var text in new[] { "select 1", "from t", "from t", " secret", "select 2" }) history.Add(text);
        Assert.Equal(["select 1", "from t", "select 2"], history.Texts);

        Assert.Equal("from t", Read($"{Up}{Up}\n", history: history).Line.Text);
        Assert.Equal("half", Read($"half{Up}{Down}\n", history: history).Line.Text);
        Assert.Equal("select 1", Read("sel\u0012\u0012\n", history: history).Line.Text);
        Assert.Equal("select 2", Read("sel\u0012\n", history: history).Line.Text);
    }

    [Fact]
    public void The_history_is_kept_in_a_file_that_only_its_user_reads()
    {
        var folder = Directory.CreateTempSubdirectory("foz-history-");
        try
        {
            var path = Path.Combine(folder.FullName, "foz", "query_history");
            var first = LineHistory.Read(path, Assert.Fail);
            first.Add("select 'a\\n'\nfrom t;");
            first.Add("select 2;");
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
                File.SetUnixFileMode(path, (UnixFileMode)0b110_100_100);
            }
            Assert.Equal(["select 'a\\n'\nfrom t;", "select 2;"], LineHistory.Read(path, Assert.Fail).Texts);
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));

            File.WriteAllLines(path, Enumerable.Range(0, 2_500).Select(i => $"select {i};"));
            Assert.Equal(LineHistory.TextsMax, LineHistory.Read(path, Assert.Fail).Texts.Count);
            Assert.Equal(LineHistory.TextsMax, File.ReadAllLines(path).Length);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Tab_completes_what_is_common_and_shows_the_rest()
    {
        string[] words = ["silver.customers", "silver.orders", "silver.order_items"];
        var pictures = new List<string>();
        var (line, _) = Read("from si\to\t_\t\n", complete: (text, at) =>
        {
            var start = text.LastIndexOf(' ', at - 1) + 1;
            var found = words.Where(w => w.StartsWith(text[start..at], StringComparison.Ordinal)).ToList();
            return found.Count == 0 ? Completion.None : new(start, found, found.Count, Common(found));
        }, frames: pictures);
        Assert.Equal("from silver.order_items", line.Text);
        Assert.Contains("> from silver.\nsilver.customers\nsilver.orders\nsilver.order_items\n", pictures);
        Assert.Equal("> from silver.order_items\n", pictures[^1]);

        static string Common(List<string> words) =>
            words[0][..Enumerable.Range(0, words.Min(w => w.Length) + 1)
                .Last(n => words.TrueForAll(w => w.StartsWith(words[0][..n], StringComparison.Ordinal)))];
    }

    [Fact]
    public void A_secret_is_not_shown()
    {
        var (line, picture) = Read("hunter2\bX\n", isSecret: true);
        Assert.Equal("hunterX", line.Text);
        Assert.Equal(">\n", picture);
    }

    static ((LineEnd End, string Text) Line, string Picture) Read(
        string typed, int width = 40, LineHistory? history = null, bool isSecret = false,
        Func<string, bool>? isWhole = null, Func<string, int, Completion>? complete = null, List<string>? frames = null)
    {
        using var screen = new Screen(width);
        var shell = new Shell
        {
            Out = screen, Error = TextWriter.Null, In = () => TextReader.Null, IsTerminal = true, WidthNow = () =>
                width,
        };
        var editor = new LineEditor(shell, new TypedKeys(typed), history)
        {
            IsSecret = isSecret, IsWhole = isWhole ?? (_ => true), Complete = complete,
        };
        var line = editor.Read("> ", "- ");
        frames?.AddRange(screen.Frames);
        return (line, screen.Picture);
    }
}
