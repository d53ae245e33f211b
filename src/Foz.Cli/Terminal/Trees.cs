namespace Foz.Cli.Terminal;

/// <summary>Draws trees.</summary>
public static class Trees
{
    /// <summary>Draws a tree; what was drawn before is named again without what hangs on it.</summary>
    /// <param name="shell">Where to.</param>
    /// <param name="root">The root.</param>
    /// <param name="children">What hangs on a name.</param>
    /// <param name="label">What is written behind a name; empty for nothing.</param>
    public static void Write(
        Shell shell, string root, Func<string, IReadOnlyList<string>> children, Func<string, string> label)
    {
        var drawn = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        Draw(root, first: "", rest: "");

        void Draw(string name, string first, string rest)
        {
            var below = children(name);
            var isRepeated = !drawn.Add(name) && below.Count > 0;
            var remark = isRepeated ? "(above)" : label(name);
            shell.Out.WriteLine(
                shell.Styled(Style.Dim, first) + name + (remark.Length == 0 ? "" : "  " + shell.Styled(Style.Dim, remark)));
            if (isRepeated) return;
            for (var i = 0; i < below.Count; i++)
            {
                var isLast = i == below.Count - 1;
                Draw(below[i], rest + (isLast ? "└─ " : "├─ "), rest + (isLast ? "   " : "│  "));
            }
        }
    }
}
