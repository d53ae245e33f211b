using System.Security.Cryptography;
using System.Text;
using Foz.Lake.Catalog;
using Foz.Lake.Engine;
using Foz.Operations.Firings;
using Foz.Operations.Schedules;
using Foz.Operations.Triggers;
using Foz.Pipelines.Projects.Reading;
using Foz.Tests.Delta;

namespace Foz.Tests.Operations.Triggers;

public sealed class WebhookTests : IDisposable
{
    const string Secret = "a secret of thirty-two characters";
    const string Token = "a token of thirty-two characters!";

    static readonly EnginePool engines = new(new() { MemoryBytes = 256L << 20, Threads = 1 });

    readonly string folder = Directory.CreateTempSubdirectory("foz-hooks-").FullName;
    readonly ManualTime clock = new();
    readonly Lakehouse lake;
    readonly WebhookReceiver receiver;
    ScheduleDefinition schedule = new()
    {
        Name = "orders", Place = new("foz.yml", 1, 1), Trigger = new ScheduleTrigger.Webhook(), Command = ["run"],
        Webhook = new(Secret, Token, CallsMax: 5),
    };

    public WebhookTests()
    {
        File.WriteAllText(Path.Combine(folder, "foz.yml"), "name: s\nlake: lake\n");
        var file = ProjectLoader.LoadFile(folder, new());
        lake = new(file.LakePath, engines, clock);
        receiver = new(lake, file, () => new() { All = [schedule] });
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        lake.Close();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>The example of the specification of Standard Webhooks.</summary>
    [Fact]
    public void The_signature_is_that_of_standard_webhooks()
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(1614265330);
        const string body = "{\"test\": 2432232314}";
        var headers = new Dictionary<string, string>
        {
            ["webhook-id"] = "msg_p5jXN8AQM9LWM0D4loKWxJek", ["webhook-timestamp"] = "1614265330",
            ["webhook-signature"] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        };
        var access = new WebhookAccess("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Token: null, CallsMax: 1);
        Assert.Equal("id msg_p5jXN8AQM9LWM0D4loKWxJek", Check(at));
        Assert.Equal("id msg_p5jXN8AQM9LWM0D4loKWxJek", Check(at.AddMinutes(5)));
        Assert.Null(Check(at.AddMinutes(6)));
        Assert.Null(Check(at.AddMinutes(-6)));
        foreach (var (name, value) in new[]
        {
            ("webhook-id", "msg_other"), ("webhook-timestamp", "1614265331"), ("webhook-signature", "v1,AAAA"),
            ("webhook-signature", "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="), ("webhook-timestamp", "soon"),
        })
        {
            var before = headers[name];
            headers[name] = value;
            Assert.Null(Check(at));
            headers[name] = before;
        }
        headers["webhook-signature"] = "v1,AAAA " + headers["webhook-signature"];
        Assert.NotNull(Check(at));

        string? Check(DateTimeOffset now) => WebhookSignature.Check(
            access, headers.GetValueOrDefault, Encoding.UTF8.GetBytes(body), now);
    }

    [Fact]
    public async Task A_call_is_in_the_lake_before_it_is_accepted_and_is_the_same_run_when_it_comes_again()
    {
        var first = await CallAsync("one");
        Assert.Equal(202, first.Status);
        Assert.Equal(first.Text, Assert.Single(await PendingAsync()).Id);
        clock.Now += TimeSpan.FromMinutes(2);
        Assert.Equal(first, await CallAsync("one"));
        Assert.Single(await PendingAsync());
        var second = await CallAsync("two");
        Assert.Equal(202, second.Status);
        Assert.NotEqual(first.Text, second.Text);
        Assert.Equal(2, (await PendingAsync()).Count);
    }

    /// <summary>What a crash leaves: the call is noted, and its firing is not in the lake.</summary>
    [Fact]
    public async Task A_call_that_was_noted_alone_makes_its_firing_when_it_comes_again()
    {
        var first = await CallAsync("one");
        await new ScheduleStateStore(lake.Store, "s", "default").ChangeAsync(known => known with { Pending = [] }, Cancel);
        var note = Assert.Single(Directory.GetFiles(Path.Combine(folder, "lake", "_foz", "hooks", "s.default")));
        await File.WriteAllTextAsync(
            note, (await File.ReadAllTextAsync(note, Cancel)).Replace("true", "false", StringComparison.Ordinal), Cancel);
        clock.Now += TimeSpan.FromSeconds(9);
        Assert.Equal(first, await CallAsync("one"));
        Assert.Equal(first.Text, Assert.Single(await PendingAsync()).Id);
    }

    [Fact]
    public async Task The_same_signed_body_is_the_same_call_whatever_its_delivery_id_is()
    {
        var body = Encoding.UTF8.GetBytes("{\"ref\": \"refs/heads/main\"}");
        var signature = "sha256=" + Convert.ToHexStringLower(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), body));
        var answers = new List<WebhookAnswer>();
        foreach (var id in (string[])["a", "b"])
            answers.Add(await receiver.ReceiveAsync(
                "orders", name => name switch
                {
                    "X-Hub-Signature-256" => signature,
                    "X-GitHub-Delivery" => id,
                    _ => null,
                }, body, Cancel));
        Assert.Equal(202, answers[0].Status);
        Assert.Equal(answers[0], answers[1]);
        Assert.Single(await PendingAsync());
    }

    [Fact]
    public async Task Tokens_make_a_run_each_unless_a_key_says_that_it_is_the_same()
    {
        Assert.Equal(202, (await TokenAsync(Token, null)).Status);
        Assert.Equal(202, (await TokenAsync(Token, null)).Status);
        Assert.Equal(2, (await PendingAsync()).Count);
        Assert.Equal(await TokenAsync(Token, "k"), await TokenAsync(Token, "k"));
        Assert.Equal(3, (await PendingAsync()).Count);
        Assert.Equal(401, (await TokenAsync("another", null)).Status);
        Assert.Equal(401, (await TokenAsync("", null)).Status);
        schedule = schedule with { Webhook = new(Secret, Token: null, CallsMax: 5) };
        Assert.Equal(401, (await TokenAsync(Token, null)).Status);
    }

    [Fact]
    public async Task Calls_are_bounded_and_refused_where_the_schedule_does_not_run()
    {
        for (var i = 0; i < 5; i++) Assert.Equal(202, (await CallAsync($"{i}")).Status);
        var refused = await CallAsync("5");
        Assert.Equal((429, 12), (refused.Status, refused.RetryAfterSeconds));
        // One that was accepted needs no place.
        Assert.Equal(202, (await CallAsync("3")).Status);
        clock.Now += TimeSpan.FromSeconds(12);
        Assert.Equal(202, (await CallAsync("5")).Status);
        clock.Now += TimeSpan.FromMinutes(1);
        await new ScheduleStateStore(lake.Store, "s", "default").ChangeAsync(
            known => known.With("orders", new(clock.Now, "") { PausedAt = clock.Now, PausedBy = "ana" }), Cancel);
        Assert.Equal(409, (await CallAsync("6")).Status);
        schedule = schedule with { IsOff = true };
        Assert.Equal(409, (await CallAsync("7")).Status);
        Assert.Equal(401, (await receiver.ReceiveAsync("other", _ => null, default, Cancel)).Status);
        Assert.Equal(6, (await PendingAsync()).Count);
    }

    Task<WebhookAnswer> TokenAsync(string token, string? key) => receiver.ReceiveAsync(
        "orders", name => name switch { "Authorization" => $"Bearer {token}", "Idempotency-Key" => key, _ => null },
        default, Cancel);

    Task<WebhookAnswer> CallAsync(string id)
    {
        var body = Encoding.UTF8.GetBytes("{}");
        var seconds = clock.Now.ToUnixTimeSeconds();
        var signature = Convert.ToBase64String(HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{id}.{seconds}.{{}}")));
        return receiver.ReceiveAsync(
            "orders", name => name switch
            {
                "webhook-id" => id,
                "webhook-timestamp" => $"{seconds}",
                "webhook-signature" => $"v1,{signature}",
                _ => null,
            }, body, Cancel);
    }

    async Task<IReadOnlyList<Firing>> PendingAsync() =>
        (await new ScheduleStateStore(lake.Store, "s", "default").ReadAsync(Cancel)).Pending;
}
