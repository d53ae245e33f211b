using System.Diagnostics;
using Foz.Storage;
using Foz.Tests.Delta;

namespace Foz.Tests.Storage;

/// <summary>Kills a process of its own at each place around a write, and looks at what is left.</summary>
public sealed class FailpointTests : IDisposable
{
    const string FolderVariable = "FAILPOINT_FOLDER";
    const int Killed = 128 + 9;

    static readonly byte[] before = [.. Enumerable.Repeat((byte)'1', 100_000)];
    static readonly byte[] after = [.. Enumerable.Repeat((byte)'2', 100_000)];

    readonly TempFolder folder = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("a.b", "a.b at 1")]
    [InlineData("a.b:17", "a.b at 17")]
    public void A_setting_names_a_place_and_a_hit(string? text, string? expected) =>
        Assert.Equal(expected, Failpoint.Parse(text) is var (name, hit) ? $"{name} at {hit}" : null);

    [Theory]
    [InlineData("a:0")]
    [InlineData("a:x")]
    [InlineData("a:-1")]
    public void A_setting_without_a_hit_is_a_mistake(string text) =>
        Assert.ThrowsAny<FormatException>(() => Failpoint.Parse(text));

    [Fact]
    public async Task A_death_at_any_moment_leaves_the_old_object_or_the_new()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "exit codes differ");
        (string Failpoint, bool IsCreated, bool IsReplaced)[] moments =
        [
            ("store.create.start", false, false),
            ("store.create.written", false, false),
            ("store.create.linked", true, false),
            ("store.create.done", true, false),
            ("store.replace.start", true, false),
            ("store.replace.written", true, false),
            ("store.replace.done", true, true),
            ("store.publish.start", true, true),
            ("store.publish.done:1", true, true),
        ];
        await Parallel.ForEachAsync(moments, Ct, async (moment, ct) =>
        {
            var place = Path.Combine(folder.Path, moment.Failpoint.Replace(':', '-'));
            var store = new LocalObjectStore(place);
            await store.PutAsync("replaced", before, ct);
            Assert.Equal(Killed, await RunChildAsync(place, moment.Failpoint, ct));
            var created = await store.GetAsync("log/created", ct);
            Assert.Equal(moment.IsCreated ? after : null, created?.Content.ToArray());
            var replaced = await store.GetAsync("replaced", ct);
            Assert.Equal(moment.IsReplaced ? after : before, replaced!.Content.ToArray());
            Assert.All(await store.ListAsync("", null, ct).ToListAsync(ct),
                info => Assert.Contains(info.Path, new[] { "log/created", "replaced", "staged" }));
            await WriteOnceOfEachKindAsync(store);
            Assert.Equal(after, (await store.GetAsync("log/created", ct))!.Content.ToArray());
        });
    }

    /// <summary>What the child does: one write of each kind.</summary>
    [Fact(Explicit = true)]
    public Task Child_writes_once_of_each_kind() =>
        WriteOnceOfEachKindAsync(new LocalObjectStore(Environment.GetEnvironmentVariable(FolderVariable)!));

    static async Task WriteOnceOfEachKindAsync(LocalObjectStore store)
    {
        await store.PutIfAbsentAsync("log/created", after, Ct);
        await store.PutAsync("replaced", after, Ct);
        await File.WriteAllBytesAsync(store.StagingPath("staged"), after, Ct);
        await store.PublishAsync(["staged"], Ct);
    }

    static async Task<int> RunChildAsync(string place, string failpoint, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                typeof(FailpointTests).Assembly.Location,
                "--explicit", "only", "--no-progress",
                "--filter-method", $"{typeof(FailpointTests).FullName}.{nameof(Child_writes_once_of_each_kind)}",
                "--results-directory", place + ".results",
            },
            Environment = { [Failpoint.Variable] = failpoint, [FolderVariable] = place },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var child = Process.Start(start)!;
        var (output, errors) = (child.StandardOutput.ReadToEndAsync(cancellationToken),
            child.StandardError.ReadToEndAsync(cancellationToken));
        await child.WaitForExitAsync(cancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine(await output + await errors);
        return child.ExitCode;
    }
}
