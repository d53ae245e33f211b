using System.CommandLine;

namespace Foz.Cli.Commands;

/// <summary>A command whose help shows examples.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">What it does, in one sentence.</param>
/// <param name="examples">Command lines.</param>
sealed class ExampleCommand(string name, string description, IReadOnlyList<string> examples)
    : Command(name, description)
{
    /// <summary>Command lines that show how it is used.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;
}
