using Foz.Lake.Configuration;
using Foz.Operations.Exports;
using Foz.Operations.Schedules;

namespace Foz.Tests.Operations.Exports;

public sealed class PortableCronTests
{
    static readonly string[] minutes = ["*", "0", "*/7", "5-20", "1,30,59", "10-50/10", "45/5"];
    static readonly string[] hours = ["*", "3", "*/5", "8-18", "0,12", "22/1"];
    static readonly string[] monthDays = ["*", "?", "1", "29", "*/9", "1-7"];
    static readonly string[] months = ["*", "feb", "JAN-mar", "*/5", "2,12"];
    static readonly string[] weekDays = ["*", "?", "0", "7", "mon-fri", "5-7", "SUN", "*/2", "1,sat"];

    [Theory]
    [InlineData("30 3 * * *", "30 3 * * *")]
    [InlineData("@daily", "0 0 * * *")]
    [InlineData("*/15 8-18 ? * MON-FRI", "0,15,30,45 8,9,10,11,12,13,14,15,16,17,18 * * 1,2,3,4,5")]
    [InlineData("0 0 * * 5-7", "0 0 * * 0,5,6")]
    [InlineData("0 0 1 jan,jul *", "0 0 1 1,7 *")]
    public void An_expression_has_numbers_only(string written, string portable) =>
        Assert.Equal((portable, ""), PortableCron.Of(written));

    [Theory]
    [InlineData("0 0 3 * * *", "seconds")]
    [InlineData("@every_minute", "seconds")]
    [InlineData("0 0 L * *", "read L, W, #")]
    [InlineData("0 0 15W * *", "read L, W, #")]
    [InlineData("0 0 * * 1#2", "read L, W, #")]
    [InlineData("0 22-2 * * *", "read L, W, #")]
    [InlineData("0 0 13 * 5", "both must hold")]
    [InlineData("0 0 */2 * 5", "both must hold")]
    public void What_other_tools_read_differently_is_not_portable(string written, string reason)
    {
        var (portable, why) = PortableCron.Of(written);
        Assert.Null(portable);
        Assert.Contains(reason, why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_portable_expression_is_due_when_the_written_one_is()
    {
        var checks = 0;
        foreach (var (minute, hour, month) in
            from minute in minutes from hour in hours from month in months select (minute, hour, month))
            foreach (var (monthDay, weekDay) in monthDays.Select(day => (day, "*")).Concat(
                weekDays.Select(day => ("*", day))))
            {
                var written = $"{minute} {hour} {monthDay} {month} {weekDay}";
                var (portable, reason) = PortableCron.Of(written);
                Assert.True(portable is not null, $"{written}: {reason}");
                Assert.Equal(Times(written), Times(portable));
                checks++;
            }
        Assert.Equal(minutes.Length * hours.Length * months.Length * (monthDays.Length + weekDays.Length), checks);
    }

    static List<DateTimeOffset> Times(string expression)
    {
        var errors = new ErrorList();
        var file = (YamlNode.Mapping)YamlReader.Read(
            $"schedules: {{a: {{cron: '{expression}', time_zone: America/Sao_Paulo}}}}", "foz.yml", errors)!;
        var read = new ScheduleReader(errors).Read(scheduler: null, file["schedules"], []);
        errors.ThrowIfAny();
        var times = new List<DateTimeOffset>();
        for (var at = new DateTimeOffset(2027, 12, 30, 0, 0, 0, TimeSpan.Zero);
            times.Count < 40 && DueTimes.Next(read.All[0].Trigger, at) is { } next; at = next) times.Add(next);
        return times;
    }
}
