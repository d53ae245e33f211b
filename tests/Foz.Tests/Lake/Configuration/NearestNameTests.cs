using Foz.Lake.Configuration;
using FsCheck;
using FsCheck.Fluent;

namespace Foz.Tests.Lake.Configuration;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("materialisation", "materialization")]
    [InlineData("Materialization", "materialization")]
    [InlineData("desciption", "description")]
    [InlineData("tgas", "tags")]
    [InlineData("onviolation", "on_violation")]
    [InlineData("x", null)]
    [InlineData("schedule", null)]
    public void The_nearest_key_is_found_if_it_is_near(string name, string? expected) =>
        Assert.Equal(
            expected, NearestName.Find(name, ["name", "materialization", "description", "tags", "on_violation"]));

    [Theory]
    [InlineData("tests", "did you mean 'checks'?")]
    [InlineData("materialized", "did you mean 'materialization'?")]
    [InlineData("nam", "did you mean 'name'?")]
    [InlineData("quux", "known: name, checks, materialization")]
    public void A_hint_knows_the_words_of_other_tools(string name, string expected) =>
        Assert.Equal(expected, NearestName.Hint(name, ["name", "checks", "materialization"]));

    [Fact]
    public void A_hint_does_not_list_many_names() =>
        Assert.Null(NearestName.Hint("quux", Enumerable.Range(0, 33).Select(i => $"name{i}")));

    static readonly Gen<string> Words =
        Gen.Elements('a', 'b', 'c', '_').ListOf().Select(c => new string([.. c.Take(7)]));

    [Fact]
    public void The_distance_is_that_of_the_definition() =>
        Prop.ForAll(Gen.Zip(Words, Words).ToArbitrary(), pair =>
            NearestName.Distance(pair.Item1, pair.Item2)
                == Definition(pair.Item1, pair.Item2)).QuickCheckThrowOnFailure();

    [Fact]
    public void The_distance_is_symmetric_and_zero_only_to_itself() =>
        Prop.ForAll(Gen.Zip(Words, Words).ToArbitrary(), pair =>
            NearestName.Distance(pair.Item1, pair.Item2) == NearestName.Distance(pair.Item2, pair.Item1)
            && NearestName.Distance(pair.Item1, pair.Item2) == 0
                == (pair.Item1 == pair.Item2)).QuickCheckThrowOnFailure();

    [Fact]
    public void No_candidate_is_nearer_than_the_one_found() =>
        Prop.ForAll(Gen.Zip(Words, Words.ListOf()).ToArbitrary(), pair =>
        {
            var (name, candidates) = pair;
            var found = NearestName.Find(name, candidates);
            var best = candidates.Select(c => NearestName.Distance(name, c)).DefaultIfEmpty(int.MaxValue).Min();
            return found is null
                ? best > Math.Max(1, name.Length / 3) || candidates.All(
                    c => NearestName.Distance(name, c) > best || best >= Math.Max(name.Length, c.Length))
                : NearestName.Distance(name, found) == best;
        }).QuickCheckThrowOnFailure();

    /// <summary>Optimal string alignment as it is defined, by recursion.</summary>
    static int Definition(string a, string b)
    {
        var known = new Dictionary<(int, int), int>();
        return At(a.Length, b.Length);

        int At(int i, int j)
        {
            if (i == 0 || j == 0) return i + j;
            if (known.TryGetValue((i, j), out var value)) return value;
            var least = Math.Min(At(i - 1, j) + 1, At(i, j - 1) + 1);
            least = Math.Min(least, At(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                least = Math.Min(least, At(i - 2, j - 2) + 1);
            return known[(i, j)] = least;
        }
    }
}
