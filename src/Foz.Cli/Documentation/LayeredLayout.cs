namespace Foz.Cli.Documentation;

/// <summary>A point of a drawing, in pixels from its upper left corner.</summary>
/// <param name="X">To the right.</param>
/// <param name="Y">Down.</param>
readonly record struct Point(double X, double Y);

/// <summary>A box to be drawn, of a size.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
readonly record struct BoxSize(double Width, double Height);

/// <summary>
/// Places the nodes of a graph without cycles in layers from left to right, so that edges cross seldom: layers by the
/// longest way, orders by the medians of neighbours, positions by the means of neighbours (Sugiyama, Tagawa and Toda,
/// "Methods for Visual Understanding of Hierarchical System Structures", 1981).
/// </summary>
sealed class LayeredLayout
{
    const int Sweeps = 12;
    const double LayerGap = 70;
    const double NodeGap = 14;

    readonly IReadOnlyList<BoxSize> sizes;
    readonly List<List<int>> layers = [];
    readonly List<List<int>> above = [];
    readonly List<List<int>> below = [];
    readonly List<int> layerOf = [];
    readonly double[] y;

    LayeredLayout(IReadOnlyList<BoxSize> sizes, IReadOnlyList<(int From, int To)> edges)
    {
        this.sizes = sizes;
        var ways = AssignLayers(edges);
        for (var sweep = 0; sweep < Sweeps; sweep++) Reorder(downwards: sweep % 2 == 0);
        y = new double[layerOf.Count];
        Stack();
        for (var sweep = 0; sweep < Sweeps; sweep++) Straighten(sweep % 2 == 0);
        var top = y.Length == 0 ? 0 : Enumerable.Range(0, y.Length).Min(node => y[node] - HeightOf(node) / 2);
        for (var node = 0; node < y.Length; node++) y[node] -= top;
        var x = Columns();
        Nodes =
        [
            .. Enumerable.Range(
                0, sizes.Count).Select(node => new Point(x[layerOf[node]], y[node] - HeightOf(node) / 2)),
        ];
        Edges = [.. ways.Select(way => Route(way, x))];
        Width = layers.Count == 0 ? 0 : x[^1] + layers[^1].Max(WidthOf);
        Height = y.Length == 0 ? 0 : Enumerable.Range(0, y.Length).Max(node => y[node] + HeightOf(node) / 2);
    }

    /// <summary>The upper left corner of each node.</summary>
    public IReadOnlyList<Point> Nodes { get; }

    /// <summary>
    /// For each edge the points that it passes, from the right side of its first node to the left side of its last.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<Point>> Edges { get; }

    /// <summary>In pixels.</summary>
    public double Width { get; }

    /// <summary>In pixels.</summary>
    public double Height { get; }

    /// <summary>Places nodes.</summary>
    /// <param name="sizes">The size of each node.</param>
    /// <param name="edges">The edges, by the numbers of nodes, without cycles.</param>
    public static LayeredLayout Of(IReadOnlyList<BoxSize> sizes, IReadOnlyList<(int From, int To)> edges) =>
        new(sizes, edges);

    /// <summary>
    /// Layers by the longest way from a node without others above; edges over several layers get a point in each.
    /// </summary>
    List<List<int>> AssignLayers(IReadOnlyList<(int From, int To)> edges)
    {
        var incoming = edges.ToLookup(edge => edge.To, edge => edge.From);
        var known = new int?[sizes.Count];
        for (var node = 0; node < sizes.Count; node++) layerOf.Add(LayerOf(node));
        for (var node = 0; node < sizes.Count; node++) Add(node, layerOf[node]);
        var ways = new List<List<int>>();
        foreach (var (from, to) in edges)
        {
            var way = new List<int> { from };
            for (var layer = layerOf[from] + 1; layer < layerOf[to]; layer++)
            {
                layerOf.Add(layer);
                Add(layerOf.Count - 1, layer);
                way.Add(layerOf.Count - 1);
            }
            way.Add(to);
            foreach (var (left, right) in way.Zip(way.Skip(1)))
            {
                below[left].Add(right);
                above[right].Add(left);
            }
            ways.Add(way);
        }
        return ways;

        int LayerOf(int node) => known[node] ??= incoming[node].Select(LayerOf).DefaultIfEmpty(-1).Max() + 1;

        void Add(int node, int layer)
        {
            while (layers.Count <= layer) layers.Add([]);
            layers[layer].Add(node);
            above.Add([]);
            below.Add([]);
        }
    }

    void Reorder(bool downwards)
    {
        var order = downwards
            ? Enumerable.Range(1, Math.Max(0, layers.Count - 1))
            : Enumerable.Range(0, Math.Max(0, layers.Count - 1)).Reverse();
        foreach (var layer in order)
        {
            var fixedLayer = layers[downwards ? layer - 1 : layer + 1];
            var place = fixedLayer.Select((node, index) => (node, index)).ToDictionary(n => n.node, n => n.index);
            layers[layer] =
            [
                .. layers[layer].Select((node, index) => (node, index))
                    .OrderBy(n =>
                        Median([.. (downwards ? above : below)[n.node].Select(neighbour => place[neighbour]).Order()],
                            n.index))
                    .ThenBy(n => n.index).Select(n => n.node),
            ];
        }
    }

    static double Median(List<int> places, int otherwise) => places.Count switch
    {
        0 => otherwise,
        _ when places.Count % 2 == 1 => places[places.Count / 2],
        _ => (places[places.Count / 2 - 1] + places[places.Count / 2]) / 2.0,
    };

    void Stack()
    {
        foreach (var layer in layers)
        {
            var at = 0.0;
            foreach (var node in layer)
            {
                y[node] = at + HeightOf(node) / 2;
                at += HeightOf(node) + NodeGap;
            }
        }
    }

    /// <summary>Moves nodes towards the means of their neighbours, as far as those beside them let.</summary>
    void Straighten(bool downwards)
    {
        foreach (var layer in downwards ? layers : Enumerable.Reverse(layers))
        {
            var wanted = layer.Select(node =>
            {
                var neighbours = (downwards ? above : below)[node];
                return neighbours.Count == 0 ? y[node] : neighbours.Average(neighbour => y[neighbour]);
            }).ToList();
            // Pressed together from above, then from below: what lies between is as near to what it wants as there is
            // room.
            var down = new double[layer.Count];
            var up = new double[layer.Count];
            for (var i = 0; i < layer.Count; i++)
                down[i] = i == 0 ? wanted[i] : Math.Max(wanted[i], down[i - 1] + Distance(layer[i - 1], layer[i]));
            for (var i = layer.Count - 1; i >= 0; i--)
                up[i] = i == layer.Count - 1
                    ? wanted[i]
                    : Math.Min(wanted[i], up[i + 1] - Distance(layer[i], layer[i + 1]));
            for (var i = 0; i < layer.Count; i++) y[layer[i]] = (down[i] + up[i]) / 2;
            for (var i = 1; i < layer.Count; i++)
                y[layer[i]] = Math.Max(y[layer[i]], y[layer[i - 1]] + Distance(layer[i - 1], layer[i]));
        }
    }

    double Distance(int upper, int lower) => (HeightOf(upper) + HeightOf(lower)) / 2 + NodeGap;

    double HeightOf(int node) => node < sizes.Count ? sizes[node].Height : 0;

    double WidthOf(int node) => node < sizes.Count ? sizes[node].Width : 0;

    List<double> Columns()
    {
        var x = new List<double>();
        foreach (var layer in layers) x.Add(x.Count == 0 ? 0 : x[^1] + layers[x.Count - 1].Max(WidthOf) + LayerGap);
        return x;
    }

    List<Point> Route(List<int> way, List<double> x)
    {
        var points = new List<Point> { new(x[layerOf[way[0]]] + WidthOf(way[0]), y[way[0]]) };
        foreach (var node in way[1..^1])
        {
            points.Add(new(x[layerOf[node]], y[node]));
            points.Add(new(x[layerOf[node]] + layers[layerOf[node]].Max(WidthOf), y[node]));
        }
        points.Add(new(x[layerOf[way[^1]]], y[way[^1]]));
        return points;
    }
}
