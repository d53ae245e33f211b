using Foz.Operations.Alerts;
using Foz.Operations.Channels;
using Foz.Operations.Incidents;
using Foz.Tests.Delta;

namespace Foz.Tests.Operations.Alerts;

public sealed class OutboxTests
{
    readonly ManualTime clock = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_channel_that_hangs_delays_no_other()
    {
        var (slow, fast) = (new RecordingChannel("slow", clock), new RecordingChannel("fast", clock));
        slow.Answer = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new System.Diagnostics.UnreachableException();
        };
        var outbox = new Outbox(clock);
        var state = State(Notice("slow", 1), Notice("fast", 1), Notice("fast", 2));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        outbox.Begin(state, RecordingChannel.Settings(slow, fast), WriteAsync, stop.Token);
        while (fast.Received.Count < 2) await Task.Delay(10, Cancel);
        Assert.All(await WaitAsync(outbox), attempt => Assert.Equal("fast", attempt.Notice.Channel));
        await stop.CancelAsync();
    }

    [Fact]
    public async Task A_channel_that_fails_is_tried_again_with_longer_pauses_and_becomes_an_incident()
    {
        var channel = new RecordingChannel("a", clock);
        channel.Answer = (_, _) => Task.FromResult<Delivery>(new Delivery.Failed("no route to host", After: null));
        var (outbox, state, broken, pauses) = (new Outbox(clock), State(Notice("a", 1)), 0, new List<double>());
        while (state.Outbox.Count > 0)
        {
            outbox.Begin(state, RecordingChannel.Settings(channel), WriteAsync, Cancel);
            (state, var evidence) = outbox.Apply(state, await WaitAsync(outbox), TimeSpan.FromDays(1));
            broken += evidence.Count(item => item is { IsBroken: true, Kind: IncidentKind.Channel, Subject: "a" });
            if (state.Outbox.Count == 0) break;
            Assert.Equal("no route to host", state.Outbox[0].Error);
            pauses.Add((state.Outbox[0].NextAt!.Value - clock.Now).TotalSeconds);
            outbox.Begin(state, RecordingChannel.Settings(channel), WriteAsync, Cancel);
            Assert.Empty(await outbox.TakeAsync());
            clock.Now = state.Outbox[0].NextAt!.Value;
        }
        Assert.Equal([5, 10, 20, 40, 80, 160, 320, 640, 900, 900], pauses.Take(10));
        Assert.Equal(channel.Received.Count - Outbox.AttemptsAllowed + 1, broken);
        Assert.InRange(clock.Now - new ManualTime().Now, TimeSpan.FromDays(1), TimeSpan.FromDays(1.1));
        Assert.Single(channel.Keys);
    }

    [Fact]
    public async Task A_refused_message_is_given_up_and_the_wait_that_a_channel_asks_for_is_kept()
    {
        var channel = new RecordingChannel("a", clock);
        channel.Answer = (message, _) => Task.FromResult<Delivery>(
            message.Key == "1" ? new Delivery.Refused("unknown chat")
                : new Delivery.Failed("slow down", TimeSpan.FromMinutes(2)));
        var outbox = new Outbox(clock);
        var state = State(Notice("a", 1), Notice("a", 2), Notice("a", 3));
        outbox.Begin(state, RecordingChannel.Settings(channel), WriteAsync, Cancel);
        (state, var evidence) = outbox.Apply(state, await WaitAsync(outbox), TimeSpan.FromDays(1));
        Assert.Equal(["2", "3"], state.Outbox.Select(notice => notice.Key));
        Assert.Equal(clock.Now.AddMinutes(2), state.Outbox[0].NextAt);
        Assert.Equal("a message about i was given up: unknown chat", Assert.Single(evidence).Text);
    }

    [Fact]
    public async Task A_minute_has_no_more_messages_than_a_channel_takes()
    {
        var channel = new RecordingChannel("a", clock);
        var settings = RecordingChannel.Settings(channel);
        settings = settings with
        {
            Channels = new Dictionary<string, RoutedChannel>
            { ["a"] = settings.Channels["a"] with { PerMinuteMax = 5 } },
        };
        var outbox = new Outbox(clock);
        var state = State([.. Enumerable.Range(0, 23).Select(i => Notice("a", i))]);
        for (var second = 0; second < 300; second++, clock.Now += TimeSpan.FromSeconds(1))
        {
            outbox.Begin(state, settings, WriteAsync, Cancel);
            if (channel.Received.Count is var count && second % 60 == 0)
                Assert.InRange(count, 0, 5 * (second / 60 + 1));
            (state, _) = outbox.Apply(state, await WaitAsync(outbox), TimeSpan.FromDays(1));
        }
        Assert.Empty(state.Outbox);
        Assert.Equal(Enumerable.Range(0, 23).Select(i => $"{i}"), channel.Received.Select(item => item.Message.Key));
        var times = channel.Received.Select(item => item.At).ToList();
        Assert.All(times.Zip(times.Skip(5)), pair => Assert.True(pair.Second - pair.First >= TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task A_channel_that_is_gone_and_one_that_throws_lose_no_incident()
    {
        var channel = new RecordingChannel("a", clock);
        channel.Answer = (_, _) => throw new InvalidOperationException("token secret-1");
        var outbox = new Outbox(clock);
        var state = State(Notice("a", 1), Notice("gone", 1));
        outbox.Begin(state, RecordingChannel.Settings(channel), WriteAsync, Cancel);
        (state, var evidence) = outbox.Apply(
            state, [.. await WaitAsync(outbox), .. await WaitAsync(outbox)], TimeSpan.FromDays(1));
        Assert.Equal("the channel failed with InvalidOperationException", Assert.Single(state.Outbox).Error);
        Assert.Contains("there is no channel 'gone'", Assert.Single(evidence).Text);
    }

    static async Task<IReadOnlyList<Attempt>> WaitAsync(Outbox outbox)
    {
        for (var i = 0; i < 20; i++, await Task.Delay(5, Cancel))
            if (await outbox.TakeAsync() is { Count: > 0 } attempts) return attempts;
        return [];
    }

    Task<AlertMessage?> WriteAsync(Notice notice, RoutedChannel channel, CancellationToken cancellationToken) =>
        Task.FromResult<AlertMessage?>(new()
        {
            IncidentId = "i", Kind = notice.Kind, Severity = AlertSeverity.Critical, Key = notice.Key, Title = "t",
            Text = "", Since = clock.Now,
        });

    Notice Notice(string channel, int number) => new()
    {
        Key = $"{number}", Channel = channel, Incidents = ["i"], Kind = MessageKind.Opened, CreatedAt = clock.Now,
    };

    static IncidentState State(params IReadOnlyList<Notice> notices) => new() { Outbox = notices };
}
