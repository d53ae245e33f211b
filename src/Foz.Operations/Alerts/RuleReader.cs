using System.Globalization;
using Cronos;
using Foz.Lake.Configuration;
using Foz.Operations.Channels;
using Foz.Operations.Schedules;

namespace Foz.Operations.Alerts;

/// <summary>Reads rules.</summary>
/// <param name="values">Reads their values.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class RuleReader(AlertValues values, ErrorList errors)
{
    const string LateKey = "late_after", ByKey = "finished_by", SqlKey = "sql", DiskKey = "disk_free",
        FillingKey = "disk_full_in", MemoryKey = "memory_free", CertificateKey = "certificate_days";

    static readonly string[] conditions = [LateKey, ByKey, SqlKey, DiskKey, FillingKey, MemoryKey, CertificateKey];

    /// <summary>Reads a rule; null where it is wrong.</summary>
    public AlertRule? Read(YamlEntry entry)
    {
        var before = errors.Count;
        var reader = MappingReader.Of(entry.Value, entry.KeyPlace, "a rule", errors, AlertKeys.Rule);
        var stated = conditions.Where(reader.Has).ToList();
        if (stated.Count != 1)
            errors.Add(
                stated.Count == 0 ? entry.KeyPlace : reader.PlaceOf(stated[1]),
                $"rule '{entry.Key}' must have one of {string.Join(", ", conditions)}, not {stated.Count}");
        var (severity, description, command) =
            (AlertValues.Severity(reader) ?? AlertSeverity.Critical, reader.Text("description"),
                reader.Text("command"));
        var rule = stated.Count == 1 ? Read(reader, entry, stated[0]) : null;
        // A key of another condition is a mistake, and one that nothing asked for.
        reader.Finish();
        return errors.Count > before || rule is null
            ? null
            : rule with { Severity = severity, Description = description, Command = command };
    }

    AlertRule? Read(MappingReader reader, YamlEntry entry, string condition)
    {
        var (name, place) = (entry.Key, entry.KeyPlace);
        switch (condition)
        {
            case LateKey when values.Length(reader, LateKey, TimeSpan.FromMinutes(1)) is { } after:
                return new AlertRule.Freshness(Tables(reader, name), after) { Name = name, Place = place };
            case ByKey when values.Time(reader, ByKey) is { } by:
                var from = values.Time(reader, "from") ?? TimeOnly.MinValue;
                if (from >= by) errors.Add(reader.PlaceOf("from"), "'from' must be before 'finished_by'");
                return new AlertRule.FinishedBy(
                    Tables(reader, name), by, from, values.Zone(reader), values.Calendar(reader))
                {
                    Name = name, Place = place,
                };
            case SqlKey when reader.Text(SqlKey) is { } sql:
                return new AlertRule.Sql(sql.Trim().TrimEnd(';'), reader.Text("user"))
                {
                    Name = name, Place = reader.PlaceOf(SqlKey), Trigger = Trigger(reader),
                };
            case DiskKey: return Room(reader, DiskKey, HostRoom.Disk, entry);
            case FillingKey when values.Length(reader, FillingKey, TimeSpan.FromHours(1)) is { } within:
                return new AlertRule.Filling(within)
                {
                    Name = name, Place = place, Trigger = AlertRule.Filling.Often,
                };
            case MemoryKey: return Room(reader, MemoryKey, HostRoom.Memory, entry);
            case CertificateKey when reader.Integer(CertificateKey, 1, 3650) is { } days:
                return new AlertRule.Certificate((int)days) { Name = name, Place = place };
            default: return null;
        }
    }

    IReadOnlyList<string> Tables(MappingReader reader, string rule)
    {
        var tables = reader.Texts("tables");
        if (tables.Count == 0) errors.Add(reader.Place, $"rule '{rule}' needs 'tables'");
        return tables;
    }

    ScheduleTrigger Trigger(MappingReader reader)
    {
        var every = values.Length(reader, "every", TimeSpan.FromSeconds(10)) ?? TimeSpan.FromMinutes(5);
        if (reader.Text("cron") is not { } text) return new ScheduleTrigger.Every(every, DateTimeOffset.UnixEpoch);
        if (reader.Has("every")) errors.Add(reader.PlaceOf("cron"), "a rule has 'every' or 'cron', not both");
        var zone = values.Zone(reader);
        if (CronExpression.TryParse(text, out var cron)) return new ScheduleTrigger.Cron(cron, zone, text);
        errors.Add(
            reader.PlaceOf("cron"), $"'{text}' is no cron expression", "minute hour day month weekday: '0 7 * * *'");
        return new ScheduleTrigger.Manual();
    }

    AlertRule.Room? Room(MappingReader reader, string key, HostRoom of, YamlEntry entry)
    {
        if (reader.Text(key) is not { } text) return null;
        if (text.EndsWith('%')
            && double.TryParse(
                text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
            && percent is > 0 and < 100)
            return new(of, BytesMin: null, percent / 100) { Name = entry.Key, Place = entry.KeyPlace };
        if (MemorySize.TryParse(text, out var size))
            return new(of, size.Bytes, ShareMin: null) { Name = entry.Key, Place = entry.KeyPlace };
        errors.Add(reader.PlaceOf(key), $"'{key}' must be an amount or a share, such as 20GB or 10%, not '{text}'");
        return null;
    }
}
