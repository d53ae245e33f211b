namespace Foz.Cli.Commands.Starting;

/// <summary>What the command line says of a new source; the rest is asked, or proposed.</summary>
sealed record SourceAnswers
{
    /// <summary>Gets what it is; null to ask.</summary>
    public SourceKind? Kind { get; init; }

    /// <summary>Gets its address; null to ask, or for a template to fill in.</summary>
    public string? Address { get; init; }

    /// <summary>Gets the names of its streams; empty for all, of an API to ask.</summary>
    public IReadOnlyList<string> Streams { get; init; } = [];

    /// <summary>Whether streams with a cursor are read by it.</summary>
    public bool ReadsByCursor { get; init; }
}

/// <summary>A source that was asked what it has.</summary>
/// <param name="Connection">Its connection.</param>
/// <param name="Streams">The chosen streams.</param>
/// <param name="TakesAll">Whether all others are taken too, those to come among them.</param>
sealed record SourceDraft(ConnectionDraft Connection, IReadOnlyList<StreamDraft> Streams, bool TakesAll);
