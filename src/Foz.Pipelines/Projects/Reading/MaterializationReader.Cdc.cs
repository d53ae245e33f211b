using System.Text.RegularExpressions;
using Foz.Lake.Configuration;
using Foz.Lake.Data;

namespace Foz.Pipelines.Projects.Reading;

/// <content>What the strategy <c>cdc</c> says: the words of Spark's AUTO CDC.</content>
sealed partial class MaterializationReader
{
    const string ColumnsKey = "columns", ExceptKey = "except_columns", TrackKey = "track_history_columns",
        TrackExceptKey = "track_history_except_columns", DeleteKey = "apply_as_delete_when",
        TruncateKey = "apply_as_truncate_when", NullsKey = "ignore_null_updates", TypeKey = "stored_as_scd_type",
        SnapshotKey = "from_snapshot", RetentionKey = "tombstone_retention";

    /// <summary>The keys that only this strategy has a use for.</summary>
    static string[] CdcKeys =>
    [
        "keys", ColumnsKey, ExceptKey, TrackKey, TrackExceptKey, DeleteKey, TruncateKey, NullsKey, TypeKey,
        SnapshotKey, RetentionKey,
    ];

    static readonly Dictionary<string, bool> ScdTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["1"] = false, ["2"] = true, ["SCD TYPE 1"] = false, ["SCD TYPE 2"] = true,
    };

    IncrementalStrategy.Cdc ReadCdc(Options options)
    {
        var reader = options.Reader;
        if (reader.Node("keys") is not null && reader.Node("unique_key") is { } other)
            errors.Add(other.Place, "'unique_key' stands beside 'keys'", "keep one of them");
        var cdc = new IncrementalStrategy.Cdc
        {
            Keys = reader.Texts("keys") is { Count: > 0 } keys ? keys : options.UniqueKey,
            SequenceBy = ReadSequence(reader),
            DeleteWhen = reader.Text(DeleteKey),
            TruncateWhen = reader.Text(TruncateKey),
            Columns = reader.Texts(ColumnsKey),
            ExceptColumns = reader.Texts(ExceptKey),
            IgnoresNullUpdates = reader.Flag(NullsKey) ?? false,
            KeepsHistory = reader.Word(TypeKey, ScdTypes) ?? false,
            TrackedColumns = reader.Texts(TrackKey),
            UntrackedColumns = reader.Texts(TrackExceptKey),
            FromSnapshot = reader.Flag(SnapshotKey) ?? false,
            TombstoneRetention = ReadRetention(reader),
        };
        CheckCdc(reader, cdc);
        return cdc;
    }

    void CheckCdc(MappingReader reader, IncrementalStrategy.Cdc cdc)
    {
        Exclude(ColumnsKey, ExceptKey, "state the columns of the table, or those that it does not get");
        Exclude(TrackKey, TrackExceptKey, "state the columns whose changes begin a version, or those that begin none");
        if (!cdc.KeepsHistory)
            foreach (var key in (string[])[TrackKey, TrackExceptKey])
                Refuse(key, $"'{key}' has a use with '{TypeKey}: 2' only", $"add {TypeKey}: 2");
        if (cdc.KeepsHistory)
            Refuse(
                TruncateKey, $"'{TruncateKey}' is not possible with '{TypeKey}: 2', as in Spark",
                $"take it out; or let '{DeleteKey}' end the rows one by one");
        if (cdc.FromSnapshot)
        {
            foreach (var key in (string[])["sequence_by", DeleteKey, TruncateKey, NullsKey, RetentionKey])
                Refuse(
                    key, $"'{key}' is for events of changes, and with '{SnapshotKey}' the rows are all that there are",
                    "take it out");
        }
        foreach (var key in cdc.Keys)
        {
            if (cdc.ExceptColumns.Contains(key, StringComparer.OrdinalIgnoreCase))
                errors.Add(reader.PlaceOf(ExceptKey), $"'{ExceptKey}' has the key '{key}'", "take it out of them");
            if (cdc.Columns.Count > 0 && !cdc.Columns.Contains(key, StringComparer.OrdinalIgnoreCase))
                errors.Add(reader.PlaceOf(ColumnsKey), $"'{ColumnsKey}' leaves out the key '{key}'", "add it to them");
        }

        void Exclude(string one, string two, string hint)
        {
            if (reader.Node(one) is not null && reader.Node(two) is { } node)
                errors.Add(node.Place, $"'{two}' stands beside '{one}'", hint);
        }

        void Refuse(string key, string message, string hint)
        {
            if (reader.Node(key) is { } node) errors.Add(node.Place, message, hint);
        }
    }

    /// <summary>
    /// One column, a list of them, or Spark's <c>STRUCT(a, b)</c>; none for the order of a log, which is the default.
    /// </summary>
    static IReadOnlyList<string> ReadSequence(MappingReader reader)
    {
        var stated = reader.Texts("sequence_by");
        if (stated is [var only] && Columns.Match(only) is { Success: true } several)
            stated = [.. several.Groups["columns"].Value.Split(',', StringSplitOptions.TrimEntries)];
        string[] ofLog = [ChangeColumns.Lsn, ChangeColumns.Seq];
        return stated.SequenceEqual(ofLog, StringComparer.OrdinalIgnoreCase) ? [] : stated;
    }

    TimeSpan ReadRetention(MappingReader reader)
    {
        if (reader.Text(RetentionKey) is not { } text) return IncrementalStrategy.Cdc.TombstoneRetentionDefault;
        if (Duration.TryParseWords(text, out var time) && time > TimeSpan.Zero) return time;
        errors.Add(
            reader.PlaceOf(RetentionKey), $"'{RetentionKey}' must be a length of time, not '{text}'",
            "write a number and a unit, such as 7 days");
        return IncrementalStrategy.Cdc.TombstoneRetentionDefault;
    }

    [GeneratedRegex(@"\A(STRUCT\s*)?\((?<columns>[^()]+)\)\z", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Columns { get; }
}
