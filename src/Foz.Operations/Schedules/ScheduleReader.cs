using Cronos;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Operations.Calendars;
using Foz.Operations.Tasks;
using Foz.Pipelines.Intervals;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Schedules;

/// <summary>Reads <c>scheduler:</c> and <c>schedules:</c> of <c>foz.yml</c>.</summary>
/// <param name="errors">Takes what is wrong.</param>
sealed class ScheduleReader(ErrorList errors)
{
    const int CountMax = 10_000;
    const int NumberMax = 1000;
    const string CronKey = "cron", EveryKey = "every", AfterKey = "after", TablesKey = "on_tables";
    const string FilesKey = ConditionReader.FilesKey, StaleKey = ConditionReader.StaleKey;
    const string WebhookKey = ConditionReader.WebhookKey;

    static readonly TimeSpan shortest = TimeSpan.FromSeconds(1);

    static readonly string[] commands = ["run", "build", "test", "seed", "snapshot", "retry", "backup"];

    static readonly Dictionary<string, CatchUp> catchUps = new(StringComparer.Ordinal)
    {
        ["skip"] = CatchUp.Skip, ["last"] = CatchUp.Last, ["all"] = CatchUp.All,
    };

    static readonly Dictionary<string, RunEnd> ends = new(StringComparer.Ordinal)
    {
        ["success"] = RunEnd.Success, ["failure"] = RunEnd.Failure, ["any"] = RunEnd.Any,
    };

    static readonly Dictionary<string, OtherDays> otherDays = new(StringComparer.Ordinal)
    {
        ["skip"] = OtherDays.Skip, ["next"] = OtherDays.Next, ["previous"] = OtherDays.Previous,
    };

    static readonly Dictionary<string, bool> orders = new(StringComparer.Ordinal)
    {
        ["oldest"] = false, ["newest"] = true,
    };

    /// <summary>The values of <c>${NAME}</c> in tasks and secrets of webhooks.</summary>
    public Variables? Variables { get; init; }

    /// <summary>Takes those secrets, so that they are masked wherever something is shown.</summary>
    public Secrets? Secrets { get; init; }

    /// <summary>The models, which may have schedules of their own.</summary>
    public IReadOnlyList<Model> Models { get; init; } = [];

    IReadOnlyDictionary<string, Calendar> calendars = new Dictionary<string, Calendar>();
    TimeZoneInfo zone = TimeZoneInfo.Utc;

    /// <summary>Reads all schedules of a project.</summary>
    /// <param name="scheduler">The value of <c>scheduler</c>; null where it is not there.</param>
    /// <param name="schedules">The value of <c>schedules</c>; null where it is not there.</param>
    /// <param name="environments">The environments of the project.</param>
    /// <returns>Those that are right; what is wrong with others is in the list of errors.</returns>
    public ProjectSchedules Read(
        YamlNode? scheduler, YamlNode? schedules, IReadOnlyList<string> environments)
    {
        var place = new Place("foz.yml", 1, 1);
        var common = MappingReader.Of(scheduler, place, "'scheduler'", errors, ScheduleKeys.Scheduler);
        calendars = new CalendarReader(errors).Read(common);
        zone = TimeZones.Read(common, errors) ?? TimeZoneInfo.Utc;
        var read = new ProjectSchedules
        {
            Environments = Environments(common, environments),
            RunsMax = (int)(common.Integer("runs_max", 1, NumberMax) ?? ProjectSchedules.None.RunsMax),
            Kept = Length(common, "keep") ?? ProjectSchedules.None.Kept,
            Pools = common.Entries("pools").ToDictionary(pool => pool.Key, Places, StringComparer.Ordinal),
        };
        var parts = new PartSchedules(errors).Find(common, Models);
        common.Finish();
        var all = new List<ScheduleDefinition>();
        if (schedules is not null and not YamlNode.Mapping)
            errors.Add(schedules.Place, $"'schedules' must be a mapping of names, not {schedules.Kind}");
        var written = (schedules as YamlNode.Mapping)?.Entries ?? [];
        foreach (var entry in written.Concat(parts))
        {
            var own = new ErrorList();
            var definition = new ScheduleReader(own)
            {
                calendars = calendars, zone = zone, Variables = Variables, Secrets = Secrets,
            }.Read(entry, read.Pools);
            if (own.IsEmpty) all.Add(definition);
            foreach (var error in own.Items) errors.Add(error);
        }
        CheckAfter(all, written.Concat(parts).Select(entry => entry.Key).ToHashSet());
        return read with { All = all };
    }

    ScheduleDefinition Read(YamlEntry entry, IReadOnlyDictionary<string, int> pools)
    {
        var (name, place, value) = (entry.Key, entry.KeyPlace, entry.Value);
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'))
            errors.Add(place, $"'{name}' is not a name for a schedule", "letters, digits, _, - and .");
        var reader = MappingReader.Of(value, place, "a schedule", errors, ScheduleKeys.Schedule);
        var definition = new ScheduleDefinition
        {
            Name = name,
            Place = place,
            Trigger = Trigger(reader),
            Tasks = Tasks(reader),
            Command = reader.Has("tasks")
                ? []
                : [.. Command(reader), .. new BudgetReader(errors).Read(reader.Node("budget"))],
            Webhook = new ConditionReader(errors).Webhook(reader, Variables, Secrets),
        };
        definition = definition with
        {
            CatchUp = reader.Word("catch_up", catchUps) ?? definition.CatchUp,
            CatchUpMax = (int)(reader.Integer("catch_up_max", 1, CountMax) ?? definition.CatchUpMax),
            NewestFirst = reader.Word("catch_up_order", orders) ?? definition.NewestFirst,
            StartWithin = Length(reader, "start_within") ?? definition.StartWithin,
            ConcurrencyMax = (int)(reader.Integer("concurrency", 1, NumberMax) ?? definition.ConcurrencyMax),
            Pool = Pool(reader, pools),
            Priority = (int)(reader.Integer("priority", -NumberMax, NumberMax) ?? definition.Priority),
            Timeout = Length(reader, "timeout"),
            Retries = (int)(reader.Integer("retries", 0, NumberMax) ?? definition.Retries),
            RetryDelay = Length(reader, "retry_delay") ?? definition.RetryDelay,
            IsOff = reader.Flag("enabled") is false,
        };
        reader.Finish();
        return definition;
    }

    ScheduleTrigger Trigger(MappingReader reader)
    {
        string[] kinds = [CronKey, EveryKey, AfterKey, TablesKey, FilesKey, StaleKey, WebhookKey];
        if (kinds.Where(reader.Has).ToList() is [_, var second, ..])
            errors.Add(reader.PlaceOf(second), $"a schedule has one of {string.Join(", ", kinds)}");
        var own = TimeZones.Read(reader, errors);
        foreach (var key in kinds.Where(key => reader.Has(key) && IsEmpty(reader.Node(key))))
            errors.Add(reader.PlaceOf(key), $"'{key}' is empty", "leave the key out of a schedule that is run by hand");
        var days = Days(reader);
        var start = reader.Node("start") is YamlNode.Scalar written ? Start(written, own ?? zone) : null;
        var when = reader.Word("when", ends);
        // All are read, so that none is unknown beside another.
        var (cron, length) = (reader.Text(CronKey), Length(reader, EveryKey));
        var (others, tables) = (reader.Texts(AfterKey), Tables(reader));
        var condition = new ConditionReader(errors).Read(reader);
        ScheduleTrigger trigger = cron is not null
            ? Cron(cron, reader.PlaceOf(CronKey), own ?? zone) with { Days = days }
            : length is { } every ? new ScheduleTrigger.Every(every, start ?? DateTimeOffset.UnixEpoch)
            : others.Count > 0 ? new ScheduleTrigger.After(others, when ?? RunEnd.Success)
            : tables.Count > 0 ? new ScheduleTrigger.NewVersions(tables)
            : condition ?? new ScheduleTrigger.Manual();
        foreach (var (key, needed) in (ReadOnlySpan<(string, string)>)[
            ("time_zone", CronKey), ("calendar", CronKey), ("start", EveryKey), ("when", AfterKey)])
            if (reader.Has(key) && !reader.Has(needed) && !(key == "time_zone" && reader.Has("start")))
                errors.Add(reader.PlaceOf(key), $"'{key}' belongs to '{needed}'");
        if (errors.IsEmpty && trigger is ScheduleTrigger.Cron
            && DueTimes.Next(trigger, TimeProvider.System.GetUtcNow()) is null)
            errors.Add(reader.PlaceOf(CronKey), $"'{cron}' is never due in the next twelve years");
        return trigger;
    }

    static bool IsEmpty(YamlNode? node) => node is null or YamlNode.Sequence { Items.Count: 0 };

    List<string> Tables(MappingReader reader)
    {
        var tables = new List<string>();
        foreach (var scalar in reader.Scalars(TablesKey))
            if (scalar.Text.Split('.') is [{ Length: > 0 }, { Length: > 0 }] && !scalar.IsNull) tables.Add(scalar.Text);
            else
                errors.Add(
                    scalar.Place, $"'{scalar.Text}' is not a table", "write schema.table, such as silver.orders");
        return tables;
    }

    ScheduleTrigger.Cron Cron(string text, Place place, TimeZoneInfo of)
    {
        try
        {
            var fields = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
            var format = fields == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard;
            return new(CronExpression.Parse(text, format), of, text);
        }
        catch (CronFormatException e)
        {
            errors.Add(
                place,
                $"'{text}' is not a cron expression: "
                    + e.Message.Replace("'\0'", "end", StringComparison.Ordinal).TrimEnd('.'),
                "minute, hour, day of month, month, day of week: '30 3 * * 1-5'; or @hourly, @daily, @weekly");
            return new(CronExpression.Yearly, of, text);
        }
    }

    DayRule? Days(MappingReader reader)
    {
        var (other, number) = (reader.Word("other_days", otherDays), (int?)reader.Integer("business_day", -23, 23));
        if (reader.Text("calendar") is not { } name)
        {
            foreach (var key in (string[])["other_days", "business_day"])
                if (reader.Has(key)) errors.Add(reader.PlaceOf(key), $"'{key}' needs a 'calendar'");
            return null;
        }
        if (number == 0)
            errors.Add(reader.PlaceOf("business_day"), "'business_day' begins at 1, or at -1 from the month's end");
        if (number is not null && other is not null)
            errors.Add(reader.PlaceOf("other_days"), "'other_days' and 'business_day' exclude each other");
        if (calendars.TryGetValue(name, out var calendar)) return new(calendar, other ?? OtherDays.Skip, number);
        errors.Add(
            reader.PlaceOf("calendar"), $"unknown calendar '{name}'", NearestName.Hint(name, calendars.Keys));
        return null;
    }

    TaskGraph? Tasks(MappingReader reader)
    {
        var (tasks, parameters) = (reader.Entries("tasks"), reader.Entries("parameters"));
        if (!reader.Has("tasks"))
        {
            if (reader.Has("parameters")) errors.Add(reader.PlaceOf("parameters"), "'parameters' needs 'tasks'");
            return null;
        }
        foreach (var key in (string[])["command", "select", "exclude", "budget", "retries", "retry_delay"])
            reader.Refuse(key, "is for a schedule with a command: here each task has its own");
        return new TaskReader(errors, Variables ?? Variables.Empty)
            .Read(tasks, reader.PlaceOf("tasks"), parameters, TimeZones.Read(reader, errors) ?? zone);
    }

    IReadOnlyList<string> Command(MappingReader reader)
    {
        var line = reader.Text("command") ?? commands[0];
        var words = CommandWords.Of(line);
        if (words is null) errors.Add(reader.PlaceOf("command"), $"a quote of the command '{line}' is not closed");
        words ??= [commands[0]];
        if (words is [] || !commands.Contains(words[0], StringComparer.Ordinal))
            errors.Add(
                reader.PlaceOf("command"), $"a schedule cannot run '{line}'",
                NearestName.Hint(words is [var first, ..] ? first : "", commands));
        return
        [
            .. words,
            .. reader.Texts("select").SelectMany(text => (string[])["--select", text]),
            .. reader.Texts("exclude").SelectMany(text => (string[])["--exclude", text]),
        ];
    }

    string? Pool(MappingReader reader, IReadOnlyDictionary<string, int> pools)
    {
        if (reader.Text("pool") is { } pool && !pools.ContainsKey(pool))
            errors.Add(
                reader.PlaceOf("pool"), $"unknown pool '{pool}'",
                NearestName.Hint(pool, pools.Keys) ?? "declare it under 'pools' of 'scheduler'");
        return reader.Text("pool");
    }

    IReadOnlyList<string>? Environments(MappingReader common, IReadOnlyList<string> known)
    {
        if (!common.Has("environments")) return null;
        foreach (var scalar in common.Scalars("environments").Where(scalar => !known.Contains(scalar.Text)))
            errors.Add(
                scalar.Place, $"unknown environment '{scalar.Text}'", NearestName.Hint(scalar.Text, known));
        return common.Texts("environments");
    }

    int Places(YamlEntry pool)
    {
        if (pool.Value is YamlNode.Scalar scalar && int.TryParse(scalar.Text, out var places)
            && places is > 0 and <= NumberMax)
            return places;
        errors.Add(pool.Value.Place, $"a pool has 1 to {NumberMax} places, not {pool.Value.Kind}");
        return 1;
    }

    DateTimeOffset? Start(YamlNode.Scalar written, TimeZoneInfo of)
    {
        if (DateTime.TryParse(
            written.Text, System.Globalization.CultureInfo.InvariantCulture,
            System.Globalization.DateTimeStyles.None, out var local) && local.Kind is DateTimeKind.Unspecified)
            return new DateTimeOffset(local, of.GetUtcOffset(local));
        errors.Add(written.Place, $"'{written.Text}' is not a moment", "write '2026-01-31 08:30'");
        return null;
    }

    TimeSpan? Length(MappingReader reader, string key)
    {
        if (reader.Node(key) is not { } node) return null;
        if (node is YamlNode.Scalar scalar && Duration.TryParseWords(scalar.Text, out var length) && length >= shortest)
            return length;
        errors.Add(node.Place, $"'{key}' must be a length of time, such as 15m or '2 hours', not {node.Kind}");
        return null;
    }

    /// <summary>Those after others: the others must be there, and none may wait for itself.</summary>
    void CheckAfter(List<ScheduleDefinition> all, HashSet<string> names)
    {
        var before = all.Where(schedule => schedule.Trigger is ScheduleTrigger.After)
            .ToDictionary(schedule => schedule.Name, schedule => ((ScheduleTrigger.After)schedule.Trigger).Schedules);
        foreach (var schedule in all.Where(schedule => before.ContainsKey(schedule.Name)))
            foreach (var other in before[schedule.Name])
                if (!names.Contains(other))
                    errors.Add(
                        schedule.Place, $"schedule '{schedule.Name}' is after '{other}', which there is not",
                        NearestName.Hint(other, names));
                else if (Reaches(other, schedule.Name, before, []))
                    errors.Add(schedule.Place, $"schedule '{schedule.Name}' is after '{other}', which is after it");
    }

    static bool Reaches(
        string from, string to, Dictionary<string, IReadOnlyList<string>> before, HashSet<string> seen) =>
        from == to || (seen.Add(from) && before.TryGetValue(from, out var others)
            && others.Any(other => Reaches(other, to, before, seen)));
}
