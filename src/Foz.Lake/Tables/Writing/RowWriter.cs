using System.Globalization;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables.Expressions;

namespace Foz.Lake.Tables.Writing;

/// <summary>
/// Turns the rows that a statement gives into those that a data file holds: fills generated and identity columns,
/// checks every rule of the table, and names everything physically.
/// </summary>
sealed class RowWriter
{
    // Marks, in DuckDB's message, that a rule was broken; rule and row follow.
    const string Marker = "foz:rule:";
    const char End = '\u0003';

    static long lastSequence;

    readonly string table;
    readonly TargetSchema target;
    readonly TableSchema schema;
    readonly Metadata metadata;
    readonly RowRules rules;
    readonly List<(StructField Field, IdentityColumn Identity, string Sequence)> identities = [];
    readonly Dictionary<string, long> lastValues = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The rows of a table.</summary>
    /// <param name="table">The table, for messages.</param>
    /// <param name="target">Its schema, and what the statement gives of it.</param>
    /// <param name="metadata">Its metadata as the commit sets or leaves them.</param>
    public RowWriter(string table, TargetSchema target, Metadata metadata)
    {
        (this.table, this.target, schema, this.metadata) = (table, target, target.Schema, metadata);
        rules = RowRules.Of(table, schema.Columns, metadata.Configuration, Column);
        foreach (var field in schema.Columns.Fields)
            if (IdentityColumn.Of(field) is { } identity)
                identities.Add((field, identity, string.Create(
                    CultureInfo.InvariantCulture, $"foz_identity_{Interlocked.Increment(ref lastSequence)}")));
    }

    /// <summary>
    /// The SELECT of the rows as data files hold them. Its statement fails with an error that <see cref="Explain"/>
    /// knows where a row breaks a rule.
    /// </summary>
    /// <param name="session">The session that will run it; gets a sequence for each identity column.</param>
    /// <param name="select">
    /// The rows: the table's columns in order, by physical names at the top level and by their own inside structs.
    /// </param>
    /// <param name="carried">Columns of the rows that are none of the table's; they stay, after the others.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public string Select(
        EngineSession session, string select, IReadOnlyList<string> carried, CancellationToken cancellationToken)
    {
        foreach (var (field, identity, sequence) in identities)
        {
            var next = lastValues.TryGetValue(field.Name, out var last)
                ? (identity with { HighWaterMark = last }).Next
                : identity.Next;
            session.Execute(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    CREATE OR REPLACE TEMP SEQUENCE {sequence} START {next} INCREMENT {identity.Step}
                    MINVALUE {long.MinValue} MAXVALUE {long.MaxValue}
                    """),
                cancellationToken);
        }
        var others = string.Concat(carried.Select(column => $", r.{SqlText.Identifier(column)}"));
        return Check(Fill(select, others), others);
    }

    /// <summary>Notes which values of identity columns the statement has taken.</summary>
    public void NoteIdentities(EngineSession session, CancellationToken cancellationToken)
    {
        foreach (var (field, _, sequence) in identities)
        {
            var last = session.QueryScalar<long?>(
                $"SELECT last_value FROM duckdb_sequences() WHERE sequence_name = {SqlText.Literal(sequence)}",
                cancellationToken);
            session.Execute($"DROP SEQUENCE {sequence}", cancellationToken);
            if (last is { } value) lastValues[field.Name] = value;
        }
    }

    /// <summary>
    /// Stages the high-water marks of identity columns. A concurrent commit that changes metadata too, another
    /// identity's value included, then conflicts: both have taken the same values.
    /// </summary>
    public void Stage(Transaction transaction)
    {
        if (lastValues.Count == 0) return;
        var columns = schema.Columns;
        foreach (var (field, identity, _) in identities)
            if (lastValues.TryGetValue(field.Name, out var last))
                columns = columns.With((identity with { HighWaterMark = last }).ApplyTo(field));
        transaction.SetMetadata((transaction.Metadata ?? metadata) with { SchemaString = columns.ToString() });
    }

    /// <summary>Whether an error of the statement says that a row broke a rule.</summary>
    public static bool IsRefusal(FozException error) => error.Message.Contains(Marker, StringComparison.Ordinal);

    /// <summary>The error of the row that broke a rule, for people.</summary>
    public FozException Explain(FozException error)
    {
        var text = error.Message.AsSpan(error.Message.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length);
        var separator = text.IndexOf(':');
        var row = text[(separator + 1)..];
        var end = row.IndexOf(End);
        return rules.Broken(
            rules.Rules[int.Parse(text[..separator], CultureInfo.InvariantCulture)],
            (end < 0 ? row : row[..end]).ToString());
    }

    string Column(StructField field) => PhysicalColumns.IsInFiles(field)
        ? $"r.{SqlText.Identifier(field.PhysicalName(schema.Mapping))}"
        : "NULL";

    string Fill(string select, string others)
    {
        var isFilled = false;
        var columns = schema.Columns.Fields.Where(PhysicalColumns.IsInFiles).Select(field =>
        {
            var value = Fill(field);
            isFilled |= value is not null;
            return $"{value ?? Column(field)} AS {SqlText.Identifier(field.PhysicalName(schema.Mapping))}";
        }).ToList();
        return isFilled ? $"SELECT {string.Join(", ", columns)}{others} FROM ({select}\n) AS r" : select;
    }

    /// <summary>What a column becomes before the rules are checked; null where it stays.</summary>
    string? Fill(StructField field)
    {
        var identity = identities.Find(i => i.Field.Name == field.Name);
        if (identity.Sequence is not null)
            return $"CASE WHEN {Column(field)} IS NULL THEN nextval('{identity.Sequence}') ELSE {Column(field)} END";
        if (!target.IsGiven(field) && field.Metadata.GetString(FieldMetadata.GenerationExpressionKey) is { } generation)
            return SparkValues.Cast(
                SparkExpression.Translate(generation, schema.Columns, Column).Value, field.Type).Sql;
        if (field.Type != DeltaType.String || TextLength.Of(field) is not { } length) return null;
        var max = length.LengthMax.ToString(CultureInfo.InvariantCulture);
        var value = Column(field);
        var cut =
            $"CASE WHEN length({value}) > {max} AND length(rtrim({value}, ' ')) <= {max} THEN left({value}, {max})";
        return length.IsPadded
            ? $"{cut} WHEN length({value}) < {max} THEN rpad({value}, {max}, ' ') ELSE {value} END"
            : $"{cut} ELSE {value} END";
    }

    string Check(string select, string others)
    {
        var failures = rules.Rules
            .Select((rule, index) => (rule, index))
            .Where(r => r.rule.GeneratedColumn is not { } column || target.IsGiven(schema.Columns.Find(column)!))
            .Select(r => $" WHEN NOT {r.rule.Condition} THEN error({Message(r.index)})")
            .ToList();
        var first = schema.Columns.Fields.FirstOrDefault(PhysicalColumns.IsInFiles);
        var isRenamed = false;
        var columns = schema.Columns.Fields.Where(PhysicalColumns.IsInFiles).Select(field =>
        {
            var value = WrittenColumns.ToPhysical(Column(field), field.Type, schema.Mapping);
            isRenamed |= value != Column(field);
            if (field == first && failures.Count > 0) value = $"CASE{string.Concat(failures)} ELSE {value} END";
            return $"{value} AS {SqlText.Identifier(field.PhysicalName(schema.Mapping))}";
        }).ToList();
        return failures.Count == 0 && !isRenamed
            ? select
            : $"SELECT {string.Join(", ", columns)}{others} FROM ({select}\n) AS r";
    }

    /// <summary>The text by which a broken rule and its row are known again, on one line.</summary>
    string Message(int rule) =>
        $"{SqlText.Literal($"{Marker}{rule}:")} || {RowRules.TextOf(schema.Columns, Column)} || chr(3)";
}
