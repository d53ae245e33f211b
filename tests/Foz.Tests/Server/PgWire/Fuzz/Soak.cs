namespace Foz.Tests.Server.PgWire.Fuzz;

/// <summary>How long tests of mutated messages go on, and which ones they send.</summary>
static class Soak
{
    /// <summary>The seed where nobody chooses one: the same messages each time.</summary>
    const int SeedDefault = 15;

    /// <summary>No conversation takes as long on the slowest machine, unless it hangs.</summary>
    public static readonly TimeSpan HangAfter = TimeSpan.FromMinutes(3);

    /// <summary>Whether many messages are sent, each time others.</summary>
    public static bool Is => Environment.GetEnvironmentVariable("FOZ_SOAK") is "1";

    /// <summary>The seed, which is printed: that of <c>FOZ_SEED</c>, else a new one for a soak, and always the same without.</summary>
    public static int Seed()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("FOZ_SEED"), out var given) ? given : Is ? Random.Shared.Next() : SeedDefault;
        TestContext.Current.TestOutputHelper?.WriteLine($"FOZ_SEED={seed}");
        return seed;
    }
}
