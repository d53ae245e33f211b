namespace Foz.Cli.Terminal;

/// <summary>Draws trees.</summary>
static class Trees
{
    /// <summary>Draws a tree; what was drawn before is named again without what hangs on it.</summary>
    /// <param name="shell">Where to.</param>
    /// <param name="root">The root.</param>
    /// <param name="children">What hangs on a name.</param>
    public static void Write(Shell shell, TreeEntry root, Func<string, IReadOnlyList<TreeEntry>> children)
    {
        var drawn = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        Draw(root, first: "", rest: "");

        void Draw(TreeEntry entry, string first, string rest)
        {
            var below = children(entry.Name);
            var isRepeated = !drawn.Add(entry.Name) && below.Count > 0;
            var remark = isRepeated ? $"{entry.Remark} (above)".TrimStart() : entry.Remark;
            shell.Out.WriteLine(
                shell.Styled(Style.Dim, first) + entry.Name
                + (remark.Length == 0 ? "" : "  " + shell.Styled(Style.Dim, remark)));
            if (isRepeated) return;
            for (var i = 0; i < below.Count; i++)
            {
                var isLast = i == below.Count - 1;
                Draw(below[i], rest + (isLast ? "└─ " : "├─ "), rest + (isLast ? "   " : "│  "));
            }
        }
    }
}

/// <summary>A line of a tree.</summary>
/// <param name="Name">Its text; entries of the same name have the same children wherever they are.</param>
/// <param name="Remark">Text after the name; empty for none.</param>
readonly record struct TreeEntry(string Name, string Remark);
