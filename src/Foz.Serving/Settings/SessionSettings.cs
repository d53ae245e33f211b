using System.Collections.Immutable;
using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Serving.Governance;

namespace Foz.Serving.Settings;

/// <summary>
/// The settings of one session, by PostgreSQL's names in any case. They are ours: none of them is DuckDB's
/// configuration.
/// </summary>
public sealed class SessionSettings
{
    static readonly ImmutableDictionary<string, string> none =
        ImmutableDictionary.Create<string, string>(StringComparer.OrdinalIgnoreCase);

    readonly ImmutableDictionary<string, string> fixedValues;
    ImmutableDictionary<string, string> initial = none;
    ImmutableDictionary<string, string> current = none;
    ImmutableDictionary<string, string> local = none;
    ImmutableDictionary<string, string>? atBegin;

    internal SessionSettings(SessionUser user) => fixedValues = none
        .Add("session_authorization", user.Name).Add("is_superuser", user.IsOwner ? "on" : "off");

    /// <summary>Receives each new value of a setting that is reported to clients: name and value.</summary>
    public Action<string, string>? Changed { get; set; }

    /// <summary>The settings that are reported to clients when the session begins, with their values.</summary>
    public IEnumerable<(string Name, string Value)> Reported =>
        SessionSetting.All.Values.Where(s => s.IsReported).Select(s => (s.Name, this[s.Name]));

    /// <summary>The longest time of a statement; null for any.</summary>
    public TimeSpan? StatementTimeout => TimeOf("statement_timeout");

    /// <summary>The longest pause in a transaction; null for any.</summary>
    public TimeSpan? IdleInTransactionTimeout => TimeOf("idle_in_transaction_session_timeout");

    /// <summary>The longest pause outside of one; null for any.</summary>
    public TimeSpan? IdleTimeout => TimeOf("idle_session_timeout");

    /// <summary>The value of a setting.</summary>
    /// <exception cref="FozException">No setting has the name; the message names the nearest.</exception>
    public string this[string name] => Find(name) ?? throw Unknown(name);

    /// <summary>The value of a setting; null if there is none of the name.</summary>
    public string? Find(string name) =>
        local.GetValueOrDefault(name) ?? current.GetValueOrDefault(name) ?? initial.GetValueOrDefault(name)
        ?? fixedValues.GetValueOrDefault(name) ?? SessionSetting.All.GetValueOrDefault(name)?.Default;

    /// <summary>Changes a setting.</summary>
    /// <param name="name">Its name; one with a point in it need not be known.</param>
    /// <param name="value">Its value; null for what it was when the session began.</param>
    /// <param name="isLocal">Whether only until the transaction ends.</param>
    /// <exception cref="FozException">There is no such setting, it is fixed, or has no such value.</exception>
    public void Set(string name, string? value, bool isLocal = false)
    {
        var read = value is null ? null : Read(name, value);
        Change(() =>
        {
            if (isLocal) local = read is null ? local.Remove(name) : local.SetItem(name, read);
            else (current, local) =
                (read is null ? current.Remove(name) : current.SetItem(name, read), local.Remove(name));
        });
        if (value is null && Find(name) is null) throw Unknown(name);
    }

    /// <summary>Makes all settings what they were when the session began.</summary>
    public void ResetAll() => Change(() => (current, local) = (none, none));

    /// <summary>The name of a setting as SHOW writes it.</summary>
    internal string CanonicalName(string name) =>
        SessionSetting.All.GetValueOrDefault(name)?.Name
            ?? (Find(name) is null ? throw Unknown(name) : name.ToLowerInvariant());

    /// <summary>Says what the client asked for when the session began.</summary>
    internal void Begin(IReadOnlyDictionary<string, string> settings)
    {
        foreach (var (name, value) in settings) initial = initial.SetItem(name, Read(name, value));
    }

    /// <summary>What they are now, to go back to.</summary>
    internal SettingsMark Mark => new(current, local);

    /// <summary>Makes sure that a setting can be given a value, or be made what it was.</summary>
    /// <exception cref="FozException">As of <see cref="Set"/>.</exception>
    internal void Check(string name, string? value)
    {
        if (value is not null) Read(name, value);
        else if (Find(name) is null) throw Unknown(name);
    }

    internal void BeginTransaction() => atBegin = current;

    /// <summary>Takes back what was set in the transaction since.</summary>
    internal void RollBackTo(SettingsMark mark) => Change(() => (current, local) = (mark.Current, mark.Local));

    internal void EndTransaction(bool isCommitted) => Change(() =>
    {
        if (!isCommitted && atBegin is not null) current = atBegin;
        (local, atBegin) = (none, null);
    });

    void Change(Action change)
    {
        var before = Changed is null ? [] : Reported.ToList();
        change();
        foreach (var (name, value) in before)
            if (this[name] is var now && now != value) Changed?.Invoke(name, now);
    }

    static string Read(string name, string value)
    {
        if (!SessionSetting.All.TryGetValue(name, out var setting))
            return name.Contains('.', StringComparison.Ordinal) ? value : throw Unknown(name);
        if (setting.IsFixed)
            throw new FozException(ErrorKind.Usage, $"parameter \"{setting.Name}\" cannot be changed")
            {
                SqlState = "55P02",
            };
        return setting.Read(value) ?? throw new FozException(
            ErrorKind.Usage, $"invalid value for parameter \"{setting.Name}\": \"{value}\"")
        {
            SqlState = "22023",
        };
    }

    TimeSpan? TimeOf(string name) =>
        long.Parse(this[name], CultureInfo.InvariantCulture) is > 0 and var ms ? TimeSpan.FromMilliseconds(ms) : null;

    static FozException Unknown(string name) =>
        new(ErrorKind.Usage, $"unrecognized configuration parameter \"{name}\"")
        {
            SqlState = "42704",
            Hint = NearestName.Find(name, SessionSetting.All.Keys) is { } near ? $"did you mean {near}?" : null,
        };
}

/// <summary>What the settings of a session were.</summary>
/// <param name="Current">Those that it has changed.</param>
/// <param name="Local">Those that are of the transaction only.</param>
readonly record struct SettingsMark(
    ImmutableDictionary<string, string> Current, ImmutableDictionary<string, string> Local);
