namespace Foz.AcceptanceTests.Materializations;

/// <summary>An event of a key, or of all of them (<c>t</c>).</summary>
/// <param name="Key">The key.</param>
/// <param name="Sequence">Its sequence.</param>
/// <param name="Op"><c>u</c>, <c>d</c> or <c>t</c>.</param>
/// <param name="Values">The values of its columns.</param>
/// <param name="Absent">Which columns it does not have.</param>
sealed record CdcEvent(int Key, int Sequence, char Op, int?[] Values, bool[] Absent)
{
    public override string ToString() =>
        $"{Op}{Key}@{Sequence}({string.Join(',', Values.Select((value, i) => Absent[i] ? "-" : $"{value}"))})";
}

/// <summary>What events give, computed one event after the other.</summary>
/// <param name="IgnoresNulls">Whether NULL leaves a column as it is.</param>
/// <param name="Tracked">Which columns begin a version of a history.</param>
sealed record CdcOracle(bool IgnoresNulls, bool[] Tracked)
{
    /// <summary>The last version of rows.</summary>
    /// <param name="events">The events, in the order of their arrival.</param>
    public List<string> Rows(IEnumerable<CdcEvent> events)
    {
        var all = events.ToList();
        var truncated = all.Where(e => e.Op == 't').Select(e => e.Sequence).DefaultIfEmpty(int.MinValue).Max();
        var rows = new SortedDictionary<int, int?[]>();
        // A sort of LINQ leaves events of one sequence in the order of their arrival.
        foreach (var e in all.Where(e => e.Op != 't' && e.Sequence >= truncated).OrderBy(e => e.Sequence))
        {
            if (e.Op == 'd') rows.Remove(e.Key);
            else rows[e.Key] = Apply(rows.GetValueOrDefault(e.Key), e);
        }
        return [.. rows.Select(row => $"{row.Key}|{string.Join('|', row.Value)}")];
    }

    /// <summary>All versions of rows: of events of one key and sequence the last one counts.</summary>
    /// <param name="events">The events, in the order of their arrival.</param>
    public List<string> Versions(IEnumerable<CdcEvent> events)
    {
        var found = new List<string>();
        foreach (var key in events.GroupBy(e => e.Key).OrderBy(key => key.Key))
        {
            int?[]? row = null;
            int? start = null;
            foreach (var e in key.GroupBy(e => e.Sequence).Select(same => same.Last()).OrderBy(e => e.Sequence))
            {
                if (e.Op == 'd')
                {
                    if (row is not null) found.Add(Version(key.Key, row, start, e.Sequence));
                    row = null;
                    continue;
                }
                var next = Apply(row, e);
                if (row is null || Enumerable.Range(0, next.Length).Any(i => Tracked[i] && next[i] != row[i]))
                {
                    if (row is not null) found.Add(Version(key.Key, row, start, e.Sequence));
                    start = e.Sequence;
                }
                row = next;
            }
            if (row is not null) found.Add(Version(key.Key, row, start, null));
        }
        return found;
    }

    static string Version(int key, int?[] row, int? start, int? end) => $"{key}|{string.Join('|', row)}|{start}|{end}";

    int?[] Apply(int?[]? row, CdcEvent e) =>
    [
        .. e.Values.Select((value, i) => e.Absent[i] || (IgnoresNulls && value is null) ? row?[i] : value),
    ];
}
