using Foz.Connectors;
using Foz.Lake.Data;

namespace Foz.Pipelines.Projects.Reading;

/// <content>What models of events read.</content>
sealed partial class ReferenceResolver
{
    /// <summary>Where a SELECT of events names tables that have the changes of a log.</summary>
    IEnumerable<int> LogsIn(Model model) => model is { Program: null, Template: null }
        ? UsesIn(model.Body, template: null).Where(use => model.References.Any(reference =>
            streams.GetValueOrDefault(reference.Name) is { Definition.Mode: StreamMode.Changes }
            && use.Parts[^1].Equals(reference.Name.Name, StringComparison.OrdinalIgnoreCase))).Select(use => use.Index)
        : [];

    /// <summary>
    /// Says of a model of events how many change streams it reads, and refuses to empty its table where one of several
    /// is truncated.
    /// </summary>
    Model WithStreams(Model model)
    {
        CheckSequence(model);
        if (model.Materialization is not Materialization.Incremental
            { Strategy: IncrementalStrategy.Cdc { ReadsLog: true } cdc } incremental)
            return model;
        var count = model.References.Count(reference => reference.IsStream
            && streams.GetValueOrDefault(reference.Name) is { Definition.Mode: StreamMode.Changes });
        if (count > 1 && cdc.TruncateWhen is null)
            errors.Add(
                model.Place,
                $"'strategy: cdc' of {model.Name} reads {count} change streams: a truncate of one of them would delete "
                    + "the rows of all",
                cdc.KeepsHistory
                    ? "make a table of each, and unite them in a model that reads these"
                    : "state 'apply_as_truncate_when', such as: apply_as_truncate_when: false");
        return model with { Materialization = incremental.With(cdc with { ChangeStreams = count }) };
    }

    /// <summary>Refuses a sequence that changes of one transaction of a log have in common.</summary>
    void CheckSequence(Model model)
    {
        if (model.Materialization.Strategy is IncrementalStrategy.Cdc { SequenceBy: { Count: > 0 } sequence }
            && sequence.All(column => ChangeColumns.Has(column)
                && !column.Equals(ChangeColumns.Seq, StringComparison.OrdinalIgnoreCase))
            && model.References.Any(reference => reference.IsStream
                && streams.GetValueOrDefault(reference.Name) is { Definition.Mode: StreamMode.Changes }))
            errors.Add(
                model.Place,
                $"'sequence_by' of {model.Name} is the same for all changes of a transaction: which of two changes of "
                    + "a row is the last one would be lost",
                $"leave 'sequence_by' out: the default is {ChangeColumns.Lsn}, then {ChangeColumns.Seq}");
    }

    /// <summary>Says of a model of last versions whether its events are those of one log alone.</summary>
    Model WithOrder(Model model)
    {
        if (model.Materialization is not Materialization.Incremental
            {
                Strategy: IncrementalStrategy.Cdc { ReadsLog: true, KeepsHistory: false, IgnoresNullUpdates: false } cdc
            } incremental
            || model.References is not [{ IsStream: true } only]
            || streams.GetValueOrDefault(only.Name) is not { Definition.Mode: StreamMode.Changes })
            return model;
        return model with { Materialization = incremental.With(cdc with { IsInOrder = true }) };
    }

    /// <summary>Says of a model whether the tables that it reads by STREAM keep all changes of their sources.</summary>
    Model WithLogs(Model model) => model with
    {
        ReadsWholeLogs = model.References.Where(reference => reference.IsStream).All(reference =>
            streams.GetValueOrDefault(reference.Name) is { Definition.Mode: StreamMode.Changes } stream
            && stream.Columns.All(column => column.Retention is null)),
    };

    /// <summary>
    /// Gives a model of events the keys that it does not state: its grain, or those of the stream that it reads.
    /// </summary>
    Model WithKeys(Model model)
    {
        if (model.Materialization is not Materialization.Incremental
            { Strategy: IncrementalStrategy.Cdc { Keys.Count: 0 } cdc } incremental)
            return model;
        var keys = model.Grain.Count > 0
            ? model.Grain
            : model.References.Where(reference => !reference.IsOrderOnly && streams.ContainsKey(reference.Name))
                .Select(reference => streams[reference.Name].Definition.Keys).FirstOrDefault(known => known.Count > 0);
        // The source of a log can tell them.
        if (keys is null && !model.References.Any(reference =>
            streams.GetValueOrDefault(reference.Name) is { Definition.Mode: StreamMode.Changes }))
            errors.Add(
                model.Place, $"'strategy: cdc' of {model.Name} needs 'keys'", "name the columns that identify a row");
        return model with { Materialization = incremental.With(cdc with { Keys = keys ?? [], FindsKeys = true }) };
    }
}
