using Foz.Operations.Channels;

namespace Foz.Tests.Operations.Channels;

public sealed class ReplaceableChannelTests
{
    [Fact]
    public async Task A_channel_that_sends_is_closed_once_its_last_message_has_an_answer()
    {
        var inner = new HangingChannel();
        var channel = new ReplaceableChannel(inner);
        Assert.Equal(("a", MessageWords.Portuguese), (channel.Name, channel.Words));
        var (first, second) = (channel.SendAsync(ChannelKit.Message()), channel.SendAsync(ChannelKit.Message()));
        channel.Dispose();
        channel.Dispose();
        Assert.Equal("the channel was replaced", ChannelKit.ReasonOf(await channel.SendAsync(ChannelKit.Message())));
        Assert.Equal((2, 0), (inner.Answers.Count, inner.Disposals));
        inner.Answers[0].SetResult(new Delivery.Sent("1"));
        Assert.IsType<Delivery.Sent>(await first);
        Assert.Equal(0, inner.Disposals);
        inner.Answers[1].SetException(new InvalidOperationException());
        await Assert.ThrowsAsync<InvalidOperationException>(() => second);
        Assert.Equal(1, inner.Disposals);
    }

    [Fact]
    public void A_channel_that_does_not_send_is_closed_at_once_and_once()
    {
        var inner = new HangingChannel();
        var channel = new ReplaceableChannel(inner);
        channel.Dispose();
        channel.Dispose();
        Assert.Equal(1, inner.Disposals);
    }

    sealed class HangingChannel : IAlertChannel
    {
        public string Name => "a";

        public MessageWords Words => MessageWords.Portuguese;

        public List<TaskCompletionSource<Delivery>> Answers { get; } = [];

        public int Disposals { get; private set; }

        public Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
        {
            Answers.Add(new());
            return Answers[^1].Task;
        }

        public void Dispose() => Disposals++;
    }
}
