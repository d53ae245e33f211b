namespace Foz.Tests;

/// <summary>How long tests of faults, of mutations and of random input go on, and from which seeds.</summary>
public static class Soak
{
    /// <summary>No conversation takes as long on the slowest machine, unless it hangs.</summary>
    public static readonly TimeSpan HangAfter = TimeSpan.FromMinutes(3);

    /// <summary>The seed where no one chooses one.</summary>
    const int SeedDefault = 15;

    /// <summary>Whether these tests go on for long, each time with other input.</summary>
    public static bool Is => Environment.GetEnvironmentVariable("FOZ_SOAK") is "1";

    /// <summary>How many times as long the tests of faults go on.</summary>
    public static int Factor => Is ? 10 : 1;

    /// <summary>
    /// The seed, which is printed: that of <c>FOZ_SEED</c>, else a new one for a soak, and always the same without, so
    /// that a change does not fail for what it did not change.
    /// </summary>
    /// <param name="part">Which of a test's seeds; each has another.</param>
    public static int Seed(int part = 0)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("FOZ_SEED"), out var given)
            ? given
            : Is ? Random.Shared.Next() : SeedDefault;
        TestContext.Current.TestOutputHelper?.WriteLine($"FOZ_SEED={seed}");
        return unchecked(seed + (part * 7919));
    }
}
