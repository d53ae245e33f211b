using Foz.Connectors;
using Foz.Connectors.Registry;
using Foz.Lake.Configuration;

namespace Foz.Pipelines.Projects.Reading;

/// <summary>
/// Checks what is said of a stream of mode <c>cdc</c>, whose table has each change as the source made it.
/// </summary>
/// <param name="reader">Reads the stream.</param>
/// <param name="errors">Takes what is wrong.</param>
sealed class LoggedStreamCheck(MappingReader reader, ErrorList errors)
{
    static readonly (string Key, string Hint)[] refused =
    [
        ("cursor", "take it out: the log says itself what is new"),
        ("clean", "clean the rows in the model of silver"),
        ("checks", "check the rows in the model of silver: a change that is left out is a wrong row later"),
        ("contract", "let the model of silver have the contract"),
        ("max_rejected", "take it out: no change is rejected"),
        ("lists", "unnest the lists in a model"),
    ];

    static IEnumerable<string> Logged => ConnectorRegistry.Connectors.Where(known => known.ReadsChanges)
        .Select(known => known.Type).Order(StringComparer.Ordinal);

    /// <summary>Adds what is wrong of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="connector">What it is read by; null where that is wrong.</param>
    /// <param name="columns">What is said of its columns.</param>
    public void Check(StreamDefinition stream, IConnector? connector, IReadOnlyList<ColumnDefinition> columns)
    {
        if (connector is { ReadsChanges: false })
            errors.Add(
                reader.PlaceOf("mode"), $"sources of type {connector.Type} have no log of changes that Foz reads",
                $"known: {string.Join(", ", Logged)}; mode: incremental reads rows by a cursor");
        foreach (var (key, hint) in refused)
            if (reader.Node(key) is not null)
                errors.Add(reader.PlaceOf(key), $"'{key}' is not possible with 'mode: cdc'", hint);
        foreach (var column in columns.Where(column => column.Checks.Count > 0 || column.Clean.Count > 0))
            errors.Add(
                column.Place,
                $"column '{column.Name}' has checks or rules, which are not possible with 'mode: cdc'",
                "put them into the model of silver");
        if (stream.Columns.Count > 0)
            errors.Add(
                reader.PlaceOf("columns"), "types of columns are the source's with 'mode: cdc'",
                "take 'type' out, and cast in the model of silver");
    }
}
