using Foz.Lake;
using Foz.Lake.Statements;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Merging;
using Foz.Serving.PostgreSql.Types;

namespace Foz.Serving.PostgreSql.Translation;

/// <summary>Turns what clients write inside of statements that change tables into what Foz has there.</summary>
static class PgStatement
{
    /// <summary>The statement with its queries, expressions and types in Foz's words.</summary>
    /// <param name="statement">The statement as it was read.</param>
    /// <param name="sql">Turns a query, or an expression over rows.</param>
    /// <param name="type">Turns the type of a column, which is given first.</param>
    /// <exception cref="FozException">A column is of a type that no table can have.</exception>
    public static Statement Translate(
        Statement statement, Func<string, string> sql, Func<string, string, string> type) => statement switch
        {
            Statement.Insert insert => insert with
            {
                Query = insert.IsOfDefaults ? "" : sql(insert.Query),
                OnConflict = insert.OnConflict is not { } conflict ? null : conflict with
                {
                    Assignments = conflict.Assignments is { } assignments ? Translate(assignments, sql) : null,
                    Condition = conflict.Condition is { } condition ? sql(condition) : null,
                },
                ReplacedWhere = insert.ReplacedWhere is { } replaced ? sql(replaced) : null,
            },
            Statement.Update update => update with
            {
                Assignments = Translate(update.Assignments, sql),
                Condition = sql(update.Condition),
            },
            Statement.Delete delete => delete with { Condition = sql(delete.Condition) },
            Statement.Merge merge => merge with { Definition = Translate(merge.Definition, sql) },
            Statement.CreateTable create => create with
            {
                Columns = [.. create.Columns.Select(column => Translate(column, type))],
                Query = create.Query is { } query ? sql(query) : null,
            },
            Statement.CreateView create => create with { Query = sql(create.Query) },
            Statement.Alter alter => alter with { Alteration = Translate(alter.Alteration, type) },
            _ => statement,
        };

    static MergeDefinition Translate(MergeDefinition merge, Func<string, string> sql) => merge with
    {
        Source = sql(merge.Source),
        On = sql(merge.On),
        Clauses =
        [
            .. merge.Clauses.Select(clause => clause with
            {
                Condition = clause.Condition is { } condition ? sql(condition) : null,
                Action = clause.Action switch
                {
                    MergeAction.Update update => new MergeAction.Update(Translate(update.Assignments, sql)),
                    MergeAction.Insert insert => new MergeAction.Insert(Translate(insert.Values, sql)),
                    var other => other,
                },
            }),
        ],
    };

    static Dictionary<string, string> Translate(IReadOnlyDictionary<string, string> values, Func<string, string> sql) =>
        values.ToDictionary(pair => pair.Key, pair => sql(pair.Value), StringComparer.OrdinalIgnoreCase);

    static ColumnDefinition Translate(ColumnDefinition column, Func<string, string, string> type) =>
        PgColumnTypes.IsCounted(column.Type)
            ? column with { Type = "bigint", Identity = new(Start: 1, Step: 1, AllowsExplicit: true) }
            // A Delta table counts in bigint alone.
            : column.Identity is not null && type(column.Name, column.Type) is "int" or "smallint" or "integer"
                ? column with { Type = "bigint" }
            : column with { Type = type(column.Name, column.Type) };

    static TableAlteration Translate(TableAlteration alteration, Func<string, string, string> type) => alteration switch
    {
        TableAlteration.AddColumns add => new TableAlteration.AddColumns(
            [.. add.Columns.Select(column => column with { Type = type(column.Name, column.Type) })]),
        TableAlteration.ChangeType change => change with { Type = type(change.Column, change.Type) },
        _ => alteration,
    };
}
