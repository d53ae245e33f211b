using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Foz.Lake.Catalog;
using Foz.Operations.Firings;
using Foz.Operations.Schedules;
using Foz.Pipelines.Projects;

namespace Foz.Operations.Triggers;

/// <summary>
/// Takes calls of webhooks: a call is accepted once its firing is in the lake. A call that comes again, as its sender
/// saw no answer, is the same firing: <c>_foz/hooks/&lt;project&gt;.&lt;environment&gt;/&lt;call&gt;.json</c> keeps it
/// for a week. Safe for use by many threads.
/// </summary>
/// <param name="lake">The lake.</param>
/// <param name="file">The project.</param>
/// <param name="current">Gives the schedules as they are now.</param>
public sealed class WebhookReceiver(Lakehouse lake, ProjectFile file, Func<ProjectSchedules> current)
{
    const int WaitingMax = 1000;
    const int KeyChars = 16;

    static readonly TimeSpan kept = TimeSpan.FromDays(7), sweepInterval = TimeSpan.FromHours(1);

    readonly string folder = $"_foz/hooks/{FiringStore.Escape(file.Name, file.Environment)}";
    readonly CallRate rate = new(lake.Clock);
    long sweptAt = lake.Clock.GetTimestamp();

    /// <summary>Takes a call.</summary>
    /// <param name="name">The schedule.</param>
    /// <param name="header">Gives a header; null where it is not there.</param>
    /// <param name="body">The body.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<WebhookAnswer> ReceiveAsync(
        string name, Func<string, string?> header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var now = lake.Clock.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
        var schedule = current().All.FirstOrDefault(known => known.Name == name);
        // Which schedules there are is for those to know who may call one.
        if (schedule?.Webhook is not { } access
            || WebhookSignature.Check(access, header, body.Span, now) is not { } delivery)
            return new(401, "no webhook of this name takes this signature or token");
        if (schedule.IsOff) return new(409, $"schedule '{name}' is off");
        var key = delivery.Length == 0
            ? RandomNumberGenerator.GetHexString(KeyChars, lowercase: true)
            : KeyOf(name, delivery);
        var path = $"{folder}/{key}.json";
        var known = delivery.Length == 0 ? null : await ReadAsync(path, cancellationToken);
        if (known is { IsAccepted: true }) return new(202, FiringOf(schedule, key, known.Due).Id);
        if (rate.Take(name, access.CallsMax) is { } wait)
            return new(429, $"{access.CallsMax} calls a minute make a run of '{name}'")
            {
                RetryAfterSeconds = (int)Math.Ceiling(wait.TotalSeconds),
            };
        if (known is null && delivery.Length > 0)
            known = await NoteAsync(path, new(now, IsAccepted: false), cancellationToken);
        var firing = FiringOf(schedule, key, known?.Due ?? now);
        if (await PendAsync(firing, cancellationToken) is { } refusal) return refusal;
        if (known is not null)
            await lake.Store.PutAsync(path, Write(known with { IsAccepted = true }), cancellationToken);
        await SweepAsync(cancellationToken);
        return new(202, firing.Id);
    }

    /// <summary>Notes a call, unless it was noted before.</summary>
    async Task<Delivery> NoteAsync(string path, Delivery delivery, CancellationToken cancellationToken) =>
        await lake.Store.TryCreateAsync(path, Write(delivery), cancellationToken)
            ? delivery
            : await ReadAsync(path, cancellationToken) ?? delivery;

    /// <summary>Adds a firing to those that the host takes up.</summary>
    /// <returns>Why it is not added; null where it is.</returns>
    async Task<WebhookAnswer?> PendAsync(Firing firing, CancellationToken cancellationToken)
    {
        WebhookAnswer? refusal = null;
        // Another store than the host's: it is for one thread.
        await new ScheduleStateStore(lake.Store, file.Name, file.Environment).ChangeAsync(
            known =>
            {
                refusal = known.Find(firing.Schedule) is { IsPaused: true }
                    ? new(409, $"schedule '{firing.Schedule}' is paused")
                    : known.Pending.Count(other => other.Schedule == firing.Schedule) >= WaitingMax
                        ? new(429, $"{WaitingMax} runs of '{firing.Schedule}' wait for a host")
                        {
                            RetryAfterSeconds = 60,
                        }
                        : null;
                return refusal is not null || known.Pending.Any(other => other.Id == firing.Id)
                    ? known
                    : known with { Pending = [.. known.Pending, firing] };
            },
            cancellationToken);
        return refusal;
    }

    static Firing FiringOf(ScheduleDefinition schedule, string key, DateTimeOffset due) => new()
    {
        Schedule = schedule.Name, Due = due, Key = key, Command = schedule.Command, Cause = "by its webhook",
    };

    static string KeyOf(string name, string delivery) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{name}\0{delivery}")))[..KeyChars];

    async Task SweepAsync(CancellationToken cancellationToken)
    {
        var last = Interlocked.Read(ref sweptAt);
        if (lake.Clock.GetElapsedTime(last) < sweepInterval
            || Interlocked.CompareExchange(ref sweptAt, lake.Clock.GetTimestamp(), last) != last)
            return;
        var old = new List<string>();
        await foreach (var info in lake.Store.ListAsync(folder, startAfter: null, cancellationToken))
            if (lake.Clock.GetUtcNow() - info.LastModified > kept) old.Add(info.Path);
        foreach (var path in old) await lake.Store.DeleteAsync(path, cancellationToken);
    }

    async Task<Delivery?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await lake.Store.GetAsync(path, cancellationToken) is { } stored
                ? JsonSerializer.Deserialize(stored.Content.Span, DeliveryJson.Default.Delivery)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static byte[] Write(Delivery delivery) =>
        JsonSerializer.SerializeToUtf8Bytes(delivery, DeliveryJson.Default.Delivery);
}

/// <summary>The answer to a call.</summary>
/// <param name="Status">The status of HTTP.</param>
/// <param name="Text">The id of the firing where the call is accepted; else why it is not.</param>
public sealed record WebhookAnswer(int Status, string Text)
{
    /// <summary>After how many seconds the call may come again; null where nothing is said of it.</summary>
    public int? RetryAfterSeconds { get; init; }
}

/// <summary>A call that was made.</summary>
/// <param name="Due">The moment of its firing.</param>
/// <param name="IsAccepted">Whether its firing is in the lake.</param>
sealed record Delivery(DateTimeOffset Due, bool IsAccepted);

[JsonSerializable(typeof(Delivery))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
sealed partial class DeliveryJson : JsonSerializerContext;
