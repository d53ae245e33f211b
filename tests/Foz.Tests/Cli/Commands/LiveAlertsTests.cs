using Foz.Cli.Commands;
using Foz.Cli.Commands.Operating;
using Foz.Cli.Terminal;
using Foz.Operations.Channels;
using Foz.Pipelines.Projects.Reading;
using Foz.Tests.Delta;
using Foz.Tests.Operations.Channels;

namespace Foz.Tests.Cli.Commands;

public sealed class LiveAlertsTests : IAsyncDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("foz-live-").FullName;
    readonly ManualTime clock = new();
    readonly List<string> reports = [];
    readonly HookServer server = new();

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Channels_of_a_file_that_changed_send_what_they_began_and_are_closed()
    {
        File.WriteAllText(Path.Combine(folder, "foz.yml"), "name: p\nlake: lake\n");
        Write("{type: webhook, url: 'http://127.0.0.1:$'}");
        using var live = Open();
        var first = live.Current;
        var channel = first.Channels["ops"].Channel;
        Assert.IsType<Delivery.Sent>(await channel.SendAsync(ChannelKit.Message()));
        clock.Now += TimeSpan.FromMinutes(1);
        Assert.Same(first, live.Current);
        Assert.IsType<Delivery.Sent>(await channel.SendAsync(ChannelKit.Message()));

        server.Hangs = new();
        var sending = channel.SendAsync(ChannelKit.Message());
        Write("{type: webhook, url: 'http://127.0.0.1:$', method: PUT}");
        // It looks at the files again after two seconds.
        Assert.Same(first, live.Current);
        clock.Now += TimeSpan.FromSeconds(3);
        var second = live.Current;
        Assert.NotSame(first, second);
        server.Hangs.SetResult();
        Assert.IsType<Delivery.Sent>(await sending);
        Assert.Equal("the channel was replaced", ChannelKit.ReasonOf(await channel.SendAsync(ChannelKit.Message())));
        Assert.IsType<Delivery.Sent>(await second.Channels["ops"].Channel.SendAsync(ChannelKit.Message()));

        // What is wrong is left out and reported; what it replaces is closed all the same.
        Write("{type: webhok}");
        clock.Now += TimeSpan.FromSeconds(3);
        Assert.DoesNotContain("ops", live.Current.Channels.Keys);
        Assert.IsType<Delivery.Failed>(await second.Channels["ops"].Channel.SendAsync(ChannelKit.Message()));
        Assert.Contains(reports, report => report.Contains("unknown type 'webhok'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_end_of_a_host_closes_its_channels()
    {
        File.WriteAllText(Path.Combine(folder, "foz.yml"), "name: p\nlake: lake\n");
        Write("{type: webhook, url: 'http://127.0.0.1:$'}");
        var live = Open();
        var channel = live.Current.Channels["ops"].Channel;
        live.Dispose();
        Assert.IsType<Delivery.Failed>(await channel.SendAsync(ChannelKit.Message()));
    }

    LiveAlerts Open() => new(
        new CommandContext(new Shell
        {
            Out = TextWriter.Null, Error = TextWriter.Null, In = static () => TextReader.Null, Folder = folder,
            Clock = clock,
        }),
        ProjectLoader.LoadFile(folder, new()), reports.Add);

    void Write(string channel)
    {
        Directory.CreateDirectory(Path.Combine(folder, "alerts"));
        File.WriteAllText(
            Path.Combine(folder, "alerts", "a.yml"),
            $"channels: {{ops: {channel.Replace("$", $"{server.Port}", StringComparison.Ordinal)}}}");
    }

    sealed class HookServer() : LoopbackServer(seed: null)
    {
        public TaskCompletionSource? Hangs { get; set; }

        protected override LoopbackAnswer Answer(LoopbackRequest request)
        {
            Hangs?.Task.GetAwaiter().GetResult();
            return LoopbackAnswer.Of(200, "", "text/plain");
        }

        protected override LoopbackAnswer Fault(int status, string code) => LoopbackAnswer.Of(status, code);
    }
}
