using System.Collections.Immutable;
using System.Diagnostics;
using Foz.Connectors;
using Foz.Delta;
using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Lake.Data;
using Foz.Lake.Engine;
using Foz.Lake.Engine.Functions;
using Foz.Lake.Sql;
using Foz.Lake.Tables;
using Foz.Lake.Tables.Writing;
using Foz.Pipelines.Projects;

namespace Foz.Pipelines.Runs.Streams;

/// <summary>
/// The rows of a stream's batch as they may come into its table: masked, and with the columns that they may have.
/// </summary>
sealed record IncomingRows
{
    const string Masked = "***";
    const string Batch = "foz_arrival";

    /// <summary>A SELECT of the rows.</summary>
    public required string Select { get; init; }

    /// <summary>Their columns, without change columns.</summary>
    public required IReadOnlyList<Field> Fields { get; init; }

    /// <summary>A SELECT of the rows that are rejected; null where there are none.</summary>
    public string? RejectedSql { get; init; }

    /// <summary>What the user should know.</summary>
    public ImmutableArray<Warning> Warnings { get; init; } = [];

    /// <summary>A column with what its stream says of it.</summary>
    public static Field Describe(GraphNode.OfStream node, Field field)
    {
        var description = node.Stream.Columns
            .FirstOrDefault(c => string.Equals(c.Name, field.Name, StringComparison.OrdinalIgnoreCase))?.Description;
        return description is null
            ? field
            : field with { Metadata = field.Metadata.SetItem(Field.CommentKey, description) };
    }

    /// <summary>Masks rows, and holds their columns against the table's.</summary>
    /// <param name="session">Where the rows are read.</param>
    /// <param name="node">Their stream.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="select">A SELECT of them with change columns.</param>
    /// <param name="present">The table; null where it is new.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="FozException">
    /// A masked column has another name, or there are columns that must not be.
    /// </exception>
    public static IncomingRows Of(
        EngineSession session, GraphNode.OfStream node, StreamRows rows, string select, TableSnapshot? present,
        CancellationToken cancellationToken)
    {
        var arrival = new IncomingRows { Select = select, Fields = rows.Fields, RejectedSql = rows.RejectedSql };
        arrival = arrival.Mask(node).LookAtTypes(session, node, cancellationToken);
        if (node.Stream.Drift is DriftPolicy.Evolve || present is null) return arrival;
        var known = present.Fields.Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var added = arrival.Fields.Where(f => !known.Contains(f.Name)).ToList();
        return added.Count == 0 ? arrival : arrival.Drift(session, node, rows, added, cancellationToken);
    }

    /// <summary>
    /// Writes rows; where a column came with a type that the table cannot hold, the error says what to do.
    /// </summary>
    /// <exception cref="FozException">They cannot be written.</exception>
    public static async Task<TableChange> WriteAsync(GraphNode.OfStream node, Func<Task<TableChange>> write)
    {
        try
        {
            return await write();
        }
        catch (FozException e)
            when (e.InnerException is DeltaException
            {
                Kind: DeltaErrorKind.TypeMismatch
                or DeltaErrorKind.TypeWideningDisabled
            })
        {
            throw new FozException(e.Kind, e.Message, e)
            {
                Place = node.Stream.Definition.Place,
                Hint = "declare the type that the table has: columns: [{name: …, type: …}]; or "
                    + $"foz run {node.Name} --full-refresh makes the table again",
            };
        }
    }

    IncomingRows Mask(GraphNode.OfStream node)
    {
        var masked = node.Stream.Columns.Where(c => c.Mask is not null)
            .ToDictionary(c => c.Name, StringComparer.OrdinalIgnoreCase);
        if (masked.Count == 0) return this;
        var names = Fields.Select(f => f.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var warnings = Warnings;
        foreach (var column in masked.Values.Where(c => !names.Contains(c.Name)))
        {
            if (NearestName.Find(column.Name, names) is { } near)
                throw new FozException(ErrorKind.Configuration, $"{node.Name} has no column '{column.Name}' to mask")
                {
                    Place = column.Place,
                    Hint = $"did you mean '{near}'? Nothing is written before that is clear",
                };
            warnings = warnings.Add(new($"{node.Name} has no column '{column.Name}' to mask"));
        }
        var own = Fields.Where(f => masked.ContainsKey(f.Name)).Select(f =>
        {
            var name = SqlText.Identifier(f.Name);
            return $"{masked[f.Name].Mask!.Value.Sql(name, f.Type, node.Source.MaskKey)} AS {name}";
        }).ToList();
        return this with
        {
            Select = own.Count == 0 ? Select : $"SELECT * REPLACE ({string.Join(", ", own)}) FROM ({Select})",
            Fields =
            [
                .. Fields.Select(f =>
                    masked.TryGetValue(f.Name, out var c) ? f with { Type = c.Mask!.Value.TypeOf(f.Type) } : f),
            ],
            // The text of a row holds what is masked, and so may the reason.
            RejectedSql = RejectedSql is null ? null
                : $"SELECT file, line, '{Masked}' AS text, 'a column of the stream is masked: see the row in its "
                    + $"source' AS reason FROM ({RejectedSql})",
            Warnings = warnings,
        };
    }

    /// <summary>Warns of declared types that there are not, and of columns that come with another one.</summary>
    IncomingRows LookAtTypes(EngineSession session, GraphNode.OfStream node, CancellationToken cancellationToken)
    {
        var warnings = Warnings;
        foreach (var column in node.Stream.Columns.Where(column => column is { Type: not null, Mask: null }))
        {
            if (Fields.FirstOrDefault(f =>
                f.Name.Equals(column.Name, StringComparison.OrdinalIgnoreCase)) is not { } field)
                continue;
            var declared = TypeOf(session, column.Type!, cancellationToken);
            if (declared is null)
                warnings = warnings.Add(
                    new($"{node.Name}: column '{column.Name}' is declared as '{column.Type}', which is no type: it "
                        + $"comes as {ColumnTypes.NameOf(field.Type)}"));
            else if (declared != field.Type && (declared, field.Type) is not (DataType.Decimal, DataType.Decimal))
                warnings = warnings.Add(new(
                    $"{node.Name}: column '{column.Name}' is declared as '{column.Type}', and comes as "
                        + $"{ColumnTypes.NameOf(field.Type)}",
                    $"declare that type, or let a rule make it another: clean: [{{cast: {column.Type}}}]"));
        }
        return this with { Warnings = warnings };
    }

    /// <summary>The type that a table has for one in the engine's words; null where they are no type.</summary>
    static DataType? TypeOf(EngineSession session, string type, CancellationToken cancellationToken)
    {
        try
        {
            return session.Describe($"SELECT CAST(NULL AS {type}) AS value", cancellationToken)[0].ToField().Type;
        }
        catch (FozException e) when (e.Kind is ErrorKind.Sql)
        {
            return null;
        }
    }

    IncomingRows Drift(
        EngineSession session, GraphNode.OfStream node, StreamRows rows, List<Field> added,
        CancellationToken cancellationToken)
    {
        var names = string.Join(", ", added.Select(f => f.Name));
        var what = $"{node.Name}: the source has {(added.Count == 1 ? "a new column" : "new columns")} {names}";
        var columns = added.Select(f => SqlText.Identifier(f.Name)).ToList();
        switch (node.Stream.Drift)
        {
            case DriftPolicy.Fail:
                throw new FozException(ErrorKind.Data, $"{what}, and its drift policy is fail")
                {
                    Hint = $"foz alter {node.Name} takes them in, or set drift: evolve",
                };
            case DriftPolicy.Freeze:
                return Without(added) with
                {
                    Warnings = Warnings.Add(
                        new($"{what}: left out",
                            "set drift: evolve to take them, or discard_column to leave them out quietly")),
                };
            case DriftPolicy.DiscardColumn:
                return Without(added);
            case DriftPolicy.DiscardRow:
                // The rows of a stream are read once.
                session.Execute($"CREATE OR REPLACE TEMP TABLE {Batch} AS {Select}", cancellationToken);
                var isNew = string.Join(" OR ", columns.Select(c => $"{c} IS NOT NULL"));
                var packed = string.Join(
                    ", ", Fields.Select(f => SqlText.Identifier(f.Name)).Select(f => $"{f} := {f}"));
                var line = rows is StreamRows.Selected { TellsPlaces: true }
                    ? ChangeColumns.Seq
                    : "CAST(NULL AS BIGINT)";
                var rejected = $"SELECT {ChangeColumns.Source} AS file, {line} AS line, "
                    + $"CAST(to_json(struct_pack({packed})) AS VARCHAR) AS text, "
                    + $"{SqlText.Literal($"a value in a new column: {names}")} AS reason FROM {Batch} WHERE {isNew}";
                return (this with { Select = $"SELECT * FROM {Batch} WHERE NOT ({isNew})" }).Without(added) with
                {
                    RejectedSql = RejectedSql is null ? rejected : $"{RejectedSql}\nUNION ALL\n{rejected}",
                };
            default:
                throw new UnreachableException();
        }
    }

    IncomingRows Without(List<Field> fields) => this with
    {
        Select =
            $"SELECT * EXCLUDE ({string.Join(", ", fields.Select(f => SqlText.Identifier(f.Name)))}) FROM ({Select})",
        Fields = [.. Fields.Except(fields)],
    };
}
