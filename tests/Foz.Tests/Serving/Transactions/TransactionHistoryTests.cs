using System.Globalization;
using Foz.Serving.Sessions;

namespace Foz.Tests.Serving.Transactions;

/// <summary>
/// Random transactions of several sessions against a model: the table ends as if they had run one after the other.
/// </summary>
public sealed class TransactionHistoryTests
{
    const int Sessions = 3;
    const int Steps = 90;

    [Theory]
    [InlineData("", 3)]
    [InlineData("TBLPROPERTIES ('delta.enableDeletionVectors' = 'false')", 1)]
    public async Task Random_transactions_end_as_if_one_after_the_other(string properties, int runs)
    {
        for (var run = 0; run < runs; run++) await RunAsync(properties, Soak.Seed(run));
    }

    static async Task RunAsync(string properties, int seed)
    {
        var random = new Random(seed);
        await using var lake = await ServedLake.CreateAsync();
        await lake.ChangeAsync($"CREATE TABLE silver.model (id int, v int) {properties}");
        var model = new Model();
        var actors = Enumerable.Range(0, Sessions).Select(i => new Actor(lake.Open($"user{i}"), model, random))
            .ToList();
        for (var step = 0; step < Steps; step++) await actors[random.Next(Sessions)].StepAsync();
        foreach (var actor in actors) await actor.EndAsync();
        await using var reader = lake.Open("reader");
        Assert.Equal(model.Rows(), await reader.RunAsync("SELECT id, v FROM silver.model ORDER BY id"));
        foreach (var actor in actors) await actor.Session.DisposeAsync();
        // Nothing that was taken back is left beside what some version has.
        var folder = Path.Combine(lake.Lake.Folder, "silver", "model");
        var log = string.Concat(
            Directory.EnumerateFiles(Path.Combine(folder, "_delta_log"), "*.json").Select(File.ReadAllText));
        Assert.All(
            Directory.EnumerateFiles(folder, "*.parquet"),
            file => Assert.Contains(Path.GetFileName(file), log, StringComparison.Ordinal));
    }

    /// <summary>What is committed, and who may have overlooked what.</summary>
    sealed class Model
    {
        public Dictionary<int, int> Committed { get; private set; } = [];

        /// <summary>Which commits changed rows, not only added some.</summary>
        public List<bool> Commits { get; } = [];

        public int LastId { get; set; }

        public void Commit(Work work)
        {
            foreach (var id in work.Start.Keys.Where(id => !work.Rows.ContainsKey(id))) Committed.Remove(id);
            foreach (var (id, value) in work.Rows)
                if (!work.Start.TryGetValue(id, out var before) || before != value) Committed[id] = value;
            Commits.Add(!work.IsBlind);
        }

        public List<string> Rows() => Show(Committed);

        public static List<string> Show(Dictionary<int, int> rows) =>
            [.. rows.OrderBy(r => r.Key).Select(r => $"{r.Key}|{r.Value}"), $"SELECT {rows.Count}"];
    }

    /// <summary>The rows as a transaction sees them.</summary>
    sealed record Work(Dictionary<int, int> Start, Dictionary<int, int> Rows, bool IsBlind)
    {
        public static Work Of(Dictionary<int, int> rows) => new(new(rows), new(rows), IsBlind: true);

        public bool HasEffect =>
            Start.Count != Rows.Count || Start.Any(row => !Rows.TryGetValue(row.Key, out var now) || now != row.Value);

        public Work Copy() => this with { Rows = new(Rows) };
    }

    sealed class Actor(SqlSession session, Model model, Random random)
    {
        readonly List<Work> savepoints = [];
        Work? work;
        int begun;

        public SqlSession Session => session;

        public async Task StepAsync()
        {
            if (work is null)
            {
                await session.RunAsync("BEGIN");
                (work, begun) = (Work.Of(model.Committed), model.Commits.Count);
                return;
            }
            switch (random.Next(12))
            {
                case 0 or 1 or 2: await InsertAsync(); break;
                case 3 or 4: await UpdateAsync(); break;
                case 5: await DeleteAsync(); break;
                case 6:
                    await session.RunAsync($"SAVEPOINT s{savepoints.Count}");
                    savepoints.Add(work.Copy());
                    break;
                case 7 when savepoints.Count > 0: await RollBackToAsync(); break;
                case 8: await EndAsync(); break;
                case 9:
                    await session.RunAsync("ROLLBACK");
                    Forget();
                    break;
                default:
                    Assert.Equal(
                        Model.Show(work.Rows), await session.RunAsync("SELECT id, v FROM silver.model ORDER BY id"));
                    break;
            }
        }

        public async Task EndAsync()
        {
            if (work is not { } done) return;
            var isOvertaken = done is { HasEffect: true, IsBlind: false }
                && model.Commits.Skip(begun).Any(changesRows => changesRows);
            Forget();
            if (isOvertaken)
            {
                Assert.Equal("40001", await session.FailAsync("COMMIT"));
                return;
            }
            Assert.Equal(["COMMIT"], await session.RunAsync("COMMIT"));
            if (done.HasEffect) model.Commit(done);
        }

        void Forget()
        {
            work = null;
            savepoints.Clear();
        }

        async Task InsertAsync()
        {
            var ids = Enumerable.Range(0, random.Next(1, 4)).Select(_ => ++model.LastId).ToList();
            await session.RunAsync(
                $"INSERT INTO silver.model VALUES {string.Join(", ", ids.Select(id => $"({id}, 0)"))}");
            foreach (var id in ids) work!.Rows[id] = 0;
        }

        async Task UpdateAsync()
        {
            var half = random.Next(2);
            var rows = work!.Rows.Keys.Where(id => id % 2 == half).ToList();
            Assert.Equal(
                [$"UPDATE {rows.Count}"],
                await session.RunAsync($"UPDATE silver.model SET v = v + 1 WHERE id % 2 = {half}"));
            foreach (var id in rows) work.Rows[id]++;
            work = work with { IsBlind = false };
        }

        async Task DeleteAsync()
        {
            var id = random.Next(model.LastId + 1);
            var tag =
                (await session.RunAsync(
                    string.Create(CultureInfo.InvariantCulture, $"DELETE FROM silver.model WHERE id = {id}")))[0];
            Assert.Equal(work!.Rows.Remove(id) ? "DELETE 1" : "DELETE 0", tag);
            work = work with { IsBlind = false };
        }

        async Task RollBackToAsync()
        {
            var index = random.Next(savepoints.Count);
            await session.RunAsync($"ROLLBACK TO s{index}");
            savepoints.RemoveRange(index + 1, savepoints.Count - index - 1);
            work = savepoints[index].Copy();
        }
    }
}
