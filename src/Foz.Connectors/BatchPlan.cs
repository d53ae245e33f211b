using System.Collections.Immutable;
using Foz.Lake;

namespace Foz.Connectors;

/// <summary>What planning a batch came to.</summary>
/// <param name="Inputs">What to read; null where nothing is new.</param>
/// <param name="Warnings">What the user should know, such as a file that changed after it was read.</param>
public sealed record BatchPlan(StreamInputs? Inputs, ImmutableArray<Warning> Warnings);
