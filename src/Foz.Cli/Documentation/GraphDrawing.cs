using System.Globalization;
using System.Text;

namespace Foz.Cli.Documentation;

/// <summary>A node of a graph to be drawn.</summary>
/// <param name="Title">What stands in it first.</param>
/// <param name="Kind">What it is: part of its class in the style.</param>
/// <param name="Link">The page that it leads to; null for none.</param>
sealed record DrawnNode(string Title, string Kind, string? Link)
{
    /// <summary>The lines below the title, each with a remark to the right.</summary>
    public IReadOnlyList<(string Text, string Remark)> Lines { get; init; } = [];

    /// <summary>Whether the drawing is about it.</summary>
    public bool IsFocus { get; init; }
}

/// <summary>An edge of a graph to be drawn.</summary>
/// <param name="From">The number of its first node.</param>
/// <param name="To">The number of its last node.</param>
/// <param name="Label">What is said of it when one points at it; empty for nothing.</param>
readonly record struct DrawnEdge(int From, int To, string Label);

/// <summary>Draws graphs as SVG, readable without scripts; colours come from the page's style.</summary>
static class GraphDrawing
{
    const double CharWidth = 7.4;
    const double TitleHeight = 30;
    const double LineHeight = 19;
    const double Padding = 12;
    const double Margin = 10;
    const double WidthMin = 90;

    /// <summary>Draws a graph from left to right.</summary>
    /// <param name="title">What it shows, for those who cannot see it.</param>
    /// <param name="nodes">The nodes.</param>
    /// <param name="edges">The edges, without cycles.</param>
    public static Html Draw(string title, IReadOnlyList<DrawnNode> nodes, IReadOnlyList<DrawnEdge> edges)
    {
        var layout = LayeredLayout.Of([.. nodes.Select(SizeOf)], [.. edges.Select(edge => (edge.From, edge.To))]);
        var (width, height) = (layout.Width + 2 * Margin, layout.Height + 2 * Margin);
        return Html.Of($"""
            <svg class="graph" role="img" width="{width:0}" height="{height:0}" viewBox="{-Margin:0} {-Margin:0} {width:0} {height:0}">
            <title>{title}</title>
            {edges.Zip(layout.Edges, DrawEdge)}{nodes.Zip(layout.Nodes, DrawNode)}</svg>

            """);
    }

    static BoxSize SizeOf(DrawnNode node)
    {
        var longest = node.Lines.Select(line => line.Text.Length + line.Remark.Length + 3).Append(node.Title.Length)
            .Max();
        return new(
            Math.Max(WidthMin, longest * CharWidth + 2 * Padding),
            TitleHeight + (node.Lines.Count == 0 ? 0 : node.Lines.Count * LineHeight + Padding / 2));
    }

    static Html DrawEdge(DrawnEdge edge, IReadOnlyList<Point> points)
    {
        var path = new StringBuilder(At("M", points[0]));
        for (var i = 1; i < points.Count; i++)
        {
            var (from, to) = (points[i - 1], points[i]);
            var middle = (from.X + to.X) / 2;
            path.Append(At(" C", new(middle, from.Y))).Append(At(" ", new(middle, to.Y))).Append(At(" ", to));
        }
        return Html.Of($"""
            <path class="edge" d="{path.ToString()}">{Html.If(edge.Label.Length > 0, $"<title>{edge.Label}</title>")}</path>

            """);

        static string At(string command, Point point) =>
            string.Create(CultureInfo.InvariantCulture, $"{command}{point.X:0.#},{point.Y:0.#}");
    }

    static Html DrawNode(DrawnNode node, Point corner)
    {
        var size = SizeOf(node);
        var lines = node.Lines.Select((line, index) => Html.Of($"""
            <text class="line" x="{Padding:0.#}" y="{TitleHeight + (index + 0.7) * LineHeight:0.#}">{line.Text}</text><text class="remark" x="{size.Width - Padding:0.#}" y="{TitleHeight + (index + 0.7) * LineHeight:0.#}">{line.Remark}</text>
            """));
        var box = Html.Of($"""
            <g class="node {node.Kind}{(node.IsFocus ? " focus" : "")}" transform="translate({corner.X:0.#},{corner.Y:0.#})"><rect width="{size.Width:0.#}" height="{size.Height:0.#}" rx="6"/><text x="{Padding:0.#}" y="{TitleHeight / 2 + 4.5:0.#}">{node.Title}</text>{lines}</g>
            """);
        return node.Link is null ? box : Html.Of($"""<a href="{node.Link}">{box}</a>""");
    }
}
