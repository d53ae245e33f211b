namespace Foz.AcceptanceTests.Heavy;

/// <summary>A statement that would take a server where nothing bounds it.</summary>
/// <param name="Name">What it does.</param>
/// <param name="Sql">The statement.</param>
/// <param name="IsTrino">Whether it is Trino's SQL.</param>
/// <param name="IsOrdinary">Whether it runs in the ordinary tests too.</param>
sealed record HeavyStatement(string Name, string Sql, bool IsTrino, bool IsOrdinary)
{
    /// <summary>Those of <c>statements.sql</c>.</summary>
    public static IReadOnlyList<HeavyStatement> All { get; } =
    [
        .. File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Heavy", "statements.sql")).Split("\n\n").Skip(1)
            .Select(Read),
    ];

    static HeavyStatement Read(string text)
    {
        var lines = text.Trim().Split('\n', 2);
        var about = lines[0].TrimStart('-', ' ').Split(": ", 2);
        var words = about[0].Split(' ');
        return new(about[1], lines[1], words[0] == "trino", words.Contains("ordinary"));
    }
}
