using System.Collections.Concurrent;
using Foz.Operations.Alerts;
using Foz.Operations.Channels;

namespace Foz.Tests.Operations.Alerts;

/// <summary>A channel that keeps what it is sent, and answers as a test wants.</summary>
sealed class RecordingChannel(string name, TimeProvider clock) : IAlertChannel
{
    public string Name => name;

    public MessageWords Words { get; init; } = MessageWords.English;

    /// <summary>What came, with when.</summary>
    public ConcurrentQueue<(AlertMessage Message, DateTimeOffset At)> Received { get; } = [];

    /// <summary>How it answers.</summary>
    public Func<AlertMessage, CancellationToken, Task<Delivery>> Answer { get; set; } =
        (_, _) => Task.FromResult<Delivery>(new Delivery.Sent(Thread: null));

    /// <summary>The keys of what came, in order, each once.</summary>
    public IReadOnlyList<string> Keys => [.. Received.Select(item => item.Message.Key).Distinct()];

    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        Received.Enqueue((message, clock.GetUtcNow()));
        return await Answer(message, cancellationToken);
    }

    public void Dispose()
    {
        // It holds nothing.
    }

    public static AlertSettings Settings(params IReadOnlyList<RecordingChannel> channels) => new()
    {
        Channels = channels.ToDictionary(
            channel => channel.Name, channel => new RoutedChannel(channel) { PerMinuteMax = 1000 }),
        Routes = [new() { To = [.. channels.Select(channel => channel.Name)] }],
    };
}
