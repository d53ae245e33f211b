namespace Foz.Tests;

/// <summary>The length of tests with faults, mutations and random input, and their seeds.</summary>
public static class Soak
{
    /// <summary>No conversation takes as long on the slowest machine, unless it hangs.</summary>
    public static readonly TimeSpan HangAfter = TimeSpan.FromMinutes(3);

    /// <summary>The seed where no one chooses one.</summary>
    const int SeedDefault = 15;

    /// <summary>Whether these tests run for long, each time with other input.</summary>
    public static bool Is => Environment.GetEnvironmentVariable("FOZ_SOAK") is "1";

    /// <summary>Gets the factor by which the tests of faults run longer.</summary>
    public static int Factor => Is ? 10 : 1;

    /// <summary>
    /// Returns the seed, which is printed: that of <c>FOZ_SEED</c>, otherwise a new one for a soak, and always the same
    /// without, so that a change does not fail for what it did not change.
    /// </summary>
    /// <param name="part">The number of the seed in a test; each is different.</param>
    public static int Seed(int part = 0)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("FOZ_SEED"), out var given)
            ? given
            : Is ? Random.Shared.Next() : SeedDefault;
        TestContext.Current.TestOutputHelper?.WriteLine($"FOZ_SEED={seed}");
        return unchecked(seed + (part * 7919));
    }
}
