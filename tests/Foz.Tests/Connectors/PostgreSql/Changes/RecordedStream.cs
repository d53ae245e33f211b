using System.Text.Json;
using Foz.Connectors.Changes;
using Foz.Connectors.PostgreSql;
using Foz.Connectors.PostgreSql.Changes;
using Foz.Tests.Wire.PostgreSql.Replication;
using Foz.Wire.PostgreSql;
using Foz.Wire.PostgreSql.Replication;

namespace Foz.Tests.Connectors.PostgreSql.Changes;

/// <summary>What a real server sent, and the rows that its tables had: <c>streams/postgres</c> of the shared data.</summary>
static class RecordedStream
{
    /// <summary>Rows by table, each by the names of its columns.</summary>
    public static ILookup<string, Dictionary<string, string?>> Rows(string name) => RecordedMessages
        .Lines($"{name}.jsonl.gz")
        .Select(line => JsonDocument.Parse(line).RootElement)
        .ToLookup(line => line.GetProperty("table").GetString()!, line => RowOf(line.GetProperty("row")));

    /// <summary>The rows of the table <c>acct</c> after each commit.</summary>
    public static List<AccountState> AccountStates() =>
    [
        .. File.ReadLines(Path.Combine(RecordedMessages.Folder, "acct_states.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Select(state => new AccountState(
                state.GetProperty("what").GetString()!,
                Lsn.TryParse(state.GetProperty("lsn_after").GetString(), out var lsn) ? lsn : throw new FormatException(),
                [.. state.GetProperty("rows").EnumerateArray().Select(RowOf)])),
    ];

    /// <summary>Puts the messages together, one batch a transaction.</summary>
    public static IEnumerable<ChangePart> Assemble(
        IEnumerable<byte[]> messages, Func<RelationMessage, ResolvedRelation> resolve, bool isBinary = false,
        ChangeSpools? spools = null)
    {
        using var assembler = new OutputAssembler(
            new LogHistory(1, 1), Lsn.None, spools ?? new ChangeSpools(Path.GetTempPath(), 64 << 20))
        {
            IsBinary = isBinary,
        };
        foreach (var message in messages)
        {
            while (assembler.Feed(message) == Assembled.NeedsTable) assembler.Open(resolve(assembler.Wanted!));
            while (assembler.IsReplaying)
            {
                if (assembler.Replay() == Assembled.NeedsTable) assembler.Open(resolve(assembler.Wanted!));
                while (assembler.TryTakePart(out var part)) yield return part;
            }

            if (assembler.IsAtEnd && assembler.HasChanges) assembler.EndBatch();
            while (assembler.TryTakePart(out var part)) yield return part;
        }

        Assert.True(assembler.IsAtEnd);
    }

    /// <summary>Every column as it was sent, of whatever type it is.</summary>
    public static ResolvedRelation Raw(RelationMessage relation) => new(
        relation, [.. relation.Columns.Select(_ => new ColumnType("raw", TypeOids.Text, -1))], PrimaryKey(relation));

    /// <summary>Built-in types as they are; every other one, and those that bronze has as text, as it was sent.</summary>
    public static ResolvedRelation Typed(RelationMessage relation) => new(
        relation, [.. relation.Columns.Select(TypeOf)], PrimaryKey(relation));

    public static bool IsTyped(RelationMessageColumn column) => TypeOf(column).Name != "raw";

    static ColumnType TypeOf(RelationMessageColumn column)
    {
        var element = TypeOids.ElementOf(column.TypeOid);
        var type = new ColumnType("typed", element != 0 ? element : column.TypeOid, column.Modifier)
        {
            IsArray = element != 0,
        };
        var mapping = TypeMapping.Of(type, hasUncheckedText: false);
        return mapping.Cast.Length == 0 ? type : new ColumnType("raw", TypeOids.Text, -1);
    }

    /// <summary>The only table of the recording with <c>REPLICA IDENTITY FULL</c> and a primary key.</summary>
    static System.Collections.Immutable.ImmutableArray<int> PrimaryKey(RelationMessage relation) =>
        relation.Name == "toast_full" ? [0] : [];

    static Dictionary<string, string?> RowOf(JsonElement row) =>
        row.EnumerateObject().ToDictionary(column => column.Name, column => column.Value.GetString());
}

/// <summary>The rows of the table <c>acct</c> at a position.</summary>
sealed record AccountState(string What, Lsn LsnAfter, List<Dictionary<string, string?>> Rows);
