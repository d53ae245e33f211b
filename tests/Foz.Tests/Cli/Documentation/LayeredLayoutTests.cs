using Foz.Cli.Documentation;

namespace Foz.Tests.Cli.Documentation;

public sealed class LayeredLayoutTests
{
    [Fact]
    public void Nodes_never_touch_and_edges_run_to_the_right()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var count = random.Next(1, 40);
            var sizes = Enumerable.Range(0, count).Select(_ => new BoxSize(random.Next(20, 200), random.Next(10, 90)))
                .ToList();
            var edges = Enumerable.Range(0, count * 2).Select(_ => (A: random.Next(count), B: random.Next(count)))
                .Where(e => e.A != e.B).Select(e => (From: Math.Min(e.A, e.B), To: Math.Max(e.A, e.B))).Distinct()
                .ToList();

            var layout = LayeredLayout.Of(sizes, edges);

            for (var a = 0; a < count; a++)
            {
                var (x, y) = (layout.Nodes[a].X, layout.Nodes[a].Y);
                Assert.True(
                    x >= 0 && y >= -0.01 && x + sizes[a].Width <= layout.Width + 0.01
                        && y + sizes[a].Height <= layout.Height + 0.01, $"seed {seed}: {a} is outside");
                for (var b = 0; b < a; b++)
                    Assert.False(
                        x < layout.Nodes[b].X + sizes[b].Width && layout.Nodes[b].X < x + sizes[a].Width
                        && y < layout.Nodes[b].Y + sizes[b].Height - 0.01
                        && layout.Nodes[b].Y < y + sizes[a].Height - 0.01,
                        $"seed {seed}: {a} covers {b}");
            }
            foreach (var (edge, points) in edges.Zip(layout.Edges))
            {
                Assert.Equal(layout.Nodes[edge.From].X + sizes[edge.From].Width, points[0].X, 3);
                Assert.Equal(layout.Nodes[edge.To].X, points[^1].X, 3);
                Assert.All(
                    points.Zip(points.Skip(1)), step => Assert.True(step.First.X <= step.Second.X, $"seed {seed}"));
            }
        }
    }

    [Fact]
    public void A_chain_is_a_line_and_nothing_crosses_where_nothing_must()
    {
        var sizes = Enumerable.Repeat(new BoxSize(100, 30), 6).ToList();
        var chain = LayeredLayout.Of(sizes, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]);
        Assert.Single(chain.Nodes.Select(node => node.Y).Distinct());

        // 0 and 1 are given in the order in which their edges would cross.
        var pairs = LayeredLayout.Of(sizes[..4], [(0, 3), (1, 2)]);
        Assert.Equal(pairs.Nodes[0].Y < pairs.Nodes[1].Y, pairs.Nodes[3].Y < pairs.Nodes[2].Y);
    }

    [Fact]
    public void No_nodes_are_no_drawing() =>
        Assert.Equal((0.0, 0.0), (LayeredLayout.Of([], []).Width, LayeredLayout.Of([], []).Height));
}
