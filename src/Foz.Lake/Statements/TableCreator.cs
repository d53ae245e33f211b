using Foz.Delta;
using Foz.Delta.Log;
using Foz.Delta.Schema;
using Foz.Delta.Transactions;
using Foz.Lake.Engine;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Alterations;
using Foz.Lake.Tables.Expressions;
using Foz.Lake.Tables.Writing;

namespace Foz.Lake.Statements;

/// <summary>Makes tables: with columns and rules, or with the rows of a query.</summary>
sealed class TableCreator(StatementContext context)
{
    readonly EngineSession session = context.Session;

    const string FeaturePrefix = "delta.feature.";

    static readonly Dictionary<string, string?> none = [];

    public async Task<StatementResult> CreateAsync(Statement.CreateTable create, CancellationToken cancellationToken)
    {
        if (create is { Columns.Count: > 0, Query: not null })
            throw new FozException(
                ErrorKind.Sql, $"{create.Table} is given columns and a query: leave the columns to the query");
        var table = await context.OpenNewAsync(create.Table, cancellationToken);
        var present = await table.FindLatestAsync(cancellationToken);
        if (present is not null && create.IfNotExists) return StatementResult.Of(("version", present.Version));
        if (present is not null && !create.Replaces)
            throw new FozException(ErrorKind.Data, $"{table.Name} already exists")
            {
                Hint = "CREATE TABLE IF NOT EXISTS leaves it, CREATE OR REPLACE TABLE makes another version of it",
            };
        var result = create.Query is null
            ? await MakeAsync(table, present, create, cancellationToken)
            : await FillAsync(table, present, create, cancellationToken);
        await context.DefineAsync(create.Table, create.Comment, cancellationToken);
        return result;
    }

    static async Task<StatementResult> MakeAsync(
        LakeTable table, TableSnapshot? present, Statement.CreateTable create, CancellationToken cancellationToken)
    {
        var definition = DefinitionOf(table.Name, create);
        var operation = TableOperation.Of(present is null ? "CREATE TABLE" : "REPLACE TABLE", ("isManaged", "false"));
        var how = new TransactionOptions
        {
            Operation = operation.Name, Parameters = operation.Parameters, EngineInfo = TableOperation.EngineInfo,
        };
        var transaction = present is null
            ? Transaction.Create(table.Delta, definition, how)
            : Replace(table, present, definition, how);
        Complete(table, transaction, create.ClusteredBy);
        return StatementResult.Of(
            CommittedChange.Of(table, (await transaction.CommitAsync(cancellationToken)).OrThrow()));
    }

    static Transaction Replace(
        LakeTable table, TableSnapshot present, TableDefinition definition, TransactionOptions how)
    {
        if (present.Schema.Mapping != ColumnMappingMode.None)
            throw new FozException(
                ErrorKind.Data, $"{table.Name} maps its columns: it cannot be replaced by other columns")
            {
                Hint = "replace it by a query: CREATE OR REPLACE TABLE … AS SELECT …",
            };
        var transaction = new Transaction(table.Delta, present.State, how);
        transaction.AddFeatures(definition.Features);
        transaction.SetMetadata(present.State.Metadata with
        {
            SchemaString = definition.Schema.ToString(),
            PartitionColumns = StringList.From(definition.PartitionColumns),
            Configuration = definition.Properties,
            Description = definition.Description,
        });
        transaction.RemoveAll();
        return transaction;
    }

    async Task<StatementResult> FillAsync(
        LakeTable table, TableSnapshot? present, Statement.CreateTable create, CancellationToken cancellationToken)
    {
        using var query = await context.BindAsync(create.Query!, cancellationToken);
        var options = new WriteOptions
        {
            PartitionBy = create.PartitionedBy,
            Description = create.Comment,
            Properties = PropertiesOf(create, withDefaults: present is null),
        };
        var writer = new TableWriter(session);
        await using var change = present is null
            ? await writer.AppendAsync(table, query.Sql, options, cancellationToken)
            : await writer.OverwriteAsync(table, query.Sql, options, cancellationToken);
        var tags = (await context.Tags.FindAsync(create.Query!, query, cancellationToken))
            .ToDictionary(column => column.Column, column => column.Tags, StringComparer.OrdinalIgnoreCase);
        change.Describe(field => tags.TryGetValue(field.Name, out var found) ? QueryTags.Missing(field, found) : none);
        Complete(table, change.Transaction, create.ClusteredBy);
        return StatementResult.Of(
            await change.CommitAsync(cancellationToken), ("num_inserted_rows", change.RowsAdded));
    }

    /// <summary>Checks what the table would be, and clusters it.</summary>
    static void Complete(LakeTable table, Transaction transaction, IReadOnlyList<string> columns)
    {
        var draft = new TableBuilder(table.Name, new(table.Delta.Store, transaction.Preview()));
        InteroperationRules.Check(draft);
        if (columns.Count == 0) return;
        _ = PropertyAlterations.Apply(draft, new TableAlteration.ClusterBy(columns));
        transaction.AddFeatures(draft.AddedFeatures);
        foreach (var (domain, configuration) in draft.Domains) transaction.SetDomain(domain, configuration);
    }

    static TableDefinition DefinitionOf(string table, Statement.CreateTable create)
    {
        try
        {
            var schema = new StructType([.. create.Columns.Select(ColumnOf)]);
            var definition = new TableDefinition
            {
                Schema = schema,
                PartitionColumns = create.PartitionedBy,
                Properties = PropertiesOf(create, withDefaults: true),
                Features =
                [
                    .. create.Properties.Keys.Where(IsFeature).Select(key => key[FeaturePrefix.Length..]),
                ],
                Description = create.Comment,
            };
            CheckRules(table, definition);
            return definition;
        }
        catch (DeltaException e) when (e.Kind is DeltaErrorKind.InvalidSchema)
        {
            throw new FozException(ErrorKind.Data, $"{table}: {e.Message}", e);
        }
    }

    /// <summary>Refuses rules that Foz could not keep, before there is a table that no user can write to.</summary>
    static void CheckRules(string table, TableDefinition definition)
    {
        _ = RowRules.Of(table, definition.Schema, definition.Properties, field => SqlText.Identifier(field.Name));
        foreach (var field in definition.Schema.Fields)
        {
            if (field.Metadata.GetString(FieldMetadata.GenerationExpressionKey) is { } generation)
                _ = SparkExpression.Translate(generation, definition.Schema, f => SqlText.Identifier(f.Name));
            if (field.Metadata.GetString(FieldMetadata.CurrentDefaultKey) is { } value)
                _ = SparkExpression.Translate(value, _ => null);
        }
    }

    static StructField ColumnOf(ColumnDefinition column)
    {
        var field = TypeText.ParseColumn(column.Name, column.Type);
        if (column.IsNotNull) field = field with { Nullable = false };
        var metadata = field.Metadata;
        if (column.Comment is { } comment) metadata = metadata.With(FieldMetadata.CommentKey, comment);
        if (column.Default is { } value) metadata = metadata.With(FieldMetadata.CurrentDefaultKey, value);
        if (column.Generation is { } generation)
            metadata = metadata.With(FieldMetadata.GenerationExpressionKey, generation);
        field = field with { Metadata = metadata };
        return column.Identity?.ApplyTo(field) ?? field;
    }

    static StringMap PropertiesOf(Statement.CreateTable create, bool withDefaults)
    {
        var properties = StringMap.Empty;
        foreach (var (given, value) in create.Properties)
        {
            if (IsFeature(given)) continue;
            var property = PropertyRules.NameOf(given);
            PropertyRules.Check(property, value);
            properties = properties.With(property, value);
        }
        if (withDefaults) properties = DeletionVectorRules.LeftOpen(properties);
        foreach (var (name, condition) in create.Constraints)
            properties = properties.With(RowRules.ConstraintPrefix + name.ToLowerInvariant(), condition);
        return properties;
    }

    static bool IsFeature(string property) => property.StartsWith(FeaturePrefix, StringComparison.OrdinalIgnoreCase);
}
