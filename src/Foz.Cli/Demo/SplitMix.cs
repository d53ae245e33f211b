namespace Foz.Cli.Demo;

/// <summary>
/// The SplitMix64 generator (Steele, Lea and Flood, OOPSLA 2014): the same numbers from the same seed on every machine
/// and every version of .NET, which <see cref="Random"/> does not promise.
/// </summary>
/// <param name="seed">Where the sequence starts.</param>
struct SplitMix(ulong seed)
{
    ulong _state = seed;

    /// <summary>A sequence of its own for each part of a whole.</summary>
    public static SplitMix For(ulong seed, int part, int subpart)
    {
        var mixed = new SplitMix(seed ^ ((ulong)part << 32 | (uint)subpart));
        return new SplitMix(mixed.Next());
    }

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }

    /// <summary>A whole number from 0 to <paramref name="end"/>, the latter excluded.</summary>
    public int Below(int end) => (int)Math.BigMul(Next(), (ulong)end, out _);

    /// <summary>A number from 0 to 1, the latter excluded.</summary>
    public double Fraction() => (Next() >> 11) * (1.0 / (1L << 53));

    /// <summary>True about once in <paramref name="times"/>.</summary>
    public bool OnceIn(int times) => Below(times) == 0;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>A whole number below <paramref name="end"/>, small ones more often, as with popular products.</summary>
    public int Skewed(int end, double exponent) => (int)(end * Math.Pow(Fraction(), exponent));
}
