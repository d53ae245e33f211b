namespace Foz.Lake.Statements;

/// <summary>Reads statements that look after tables.</summary>
static class MaintenanceReader
{
    /// <summary>What they begin with.</summary>
    public static readonly string[] FirstWords =
    [
        "OPTIMIZE", "VACUUM", "REORG", "FSCK", "GENERATE", "CONVERT", "ANALYZE",
    ];

    /// <summary>Reads one; null where none follows.</summary>
    public static Statement? Read(StatementCursor cursor)
    {
        if (cursor.Takes("OPTIMIZE")) return Optimize(cursor);
        if (cursor.Takes("VACUUM")) return Vacuum(cursor);
        if (cursor.Takes("REORG", "TABLE")) return Purge(cursor);
        if (cursor.Takes("FSCK", "REPAIR", "TABLE"))
            return new Statement.Repair(cursor.Table(), cursor.Takes("DRY", "RUN"));
        if (cursor.Takes("GENERATE", "symlink_format_manifest", "FOR", "TABLE"))
            return new Statement.GenerateManifests(cursor.Table());
        if (cursor.Takes("CONVERT", "TO", "DELTA")) return Convert(cursor);
        if (!cursor.Takes("ANALYZE", "TABLE")) return null;
        var table = cursor.Table();
        cursor.Expect("COMPUTE", "DELTA", "STATISTICS");
        return new Statement.Analyze(table);
    }

    /// <summary>Reads <c>SHALLOW CLONE</c> or <c>DEEP CLONE</c> after a table that is made.</summary>
    public static Statement.CloneTable Clone(StatementCursor cursor, TableTarget table, bool ifNotExists)
    {
        var isShallow = cursor.Takes("SHALLOW");
        if (!isShallow) cursor.Takes("DEEP");
        cursor.Expect("CLONE");
        var clone = new Statement.CloneTable(table, cursor.Table(), isShallow, ifNotExists);
        if (cursor.Takes("VERSION", "AS", "OF")) return clone with { Version = cursor.Integer("a version") };
        return cursor.Takes("TIMESTAMP", "AS", "OF")
            ? clone with { Instant = StatementReader.InstantOf(cursor) }
            : clone;
    }

    static Statement.Optimize Optimize(StatementCursor cursor)
    {
        cursor.Takes("TABLE");
        var table = cursor.Table();
        var isFull = cursor.Takes("FULL");
        var where = cursor.Takes("WHERE") ? cursor.Expression("a condition on partitions", "ZORDER") : null;
        var columns = cursor.Takes("ZORDER", "BY") ? cursor.Names() : [];
        return new(table, new() { Where = where, ZOrderBy = columns, IsFull = isFull });
    }

    static Statement.Vacuum Vacuum(StatementCursor cursor)
    {
        cursor.Takes("TABLE");
        var table = cursor.Table();
        var isLite = cursor.Takes("LITE");
        if (!isLite) cursor.Takes("FULL");
        TimeSpan? retention = null;
        if (cursor.Takes("RETAIN"))
        {
            var hours = cursor.Integer("a number of hours");
            retention = hours is >= 0 and < 1_000_000
                ? TimeSpan.FromHours(hours)
                : throw cursor.Unexpected("a number of hours from 0 on");
            if (!cursor.Takes("HOURS")) cursor.Expect("HOUR");
        }
        return new(table, new() { Retention = retention, IsLite = isLite, IsDryRun = cursor.Takes("DRY", "RUN") });
    }

    /// <summary>
    /// Reads <c>REORG TABLE t APPLY (PURGE)</c>: rewrites the files of which rows are deleted, and no others.
    /// </summary>
    static Statement.Optimize Purge(StatementCursor cursor)
    {
        var table = cursor.Table();
        var where = cursor.Takes("WHERE") ? cursor.Expression("a condition on partitions", "APPLY") : null;
        cursor.Expect("APPLY");
        cursor.ExpectSymbol('(');
        cursor.Expect("PURGE");
        cursor.ExpectSymbol(')');
        return new(table, new() { Where = where, SmallFileBytes = 0, DeletedShareMax = 0 });
    }

    static Statement.ConvertToDelta Convert(StatementCursor cursor)
    {
        cursor.Expect("PARQUET");
        cursor.ExpectSymbol('.');
        var folder = cursor.Name("a folder in backticks");
        return new(folder, cursor.Takes("PARTITIONED", "BY") ? cursor.Parenthesized("partition columns") : null);
    }
}
