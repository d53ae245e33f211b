using Foz.DuckDB;
using Foz.Lake;
using Foz.Serving.PostgreSql.Types;
using Foz.Serving.Sessions;
using Foz.Serving.Statements;

namespace Foz.Tests.Serving.PostgreSql;

/// <summary>
/// PostgreSQL's words have its values and types, or are refused by name: each line with constants, columns and
/// parameters.
/// </summary>
public sealed class PgWordsTests : IAsyncLifetime
{
    ServedLake lake = null!;
    SqlSession session = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Words { get; } = new(
        PgWord.All.Select(word => (word.Text, word.Arguments)));

    public async ValueTask InitializeAsync()
    {
        lake = await ServedLake.CreateAsync();
        session = lake.Open();
    }

    public async ValueTask DisposeAsync()
    {
        await session.DisposeAsync();
        await lake.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Words))]
    public async Task A_word_means_what_it_means_in_PostgreSQL(string text, string arguments)
    {
        var word = PgWord.All.First(word => word.Text == text && word.Arguments == arguments);
        foreach (var sql in word.Statements())
        {
            var (answer, types) = await AnswerAsync(sql, [], []);
            Assert.Equal((sql, PgWord.Normalize(word.Answer), word.Types), (sql, answer, types));
        }
        if (word.WithParameters() is not var (parameterized, typeNames, values)) return;
        var (given, _) = await AnswerAsync(
            parameterized, [.. typeNames.Select(name => PgTypes.FindByName(name)!.Value)], values);
        // What is refused of a value may be refused of its type.
        if (!word.IsError || !given.StartsWith('!'))
            Assert.Equal((parameterized, PgWord.Normalize(word.Answer)), (parameterized, given));
    }

    /// <summary>Errors of a division are errors of the statement that would store it.</summary>
    [Theory]
    [InlineData("INSERT INTO silver.orders SELECT id + 10, 'x', 1 / (id - 1) FROM silver.orders", "22012")]
    [InlineData("UPDATE silver.orders SET amount = 5 % (id - 1)", "22012")]
    [InlineData("CREATE TABLE silver.t AS SELECT 1.0 / 0 AS x", "22012")]
    public async Task Nothing_is_stored_of_a_statement_that_divides_by_zero(string sql, string state)
    {
        var before = await session.RunAsync("SELECT count(*), sum(amount) FROM silver.orders");
        Assert.Equal(state, await session.FailAsync(sql));
        Assert.Equal(before, await session.RunAsync("SELECT count(*), sum(amount) FROM silver.orders"));
    }

    /// <summary>
    /// Quotients, against integers of any size: as many digits as PostgreSQL's rule gives, rounded at the last.
    /// </summary>
    [Fact]
    public void Quotients_are_exact()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        for (var round = 0; round < 5000; round++)
        {
            var (a, b) = (random.NextInt64(-1_000_000_000, 1_000_000_000), random.NextInt64(1, 1_000_000));
            var (scaleA, scaleB) = (random.Next(0, 5), random.Next(0, 5));
            Int128 quotient;
            try
            {
                quotient = PgNumeric.Divide((a, scaleA), (b, scaleB));
            }
            catch (FozException e)
            {
                Assert.StartsWith("22003", e.Message, StringComparison.Ordinal);
                continue;
            }
            // |quotient * b - a| is at most half a unit of the last digit that is shown, of which there are 16 or more.
            var exact = new System.Numerics.BigInteger(a)
                * System.Numerics.BigInteger.Pow(10, PgNumeric.Scale + scaleB - scaleA);
            var error = System.Numerics.BigInteger.Abs(((System.Numerics.BigInteger)quotient * b) - exact);
            var largest = System.Numerics.BigInteger.Max(System.Numerics.BigInteger.Abs(exact), 1);
            Assert.True(
                error * System.Numerics.BigInteger.Pow(10, 12) <= largest,
                $"seed {seed}: {a}e-{scaleA} / {b}e-{scaleB} = {quotient}");
        }
    }

    async Task<(string Answer, string Types)> AnswerAsync(
        string sql, IReadOnlyList<uint> parameters, IReadOnlyList<object?> values)
    {
        try
        {
            var statement = await session.PrepareAsync(sql, parameters, Cancel);
            await using var cursor = await statement.ExecuteAsync(values, Cancel);
            var rows = new List<string>();
            while (await cursor.FetchAsync(int.MaxValue, Cancel) is { } slice)
                for (var row = slice.Start; row < slice.Start + slice.Count; row++)
                    rows.Add(string.Join('|', slice.Chunk.GetRow(row).Select(Text)));
            return (PgWord.Normalize(string.Join(';', rows)),
                string.Join('|', statement.Columns!.Select(column => PgTypeNames.Of(column.PgType.Oid))));
        }
        catch (FozException e)
        {
            return ($"!{e.SqlState ?? e.Kind.SqlState}", "");
        }
    }

    static string Text(object? value) => value switch
    {
        null => "NULL",
        TimestampTz or DateTimeOffset => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value}"),
        _ => PgValueText.Of(value),
    };
}
