using System.Text.Json;
using Foz.Cli.Telemetry;

namespace Foz.Tests.Cli.Telemetry;

/// <summary>The log of <c>foz serve</c>.</summary>
public sealed class HostLogWriterTests : IDisposable
{
    readonly StringWriter text = new();

    public void Dispose() => text.Dispose();

    [Fact]
    public void Each_line_is_a_record_with_its_level()
    {
        using var log = new HostLogWriter(text, isJson: true, TimeProvider.System);

        log.WriteLine("runs: runs shop");
        log.WriteLine("warning: the disk is nearly full");
        log.WriteLine("error: failed\n   at Foz.Main()");
        log.Write("in ");
        log.Write("parts\n");
        log.Write(new LogRecord(LogSeverity.Error, "step failed")
        {
            RunId = "r1", Step = "gold.a", Event = "step_finished",
        });

        var records = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(
            ["information runs shop", "warning the disk is nearly full", "error failed\n   at Foz.Main()",
                "information in parts", "error step failed"],
            records.Select(record => $"{record.GetProperty("level")} {record.GetProperty("message")}"));
        Assert.Equal("r1", records[4].GetProperty("run_id").GetString());
        Assert.Equal("gold.a", records[4].GetProperty("step").GetString());
        Assert.True(
            records[0].GetProperty("time").GetDateTimeOffset() > TimeProvider.System.GetUtcNow().AddMinutes(-1));
    }

    [Fact]
    public void Text_stays_as_it_is_written_and_is_sent_too()
    {
        var sent = new List<LogRecord>();
        using var log = new HostLogWriter(text, isJson: false, TimeProvider.System) { Send = sent.Add };

        log.WriteLine("warning: a\u001b[31m");
        log.Write(new LogRecord(LogSeverity.Information, "run r1 begins") { RunId = "r1" });

        Assert.Equal("warning: a\u001b[31m" + Environment.NewLine, text.ToString());
        Assert.Equal(["a\u001b[31m", "run r1 begins"], sent.Select(record => record.Message));
    }
}
